//! `outboxctl config …`.

use serde::Serialize;
use serde_json::Value;

use crate::aws::configured_region;
use crate::base::error::Result;
use crate::commands::{Context, args};
use crate::local::state::REGION;
use crate::output::{Outcome, Table};
use crate::pipelines;
use crate::postgres;
use crate::postgres::tls::Roots;
use crate::settings::{DATABASE_URL, EXISTING_FLAG, EXISTING_VARIABLE, FILE_NAME, Origin, Settings, environment};

/// Show the settings in effect
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    Show(Args),
}

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

impl Command {
    pub async fn run(self, ctx: &Context) -> Result<Outcome> {
        match self {
            Self::Show(args) => args.run(ctx).await,
        }
    }
}

impl Args {
    async fn run(self, ctx: &Context) -> Result<Outcome> {
        let settings = &ctx.settings;
        // An unknown name is an error, as in every other command.
        pipelines::find(&settings.pipeline)?;
        let sources = Sources { file: settings.file.as_ref().map(|path| path.display().to_string()) };
        let parameters = settings.parameters.iter();
        let parameters = parameters.map(|(name, value)| sources.setting(name, "", &[], value.as_str(), Origin::File));
        let existing = settings.existing.iter().map(|(key, value)| {
            let (name, origin) = (format!("existing.{}", key.name()), settings.existing.origin(key));
            sources.setting(&name, EXISTING_FLAG, &[EXISTING_VARIABLE], value, origin)
        });
        let (parameters, existing) = (parameters.collect(), existing.collect());
        let shown = Shown { settings: effective(settings, &sources).await?, parameters, existing, file: sources.file };
        let table = table(&shown);
        Ok(Outcome::data(shown).table(table))
    }
}

/// The places that values come from.
struct Sources {
    /// Path of the outboxctl.toml in effect.
    file: Option<String>,
}

impl Sources {
    /// Returns a setting with its source: the flag, the first of the variables that is set, or the file.
    fn setting(&self, name: &str, flag: &str, variables: &[&str], value: impl Into<Value>, origin: Origin) -> Setting {
        let (origin, source) = match origin {
            Origin::Flag => ("flag", Some(flag.to_owned())),
            Origin::Variable => {
                let set = variables.iter().find(|name| environment::raw(name).is_some());
                ("variable", set.map(|name| (*name).to_owned()))
            }
            Origin::File => ("file", self.file.clone()),
            Origin::Default => ("default", None),
        };
        Setting { name: name.to_owned(), value: value.into(), origin, source }
    }
}

/// Returns the settings of every command. The region can also be that of the AWS profile or of the local stack.
async fn effective(settings: &Settings, sources: &Sources) -> Result<Vec<Setting>> {
    let chosen = &settings.chosen;
    let local = if settings.local { "--local" } else { "--no-local" };
    let outbox = settings.outbox.as_ref().map(ToString::to_string);
    let database = settings.database_url.as_ref();
    let database = database.map(|url| postgres::url_target(url, || Ok(Roots::Rds))).transpose()?;
    let database = database.map(|target| target.describe());
    let if_set = |origin: Origin, is_set: bool| if is_set { origin } else { Origin::Default };
    let (outbox_origin, database_origin) =
        (if_set(Origin::File, outbox.is_some()), if_set(Origin::Variable, database.is_some()));
    let from_profile = match settings.region.is_none() && !settings.local {
        true => configured_region(settings).await,
        false => None,
    };
    let region = match from_profile {
        Some(region) => {
            let profile = settings.profile.as_deref().unwrap_or("default");
            let source = Some(format!("AWS profile {profile}"));
            Setting { name: "region".to_owned(), value: region.into(), origin: "profile", source }
        }
        None => {
            let variables = &["AWS_REGION", "AWS_DEFAULT_REGION"];
            let region = settings.region.as_deref().or_else(|| settings.local.then_some(REGION));
            sources.setting("region", "--region", variables, region, chosen.region)
        }
    };
    let (stage, pipeline) = (settings.stage.as_str(), settings.pipeline.as_str());
    let (endpoint, output) = (settings.endpoint_url.clone(), args::name(&settings.output));
    Ok(vec![
        sources.setting("profile", "--profile", &["AWS_PROFILE"], settings.profile.clone(), chosen.profile),
        region,
        sources.setting("stage", "--stage", &["OUTBOXCTL_STAGE"], stage, chosen.stage),
        sources.setting("pipeline", "--pipeline", &["OUTBOXCTL_PIPELINE"], pipeline, chosen.pipeline),
        sources.setting("local", local, &["OUTBOXCTL_LOCAL"], settings.local, chosen.local),
        sources.setting("endpoint_url", "--endpoint-url", &["AWS_ENDPOINT_URL"], endpoint, chosen.endpoint_url),
        sources.setting("output", "--output", &["OUTBOXCTL_OUTPUT"], output, chosen.output),
        sources.setting("outbox", "", &[], outbox, outbox_origin),
        sources.setting("database", "", &[DATABASE_URL], database, database_origin),
    ])
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
