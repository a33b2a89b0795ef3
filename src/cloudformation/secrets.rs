//! Values that are never shown: those of parameters that CloudFormation masks (`NoEcho`), wherever they appear.

use std::collections::BTreeSet;

use aws_sdk_cloudformation::types::Parameter;

use crate::base::error::Result;
use crate::pipelines::templates;

/// Text shown instead of a secret.
pub(super) const MASK: &str = "****";

/// Words in the names of properties whose values are secrets, independent of the template.
const WORDS: &[&str] = &["password", "secret", "token", "credential"];

/// The secrets of one stack. It has no `Debug`, which would show them.
#[derive(Default)]
pub(super) struct Secrets {
    parameters: BTreeSet<String>,
    values: Vec<String>,
}

impl Secrets {
    /// Reads the secrets of a template, with their desired values.
    ///
    /// # Errors
    /// `Unexpected` if the template is not valid YAML.
    pub fn of(template: &str, desired: &[Parameter]) -> Result<Self> {
        let parameters = templates::secrets(template)?;
        let is_secret = |one: &&Parameter| one.parameter_key().is_some_and(|name| parameters.contains(name));
        let values = desired.iter().filter(is_secret).filter_map(Parameter::parameter_value);
        let values = values.filter(|value| !value.is_empty()).map(str::to_owned).collect();
        Ok(Self { parameters, values })
    }

    /// Returns whether a parameter of this name is a secret.
    pub fn has(&self, parameter: &str) -> bool {
        self.parameters.contains(parameter)
    }

    /// Returns whether a property of this name, or this value of it, contains a secret.
    pub fn appear_in(&self, property: &str, value: Option<&str>) -> bool {
        let property = property.to_lowercase();
        WORDS.iter().any(|word| property.contains(word))
            || value.is_some_and(|value| self.values.iter().any(|secret| value.contains(secret)))
    }
}
