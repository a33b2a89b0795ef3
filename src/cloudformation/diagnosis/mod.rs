//! Finds the one cause in a failed operation's events, its page in the AWS console, and the remedy.

mod detail;
mod links;
mod remedy;

use aws_sdk_cloudformation::types::{ResourceStatus, Stack as Described, StackEvent};
use serde::Serialize;

use super::Engine;
use super::events::Follower;
use crate::error::{Error, Kind};

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
            let inside = match Follower::from_operation(self, &nested).await {
                Ok(mut follower) => follower.next(self).await,
                Err(error) => Err(error),
            };
            match inside {
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
    let text = |value: Option<&str>| value.map(str::to_owned);
    let cause = match event {
        Some(event) => {
            let status = event.resource_status().map_or("failed", ResourceStatus::as_str);
            Cause {
                stack: event.stack_name().unwrap_or(name).to_owned(),
                resource: text(event.logical_resource_id()),
                resource_type: text(event.resource_type()),
                status: Some(status.to_owned()),
                reason: event.resource_status_reason().unwrap_or("no reason given").to_owned(),
                remedy: None,
                console: links::console(event.stack_id().unwrap_or(id), Some(event)),
                details,
            }
        }
        None => Cause {
            stack: name.to_owned(),
            resource: None,
            resource_type: None,
            status: None,
            reason: stack_reason.unwrap_or("failed; CloudFormation gives no reason").to_owned(),
            remedy: None,
            console: links::console(id, None),
            details,
        },
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
    let remedy = remedy::find(cause.resource_type.as_deref(), &cause.reason);
    if let Some(remedy) = &remedy {
        error = error.hint(remedy.hint.clone());
    }
    if let Some(console) = &cause.console {
        error = error.hint(format!("open it in the AWS console: {console}"));
    }
    error.with_data(Cause { remedy: remedy.map(|remedy| remedy.name), ..cause })
}

/// Returns the first resource that was not merely cancelled.
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

/// Returns the id of the nested stack of the event.
fn nested_stack(event: &StackEvent) -> Option<&str> {
    let id = event.physical_resource_id().filter(|id| id.contains(":cloudformation:") && id.contains(":stack/"))?;
    (event.resource_type() == Some("AWS::CloudFormation::Stack")).then_some(id)
}

/// Returns whether the event is about the stack itself rather than one of its resources.
pub fn is_stack(event: &StackEvent) -> bool {
    event.physical_resource_id().is_some() && event.physical_resource_id() == event.stack_id()
}

#[cfg(test)]
mod tests {
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
