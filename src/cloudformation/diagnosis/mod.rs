//! Finds the one cause in a failed operation's events, its page in the AWS console, and the remedy.

mod detail;
mod links;
mod remedy;

use aws_sdk_cloudformation::types::{Stack as Described, StackEvent};
use serde::Serialize;

use super::Engine;
use super::events::{is_failure, is_stack, status};
use crate::base::error::{Error, Kind};

pub(super) use remedy::is_role_race;

/// Reasons that CloudFormation gives for the siblings of the failed resource. CloudFormation has no code for them.
const CANCELLED: &[&str] = &["Resource creation cancelled", "Resource update cancelled", "Resource deletion cancelled"];

/// Maximum depth of nested stacks that are followed.
const NESTING: usize = 5;

/// The one cause, for machines.
#[derive(Debug, Serialize)]
struct Cause {
    /// The stack of the resource, possibly a nested one.
    stack: String,
    resource: Option<String>,
    resource_type: Option<String>,
    status: Option<String>,
    reason: String,
    /// Name of the known remedy.
    #[serde(skip_serializing_if = "Option::is_none")]
    remedy: Option<&'static str>,
    /// Address in the AWS console.
    #[serde(skip_serializing_if = "Option::is_none")]
    console: Option<String>,
    /// Findings of CloudFormation's validation and hooks.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    details: Vec<String>,
}

impl Engine {
    /// Returns the failure to show, from the events of the failed operation, oldest first.
    pub(super) async fn failure(&self, stack: &Described, events: &[StackEvent]) -> Error {
        let (name, id) = (stack.stack_name().unwrap_or("?"), stack.stack_id().unwrap_or_default());
        let nested = self.nested_cause(events).await;
        let event = nested.as_ref().or_else(|| root_cause(events));
        let details = self.details(id).await;
        failure(name, id, event, stack.stack_status_reason(), details)
    }

    /// Returns the cause inside the nested stack that failed, at any depth; None if the cause is in the stack itself.
    async fn nested_cause(&self, events: &[StackEvent]) -> Option<StackEvent> {
        let mut cause: Option<StackEvent> = None;
        for _ in 0..NESTING {
            let nested = cause.as_ref().or_else(|| root_cause(events)).and_then(nested_stack).map(str::to_owned);
            let Some(nested) = nested else { break };
            match self.operation_events(&nested).await {
                Ok(inside) => match root_cause(&inside) {
                    Some(deeper) => cause = Some(deeper.clone()),
                    None => break,
                },
                // An incomplete cause is better than none.
                Err(error) => {
                    self.reporter.detail(format!("{nested}: {error}"));
                    break;
                }
            }
        }
        cause
    }
}

fn failure(
    name: &str,
    id: &str,
    event: Option<&StackEvent>,
    stack_reason: Option<&str>,
    details: Vec<String>,
) -> Error {
    let reason = match event {
        Some(event) => event.resource_status_reason().unwrap_or("no reason given"),
        None => stack_reason.unwrap_or("failed; CloudFormation gives no reason"),
    };
    let resource_type = event.and_then(StackEvent::resource_type);
    let remedy = remedy::find(resource_type, reason);
    let cause = Cause {
        stack: event.and_then(StackEvent::stack_name).unwrap_or(name).to_owned(),
        resource: event.and_then(StackEvent::logical_resource_id).map(str::to_owned),
        resource_type: resource_type.map(str::to_owned),
        status: event.map(|event| status(event).to_owned()),
        reason: reason.to_owned(),
        remedy: remedy.as_ref().map(|remedy| remedy.name),
        console: links::console(event.and_then(StackEvent::stack_id).unwrap_or(id), event),
        details,
    };
    let message = match (&cause.resource, &cause.status) {
        (Some(resource), Some(status)) => {
            let kind = cause.resource_type.as_deref().unwrap_or("?");
            format!("stack {}: {resource} ({kind}) {status}: {}", cause.stack, cause.reason)
        }
        _ => format!("stack {}: {}", cause.stack, cause.reason),
    };
    let mut error = Error::new(Kind::StackFailed, message);
    for detail in &cause.details {
        error = error.hint(format!("CloudFormation adds: {detail}"));
    }
    if let Some(remedy) = remedy {
        error = error.hint(remedy.hint);
    }
    if let Some(console) = &cause.console {
        error = error.hint(format!("open it in the AWS console: {console}"));
    }
    error.with_data(cause)
}

/// Returns the first resource that was not merely cancelled.
fn root_cause(events: &[StackEvent]) -> Option<&StackEvent> {
    let failed = |event: &&StackEvent| is_failure(event) && !is_stack(event);
    let own = |event: &&StackEvent| {
        let reason = event.resource_status_reason().unwrap_or("");
        !CANCELLED.iter().any(|cancelled| reason.starts_with(cancelled))
    };
    events.iter().filter(failed).find(own).or_else(|| events.iter().find(failed))
}

/// Returns the id of the nested stack of the event.
fn nested_stack(event: &StackEvent) -> Option<&str> {
    let id = event.physical_resource_id().filter(|id| id.contains(":cloudformation:") && id.contains(":stack/"))?;
    (event.resource_type() == Some("AWS::CloudFormation::Stack")).then_some(id)
}

#[cfg(test)]
mod tests {
    use aws_sdk_cloudformation::types::ResourceStatus;

    use super::*;

    const ID: &str = "arn:aws-cn:cloudformation:cn-north-1:123456789012:stack/s/1";

    fn event(id: &str, status: ResourceStatus, reason: &str) -> StackEvent {
        StackEvent::builder()
            .stack_id(ID)
            .event_id(format!("{id}-{}", status.as_str()))
            .stack_name("s")
            .timestamp(aws_smithy_types::DateTime::from_secs(0))
            .logical_resource_id(id)
            .physical_resource_id(if id == "s" { ID } else { "phys" })
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
            event("B", ResourceStatus::CreateFailed, "Bucket name already exists"),
            event("C", ResourceStatus::DeleteFailed, "came later"),
        ];
        let error = failure("s", ID, root_cause(&events), None, vec!["a hook says no".into()]);
        assert_eq!(error.message(), "stack s: B (AWS::X::Y) CREATE_FAILED: Bucket name already exists");
        let data = error.data().unwrap();
        assert_eq!((data["resource"].as_str(), data["remedy"].as_str()), (Some("B"), Some("name-taken")));
        let hints: Vec<_> = error.hints().collect();
        assert!(hints[0].contains("a hook says no"), "{hints:?}");
        assert!(hints.last().unwrap().contains("https://cn-north-1.console.amazonaws.cn/"), "{hints:?}");
    }

    #[test]
    fn without_a_failed_resource_the_stacks_reason_is_shown() {
        let error = failure("s", ID, None, Some("Template error"), Vec::new());
        assert_eq!(error.message(), "stack s: Template error");
    }
}
