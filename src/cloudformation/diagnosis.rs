//! From a failed operation's events to the one cause.

use aws_sdk_cloudformation::types::{ResourceStatus, StackEvent};

use crate::error::{Error, Kind};

/// What CloudFormation writes on the siblings of the resource that failed. It gives no code to tell them by.
const CANCELLED: &[&str] = &["Resource creation cancelled", "Resource update cancelled", "Resource deletion cancelled"];

/// Ways out of failures that have one, by words of a reason that comes without a code.
const REMEDIES: &[(&str, &str)] = &[
    (
        "ReservedConcurrentExecutions",
        "the account's concurrency limit leaves no room for a reservation: --parameter WriterConcurrency=0, or ask for a higher limit",
    ),
    ("dms-vpc-role", "the role is new and not known everywhere yet: run `outboxctl deploy` again in half a minute"),
    ("is not authorized to perform", "grant that action to the principal shown above, or use another --profile"),
    ("already exists", "something of that name is there already: delete it, or use another --stage"),
];

/// The failure to show, out of the operation's events, oldest first. `stack_reason` is used where no resource failed.
pub fn failure(stack: &str, events: &[StackEvent], stack_reason: Option<&str>) -> Error {
    let message = match root_cause(events) {
        Some(event) => format!(
            "stack {stack}: {} ({}) {}: {}",
            event.logical_resource_id().unwrap_or("?"),
            event.resource_type().unwrap_or("?"),
            event.resource_status().map_or("failed", ResourceStatus::as_str),
            event.resource_status_reason().unwrap_or("no reason given"),
        ),
        None => format!("stack {stack}: {}", stack_reason.unwrap_or("failed without a reason")),
    };
    let remedy = REMEDIES.iter().find(|(words, _)| message.contains(words));
    let error = Error::new(Kind::StackFailed, message);
    match remedy {
        Some((_, hint)) => error.hint(*hint),
        None => error,
    }
}

/// The first resource that failed of its own accord.
fn root_cause(events: &[StackEvent]) -> Option<&StackEvent> {
    let failed = |event: &&StackEvent| {
        let status = event.resource_status().map_or("", ResourceStatus::as_str);
        status.ends_with("_FAILED") && !is_stack(event)
    };
    let own = |event: &&StackEvent| {
        let reason = event.resource_status_reason().unwrap_or("");
        !CANCELLED.iter().any(|cancelled| reason.starts_with(cancelled))
    };
    events.iter().filter(failed).find(own).or_else(|| events.iter().find(failed))
}

/// Whether the event is about the stack itself rather than one of its resources.
pub fn is_stack(event: &StackEvent) -> bool {
    event.physical_resource_id().is_some() && event.physical_resource_id() == event.stack_id()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(id: &str, status: ResourceStatus, reason: &str) -> StackEvent {
        StackEvent::builder()
            .stack_id("arn:stack")
            .event_id(format!("{id}-{}", status.as_str()))
            .stack_name("s")
            .timestamp(aws_smithy_types::DateTime::from_secs(0))
            .logical_resource_id(id)
            .physical_resource_id(if id == "s" { "arn:stack" } else { "phys" })
            .resource_type("AWS::X::Y")
            .resource_status(status)
            .resource_status_reason(reason)
            .build()
    }

    #[test]
    fn the_cause_is_neither_a_cancelled_sibling_nor_the_stack() {
        let events = [
            event("A", ResourceStatus::CreateFailed, "Resource creation cancelled"),
            event("s", ResourceStatus::CreateFailed, "The following resource(s) failed to create: [A, B]."),
            event("B", ResourceStatus::CreateFailed, "Bucket name is taken"),
            event("C", ResourceStatus::DeleteFailed, "came later"),
        ];
        assert_eq!(failure("s", &events, None).message(), "stack s: B (AWS::X::Y) CREATE_FAILED: Bucket name is taken");
    }

    #[test]
    fn without_a_failed_resource_the_stack_speaks() {
        assert_eq!(failure("s", &[], Some("Template error")).message(), "stack s: Template error");
    }
}
