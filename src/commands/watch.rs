//! `outboxctl watch`.

use futures_util::future::join_all;
use serde_json::json;

use crate::cloudformation::{Engine, OperationKind, Watched};
use crate::commands::announce;
use crate::commands::reach;
use crate::context::Context;
use crate::error::{Error, Kind, Result};
use crate::output::Outcome;

/// Attach to what CloudFormation is doing with the pipeline's stacks; the exit code is its result
///
/// Where nothing is under way, the result of the last operation counts. Ctrl-C detaches and changes nothing.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Only these stacks of the pipeline [default: all of them]
    #[arg(value_name = "STACK")]
    stacks: Vec<String>,
    /// Cancel the updates under way first: CloudFormation rolls them back
    #[arg(long)]
    cancel: bool,
}

impl Args {
    pub async fn run(self, ctx: &Context) -> Result<Outcome> {
        let stacks = reach::stacks(ctx, &self.stacks)?;
        let engine = Engine::new(ctx.aws().await?, &ctx.console);
        let _hold = ctx.hold();
        tokio::select! {
            outcome = self.follow(ctx, &engine, &stacks) => outcome,
            () = ctx.cancel.cancelled() => Err(detached(&engine)),
        }
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
                ctx.console.note("no update is under way; only updates can be cancelled");
            }
        }
        let ends = join_all(stacks.iter().map(|(scope, name)| engine.watch(scope, name))).await;
        let (mut watched, mut failure) = (Vec::new(), None);
        for ((scope, _), end) in stacks.iter().zip(ends) {
            match end {
                Ok(end) => watched.push((*scope, end)),
                // What needs a person weighs more than what only failed.
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

fn finished(ctx: &Context, watched: &[(&'static str, Watched)], cancelled: bool) -> Result<Outcome> {
    let settings = &ctx.settings;
    let attached = watched.iter().any(|(_, end)| end.attached);
    let there = watched.iter().any(|(_, end)| end.status != "not deployed");
    if !there && !attached {
        let message = format!("pipeline {} is not deployed in stage {}", settings.pipeline, settings.stage);
        return Err(Error::new(Kind::NotDeployed, message));
    }
    let stacks: Vec<_> = watched
        .iter()
        .map(|(scope, end)| json!({ "stack": scope, "status": end.status, "attached": end.attached }))
        .collect();
    let summary = if attached { "everything that was under way ended well" } else { "nothing is under way" };
    Ok(Outcome::data(json!({ "stacks": stacks })).changed(cancelled).summary(summary))
}

/// What goes on without us, how to attach to it again and how to cancel it.
pub fn detached(engine: &Engine) -> Error {
    let under_way = engine.under_way();
    if under_way.is_empty() {
        return Error::new(Kind::Interrupted, "stopped; no stack is being changed");
    }
    let scopes: Vec<_> = under_way.iter().map(|operation| operation.scope.as_str()).collect();
    let list = scopes.join(", ");
    let error = Error::new(Kind::Interrupted, format!("detached; CloudFormation continues with: {list}"))
        .hint("attach again: `outboxctl watch` (or run the same command again)");
    let of = |kind: OperationKind| -> Vec<&str> {
        let found = under_way.iter().filter(|operation| operation.kind == kind);
        found.map(|operation| operation.scope.as_str()).collect()
    };
    let (creates, updates) = (of(OperationKind::Create), of(OperationKind::Update));
    match (updates.is_empty(), creates.is_empty()) {
        (false, _) => {
            error.hint(format!("cancel (CancelUpdateStack): `outboxctl watch --cancel {}`", updates.join(" ")))
        }
        (true, false) => error.hint("a create can't be cancelled; to undo it: `outboxctl destroy`"),
        (true, true) => error.hint("what is under way can't be cancelled; it continues to its end"),
    }
    .with_data(json!({ "under_way": scopes }))
}
