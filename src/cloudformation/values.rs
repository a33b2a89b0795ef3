//! Where each template parameter gets its value: the user's settings, then the pipeline's sources, then the previous
//! deploy, then the template's default.

use std::collections::BTreeMap;

use aws_sdk_cloudformation::types::{Parameter, Stack as Described};
use futures_util::future::BoxFuture;

use super::template::keys;
use crate::error::{Error, Kind, Result};
use crate::pipelines::{Artifact, Source, Stack};

/// Outputs of the stacks that are done.
pub type Outputs = BTreeMap<String, String>;

/// Makes or looks up what is neither a setting nor an output.
pub trait Supply: Send + Sync {
    fn artifact<'a>(&'a self, artifact: Artifact, outputs: &'a Outputs) -> BoxFuture<'a, Result<String>>;
    /// Whether the account lacks an IAM role of this name.
    fn role_missing<'a>(&'a self, role: &'a str) -> BoxFuture<'a, Result<bool>>;
}

/// What is the same for every stack of a run.
pub struct Values<'a> {
    pub stage: &'a str,
    pub name_prefix: String,
    /// Whether data is to be protected.
    pub protected: bool,
    /// The user's own values by parameter name.
    pub overrides: &'a BTreeMap<String, String>,
    pub supply: &'a dyn Supply,
}

impl Values<'_> {
    /// Whether stacks that hold data are protected: the user's word goes before the stage's.
    pub fn protects(&self) -> bool {
        self.overrides.get("DeletionProtection").map_or(self.protected, |value| value == "true")
    }

    /// The stack's parameters.
    ///
    /// # Errors
    /// `NotDeployed` for an output that no stack has, and what the supply says.
    pub async fn parameters(
        &self,
        stack: &Stack,
        existing: Option<&Described>,
        outputs: &Outputs,
    ) -> Result<Vec<Parameter>> {
        let mut parameters = Vec::new();
        for name in &keys(stack.template, "Parameters")? {
            let source = stack.parameters.iter().find(|(parameter, _)| parameter == name).map(|(_, source)| *source);
            let value = match (self.overrides.get(name), source) {
                (Some(value), _) => value.clone(),
                (None, Some(source)) => self.value(name, source, existing, outputs).await?,
                (None, None) => {
                    if previous(existing, name).is_some() {
                        parameters.push(Parameter::builder().parameter_key(name).use_previous_value(true).build());
                    }
                    continue;
                }
            };
            parameters.push(Parameter::builder().parameter_key(name).parameter_value(value).build());
        }
        Ok(parameters)
    }

    async fn value(
        &self,
        name: &str,
        source: Source,
        existing: Option<&Described>,
        outputs: &Outputs,
    ) -> Result<String> {
        Ok(match source {
            Source::Stage => self.stage.to_owned(),
            Source::NamePrefix => self.name_prefix.clone(),
            Source::Protected => self.protected.to_string(),
            Source::Fixed(value) => value.to_owned(),
            Source::Output(output) => outputs.get(output).cloned().ok_or_else(|| {
                Error::new(Kind::NotDeployed, format!("no stack that is deployed has the output {output}"))
            })?,
            Source::Artifact(artifact) => self.supply.artifact(artifact, outputs).await?,
            // A role that this stack made stays this stack's.
            Source::RoleMissing(role) => {
                (previous(existing, name) == Some("true") || self.supply.role_missing(role).await?).to_string()
            }
        })
    }
}

fn previous<'a>(existing: Option<&'a Described>, name: &str) -> Option<&'a str> {
    existing?.parameters().iter().find(|parameter| parameter.parameter_key() == Some(name))?.parameter_value()
}
