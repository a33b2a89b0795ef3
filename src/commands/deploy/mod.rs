//! `outboxctl deploy`.

mod supply;

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde_json::json;

use crate::aws::{Clients, account};
use crate::cloudformation::{Deployment, Engine, Guard, Rollout, StackReport, Values, parameter_names};
use crate::context::Context;
use crate::error::{Error, Kind, Result};
use crate::output::{Outcome, Table};
use crate::pipelines::{self, Pipeline};

/// Deploy the pipeline's stacks; changes only what differs
///
/// Independent stacks go side by side. Killed and run again, it attaches to what is under way.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Show what would change, and change nothing
    #[arg(long, visible_alias = "diff")]
    dry_run: bool,
    /// With --dry-run: exit with 3 when something would change
    #[arg(long, requires = "dry_run")]
    exit_code: bool,
    /// Allow changes that replace or remove a database, a stream, a secret or a capture task
    #[arg(long)]
    allow_replacement: bool,
    /// Executable to package as the functions, when this one can't run on Lambda
    #[arg(long, value_name = "PATH", env = "OUTBOXCTL_FUNCTION_BINARY")]
    function_binary: Option<PathBuf>,
    /// Set a template parameter, as the table `parameters` of outboxctl.toml does
    #[arg(long = "parameter", value_name = "NAME=VALUE", value_parser = name_and_value)]
    parameters: Vec<(String, String)>,
}

impl Args {
    pub async fn run(self, ctx: &Context) -> Result<Outcome> {
        let settings = &ctx.settings;
        let pipeline = pipelines::find(&settings.pipeline)?;
        let mut overrides = settings.parameters.clone();
        overrides.extend(self.parameters.iter().cloned());
        check_names(pipeline, &overrides)?;

        let clients = ctx.aws().await?;
        self.announce(ctx, clients, pipeline).await?;
        let supply = supply::Artifacts::new(ctx, clients, self.function_binary.clone(), self.dry_run).await?;
        let engine = Engine::new(clients, &ctx.console);
        let rollout = Rollout {
            engine: &engine,
            pipeline,
            values: Values {
                stage: &settings.stage,
                name_prefix: pipeline.name_prefix(&settings.stage),
                protected: !settings.local && !pipelines::is_development(&settings.stage),
                overrides: &overrides,
                supply: &supply,
            },
            guard: Guard { allow_replacement: self.allow_replacement },
        };
        if self.dry_run {
            return self.previewed(ctx, &rollout.preview().await?);
        }
        let _hold = ctx.hold();
        let (reports, outputs) = tokio::select! {
            deployed = rollout.deploy() => deployed?,
            () = ctx.cancel.cancelled() => {
                let message = "stopped; CloudFormation goes on with what is under way, and the next deploy attaches to it";
                return Err(Error::new(Kind::Interrupted, message));
            }
        };
        let changed = reports.iter().any(|report| !report.changes.is_empty());
        let data = json!({ "stacks": stacks(&reports), "outputs": outputs });
        let next = if pipeline.stack("database").is_some() { "db init" } else { "verify" };
        let summary = match changed {
            true => format!("{} is deployed in stage {}; next: outboxctl {next}", pipeline.name, settings.stage),
            false => format!("{} is deployed in stage {} already; nothing changed", pipeline.name, settings.stage),
        };
        Ok(Outcome::data(data).changed(changed).summary(summary))
    }

    /// Says who acts where on what, before anything is done; asks where the stage is production.
    async fn announce(&self, ctx: &Context, clients: &Clients, pipeline: &Pipeline) -> Result<()> {
        let settings = &ctx.settings;
        let (identity, deployment) = tokio::try_join!(account::identity(clients), Deployment::load(clients, settings))?;
        let (there, missing): (Vec<_>, Vec<_>) = deployment.stacks.iter().partition(|view| view.described.is_some());
        let names = |views: Vec<&crate::cloudformation::StackView>| {
            views.iter().map(|view| view.stack.name).collect::<Vec<_>>().join(", ")
        };
        ctx.console.note(format!("{}: {}", pipeline.name, pipeline.title));
        ctx.console.note(format!(
            "stage {}, account {}, region {}, as {}",
            settings.stage,
            identity.account,
            clients.region(),
            identity.principal
        ));
        if !missing.is_empty() {
            ctx.console.note(format!("to create: {}", names(missing)));
        }
        if !there.is_empty() {
            ctx.console.note(format!("to update where they differ: {}", names(there)));
        }
        let ask = pipelines::is_production(&settings.stage) && !self.dry_run && !settings.yes && !settings.local;
        if !ask {
            return Ok(());
        }
        let question = format!("deploy to {} in account {}?", settings.stage, identity.account);
        if settings.no_input {
            return Err(Error::new(Kind::NeedsInput, question).hint("pass --yes to agree"));
        }
        match ctx.console.confirm(&question).await? {
            true => Ok(()),
            false => Err(Error::new(Kind::Failed, "nothing was done")),
        }
    }

    fn previewed(&self, ctx: &Context, reports: &[StackReport]) -> Result<Outcome> {
        let mut table = Table::new(["stack", "change"]);
        for report in reports {
            if report.creates {
                table.row([report.name, "create, or not to be told before the stacks it depends on are there"]);
            } else if report.changes.is_empty() {
                table.row([report.name, "none"]);
            }
            for change in &report.changes {
                table.row([report.name.to_owned(), change.describe()]);
            }
        }
        let pending = reports.iter().any(|report| report.creates || !report.changes.is_empty());
        let data = json!({ "pending": pending, "stacks": stacks(reports) });
        if pending && self.exit_code {
            ctx.console.table(&table);
            return Err(Error::new(Kind::ChangesPending, "changes are pending").with_data(data));
        }
        Ok(Outcome::data(data).changed(false).table(table))
    }
}

fn stacks(reports: &[StackReport]) -> Vec<serde_json::Value> {
    reports
        .iter()
        .map(|report| json!({ "stack": report.name, "creates": report.creates, "changes": report.changes }))
        .collect()
}

/// A parameter that no template has is a misspelt one.
fn check_names(pipeline: &Pipeline, overrides: &BTreeMap<String, String>) -> Result<()> {
    let known = parameter_names(pipeline)?;
    match overrides.keys().find(|name| !known.contains(*name)) {
        None => Ok(()),
        Some(name) => {
            let known: Vec<_> = known.iter().map(String::as_str).collect();
            Err(Error::new(Kind::Usage, format!("no stack of {} has a parameter {name}", pipeline.name))
                .hint(format!("parameters: {}", known.join(", "))))
        }
    }
}

fn name_and_value(text: &str) -> std::result::Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("NAME=VALUE is needed")?;
    Ok((name.to_owned(), value.to_owned()))
}
