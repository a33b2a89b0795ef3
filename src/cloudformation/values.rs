//! The values of template parameters: the user's settings, then the pipeline's sources, then the previous deploy, then
//! the template's default.

use std::collections::BTreeMap;

use aws_sdk_cloudformation::types::{Parameter, Stack as Described};
use futures_util::future::BoxFuture;
use sha2::{Digest, Sha256};

use super::stacks::parameter_of;
use crate::base::error::{Error, Kind, Result};
use crate::pipelines::templates::template_parameters;
use crate::pipelines::{Artifact, Given, Source, Stack};

/// Outputs of the deployed stacks.
pub type Outputs = BTreeMap<String, String>;

/// Creates or looks up values that are neither settings nor outputs.
pub trait Supply: Send + Sync {
    fn artifact<'a>(&'a self, artifact: Artifact, outputs: &'a Outputs) -> BoxFuture<'a, Result<String>>;
    /// Returns whether the account lacks an IAM role of this name.
    fn role_missing<'a>(&'a self, role: &'a str) -> BoxFuture<'a, Result<bool>>;
}

/// Values that are the same for every stack of a run.
pub struct Values<'a> {
    pub stage: &'a str,
    pub name_prefix: String,
    /// Data is to be protected.
    pub protected: bool,
    /// The user's own values by parameter name.
    pub overrides: &'a BTreeMap<String, String>,
    /// The outputs that existing resources stand for.
    pub given: &'a Given,
    pub supply: &'a dyn Supply,
}

impl Values<'_> {
    /// Returns whether stacks that hold data are protected: the user's setting takes precedence over the stage's.
    pub fn protects(&self) -> bool {
        self.overrides.get("DeletionProtection").map_or(self.protected, |value| value == "true")
    }

    /// Returns the stack's parameters.
    ///
    /// # Errors
    /// `NotDeployed` for an output that no stack has, and the errors of the supply.
    pub async fn parameters(
        &self,
        stack: &Stack,
        existing: Option<&Described>,
        outputs: &Outputs,
    ) -> Result<Vec<Parameter>> {
        let mut parameters = Vec::new();
        let mut digests = Vec::new();
        let previous = |name: &str| existing.and_then(|stack| parameter_of(stack, name));
        for name in &template_parameters(stack)? {
            let source = stack.parameters.iter().find(|(parameter, _)| parameter == name).map(|(_, source)| *source);
            let value = match (self.overrides.get(name), source) {
                (Some(value), _) => value.clone(),
                // Resolved once the other parameter's value is known.
                (None, Some(Source::NameByDigest(of))) => {
                    digests.push((name.clone(), of));
                    continue;
                }
                (None, None | Some(Source::Kept(_))) => {
                    if previous(name).is_some() {
                        parameters.push(kept_parameter(name));
                    }
                    continue;
                }
                // A role that this stack created stays in this stack.
                (None, Some(Source::RoleMissing(_))) if previous(name) == Some("true") => "true".to_owned(),
                (None, Some(source)) => self.value(name, source, outputs).await?,
            };
            parameters.push(parameter(name, &value));
        }
        for (name, of) in digests {
            let named = parameters.iter().find(|parameter| parameter.parameter_key() == Some(of));
            let value = named.and_then(Parameter::parameter_value).unwrap_or_default();
            parameters.push(parameter(&name, &named_after(&self.name_prefix, value)));
        }
        Ok(parameters)
    }

    async fn value(&self, name: &str, source: Source, outputs: &Outputs) -> Result<String> {
        Ok(match source {
            Source::Stage => self.stage.to_owned(),
            Source::NamePrefix => self.name_prefix.clone(),
            Source::Protected => self.protected.to_string(),
            Source::Fixed(value) => value.to_owned(),
            Source::Output(output) => outputs
                .get(output.name())
                .cloned()
                .ok_or_else(|| Error::new(Kind::NotDeployed, format!("no deployed stack has the output {output}")))?,
            Source::OutputOr(output, default) => outputs.get(output.name()).map_or(default, String::as_str).to_owned(),
            Source::Existing(output) => self.given.value(output).unwrap_or_default().to_owned(),
            Source::Artifact(artifact) => self.supply.artifact(artifact, outputs).await?,
            Source::RoleMissing(role) => self.supply.role_missing(role).await?.to_string(),
            // `parameters` resolves these.
            Source::Kept(_) | Source::NameByDigest(_) => {
                return Err(Error::new(Kind::Unexpected, format!("{name} has no value of its own")));
            }
        })
    }
}

/// Returns the prefix with a digest of another parameter's value: see [`Source::NameByDigest`].
pub fn named_after(prefix: &str, value: &str) -> String {
    let digest = Sha256::digest(value);
    let short: String = digest.iter().take(4).map(|byte| format!("{byte:02x}")).collect();
    format!("{prefix}-{short}")
}

/// Returns a parameter with a new value.
pub(super) fn parameter(name: &str, value: &str) -> Parameter {
    Parameter::builder().parameter_key(name).parameter_value(value).build()
}

/// Returns a parameter that keeps its value.
pub(super) fn kept_parameter(name: &str) -> Parameter {
    Parameter::builder().parameter_key(name).use_previous_value(true).build()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pipelines;

    /// Supplies the same text for everything.
    struct Same(&'static str);

    impl Supply for Same {
        fn artifact<'a>(&'a self, _: Artifact, _: &'a Outputs) -> BoxFuture<'a, Result<String>> {
            Box::pin(async { Ok(self.0.to_owned()) })
        }

        fn role_missing<'a>(&'a self, _: &'a str) -> BoxFuture<'a, Result<bool>> {
            Box::pin(async { Ok(false) })
        }
    }

    async fn certificate(supplied: &'static str, overrides: &BTreeMap<String, String>) -> String {
        let stack = pipelines::find("rds-kinesis").map(|p| p.stack("dms").expect("a stack")).expect("a pipeline");
        let outputs = stack.parameters.iter().filter_map(|(_, source)| match source {
            Source::Output(name) => Some((name.to_string(), "x".to_owned())),
            _ => None,
        });
        let name_prefix = "outboxctl-dev-rds-kinesis".to_owned();
        let values = Values {
            stage: "dev",
            name_prefix,
            protected: false,
            overrides,
            given: &Given::default(),
            supply: &Same(supplied),
        };
        let parameters = values.parameters(stack, None, &outputs.collect()).await.expect("parameters");
        let named = parameters.iter().find(|parameter| parameter.parameter_key() == Some("CertificateIdentifier"));
        named.and_then(Parameter::parameter_value).expect("a value").to_owned()
    }

    #[tokio::test]
    async fn a_name_by_digest_changes_with_its_parameter() {
        let none = BTreeMap::new();
        let one = certificate("one", &none).await;
        assert!(one.starts_with("outboxctl-dev-rds-kinesis-") && one.len() == 34, "{one}");
        assert_eq!(certificate("one", &none).await, one);
        assert_ne!(certificate("two", &none).await, one);
        // A value of the user's own changes the name as well.
        let own = BTreeMap::from([("DatabaseCertificate".to_owned(), "one".to_owned())]);
        assert_eq!(certificate("two", &own).await, one);
    }
}
