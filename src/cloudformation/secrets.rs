//! Values that are never shown: those of parameters that CloudFormation masks (`NoEcho`), wherever they appear.

use std::collections::BTreeSet;

use super::change_set::Desired;
use super::template;
use crate::error::Result;

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
    /// Reads the secrets of the stack's template, with their desired values.
    ///
    /// # Errors
    /// `Unexpected` if the template is not valid YAML.
    pub fn of(desired: &Desired) -> Result<Self> {
        let parameters = template::secrets(desired.template)?;
        let secret = desired
            .parameters
            .iter()
            .filter(|parameter| parameter.parameter_key().is_some_and(|name| parameters.contains(name)));
        let values = secret.filter_map(|parameter| parameter.parameter_value()).filter(|value| !value.is_empty());
        let values = values.map(str::to_owned).collect();
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
