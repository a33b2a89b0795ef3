//! A stack's events, complete and in order, across polls.

use aws_sdk_cloudformation::types::{ResourceStatus, StackEvent};

use super::Engine;
use super::engine::token;
use crate::base::error::{AwsContext, Result};

/// Returns each event of a stack once, oldest first. Reads by stack id, which also finds a deleted stack.
#[derive(Debug, Clone)]
pub struct Follower {
    stack_id: String,
    seen: Option<String>,
}

impl Follower {
    /// Follows the events from now on.
    pub async fn from_now(engine: &Engine, stack_id: &str) -> Result<Self> {
        let newest = engine.event_page(stack_id, None).await?.0.into_iter().next();
        Ok(Self { stack_id: stack_id.to_owned(), seen: newest.and_then(|event| event.event_id) })
    }

    /// Follows the operation in progress, from its start.
    pub async fn from_operation(engine: &Engine, stack_id: &str) -> Result<Self> {
        let (mut token, mut began) = (None, false);
        loop {
            let (events, next) = engine.event_page(stack_id, token).await?;
            for event in events {
                if began {
                    return Ok(Self { stack_id: stack_id.to_owned(), seen: event.event_id });
                }
                began = begins_operation(&event);
            }
            if next.is_none() {
                return Ok(Self { stack_id: stack_id.to_owned(), seen: None });
            }
            token = next;
        }
    }

    /// Returns whether an operation with this token has started since the last call of [`Follower::next`].
    pub async fn shows(&self, engine: &Engine, token: &str) -> Result<bool> {
        let fresh = self.clone().next(engine).await?;
        Ok(fresh.iter().any(|event| event.client_request_token() == Some(token)))
    }

    /// Returns the token of a request for this action. The newest event is part of it: once the action has failed, the
    /// next request for it is another one.
    pub fn token(&self, action: &str) -> String {
        token([action, &self.stack_id, self.seen.as_deref().unwrap_or("")])
    }

    /// Returns the events since the last call, oldest first, from all pages.
    pub async fn next(&mut self, engine: &Engine) -> Result<Vec<StackEvent>> {
        let (mut fresh, mut token) = (Vec::new(), None);
        'pages: loop {
            let (events, next) = engine.event_page(&self.stack_id, token).await?;
            for event in events {
                if self.seen.is_some() && event.event_id == self.seen {
                    break 'pages;
                }
                fresh.push(event);
            }
            if next.is_none() {
                break;
            }
            token = next;
        }
        if let Some(newest) = fresh.first() {
            self.seen.clone_from(&newest.event_id);
        }
        fresh.reverse();
        Ok(fresh)
    }
}

impl Engine {
    /// Returns the events of the stack's latest operation so far, oldest first.
    pub(super) async fn operation_events(&self, stack_id: &str) -> Result<Vec<StackEvent>> {
        Follower::from_operation(self, stack_id).await?.next(self).await
    }

    /// Returns one page, newest first, and the token of the next.
    async fn event_page(&self, stack_id: &str, token: Option<String>) -> Result<(Vec<StackEvent>, Option<String>)> {
        let send = || self.client.describe_stack_events().stack_name(stack_id).set_next_token(token.clone()).send();
        let page = self.limiter.send(stack_id, send).await.aws(format!("read the events of stack {stack_id}"))?;
        Ok((page.stack_events.unwrap_or_default(), page.next_token))
    }
}

/// Returns whether the event starts an operation. Rollbacks belong to the operation that failed.
fn begins_operation(event: &StackEvent) -> bool {
    let starts = ["CREATE_IN_PROGRESS", "UPDATE_IN_PROGRESS", "DELETE_IN_PROGRESS", "IMPORT_IN_PROGRESS"];
    is_stack(event) && starts.contains(&status(event))
}

/// Returns the event's status as CloudFormation writes it.
pub fn status(event: &StackEvent) -> &str {
    event.resource_status().map_or("", ResourceStatus::as_str)
}

/// Returns whether the event is about the stack itself rather than one of its resources.
pub fn is_stack(event: &StackEvent) -> bool {
    event.physical_resource_id().is_some() && event.physical_resource_id() == event.stack_id()
}

/// Returns whether the event is the failure of a resource or of the stack.
pub fn is_failure(event: &StackEvent) -> bool {
    status(event).ends_with("_FAILED")
}
