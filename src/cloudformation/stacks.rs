//! The stacks of a pipeline as CloudFormation describes them.

use std::collections::BTreeMap;
use std::time::Duration;

use aws_sdk_cloudformation::types::Stack as Described;
use aws_smithy_types::date_time::Format;
use futures_util::future::try_join_all;

use super::Engine;
use super::engine::{ATTEMPT, client, describe};
use super::rate_limiter::RateLimiter;
use super::status::status_of;
use crate::aws::Clients;
use crate::base::error::{AwsContext, Error, Result, sdk_code};
use crate::pipelines::{Pipeline, Stack};

/// [`ATTEMPT`] for requests that fail fast.
const ATTEMPT_FAIL_FAST: Duration = Duration::from_secs(10);

/// A stack of the pipeline, deployed or not.
#[derive(Debug, Clone)]
pub struct StackView {
    pub stack: &'static Stack,
    /// The CloudFormation stack name.
    pub name: String,
    /// The description; None if the stack does not exist.
    pub described: Option<Described>,
}

/// Returns the pipeline's stacks in its order, deployed or not. With `glance`, requests fail within seconds if there is
/// no network.
pub async fn stacks(clients: &Clients, pipeline: &Pipeline, stage: &str, glance: bool) -> Result<Vec<StackView>> {
    let (attempt, limiter) = match glance {
        true => (ATTEMPT_FAIL_FAST, RateLimiter::of(clients).fail_fast()),
        false => (ATTEMPT, RateLimiter::of(clients)),
    };
    let client = client(&clients.config_of("CloudFormation"), attempt);
    let found = pipeline.stacks.iter().map(|stack| {
        let (client, limiter, name) = (&client, &limiter, stack.full_name(pipeline, stage));
        async move { Ok::<_, Error>(StackView { stack, described: describe(client, limiter, &name).await?, name }) }
    });
    try_join_all(found).await
}

impl StackView {
    /// Returns a parameter's current value.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        parameter_of(self.described.as_ref()?, name)
    }

    /// Returns whether CloudFormation refuses to delete the stack, or RDS its database.
    pub fn is_protected(&self) -> bool {
        let stack = self.described.as_ref().and_then(Described::enable_termination_protection);
        stack == Some(true) || self.parameter("DeletionProtection") == Some("true")
    }

    /// Returns the stack's own outputs.
    pub fn outputs(&self) -> BTreeMap<String, String> {
        self.described.as_ref().map(|stack| outputs_of(stack).collect()).unwrap_or_default()
    }

    /// Returns the time of its creation or last update, in RFC 3339.
    pub fn changed_at(&self) -> Option<String> {
        let stack = self.described.as_ref()?;
        stack.last_updated_time().or(stack.creation_time())?.fmt(Format::DateTime).ok()
    }

    /// Returns the status as CloudFormation writes it; `not deployed` if the stack does not exist.
    pub fn status(&self) -> &str {
        self.described.as_ref().map_or("not deployed", |stack| status_of(stack).as_str())
    }
}

/// Returns the stack's outputs by key.
pub(super) fn outputs_of(stack: &Described) -> impl Iterator<Item = (String, String)> {
    let outputs = stack.outputs().iter();
    outputs.filter_map(|output| Some((output.output_key()?.to_owned(), output.output_value()?.to_owned())))
}

/// Returns a parameter's current value.
pub(super) fn parameter_of<'a>(stack: &'a Described, name: &str) -> Option<&'a str> {
    stack.parameters().iter().find(|parameter| parameter.parameter_key() == Some(name))?.parameter_value()
}

impl Engine {
    /// Returns the physical ids of the stack's resources of this type; none if the stack does not exist.
    pub async fn resources_of(&self, stack: &str, resource_type: &str) -> Result<Vec<String>> {
        let (mut ids, mut token) = (Vec::new(), None);
        loop {
            let send = || self.client.list_stack_resources().stack_name(stack).set_next_token(token.clone()).send();
            let page = match self.limiter.send(stack, send).await {
                Err(error) if sdk_code(&error) == "ValidationError" => return Ok(ids),
                page => page.aws(format!("list the resources of stack {stack}"))?,
            };
            let of_type = page.stack_resource_summaries.unwrap_or_default().into_iter();
            let of_type = of_type.filter(|resource| resource.resource_type() == Some(resource_type));
            ids.extend(of_type.filter_map(|resource| resource.physical_resource_id));
            token = page.next_token;
            if token.is_none() {
                return Ok(ids);
            }
        }
    }
}
