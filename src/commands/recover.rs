//! `outboxctl recover`.

use serde_json::json;

use crate::aws::account;
use crate::base::error::{Error, Kind, Result};
use crate::cloudformation::{Engine, OnRecover, RecoverOptions};
use crate::commands::announce::announce;
use crate::commands::operations::attached;
use crate::commands::{Context, reach};
use crate::output::Outcome;
use crate::pipelines;

/// Recover stuck stacks so that `deploy` can continue
///
/// Chooses an action by the status of each stack: rolls it back, continues a rollback, deletes a stack that was never
/// created completely or whose deletion failed, or explains why it cannot be recovered. Stacks that depend on others
/// are recovered first.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Only these stacks of the pipeline [default: all of them]
    #[arg(value_name = "STACK")]
    stacks: Vec<String>,
    /// Resource to skip when continuing a rollback (requires exactly one STACK)
    #[arg(long, value_name = "LOGICAL_ID")]
    skip: Vec<String>,
    /// Resource to retain when deleting a stack (requires exactly one STACK)
    #[arg(long, value_name = "LOGICAL_ID")]
    retain: Vec<String>,
    /// Force the deletion of a stack, leaving behind resources that cannot be deleted
    #[arg(long, conflicts_with = "retain")]
    force: bool,
}

impl Args {
    pub async fn run(self, ctx: &Context) -> Result<Outcome> {
        let mut stacks = reach::stacks(ctx, &self.stacks)?;
        if self.stacks.len() != 1 && !(self.skip.is_empty() && self.retain.is_empty()) {
            return Err(Error::new(Kind::Usage, "--skip and --retain name resources of one stack: name that stack"));
        }
        stacks.reverse();
        let clients = ctx.aws().await?;
        let engine = Engine::new(clients, &ctx.console);
        let options = RecoverOptions { skip: self.skip.clone(), retain: self.retain.clone(), force: self.force };
        let plan = self.plan(ctx, &engine, &stacks, &options).await?;
        let identity = account::identity(clients).await?;
        announce(ctx, clients, Some(&identity));
        if !plan.is_empty() {
            ctx.confirm(&format!("do this? {}", plan.join("; "))).await?;
        }
        let _hold = ctx.hold();
        attached(ctx, &engine, self.recover(ctx, &engine, &stacks, &options)).await
    }

    /// Returns the actions as sentences.
    async fn plan(
        &self,
        ctx: &Context,
        engine: &Engine,
        stacks: &[(&'static str, String)],
        options: &RecoverOptions,
    ) -> Result<Vec<String>> {
        let mut plan = Vec::new();
        for (scope, name) in stacks {
            let Some((action, status)) = engine.recovery(name).await? else { continue };
            options.check(name, action, &status)?;
            let what = match action {
                OnRecover::Nothing | OnRecover::Refuse => continue,
                OnRecover::Wait => "wait for the operation in progress".to_owned(),
                OnRecover::Rollback => "roll back to the last complete state".to_owned(),
                OnRecover::Continue if self.skip.is_empty() => "continue the rollback".to_owned(),
                OnRecover::Continue => format!("continue the rollback, without {}", self.skip.join(", ")),
                OnRecover::Delete => "delete it: it was never created completely".to_owned(),
                OnRecover::ForceDelete if self.force => {
                    "delete it, and leave behind resources that can't be deleted".to_owned()
                }
                OnRecover::ForceDelete if self.retain.is_empty() => "delete it once more".to_owned(),
                OnRecover::ForceDelete => format!("delete it, and leave behind {}", self.retain.join(", ")),
            };
            ctx.console.note(format!("{scope} is in {status}: {what}"));
            let loses = matches!(action, OnRecover::Delete | OnRecover::ForceDelete) || !self.skip.is_empty();
            if loses || pipelines::is_production(&ctx.settings.stage) {
                plan.push(format!("{scope}: {what}"));
            }
        }
        Ok(plan)
    }

    /// Recovers every stack, also after one that can't be recovered: its error is shown, and returned at the end.
    async fn recover(
        &self,
        ctx: &Context,
        engine: &Engine,
        stacks: &[(&'static str, String)],
        options: &RecoverOptions,
    ) -> Result<Outcome> {
        let (mut done, mut failure) = (Vec::new(), None);
        for (scope, name) in stacks {
            match engine.recover(scope, name, options).await {
                Ok(recovered) => done.push((*scope, recovered)),
                Err(error) => {
                    ctx.console.failed(scope, error.message());
                    failure = failure.or(Some(error));
                }
            }
        }
        if let Some(error) = failure {
            return Err(error);
        }
        let changed = done.iter().any(|(_, recovered)| recovered.action.is_some());
        let data: Vec<_> = done
            .iter()
            .map(|(scope, recovered)| {
                json!({
                    "stack": scope, "before": recovered.before, "after": recovered.after, "action": recovered.action,
                })
            })
            .collect();
        let summary = if changed { "recovered; next: `outboxctl deploy`" } else { "nothing to recover" };
        Ok(Outcome::data(json!({ "stacks": data })).changed(changed).summary(summary))
    }
}
