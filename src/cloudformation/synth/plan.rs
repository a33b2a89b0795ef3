//! The stacks of a pipeline with the origin of every parameter's value.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::base::error::{Error, Kind, Result};
use crate::cloudformation::{named_after, stack_tags};
use crate::outbox::Layout;
use crate::pipelines::templates::{
    capabilities, keys, list_parameters, nonempty_conditions, secrets, template_parameters,
};
use crate::pipelines::{Artifact, Given, Output, Owner, Pipeline, Source, Stack, WITH_SAMPLE};

/// The archive of the functions' code.
#[derive(Debug, Clone)]
pub struct Package {
    /// S3 key, if the archive is known.
    pub key: Option<String>,
    /// Architecture in Lambda's words.
    pub architecture: String,
}

/// The input of a plan, in addition to the pipeline.
#[derive(Debug, Clone)]
pub struct Choices<'a> {
    pub stage: &'a str,
    pub region: Option<String>,
    /// Data is to be protected, unless a parameter says otherwise.
    pub protected: bool,
    /// The user's own values by parameter name.
    pub parameters: &'a BTreeMap<String, String>,
    pub package: Package,
    /// Outputs that existing resources stand for (`[existing]` in outboxctl.toml).
    pub given: &'a Given,
    /// The outbox table that the capture follows.
    pub layout: Layout,
    /// The root certificate of the region's databases in PEM.
    pub certificate: Option<String>,
}

/// The value of a parameter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Value {
    /// A fixed text.
    Text(String),
    /// An output of an earlier stack.
    Output { stack: &'static str, output: String },
    /// An input of the deployment, by name.
    Input(String),
}

/// A value that the user provides when deploying.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Input {
    pub name: String,
    pub about: String,
    pub default: Option<String>,
    /// Masked by CloudFormation (`NoEcho`), and never written to a file.
    pub secret: bool,
}

/// One stack.
#[derive(Debug, Clone, Serialize)]
pub struct PlannedStack {
    pub name: &'static str,
    pub full_name: String,
    #[serde(skip)]
    pub owner: Owner,
    #[serde(skip)]
    pub template: &'static str,
    pub depends_on: Vec<&'static str>,
    pub parameters: BTreeMap<String, Value>,
    pub capabilities: Vec<&'static str>,
    pub tags: Vec<(String, String)>,
    /// The stack holds data and is to be protected against deletion.
    pub protected: bool,
    /// The stack needs the archive of the functions.
    pub needs_package: bool,
    /// Parameters that are lists.
    #[serde(skip)]
    pub lists: BTreeSet<String>,
    /// Conditions that compare a parameter with an empty text: condition → parameter, and whether it is true for others.
    #[serde(skip)]
    pub nonempty: BTreeMap<String, (String, bool)>,
}

/// All stacks of a pipeline, in the order of a deploy.
#[derive(Debug, Clone, Serialize)]
pub struct Plan {
    pub pipeline: &'static str,
    pub stage: String,
    pub region: Option<String>,
    pub stacks: Vec<PlannedStack>,
    pub inputs: Vec<Input>,
}

impl Plan {
    /// Plans the stacks of a pipeline.
    ///
    /// # Errors
    /// `Region` if a certificate is needed and unknown.
    pub fn new(pipeline: &'static Pipeline, choices: &Choices<'_>) -> Result<Self> {
        let with_sample = choices.parameters.get(WITH_SAMPLE).is_none_or(|value| value != "false");
        let mut inputs: Vec<Input> = Vec::new();
        let mut stacks = Vec::new();
        let wanted = |stack: &&Stack| (with_sample || !stack.sample) && !choices.given.replaces(stack);
        for stack in pipeline.stacks.iter().filter(wanted) {
            stacks.push(planned(pipeline, stack, choices, with_sample, &mut inputs)?);
        }
        // A shared stack that would be empty is left out, as `deploy` does.
        let is_empty = |stack: &PlannedStack| {
            let mut values = stack.parameters.values();
            stack.owner == Owner::Account && values.all(|value| *value == Value::Text("false".to_owned()))
        };
        stacks.retain(|stack| !is_empty(stack));
        let names: Vec<_> = stacks.iter().map(|stack| stack.name).collect();
        stacks.iter_mut().for_each(|stack| stack.depends_on.retain(|name| names.contains(name)));
        let (stage, region) = (choices.stage.to_owned(), choices.region.clone());
        Ok(Self { pipeline: pipeline.name, stage, region, stacks, inputs })
    }

    /// Returns the stack of that name.
    pub fn stack(&self, name: &str) -> Option<&PlannedStack> {
        self.stacks.iter().find(|stack| stack.name == name)
    }

    /// Returns the stack and the output with the bucket of the functions' archive, if a stack needs it.
    pub fn bucket(&self) -> Option<(&PlannedStack, String)> {
        self.stacks.iter().find(|stack| stack.needs_package)?;
        let output = Output::CodeBucket.to_string();
        let has = |stack: &&PlannedStack| keys(stack.template, "Outputs").is_ok_and(|names| names.contains(&output));
        Some((self.stacks.iter().find(has)?, output.clone()))
    }
}

impl PlannedStack {
    /// Returns the inputs that decide whether the stack is deployed: one of them must be "true". Empty for a stack that
    /// always is.
    pub fn deployed_if(&self) -> Vec<&str> {
        let always = Value::Text("true".to_owned());
        if self.owner != Owner::Account || self.parameters.values().any(|value| *value == always) {
            return Vec::new();
        }
        let inputs = self.parameters.values().filter_map(|value| match value {
            Value::Input(name) => Some(name.as_str()),
            Value::Text(_) | Value::Output { .. } => None,
        });
        inputs.collect()
    }
}

/// Returns the values of a stack's parameters, without those that keep their default. Adds the values that the user
/// provides to the inputs.
fn parameters(
    pipeline: &'static Pipeline,
    stack: &'static Stack,
    choices: &Choices<'_>,
    inputs: &mut Vec<Input>,
) -> Result<BTreeMap<String, Value>> {
    let masked = secrets(stack.template)?;
    let mut add = |input: Input| {
        let name = input.name.clone();
        if inputs.iter().all(|known| known.name != name) {
            inputs.push(input);
        }
        Value::Input(name)
    };
    let mut parameters: BTreeMap<String, Value> = BTreeMap::new();
    for name in template_parameters(stack)? {
        let source = stack.parameters.iter().find(|(parameter, _)| *parameter == name).map(|(_, source)| *source);
        let own = choices.parameters.get(&name);
        let value = match (own, source) {
            (Some(_), _) if masked.contains(&name) => {
                let about = format!("the secret value of {name}");
                Some(add(Input { name: name.clone(), about, default: None, secret: true }))
            }
            (Some(value), _) => Some(Value::Text(value.clone())),
            (None, Some(Source::RoleMissing(role))) => {
                let about = format!(
                    "\"false\" if the account has the role {role} and the stack {} did not create it",
                    stack.name
                );
                Some(add(Input { name: name.clone(), about, default: Some("true".to_owned()), secret: false }))
            }
            (None, Some(Source::Artifact(Artifact::PackageKey))) => {
                let about = "the S3 key of the functions' code archive".to_owned();
                Some(add(Input { name: name.clone(), about, default: choices.package.key.clone(), secret: false }))
            }
            // Set below, from another parameter.
            (None, Some(Source::NameByDigest(_))) => None,
            (None, None | Some(Source::Kept(_))) => None,
            (None, Some(source)) => Some(known(pipeline, stack, source, choices)?),
        };
        parameters.extend(value.map(|value| (name, value)));
    }
    for (name, source) in stack.parameters {
        if let (Source::NameByDigest(of), false) = (source, parameters.contains_key(*name)) {
            let Some(Value::Text(text)) = parameters.get(*of) else { continue };
            let named = named_after(&pipeline.name_prefix(choices.stage), text);
            parameters.insert((*name).to_owned(), Value::Text(named));
        }
    }
    Ok(parameters)
}

fn planned(
    pipeline: &'static Pipeline,
    stack: &'static Stack,
    choices: &Choices<'_>,
    with_sample: bool,
    inputs: &mut Vec<Input>,
) -> Result<PlannedStack> {
    let protects = choices.parameters.get("DeletionProtection").map_or(choices.protected, |value| value == "true");
    let is_package = |source: &Source| matches!(source, Source::Artifact(Artifact::PackageKey));
    Ok(PlannedStack {
        name: stack.name,
        full_name: stack.full_name(pipeline, choices.stage),
        owner: stack.owner,
        template: stack.template,
        depends_on: stack.depends_on.to_vec(),
        parameters: parameters(pipeline, stack, choices, inputs)?,
        capabilities: capabilities(stack.template)?,
        tags: stack_tags(pipeline, stack, choices.stage, with_sample)?,
        protected: stack.holds_data && protects,
        needs_package: stack.parameters.iter().any(|(_, source)| is_package(source)),
        lists: list_parameters(stack.template)?,
        nonempty: nonempty_conditions(stack.template)?,
    })
}

/// Returns a value that needs no input.
fn known(pipeline: &Pipeline, stack: &Stack, source: Source, choices: &Choices<'_>) -> Result<Value> {
    Ok(Value::Text(match source {
        Source::Stage => choices.stage.to_owned(),
        Source::NamePrefix => pipeline.name_prefix(choices.stage),
        Source::Protected => choices.protected.to_string(),
        Source::Fixed(text) => text.to_owned(),
        Source::Artifact(Artifact::OutboxLayout) => choices.layout.to_string(),
        Source::Artifact(Artifact::Outbox(part)) => part.of(&choices.layout),
        Source::Existing(output) => choices.given.value(output).unwrap_or_default().to_owned(),
        Source::Output(output) | Source::OutputOr(output, _) => {
            if let Some(value) = choices.given.value(output) {
                return Ok(Value::Text(value.to_owned()));
            }
            let output = output.to_string();
            for from in pipeline.stacks {
                if keys(from.template, "Outputs")?.contains(&output) {
                    return Ok(Value::Output { stack: from.name, output });
                }
            }
            return Err(Error::new(Kind::Unexpected, format!("no stack has the output {output} for {}", stack.name)));
        }
        // Only the account knows it. Without it the template has no alarm on the task's latency.
        Source::Artifact(Artifact::ReplicationInstanceName) => String::new(),
        Source::Artifact(Artifact::Architecture) => choices.package.architecture.clone(),
        Source::Artifact(Artifact::DatabaseCertificate) => choices.certificate.clone().ok_or_else(|| {
            Error::new(Kind::Region, "the root certificate of the database depends on the region").hint(
                "pass --region, or set DatabaseCertificate in [parameters] of outboxctl.toml to the region's \
                 `Root CA RSA2048 G1` in PEM",
            )
        })?,
        Source::Artifact(Artifact::PackageKey) | Source::NameByDigest(_) | Source::RoleMissing(_) | Source::Kept(_) => {
            return Err(Error::new(Kind::Unexpected, "this source is an input"));
        }
    }))
}
