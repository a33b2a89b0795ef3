//! `outboxctl watch`.

use std::time::Duration;

use futures_util::future::join_all;
use serde_json::json;

use crate::base::error::{Error, Kind, Result};
use crate::cloudformation::{Engine, Watched};
use crate::commands::operations::attached;
use crate::commands::{Context, announce, reach};
use crate::deployment::not_deployed;
use crate::output::Outcome;
use crate::pipelines::{self, Owner};

/// Follow CloudFormation operations on the pipeline's stacks until they end
///
/// The exit code is the result of the operations in progress, or of the last operation if there are none. Ctrl-C
/// detaches and changes nothing.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Only these stacks of the pipeline [default: all of them]
    #[arg(value_name = "STACK")]
    stacks: Vec<String>,
    /// First cancel the updates in progress; CloudFormation then rolls them back
    #[arg(long)]
    cancel: bool,
}

impl Args {
    pub async fn run(self, ctx: &Context) -> Result<Outcome> {
        let stacks = reach::stacks(ctx, &self.stacks)?;
        let engine = Engine::new(ctx.aws().await?, &ctx.console);
        let _hold = ctx.hold();
        attached(ctx, &engine, self.follow(ctx, &engine, &stacks)).await
    }

    async fn follow(&self, ctx: &Context, engine: &Engine, stacks: &[(&'static str, String)]) -> Result<Outcome> {
        let mut cancelled = false;
        if self.cancel {
            announce::look_and_announce(ctx).await?;
            for (scope, name) in stacks {
                if engine.cancel(name).await? {
                    ctx.console.note(format!("{scope}: cancelled; CloudFormation rolls the update back"));
                    cancelled = true;
                }
            }
            if !cancelled {
                ctx.console.note("no update is in progress; only updates can be cancelled");
            }
        }
        let mut ends = join_all(stacks.iter().map(|(scope, name)| engine.watch(scope, name))).await;
        let mut idle = Duration::ZERO;
        while let Some(missing) = missing(ctx, stacks, &ends) {
            let deploying = ends.iter().flatten().any(|end| end.attached || in_review(end));
            if idle >= if deploying { BETWEEN_OF_DEPLOY } else { BETWEEN } {
                break;
            }
            tokio::time::sleep(BETWEEN).await;
            let more = missing.iter().map(|at| engine.watch(stacks[*at].0, &stacks[*at].1));
            let more = join_all(more).await;
            let moved = more.iter().any(|end| end.as_ref().map_or(true, |end| end.attached || is_there(end)));
            idle = if moved { Duration::ZERO } else { idle + BETWEEN };
            missing.into_iter().zip(more).for_each(|(at, end)| ends[at] = end);
        }
        let (mut watched, mut failure) = (Vec::new(), None);
        for ((scope, _), end) in stacks.iter().zip(ends) {
            match end {
                Ok(end) => watched.push((*scope, end)),
                // A state that needs manual action takes precedence over other failures.
                Err(error) => {
                    let worse =
                        |first: &Error| first.kind() != Kind::NeedsRecovery && error.kind() == Kind::NeedsRecovery;
                    if failure.as_ref().is_none_or(worse) {
                        failure = Some(error);
                    }
                }
            }
        }
        match failure {
            Some(error) => Err(error),
            None => finished(ctx, &watched, cancelled),
        }
    }
}

/// Interval of looks for the next stack of a deploy.
const BETWEEN: Duration = Duration::from_secs(3);
/// Time to wait for the next stack if a deploy is in progress, which creates change sets and uploads the package between two
/// stacks.
const BETWEEN_OF_DEPLOY: Duration = Duration::from_secs(30);

/// Returns whether the stack has resources, or had an operation.
fn is_there(end: &Watched) -> bool {
    end.status != "not deployed" && !in_review(end)
}

/// Returns whether the stack has only a change set, which a deploy creates before it executes it.
fn in_review(end: &Watched) -> bool {
    end.status == "REVIEW_IN_PROGRESS"
}

/// Returns the stacks that a deploy may still create: those that every deploy of the pipeline has. None unless one
/// failed and some exist.
fn missing(ctx: &Context, stacks: &[(&'static str, String)], ends: &[Result<Watched>]) -> Option<Vec<usize>> {
    let pipeline = pipelines::find(&ctx.settings.pipeline).ok()?;
    let always =
        |scope: &str| pipeline.stack(scope).is_some_and(|stack| stack.owner == Owner::Pipeline && !stack.sample);
    let ends: Vec<&Watched> = ends.iter().map(Result::as_ref).collect::<Result<_, _>>().ok()?;
    let missing: Vec<usize> = (0..ends.len()).filter(|at| !is_there(ends[*at]) && always(stacks[*at].0)).collect();
    // Deleted stacks are not created again.
    let deleted = ends.iter().any(|end| end.attached && !is_there(end));
    let begun = ends.iter().any(|end| is_there(end) || in_review(end));
    (!missing.is_empty() && !deleted && begun).then_some(missing)
}

fn finished(ctx: &Context, watched: &[(&'static str, Watched)], cancelled: bool) -> Result<Outcome> {
    let settings = &ctx.settings;
    let attached = watched.iter().any(|(_, end)| end.attached);
    let there = watched.iter().any(|(_, end)| is_there(end));
    if !there && !attached {
        return Err(not_deployed(&settings.pipeline, &settings.stage));
    }
    let stacks: Vec<_> = watched
        .iter()
        .map(|(scope, end)| json!({ "stack": scope, "status": end.status, "attached": end.attached }))
        .collect();
    let names: Vec<_> = watched.iter().map(|(scope, _)| (*scope, String::new())).collect();
    let ends: Vec<_> = watched.iter().map(|(_, end)| Ok(end.clone())).collect();
    let missing: Vec<_> = missing(ctx, &names, &ends).unwrap_or_default().into_iter().map(|at| names[at].0).collect();
    let said = if attached { "all operations in progress succeeded" } else { "no operation is in progress" };
    let summary = match missing.as_slice() {
        [] => said.to_owned(),
        missing => format!("{said}; not deployed: {}; `outboxctl deploy` continues", missing.join(", ")),
    };
    Ok(Outcome::data(json!({ "stacks": stacks })).changed(cancelled).summary(summary))
}
