//! The stacks, judged by the table of CloudFormation statuses.

use futures_util::future::join_all;

use super::{Finding, Subject};
use crate::base::report::Silent;
use crate::cloudformation::{Engine, OnDeploy, Phase, StackView, actions};

pub async fn examine(subject: Subject<'_>) -> Vec<Finding> {
    let deployment = subject.deployment;
    if !deployment.exists() {
        return vec![Finding::ok("stacks", "none: other tools created the resources that [existing] names")];
    }
    let made = deployment.stacks.iter().filter(|view| !deployment.replaces(view.stack));
    let stacks: Vec<_> = made.collect();
    // The stack of the account is not created if the account already has its roles, which have separate checks.
    let missing = deployment.own_stacks().filter(|view| view.described.is_none());
    let missing: Vec<_> = missing.map(|view| view.stack.name).collect();
    let engine = Engine::new(&subject.context.clients, &Silent);
    let found = stacks.iter().map(|view| trouble(&engine, view));
    let mut findings: Vec<_> = join_all(found).await.into_iter().flatten().collect();
    if !missing.is_empty() {
        let text = format!("not deployed: {}", missing.join(", "));
        findings.push(Finding::failed(
            "stacks",
            text,
            "run `outboxctl deploy`, which continues where the last one ended",
        ));
    }
    if findings.is_empty() {
        findings.push(Finding::ok(
            "stacks",
            format!("all {} are complete", stacks.iter().filter(|view| view.described.is_some()).count()),
        ));
    }
    findings
}

async fn trouble(engine: &Engine, view: &StackView) -> Option<Finding> {
    let stack = view.described.as_ref()?;
    let status = stack.stack_status()?;
    let row = actions(status);
    let check = format!("stack {}", view.stack.name);
    // The cause of a failure is in the stack's events; the status reason says at most that a resource failed.
    let cause = if row.phase == Phase::Bad { engine.root_cause(stack).await } else { None };
    let reason = cause.or_else(|| stack.stack_status_reason().filter(|text| !text.is_empty()).map(str::to_owned));
    let text = match reason {
        Some(reason) => format!("{}: {reason}", status.as_str()),
        None => status.as_str().to_owned(),
    };
    match row.phase {
        Phase::Good => None,
        Phase::Running => {
            Some(Finding::warning(check, text, "an operation is in progress: `outboxctl watch` follows it"))
        }
        // The stack is in the state before the failed update.
        Phase::Bad if status.as_str() == "UPDATE_ROLLBACK_COMPLETE" => Some(Finding::warning(
            check,
            text,
            "its last update failed and was rolled back: correct the cause and run `outboxctl deploy`",
        )),
        Phase::Bad if row.deploy == OnDeploy::Recover => Some(Finding::failed(
            check,
            text,
            "run `outboxctl recover`, which brings it to a state that `outboxctl deploy` can continue from",
        )),
        Phase::Bad | Phase::Gone => Some(Finding::failed(check, text, "correct the cause and run `outboxctl deploy`")),
    }
}
