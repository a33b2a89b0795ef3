//! CloudFormation operations that continue after the command that started them.

use serde_json::json;

use crate::base::error::{Error, Kind, Result};
use crate::cloudformation::{Engine, OperationKind};
use crate::commands::Context;

/// Runs `work`. A signal ends it with the operations that continue; an error after which the state of the stacks is
/// unknown is completed with them.
///
/// # Errors
/// `Interrupted` after a signal, and those of `work`.
pub async fn attached<T>(ctx: &Context, engine: &Engine, work: impl Future<Output = Result<T>>) -> Result<T> {
    tokio::select! {
        done = work => done.map_err(|error| with_operations(engine, error)),
        () = ctx.cancel.cancelled() => Err(detached(engine)),
    }
}

/// Completes an error after which the state of the stacks is unknown, such as expired credentials: with the operations
/// that CloudFormation continues, and the command that attaches to them. Other errors are returned unchanged.
pub fn with_operations(engine: &Engine, error: Error) -> Error {
    if !is_unanswered(&error) {
        return error;
    }
    let scopes: Vec<_> = engine.under_way().into_iter().map(|operation| operation.scope).collect();
    let under_way = (!scopes.is_empty()).then(|| format!("CloudFormation continues with: {}", scopes.join(", ")));
    error
        .with_hints(under_way)
        .hint("once AWS answers again, the same command attaches to the operations in progress and completes the rest")
}

/// Returns whether the error is not about the stacks: the request to AWS failed.
pub fn is_unanswered(error: &Error) -> bool {
    matches!(error.kind(), Kind::Credentials | Kind::Unreachable)
}

/// Returns the error with the operations that continue, how to attach to them and how to cancel them.
fn detached(engine: &Engine) -> Error {
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
        (true, true) => error.hint("the operations in progress can't be cancelled; they continue to their end"),
    }
    .with_data(json!({ "under_way": scopes }))
}
