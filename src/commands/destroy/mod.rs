//! `outboxctl destroy`.

mod attachments;
mod leftovers;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde_json::json;

use crate::aws::dms::{Polling, Source, Task};
use crate::aws::{Clients, account, buckets};
use crate::base::error::{Error, Kind, Result};
use crate::cloudformation::graph::{self, End};
use crate::cloudformation::{Engine, StackView};
use crate::commands::announce::announce;
use crate::commands::dms::{Blockers, REBUILT};
use crate::commands::operations::{attached, is_unanswered, with_operations};
use crate::commands::{Context, reach};
use crate::deployment::Deployment;
use crate::output::Outcome;
use crate::pipelines::{NETWORK, Output};

/// Time limit for network interfaces: Lambda returns those of a deleted function within 20 minutes, most of which have
/// passed when CloudFormation fails (Lambda developer guide, "Giving Lambda functions access to resources in a VPC").
const INTERFACES: Duration = Duration::from_secs(5 * 60);

/// Time limit for the capture task to stop.
const STOP_DEADLINE: Duration = Duration::from_secs(15 * 60);

/// Way back from a deletion that ended between the capture and the stacks.
const RESUME: &str = "the capture is stopped, or about to stop: `outboxctl destroy` continues the deletion; to keep the pipeline, \
     resume the capture with `outboxctl dms start`";

/// Delete the pipeline's stacks, stopping the capture first
///
/// Fails if a stack is protected against deletion; remove the protection first. If resources of the pipeline remain,
/// lists them and exits with 1.
#[derive(Debug, clap::Args)]
pub struct Args {}

impl Args {
    pub async fn run(self, ctx: &Context) -> Result<Outcome> {
        let (clients, deployment) = (ctx.aws().await?, reach::deployment(ctx).await?);
        let (pipeline, stage) = (deployment.pipeline.name, deployment.stage.as_str());
        if !deployment.exists() {
            let data = json!({ "deleted": [], "leftovers": [] });
            let summary = format!("{pipeline} is not deployed in stage {stage}");
            return Ok(Outcome::data(data).changed(false).summary(summary));
        }
        let identity = account::identity(clients).await?;
        let account = &identity.account;
        announce(ctx, clients, Some(&identity));
        ctx.console.note(format!("to delete: {}", names(&deployment).join(", ")));
        refuse_protected(&deployment)?;
        let question = format!("delete {pipeline} in stage {stage}, account {account}, with all its data?");
        ctx.confirm(&question).await?;

        let engine = Engine::new(clients, &ctx.console);
        let _hold = ctx.hold();
        let stopped = AtomicBool::new(false);
        let deleting = async {
            attachments::check(ctx, clients, &engine, &deployment).await?;
            stop_capture(ctx, &deployment, &stopped).await?;
            self.delete_stacks(ctx, &engine, &deployment).await
        };
        let ends = attached(ctx, &engine, deleting).await;
        // The deletion of a stack that is under way continues, and the capture's with it.
        let is_kept = stopped.load(Ordering::SeqCst) && engine.under_way().is_empty();
        let ends = ends.map_err(|error| error.with_hints(is_kept.then_some(RESUME)))?;
        let (deleted, mut failure) = ended(ctx, ends);
        if let Some(error) = failure.take_if(|error| is_unanswered(error)) {
            return Err(with_operations(&engine, error).with_data(json!({ "deleted": deleted })));
        }
        let left = leftovers::find(clients, &deployment, &ctx.settings).await?;
        let data = json!({ "deleted": deleted, "leftovers": left });
        match failure {
            Some(error) => {
                left.iter().for_each(|one| ctx.console.warn(format!("left over: {one}")));
                Err(error.with_data(data))
            }
            None if !left.is_empty() => {
                let hint =
                    "these were kept on purpose or could not be deleted; remove them by hand when they are not needed";
                Err(Error::new(Kind::Failed, format!("left over: {}", left.join("; "))).hint(hint).with_data(data))
            }
            None => {
                let summary = format!("{pipeline} is gone from stage {stage}");
                Ok(Outcome::data(data).changed(true).summary(summary))
            }
        }
    }

    /// Deletes each stack as soon as no other depends on it. Returns true for the stacks that existed.
    async fn delete_stacks(
        &self,
        ctx: &Context,
        engine: &Engine,
        deployment: &Deployment,
    ) -> Result<BTreeMap<&'static str, End<bool>>> {
        let clients = ctx.aws().await?;
        let dependents = |name: &'static str| {
            let stacks = deployment.pipeline.stacks.iter();
            stacks.filter(|stack| stack.depends_on.contains(&name)).map(|stack| stack.name).collect()
        };
        let step = |name: &'static str| {
            let view = deployment.stacks.iter().find(|view| view.stack.name == name);
            async move {
                let Some(view) = view else { return Ok(false) };
                if name == NETWORK.name {
                    attachments::check_groups(ctx, clients, engine, deployment).await?;
                }
                empty(ctx, clients, view, deployment).await?;
                match engine.destroy(name, &view.name).await {
                    // An object was written to a bucket while the stack was being deleted.
                    Err(error)
                        if error.kind() == Kind::StackFailed && empty(ctx, clients, view, deployment).await? > 0 =>
                    {
                        engine.destroy(name, &view.name).await
                    }
                    Err(error) if is_held_by_interfaces(&error) => {
                        let message =
                            "network interfaces of deleted functions are still in use: trying again in 5 minutes";
                        ctx.console.progress(name, message);
                        engine.wait(INTERFACES).await;
                        engine.destroy(name, &view.name).await
                    }
                    result => result,
                }
            }
        };
        Ok(graph::run(&names(deployment), dependents, step).await)
    }
}

/// Reports the stacks that were not deleted. Returns the deleted ones, and the error of the command.
fn ended(ctx: &Context, ends: BTreeMap<&'static str, End<bool>>) -> (Vec<&'static str>, Option<Error>) {
    let (mut deleted, mut failure) = (Vec::new(), None);
    // Without an answer from AWS the state of the remaining stacks is unknown.
    let unanswered = ends.values().any(|end| matches!(end, End::Failed(error) if is_unanswered(error)));
    for (name, end) in ends {
        let text = match end {
            End::Done(true) => {
                deleted.push(name);
                continue;
            }
            End::Done(false) => continue,
            End::Failed(error) => {
                let text = error.message().to_owned();
                // The failure of a stack takes precedence over a failed request.
                failure = match failure {
                    Some(first) if !is_unanswered(&first) || is_unanswered(&error) => Some(first),
                    _ => Some(error),
                };
                text
            }
            End::Skipped(because) if unanswered => {
                format!("not started: the deletion of {because} was not confirmed")
            }
            End::Skipped(because) => format!("kept, because {because} still exists"),
        };
        ctx.console.failed(name, text);
    }
    (deleted, failure)
}

/// Returns whether the deletion failed because network interfaces use a resource.
fn is_held_by_interfaces(error: &Error) -> bool {
    let kind = error.data().and_then(|data| data["resource_type"].as_str());
    matches!(kind, Some("AWS::EC2::SecurityGroup" | "AWS::EC2::Subnet" | "AWS::EC2::VPC"))
}

/// Returns the stacks to delete, in the pipeline's order.
fn names(deployment: &Deployment) -> Vec<&'static str> {
    deployment.own_stacks().filter(|view| view.described.is_some()).map(|view| view.stack.name).collect()
}

/// Rejects a deletion that can't succeed, before anything is stopped.
fn refuse_protected(deployment: &Deployment) -> Result<()> {
    let protected = deployment.own_stacks().filter(|view| view.is_protected());
    let protected: Vec<_> = protected.map(|view| view.name.as_str()).collect();
    if protected.is_empty() {
        return Ok(());
    }
    let lift = protected.iter().map(|name| {
        format!(
            "`aws cloudformation update-termination-protection --no-enable-termination-protection --stack-name {name}`"
        )
    });
    Err(Error::new(Kind::Usage, format!("protected against deletion: {}", protected.join(", "))).hint(format!(
        "to delete it anyway: `outboxctl deploy --parameter DeletionProtection=false`, then {}",
        lift.collect::<Vec<_>>().join("; ")
    )))
}

/// Stops the task and waits: deleting a running task, or its database, fails halfway. `stopped` becomes true if the task
/// ran.
async fn stop_capture(ctx: &Context, deployment: &Deployment, stopped: &AtomicBool) -> Result<()> {
    let Ok(task) = deployment.output(Output::TaskArn) else { return Ok(()) };
    if deployment.is_existing(Output::TaskArn) {
        return Ok(());
    }
    let clients = ctx.aws().await?;
    ctx.console.started("capture", "stopping the task");
    let task = Task::new(clients, task, Polling::new(clients, STOP_DEADLINE), &ctx.console);
    let stop = async {
        let status = task.describe().await?.status;
        stopped.store(["running", "starting"].contains(&status.as_str()), Ordering::SeqCst);
        task.stop().await
    };
    match Blockers::during(ctx, deployment, stop).await {
        Ok(changed) => {
            drop_slot(ctx, deployment).await;
            ctx.console.finished("capture", if changed { "stopped" } else { "was not running" }, changed);
            Ok(())
        }
        // The task was deleted by hand: nothing to stop.
        Err(error) if error.kind() == Kind::NotDeployed => {
            ctx.console.finished("capture", "no task found", false);
            Ok(())
        }
        Err(error) => ctx.console.report_failure("capture", Err(error)),
    }
}

/// Drops a slot that `dms rebuild` made: DMS deletes only its own slots with the task, and a slot without a reader
/// fills the disk of a database that stays.
async fn drop_slot(ctx: &Context, deployment: &Deployment) {
    let dropped = async {
        let source = Source::find(ctx.aws().await?, deployment.output(Output::SourceEndpointArn)?).await?;
        match source.slot.filter(|name| name.starts_with(REBUILT)) {
            Some(name) => deployment.database().await?.drop_slot(name).await,
            None => Ok(false),
        }
    };
    if let Err(error) = dropped.await {
        ctx.console.warn(format!("the replication slot was not dropped: {error}"));
    }
}

/// Empties the buckets that prevent the deletion of the stack. Returns the number of deleted objects.
async fn empty(ctx: &Context, clients: &Clients, view: &StackView, deployment: &Deployment) -> Result<usize> {
    let mut count = 0;
    for bucket in emptied(view, deployment) {
        let deleted = buckets::empty(clients, bucket).await?;
        ctx.console.detail(format!("{}: {deleted} objects deleted from {bucket}", view.stack.name));
        count += deleted;
    }
    Ok(count)
}

/// Returns the buckets of this stack to empty. Undelivered payloads of a protected stage are kept.
fn emptied<'a>(view: &StackView, deployment: &'a Deployment) -> Vec<&'a str> {
    let kept = view.parameter("KeepData") == Some("true");
    let own = view.outputs();
    Output::BUCKETS
        .iter()
        .filter(|output| own.contains_key(output.name()) && !(kept && **output == Output::FailureBucket))
        .filter_map(|output| deployment.output(*output).ok())
        .collect()
}
