//! `outboxctl version`.

use chrono::DateTime;
use serde::Serialize;

use crate::base::error::Result;
use crate::commands::Context;
use crate::output::{Outcome, Table};

/// Name and version, in the form of `--version`.
const NAME: &str = concat!("outboxctl ", env!("CARGO_PKG_VERSION"));

/// Print the version
///
/// With --verbose, or as JSON, also prints commit, date and target of the executable and the versions of the AWS SDK. The
/// commit and its date are known only to release builds.
#[derive(Debug, clap::Args)]
pub struct Args {}

/// Build information, set by `src/build.rs`.
#[derive(Debug, Serialize)]
struct Build {
    version: &'static str,
    commit: Option<&'static str>,
    /// Date of the commit, or SOURCE_DATE_EPOCH of the build: never the time of the build.
    date: Option<String>,
    target: &'static str,
    /// Versions by crate name.
    sdk: serde_json::Map<String, serde_json::Value>,
}

impl Args {
    pub fn run(self, ctx: &Context) -> Result<Outcome> {
        let build = build();
        let text = if ctx.settings.verbose { None } else { Some(NAME) };
        let mut table = Table::new(["", NAME]);
        let unknown = "not known: not a release build";
        table.row(["commit", build.commit.unwrap_or(unknown)]);
        table.row(["date", build.date.as_deref().unwrap_or(unknown)]);
        table.row(["target", build.target]);
        for (name, version) in &build.sdk {
            table.row([name.as_str(), version.as_str().unwrap_or_default()]);
        }
        let outcome = Outcome::data(build);
        Ok(match text {
            Some(text) => outcome.text(text),
            None => outcome.table(table),
        })
    }
}

fn build() -> Build {
    let seconds = option_env!("OUTBOXCTL_BUILD_DATE").and_then(|text| text.parse().ok());
    let date = seconds.and_then(|seconds| DateTime::from_timestamp(seconds, 0));
    let sdk = option_env!("OUTBOXCTL_BUILD_SDK").unwrap_or_default();
    let sdk = sdk.split(',').filter_map(|line| line.split_once(' '));
    Build {
        version: env!("CARGO_PKG_VERSION"),
        commit: option_env!("OUTBOXCTL_BUILD_COMMIT"),
        date: date.map(|date| date.to_rfc3339_opts(chrono::SecondsFormat::Secs, true)),
        target: option_env!("OUTBOXCTL_BUILD_TARGET").unwrap_or("unknown"),
        sdk: sdk.map(|(name, version)| (name.to_owned(), version.into())).collect(),
    }
}
