//! The stacks, by the one table of what their statuses mean.

use super::{Finding, Scene};
use crate::cloudformation::{OnDeploy, Phase, StackView, actions};

pub fn examine(scene: Scene<'_>) -> Vec<Finding> {
    let stacks = &scene.deployment.stacks;
    let missing: Vec<_> = stacks.iter().filter(|view| view.described.is_none()).map(|view| view.stack.name).collect();
    let mut findings: Vec<_> = stacks.iter().filter_map(trouble).collect();
    if !missing.is_empty() {
        let text = format!("not deployed: {}", missing.join(", "));
        findings.push(Finding::failed(
            "stacks",
            text,
            "run `outboxctl deploy`, which continues where the last one ended",
        ));
    }
    if findings.is_empty() {
        findings.push(Finding::ok("stacks", format!("all {} are complete", stacks.len())));
    }
    findings
}

fn trouble(view: &StackView) -> Option<Finding> {
    let status = view.described.as_ref()?.stack_status()?;
    let row = actions(status);
    let check = format!("stack {}", view.stack.name);
    let reason = view.described.as_ref().and_then(|stack| stack.stack_status_reason());
    let text = match reason {
        Some(reason) => format!("{}: {reason}", status.as_str()),
        None => status.as_str().to_owned(),
    };
    match row.phase {
        Phase::Good => None,
        Phase::Running => {
            Some(Finding::warning(check, text, "an operation is under way: `outboxctl watch` follows it"))
        }
        // The stack is what it was before the update that failed.
        Phase::Bad if status.as_str() == "UPDATE_ROLLBACK_COMPLETE" => Some(Finding::warning(
            check,
            text,
            "its last update failed and was taken back: correct the cause and run `outboxctl deploy`",
        )),
        Phase::Bad if row.deploy == OnDeploy::Recover => Some(Finding::failed(
            check,
            text,
            "run `outboxctl recover`, which brings it to a state that `outboxctl deploy` can continue from",
        )),
        Phase::Bad | Phase::Gone => Some(Finding::failed(check, text, "correct the cause and run `outboxctl deploy`")),
    }
}
