//! `outboxctl config show`.

use clap::ValueEnum;
use serde::Serialize;
use serde_json::Value;

use crate::aws::configured_region;
use crate::commands::Context;
use crate::error::Result;
use crate::output::{Outcome, Table};
use crate::pipelines;
use crate::postgres;
use crate::postgres::tls::Roots;
use crate::settings::{DATABASE_URL, EXISTING_FLAG, EXISTING_VARIABLE, FILE_NAME, Origin, environment};

/// Show every setting, and where its value comes from
///
/// Flags take precedence over environment variables, those over outboxctl.toml, and that over defaults. Credentials are not
/// settings and are never shown; `outboxctl doctor` shows whose they are. Sends no requests to AWS.
#[derive(Debug, clap::Args)]
pub struct Args {}

/// One setting.
#[derive(Debug, Serialize)]
struct Setting {
    name: String,
    value: Value,
    /// `flag`, `variable`, `file`, `profile` or `default`.
    origin: &'static str,
    /// The flag, the variable, or the file; None for a default.
    source: Option<String>,
}

#[derive(Debug, Serialize)]
struct Shown {
    /// Path of the outboxctl.toml in effect.
    file: Option<String>,
    settings: Vec<Setting>,
    /// Template parameters of the file, for `deploy`.
    parameters: Vec<Setting>,
    /// Resources that outboxctl did not create.
    existing: Vec<Setting>,
}

/// Flag and variable of a setting.
struct Sources<'a> {
    name: &'a str,
    flag: &'static str,
    variables: &'static [&'static str],
}

impl Args {
    pub async fn run(self, ctx: &Context) -> Result<Outcome> {
        let settings = &ctx.settings;
        // An unknown name is an error, as in every other command.
        pipelines::find(&settings.pipeline)?;
        let file = settings.file.as_ref().map(|path| path.display().to_string());
        let setting = |sources: Sources<'_>, value: Value, origin: Origin| {
            let (origin, source) = match origin {
                Origin::Flag => ("flag", Some(sources.flag.to_owned())),
                Origin::Variable => {
                    let set = sources.variables.iter().find(|name| environment::raw(name).is_some());
                    ("variable", set.map(|name| (*name).to_owned()))
                }
                Origin::File => ("file", file.clone()),
                Origin::Default => ("default", None),
            };
            Setting { name: sources.name.to_owned(), value, origin, source }
        };
        let chosen = settings.chosen;
        let sources = |name, flag, variables| Sources { name, flag, variables };
        let existing = settings.existing.iter().map(|(key, value)| {
            let name = format!("existing.{}", key.name());
            let sources = Sources { name: &name, flag: EXISTING_FLAG, variables: &[EXISTING_VARIABLE] };
            setting(sources, value.into(), settings.existing.origin(key))
        });
        let existing = existing.collect();
        let output = settings.output.to_possible_value().map(|value| value.get_name().to_owned());
        let mut shown = vec![
            setting(sources("profile", "--profile", &["AWS_PROFILE"]), settings.profile.clone().into(), chosen.profile),
            setting(
                sources("region", "--region", &["AWS_REGION", "AWS_DEFAULT_REGION"]),
                settings.region.clone().into(),
                chosen.region,
            ),
            setting(sources("stage", "--stage", &["OUTBOXCTL_STAGE"]), settings.stage.clone().into(), chosen.stage),
            setting(
                sources("pipeline", "--pipeline", &["OUTBOXCTL_PIPELINE"]),
                settings.pipeline.clone().into(),
                chosen.pipeline,
            ),
            setting(
                sources("local", if settings.local { "--local" } else { "--no-local" }, &["OUTBOXCTL_LOCAL"]),
                settings.local.into(),
                chosen.local,
            ),
            setting(
                sources("endpoint_url", "--endpoint-url", &["AWS_ENDPOINT_URL"]),
                settings.endpoint_url.clone().into(),
                chosen.endpoint_url,
            ),
            setting(sources("output", "--output", &["OUTBOXCTL_OUTPUT"]), output.into(), chosen.output),
            setting(
                sources("outbox", "", &[]),
                settings.outbox.as_ref().map(ToString::to_string).into(),
                if settings.outbox.is_some() { Origin::File } else { Origin::Default },
            ),
        ];
        let database =
            settings.database_url.as_ref().map(|url| postgres::url_target(url, || Ok(Roots::Rds))).transpose()?;
        let origin = if database.is_some() { Origin::Variable } else { Origin::Default };
        let database = database.map(|target| target.describe());
        shown.push(setting(sources("database", "", &[DATABASE_URL]), database.into(), origin));
        if !settings.local
            && settings.region.is_none()
            && let Some(region) = configured_region(settings).await
        {
            let profile = settings.profile.clone().unwrap_or_else(|| "default".to_owned());
            let source = Some(format!("AWS profile {profile}"));
            shown[1] = Setting { name: "region".to_owned(), value: region.into(), origin: "profile", source };
        }
        let of_file = |name: &str, value: &str| Setting {
            name: name.to_owned(),
            value: value.into(),
            origin: "file",
            source: file.clone(),
        };
        let parameters = settings.parameters.iter().map(|(name, value)| of_file(name, value)).collect();
        let shown = Shown { settings: shown, parameters, existing, file: file.clone() };
        let table = table(&shown);
        Ok(Outcome::data(shown).table(table))
    }
}

fn table(shown: &Shown) -> Table {
    let mut table = Table::new(["setting", "value", "from"]);
    for setting in shown.settings.iter().chain(&shown.parameters).chain(&shown.existing) {
        let value = match &setting.value {
            Value::Null => "-".to_owned(),
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        let from = match (setting.origin, &setting.source) {
            (_, Some(source)) => source.clone(),
            ("default", None) if setting.value.is_null() => "not set".to_owned(),
            (origin, None) => origin.to_owned(),
        };
        table.row([setting.name.clone(), value, from]);
    }
    table.row([
        FILE_NAME,
        shown.file.as_deref().unwrap_or("-"),
        if shown.file.is_some() { "found" } else { "not found" },
    ]);
    table
}
