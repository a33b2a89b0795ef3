//! `outboxctl deploy`.

mod capture;
mod existing;
mod functions;
mod parameters;
mod plan;
mod preflight;
mod supply;

use std::collections::BTreeMap;

use serde_json::json;

use crate::aws::{Clients, account};
use crate::base::error::{Error, Kind, Result};
use crate::cloudformation::{Change, Consent, Engine, Guard, Pause, Rollout, StackPreview, StackReport, Values};
use crate::commands::announce::announce;
use crate::commands::operations::attached;
use crate::commands::{Context, reach};
use crate::deployment::Deployment;
use crate::outbox::Layout;
use crate::output::Outcome;
use crate::pipelines::templates::{parameter_names, secrets};
use crate::pipelines::{self, Owner, Part, Pipeline, Source, Stack, WITH_SAMPLE};

pub use parameters::{ChosenParameters, FUNCTION_BINARY, TemplateArgs, chosen_executable};

/// Deploy the pipeline's stacks, updating only those that changed
///
/// Independent stacks are deployed in parallel. If deploy is killed, run it again: it attaches to the operations in
/// progress. Ctrl-C detaches and leaves CloudFormation running; `outboxctl watch` attaches again.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Show what would change without changing anything
    #[arg(long, visible_alias = "diff")]
    dry_run: bool,
    /// With --dry-run: exit with 3 if there are changes
    #[arg(long, requires = "dry_run")]
    exit_code: bool,
    /// Allow changes that replace or remove a database, stream, secret or capture task
    #[arg(long)]
    allow_replacement: bool,
    #[command(flatten)]
    template: TemplateArgs,
    /// Include the sample's API and tables again, after a deploy with --without-sample
    #[arg(long, conflicts_with = "without_sample")]
    with_sample: bool,
}

impl Args {
    pub async fn run(self, ctx: &Context) -> Result<Outcome> {
        let settings = &ctx.settings;
        let pipeline = pipelines::find(&settings.pipeline)?;
        let mut overrides = self.template.chosen.overrides(settings, pipeline)?;
        self.choose_sample(pipeline, settings.outbox.as_ref(), &mut overrides)?;
        mask(ctx, pipeline, &overrides)?;

        let clients = ctx.aws().await?;
        let (deployment, with_sample) = self.announce(ctx, clients, pipeline, &overrides).await?;
        check_sample(&deployment, with_sample)?;
        preflight::check(ctx, clients, &deployment, &mut overrides).await?;
        let supply =
            supply::Artifacts::new(ctx, clients, self.template.executable(), &deployment, self.dry_run).await?;
        let engine = Engine::new(clients, &ctx.console);
        let capture = capture::Capture::of(ctx, &deployment).await?;
        if let (Some(capture), false) = (&capture, self.dry_run) {
            capture.check().await?;
        }
        let rollout = Rollout {
            engine: &engine,
            pipeline,
            values: Values {
                stage: &settings.stage,
                name_prefix: pipeline.name_prefix(&settings.stage),
                protected: !settings.local && !pipelines::is_development(&settings.stage),
                overrides: &overrides,
                given: deployment.given(),
                supply: &supply,
            },
            guard: Guard { allow_replacement: self.allow_replacement, consent: consent(ctx) },
            pause: capture.as_ref().map(|capture| capture as &dyn Pause),
            with_sample,
        };
        // Delays a signal: a preview removes its change sets, and a deploy reports the operations that continue.
        let _hold = ctx.hold();
        if self.dry_run {
            return self.previewed(ctx, rollout.preview().await?);
        }
        let deployed = attached(ctx, &engine, rollout.deploy()).await;
        let (reports, outputs) = deployed.map_err(|error| match &capture {
            Some(capture) if error.kind() == Kind::Interrupted => capture.remember(error),
            _ => error,
        })?;
        functions::check(ctx, clients, &engine, pipeline, &supply.package, &reports).await?;
        let stacks = reports.iter();
        let stacks = stacks.map(|one| json!({ "stack": one.name, "changes": one.changes, "attached": one.attached }));
        let data = json!({ "stacks": stacks.collect::<Vec<_>>(), "outputs": outputs });
        let changed = reports.iter().any(StackReport::changed);
        Ok(Outcome::data(data).changed(changed).summary(summary(&deployment, changed)))
    }

    /// Sets the template parameter that the flags stand for. The sample writes to our own outbox table: with another one
    /// it is excluded.
    fn choose_sample(
        &self,
        pipeline: &Pipeline,
        outbox: Option<&Layout>,
        overrides: &mut BTreeMap<String, String>,
    ) -> Result<()> {
        let has_choice = parameter_names(pipeline)?.contains(WITH_SAMPLE);
        let mapped = pipeline.has(Part::Database) && outbox.is_some_and(|layout| !layout.is_own());
        if has_choice && self.with_sample {
            overrides.insert(WITH_SAMPLE.to_owned(), "true".to_owned());
        } else if has_choice && mapped {
            overrides.entry(WITH_SAMPLE.to_owned()).or_insert_with(|| "false".to_owned());
        }
        Ok(())
    }

    /// Shows identity and place before any change, and asks for confirmation in production. Returns the deployment, and
    /// whether it will include the sample: as chosen now, else as before.
    async fn announce(
        &self,
        ctx: &Context,
        clients: &Clients,
        pipeline: &Pipeline,
        overrides: &BTreeMap<String, String>,
    ) -> Result<(Deployment, bool)> {
        let settings = &ctx.settings;
        let (identity, deployment) = tokio::try_join!(account::identity(clients), Deployment::load(clients, settings))?;
        let deployment = deployment.trusting(reach::roots(ctx)?);
        let with_sample = overrides.get(WITH_SAMPLE).map_or(deployment.has_sample(), |value| value != "false");
        let is_there = |name: &str| deployment.stacks.iter().any(|v| v.stack.name == name && v.described.is_some());
        let (leaving, wanted): (Vec<&Stack>, Vec<&Stack>) =
            pipeline.stacks.iter().filter(|s| !deployment.replaces(s)).partition(|s| s.sample && !with_sample);
        let (there, missing): (Vec<&Stack>, Vec<&Stack>) = wanted.into_iter().partition(|stack| is_there(stack.name));
        let mut created = Vec::new();
        for stack in missing {
            if creates_any(clients, stack).await {
                created.push(stack);
            }
        }
        let leaving: Vec<_> = leaving.into_iter().filter(|stack| is_there(stack.name)).collect();
        let names = |stacks: Vec<&Stack>| stacks.iter().map(|stack| stack.name).collect::<Vec<_>>().join(", ");
        ctx.console.note(format!("{}: {}", pipeline.name, pipeline.title));
        announce(ctx, clients, Some(&identity));
        for (what, stacks) in [("to create", created), ("to update if changed", there), ("to delete", leaving)] {
            if !stacks.is_empty() {
                ctx.console.note(format!("{what}: {}", names(stacks)));
            }
        }
        let existing: Vec<_> =
            deployment.given().existing().iter().map(|(key, value)| format!("{} {value}", key.name())).collect();
        if !existing.is_empty() {
            ctx.console.note(format!("existing, left alone: {}", existing.join(", ")));
        }
        if !self.dry_run {
            let question = format!("deploy to {} in account {}?", settings.stage, identity.account);
            ctx.confirm_in_production(&question).await?;
        }
        Ok((deployment, with_sample))
    }

    fn previewed(&self, ctx: &Context, previews: Vec<StackPreview>) -> Result<Outcome> {
        let pending = previews.iter().any(|stack| stack.preview.action.is_change());
        let stacks: Vec<_> = previews
            .iter()
            .map(|StackPreview { name, preview }| {
                json!({
                    "stack": name, "action": preview.action, "creates": plan::creates(preview.action),
                    "changes": preview.changes, "parameters": preview.parameters,
                    "stops_capture": preview.changes.iter().any(Change::needs_capture_stopped),
                })
            })
            .collect();
        let data = json!({ "pending": pending, "stacks": stacks });
        let text = plan::text(&previews);
        if pending && self.exit_code {
            ctx.console.text(&text);
            return Err(Error::new(Kind::ChangesPending, "changes are pending").with_data(data));
        }
        Ok(Outcome::data(data).changed(false).text(text))
    }
}

/// Checks that the sample is not deployed with another outbox table, to which its functions can't write.
///
/// # Errors
/// `Usage` with the flag and the parameter to omit.
fn check_sample(deployment: &Deployment, with_sample: bool) -> Result<()> {
    if !with_sample || deployment.layout.is_own() {
        return Ok(());
    }
    let table = deployment.layout.full_name();
    let text = format!("the sample can't write to {table}: its functions write only to outboxctl's own outbox table");
    Err(Error::new(Kind::Usage, text).hint("omit --with-sample and the parameter WithSample"))
}

/// Returns the last line of a deploy, with the next command after the first one. `deployment` is as it was before.
fn summary(deployment: &Deployment, changed: bool) -> String {
    let (pipeline, stage) = (deployment.pipeline, deployment.stage.as_str());
    let was_complete = deployment.own_stacks().all(|view| view.described.is_some());
    match (changed, was_complete) {
        (true, false) => {
            let next = if pipeline.has(Part::Database) { "db init" } else { "verify" };
            format!("{} is deployed in stage {stage}; next: `outboxctl {next}`", pipeline.name)
        }
        (true, true) => format!("{} is updated in stage {stage}", pipeline.name),
        (false, _) => format!("{} is already deployed in stage {stage}; nothing changed", pipeline.name),
    }
}

/// Returns whether a stack that is not deployed has anything to create: that of the account only has roles, which may
/// exist already. An account that can't be asked is answered by the deploy itself.
async fn creates_any(clients: &Clients, stack: &Stack) -> bool {
    if stack.owner != Owner::Account {
        return true;
    }
    for (_, source) in stack.parameters {
        let Source::RoleMissing(role) = source else { continue };
        if !account::has_role(clients, role).await.unwrap_or(false) {
            return true;
        }
    }
    false
}

/// Returns the form of consent to a replacement.
fn consent(ctx: &Context) -> Consent {
    match (ctx.settings.yes || ctx.settings.local, ctx.settings.no_input) {
        (true, _) => Consent::Given,
        (false, true) => Consent::Never,
        (false, false) => Consent::Ask,
    }
}

/// Masks the values of secret parameters in the log of a CI system.
fn mask(ctx: &Context, pipeline: &Pipeline, overrides: &BTreeMap<String, String>) -> Result<()> {
    for stack in pipeline.stacks {
        let names = secrets(stack.template)?;
        overrides.iter().filter(|(name, _)| names.contains(*name)).for_each(|(_, value)| ctx.console.mask(value));
    }
    Ok(())
}
