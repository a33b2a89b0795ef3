//! What is never shown: the values of parameters that CloudFormation itself masks (`NoEcho`), wherever they turn up.

use std::collections::BTreeSet;

use super::change_set::Desired;
use super::template;
use crate::error::Result;

/// What stands in for a secret.
pub(super) const MASK: &str = "****";

/// Words in the names of properties whose values are secrets, whatever the template says.
const WORDS: &[&str] = &["password", "secret", "token", "credential"];

/// The secrets of one stack. It has no `Debug`, which would show them.
#[derive(Default)]
pub(super) struct Secrets {
    parameters: BTreeSet<String>,
    values: Vec<String>,
}

impl Secrets {
    /// Those of the stack's template, with the values that they are to have.
    ///
    /// # Errors
    /// `Unexpected` where the template is no YAML.
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

    /// Whether a parameter of this name is one.
    pub fn has(&self, parameter: &str) -> bool {
        self.parameters.contains(parameter)
    }

    /// Whether a property of this name, or this value of one, has to do with a secret.
    pub fn show_in(&self, property: &str, value: Option<&str>) -> bool {
        let property = property.to_lowercase();
        WORDS.iter().any(|word| property.contains(word))
            || value.is_some_and(|value| self.values.iter().any(|secret| value.contains(secret)))
    }
}
