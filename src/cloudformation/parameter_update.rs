//! An update of one deployed stack that changes some of its parameters and keeps all others.

use std::collections::BTreeMap;

use aws_sdk_cloudformation::types::{Parameter, Stack as Described};

use super::Engine;
use super::change_set::Desired;
use super::deploy::Deployed;
use super::guard::{Consent, Guard};
use super::preview::Preview;
use super::stacks::{StackView, parameter_of};
use super::status::actions_of;
use super::values::{kept_parameter, parameter};
use crate::base::error::{Error, Kind, Result};
use crate::pipelines::templates::keys;

/// New values of a deployed stack's parameters.
pub struct ParameterUpdate<'a> {
    pub engine: &'a Engine,
    pub view: &'a StackView,
    pub values: BTreeMap<String, String>,
}

impl ParameterUpdate<'_> {
    /// Updates the stack, with the template of this executable, or attaches to the update under way. Returns the number
    /// of changes. Data are never replaced.
    ///
    /// # Errors
    /// `NotDeployed` if the stack does not exist; else those of [`Engine::deploy`].
    pub async fn run(&self) -> Result<usize> {
        let guard = Guard { allow_replacement: false, consent: Consent::Given };
        let Deployed { changes, .. } = self.engine.deploy(&self.desired().await?, guard, None).await?;
        Ok(changes.len())
    }

    /// Returns the changes that an update would make.
    ///
    /// # Errors
    /// `NotDeployed` if the stack does not exist; else those of [`Engine::preview`].
    pub async fn preview(&self) -> Result<Preview> {
        self.engine.preview(&self.desired().await?).await
    }

    /// Returns whether an operation on the stack is in progress.
    pub async fn is_in_progress(&self) -> Result<bool> {
        let described = self.engine.describe(&self.view.name).await?;
        Ok(described.is_some_and(|stack| actions_of(&stack).is_in_progress()))
    }

    async fn desired(&self) -> Result<Desired> {
        let StackView { stack, name, .. } = self.view;
        let existing = self.engine.describe(name).await?;
        let missing = || Error::new(Kind::NotDeployed, format!("stack {name} does not exist"));
        let existing = existing.ok_or_else(missing)?;
        let tags = existing.tags().iter().filter_map(|tag| Some((tag.key()?.to_owned(), tag.value()?.to_owned())));
        Ok(Desired {
            name: name.clone(),
            scope: stack.name.to_owned(),
            template: stack.template,
            parameters: parameters(stack.template, &existing, &self.values)?,
            tags: tags.collect(),
            seen: None,
        })
    }
}

/// Returns the template's parameters: new values, else the previous ones, else the defaults.
fn parameters(template: &str, existing: &Described, values: &BTreeMap<String, String>) -> Result<Vec<Parameter>> {
    let choose = |name: &String| match values.get(name) {
        Some(value) => Some(parameter(name, value)),
        None => parameter_of(existing, name).map(|_| kept_parameter(name)),
    };
    Ok(keys(template, "Parameters")?.iter().filter_map(choose).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_parameters_keep_their_values() {
        let previous = ["A", "B"].map(|name| parameter(name, "old"));
        let existing = Described::builder().set_parameters(Some(previous.to_vec())).build();
        let template = "Parameters: {A: {Type: String}, B: {Type: String}, C: {Type: String, Default: x}}";
        let values = BTreeMap::from([("A".to_owned(), "new".to_owned())]);
        let found = parameters(template, &existing, &values).unwrap();
        let found: Vec<_> =
            found.iter().map(|p| (p.parameter_key().unwrap(), p.parameter_value(), p.use_previous_value())).collect();
        assert_eq!(found, [("A", Some("new"), None), ("B", None, Some(true))]);
    }
}
