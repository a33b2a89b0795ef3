//! What of a pipeline is deployed, as CloudFormation tells it.

use std::collections::BTreeMap;
use std::time::Duration;

use aws_config::SdkConfig;
use aws_sdk_cloudformation::Client;
use aws_sdk_cloudformation::config::retry::RetryConfig;
use aws_sdk_cloudformation::config::timeout::TimeoutConfig;
use aws_sdk_cloudformation::types::Stack as Described;
use aws_smithy_types::date_time::Format;
use futures_util::future::try_join_all;

use super::Engine;
use super::pace::Pace;
use crate::aws::Clients;
use crate::error::{AwsContext, Error, Kind, Result, sdk_code};
use crate::pipelines::{self, Owner, Pipeline, Stack, WITH_SAMPLE};
use crate::settings::Settings;

/// The stacks of one stage of one pipeline, and all their outputs in one flat map.
#[derive(Debug, Clone)]
pub struct Deployment {
    pub pipeline: &'static Pipeline,
    pub stage: String,
    /// In the pipeline's order.
    pub stacks: Vec<StackView>,
    outputs: BTreeMap<String, String>,
}

/// One stack, there or not.
#[derive(Debug, Clone)]
pub struct StackView {
    pub stack: &'static Stack,
    /// The CloudFormation stack name.
    pub name: String,
    /// None where it does not exist.
    pub described: Option<Described>,
}

impl Deployment {
    /// Looks at every stack of `settings.pipeline` in `settings.stage`. Missing stacks are no error here; a missing
    /// output is, when it is asked for.
    ///
    /// # Errors
    /// `Usage` for an unknown pipeline, and what CloudFormation says.
    pub async fn load(clients: &Clients, settings: &Settings) -> Result<Self> {
        Self::load_at(clients, settings, ATTEMPT, Pace::of(clients)).await
    }

    /// [`Deployment::load`] for who only wants to know: without a network it says so within seconds.
    ///
    /// # Errors
    /// The same.
    pub async fn glance(clients: &Clients, settings: &Settings) -> Result<Self> {
        Self::load_at(clients, settings, ATTEMPT_IMPATIENT, Pace::of(clients).impatient()).await
    }

    async fn load_at(clients: &Clients, settings: &Settings, attempt: Duration, pace: Pace) -> Result<Self> {
        let pipeline = pipelines::find(&settings.pipeline)?;
        let client = client(&clients.config_of("CloudFormation"), attempt);
        let stacks = try_join_all(pipeline.stacks.iter().map(|stack| {
            let (client, pace, name) = (&client, &pace, stack.full_name(pipeline, &settings.stage));
            async move { Ok::<_, Error>(StackView { stack, described: describe(client, pace, &name).await?, name }) }
        }))
        .await?;
        let outputs = stacks.iter().filter_map(|view| view.described.as_ref()).flat_map(outputs_of).collect();
        let mut deployment = Self { pipeline, stage: settings.stage.clone(), stacks, outputs };
        // What was left out on purpose is not missing.
        if !deployment.has_sample() {
            deployment.stacks.retain(|view| !view.stack.sample || view.described.is_some());
        }
        Ok(deployment)
    }

    /// Nothing of it is deployed.
    #[cfg(test)]
    pub fn absent(pipeline: &str) -> Result<Self> {
        let pipeline = pipelines::find(pipeline)?;
        Ok(Self { pipeline, stage: "dev".into(), stacks: Vec::new(), outputs: BTreeMap::new() })
    }

    /// An output by its name, of whichever stack has it.
    ///
    /// # Errors
    /// `NotDeployed`.
    pub fn output(&self, name: &str) -> Result<&str> {
        self.outputs.get(name).map(String::as_str).ok_or_else(|| {
            let (pipeline, stage) = (self.pipeline.name, &self.stage);
            let what = if self.outputs.is_empty() { "it".to_owned() } else { format!("the stack that has {name}") };
            let error =
                Error::new(Kind::NotDeployed, format!("pipeline {pipeline}, stage {stage}: {what} is not deployed"));
            match self.has_sample() {
                true => error,
                false => error.hint("it was deployed without the sample; `outboxctl deploy --with-sample` adds that"),
            }
        })
    }

    /// Whether the sample's API and tables are part of it, as the last deploy chose; true where nothing is deployed.
    pub fn has_sample(&self) -> bool {
        !self.stacks.iter().any(|view| view.parameter(WITH_SAMPLE) == Some("false"))
    }

    /// Which deployment it is: the id of its first stack of its own, which no other account, region or later deployment
    /// has. None where nothing is there.
    pub fn id(&self) -> Option<&str> {
        let own = self.stacks.iter().filter(|view| view.stack.owner == Owner::Pipeline);
        own.filter_map(|view| view.described.as_ref()?.stack_id()).next()
    }

    /// Whether any stack of the pipeline itself is there.
    pub fn exists(&self) -> bool {
        self.stacks.iter().any(|view| view.stack.owner == Owner::Pipeline && view.described.is_some())
    }

    /// Every output there is.
    pub fn outputs(&self) -> &BTreeMap<String, String> {
        &self.outputs
    }
}

impl StackView {
    /// A parameter's value as the stack has it now.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        let parameters = self.described.as_ref()?.parameters();
        parameters.iter().find(|parameter| parameter.parameter_key() == Some(name))?.parameter_value()
    }

    /// Whether CloudFormation refuses to delete the stack, or RDS what it holds.
    pub fn is_protected(&self) -> bool {
        let stack = self.described.as_ref().and_then(Described::enable_termination_protection);
        stack == Some(true) || self.parameter("DeletionProtection") == Some("true")
    }

    /// The stack's own outputs.
    pub fn outputs(&self) -> BTreeMap<String, String> {
        self.described.as_ref().map(|stack| outputs_of(stack).collect()).unwrap_or_default()
    }

    /// When it was last created or updated, in RFC 3339.
    pub fn changed_at(&self) -> Option<String> {
        let stack = self.described.as_ref()?;
        stack.last_updated_time().or(stack.creation_time())?.fmt(Format::DateTime).ok()
    }

    /// The status as CloudFormation writes it; `not deployed` where there is no stack.
    pub fn status(&self) -> &str {
        self.described.as_ref().map_or("not deployed", |stack| super::engine::status_of(stack).as_str())
    }
}

/// After which a request without an answer is sent again.
pub(super) const ATTEMPT: Duration = Duration::from_secs(20);

/// The same for a question whose answer is worth little later.
const ATTEMPT_IMPATIENT: Duration = Duration::from_secs(10);

/// A client without retries of the SDK's own: the pace repeats what is to be repeated.
pub(super) fn client(config: &SdkConfig, attempt: Duration) -> Client {
    let timeouts = TimeoutConfig::builder().connect_timeout(Duration::from_secs(5)).operation_attempt_timeout(attempt);
    let config = aws_sdk_cloudformation::config::Builder::from(config);
    Client::from_conf(config.retry_config(RetryConfig::disabled()).timeout_config(timeouts.build()).build())
}

/// The stack's outputs by key.
pub(super) fn outputs_of(stack: &Described) -> impl Iterator<Item = (String, String)> {
    stack
        .outputs()
        .iter()
        .filter_map(|output| Some((output.output_key()?.to_owned(), output.output_value()?.to_owned())))
}

/// The stack as it is now, by name or id; None where there is none. A deleted stack answers by its id.
pub(super) async fn describe(client: &Client, pace: &Pace, name: &str) -> Result<Option<Described>> {
    match pace.send(name, || client.describe_stacks().stack_name(name).send()).await {
        Ok(answer) => Ok(answer.stacks.unwrap_or_default().into_iter().next()),
        // For a well-formed name this code has one meaning only: there is no such stack.
        Err(error) if sdk_code(&error) == "ValidationError" => Ok(None),
        Err(error) => Err(error).aws(format!("describe stack {name}")),
    }
}

impl Engine {
    /// Returns the physical ids of the stack's resources of this type; none where there is no stack.
    ///
    /// # Errors
    /// What CloudFormation says.
    pub async fn resources_of(&self, stack: &str, resource_type: &str) -> Result<Vec<String>> {
        let (mut ids, mut token) = (Vec::new(), None);
        loop {
            let send = || self.client.list_stack_resources().stack_name(stack).set_next_token(token.clone()).send();
            let page = match self.pace.send(stack, send).await {
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
