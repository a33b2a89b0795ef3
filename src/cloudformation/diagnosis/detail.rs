//! Details of `DescribeEvents`: findings of early validation and of hooks, which stack events don't have.

use aws_sdk_cloudformation::operation::describe_events::builders::DescribeEventsFluentBuilder;
use aws_sdk_cloudformation::types::{EventFilter, EventType, OperationEvent};

use crate::base::error::{AwsContext, Kind};
use crate::cloudformation::Engine;

/// Maximum number of details that are read.
const MOST: usize = 5;

impl Engine {
    /// Returns the details of a stack's failed operation.
    pub(super) async fn details(&self, stack_id: &str) -> Vec<String> {
        self.failed_events(self.client.describe_events().stack_name(stack_id)).await
    }

    /// Returns the details of a refused change set.
    pub(in crate::cloudformation) async fn change_set_details(&self, change_set: &str) -> Vec<String> {
        self.failed_events(self.client.describe_events().change_set_name(change_set)).await
    }

    /// Reads failed events. This has its own permission and is newer than many endpoints: errors only reduce the
    /// details.
    async fn failed_events(&self, request: DescribeEventsFluentBuilder) -> Vec<String> {
        let request = request.filters(EventFilter::builder().failed_events(true).build());
        let answer = self.limiter.send("events", || request.clone().send()).await;
        match answer.aws("read the details of the failure") {
            Ok(answer) => {
                let mut details: Vec<_> = answer.operation_events().iter().filter_map(detail).collect();
                details.dedup();
                details.truncate(MOST);
                details
            }
            Err(error) => {
                if error.kind() == Kind::AccessDenied {
                    let missing = "the findings of CloudFormation's validation and hooks are missing below";
                    self.reporter.warn(format!("{missing}: cloudformation:DescribeEvents is not allowed"));
                } else {
                    self.reporter.detail(error.message());
                }
                Vec::new()
            }
        }
    }
}

fn detail(event: &OperationEvent) -> Option<String> {
    let subject = event.logical_resource_id().unwrap_or("the stack");
    match event.event_type()? {
        EventType::ValidationError => {
            let name = event.validation_name().unwrap_or("validation");
            let reason = event.validation_status_reason()?;
            let path = event.validation_path().map(|path| format!(" at {path}")).unwrap_or_default();
            Some(format!("{subject}: {name}{path}: {reason}"))
        }
        EventType::HookInvocationError => {
            let hook = event.hook_type().unwrap_or("a hook");
            Some(format!("{subject}: {hook}: {}", event.hook_status_reason()?))
        }
        _ => None,
    }
}
