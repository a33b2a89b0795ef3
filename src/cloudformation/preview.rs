//! Previews the changes that a deploy would make to a stack.

use std::collections::BTreeMap;

use aws_sdk_cloudformation::types::{Parameter, Stack as Described};
use serde::Serialize;

use super::Engine;
use super::change_set::{Desired, Plan};
use super::changes::{Change, Effect};
use super::deploy::foreign_change_set;
use super::engine::{needs_recovery, status_of};
use super::secrets::{MASK, Secrets};
use super::status::{OnDeploy, Phase, actions};
use crate::error::{AwsContext, Error, Kind, Result};
use crate::pipelines::{self, Stack};

const LATER: &str = "wait until it is done (`outboxctl watch` shows it), or let `outboxctl deploy` attach to it";

/// The action that a deploy would take on a stack.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum StackAction {
    /// The stack is up to date.
    Stay,
    /// Existing resources replace the stack: it is neither created nor changed.
    Existing,
    Update,
    Create,
    /// The creation failed: it is deleted, then created.
    Recreate,
    /// Needs outputs of stacks that do not exist yet: `changes` lists its template's resources.
    CreateLater,
}

impl StackAction {
    /// Returns whether a deploy changes the stack.
    pub fn is_change(self) -> bool {
        !matches!(self, Self::Stay | Self::Existing)
    }
}

/// A parameter whose value would change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ParameterChange {
    pub name: String,
    /// Unset if the stack or the parameter is new.
    pub before: Option<String>,
    /// Unset if the template no longer has it, or its default applies.
    pub after: Option<String>,
}

/// The preview of one stack.
#[derive(Debug)]
pub struct Preview {
    pub action: StackAction,
    pub changes: Vec<Change>,
    pub parameters: Vec<ParameterChange>,
}

impl Engine {
    /// Creates a change set, reads it and deletes it, along with the empty stack that CloudFormation creates for it.
    ///
    /// # Errors
    /// `StackFailed` while the stack is being changed, `NeedsRecovery` if `deploy` would refuse.
    pub async fn preview(&self, desired: &Desired) -> Result<Preview> {
        let existing =
            self.describe(&desired.name).await?.filter(|stack| actions(status_of(stack)).phase != Phase::Gone);
        let status = existing.as_ref().map(status_of);
        let (action, base) = match status.map_or(OnDeploy::Create, |status| actions(status).deploy) {
            OnDeploy::Update => (StackAction::Update, existing.as_ref()),
            OnDeploy::Create => (StackAction::Create, None),
            OnDeploy::Review => {
                let foreign = self.foreign_change_sets(&desired.name).await?;
                if !foreign.is_empty() {
                    return Err(foreign_change_set(&desired.name, &foreign));
                }
                (StackAction::Create, None)
            }
            OnDeploy::Recreate => return planned(StackAction::Recreate, desired),
            OnDeploy::Wait => return Err(busy(&desired.name)),
            OnDeploy::Recover => {
                let status = status.unwrap_or(&aws_sdk_cloudformation::types::StackStatus::ReviewInProgress);
                return Err(needs_recovery(&desired.scope, &desired.name, status));
            }
        };
        if let Some(base) = base
            && self.is_current(desired, base).await?
        {
            return Ok(Preview { action: StackAction::Stay, changes: Vec::new(), parameters: Vec::new() });
        }
        let plan = self.prepare(desired, base).await;
        let set = match plan {
            Ok(Plan::Ready(set)) => Some(set),
            Ok(Plan::Nothing) => None,
            Ok(Plan::Moved) => return Err(busy(&desired.name)),
            Err(error) => {
                self.sweep(desired, existing.is_none(), None).await?;
                return Err(error);
            }
        };
        self.sweep(desired, existing.is_none(), set.as_ref().map(|set| set.id.as_str())).await?;
        let parameters = parameters(desired, base)?;
        Ok(match set {
            Some(set) => Preview { action, changes: set.changes, parameters },
            None => Preview { action: StackAction::Stay, changes: Vec::new(), parameters: Vec::new() },
        })
    }

    /// Removes the change set and the empty stack of the preview.
    async fn sweep(&self, desired: &Desired, made_stack: bool, set: Option<&str>) -> Result<()> {
        if let Some(set) = set {
            self.delete_change_set(&desired.name, set).await?;
        }
        if !made_stack {
            return Ok(());
        }
        let Some(stack) = self.describe(&desired.name).await? else { return Ok(()) };
        // Another process may have started to use it since.
        let empty = actions(status_of(&stack)).deploy == OnDeploy::Review
            && self.has_no_other_change_set(&desired.name, set).await?;
        if empty {
            let id = stack.stack_id().unwrap_or(&desired.name);
            let send = || self.client.delete_stack().stack_name(id).send();
            self.limiter.send(&desired.name, send).await.aws(format!("delete the empty stack {}", desired.name))?;
        }
        Ok(())
    }

    /// Returns whether the stack has no change set other than, briefly, ours.
    async fn has_no_other_change_set(&self, stack: &str, set: Option<&str>) -> Result<bool> {
        let ours = |name: &String| set.is_some_and(|set| set.contains(name.as_str()));
        Ok(self.change_sets(stack).await?.iter().all(ours))
    }
}

/// Returns the resources of its template, for a stack for which no change set can be created yet.
pub(super) fn planned(action: StackAction, desired: &Desired) -> Result<Preview> {
    Ok(Preview { action, changes: additions(desired)?, parameters: parameters(desired, None)? })
}

/// Returns every resource of the template as an addition.
fn additions(desired: &Desired) -> Result<Vec<Change>> {
    let parameters = desired.parameters.iter();
    let values =
        parameters.filter_map(|one| Some((one.parameter_key()?.to_owned(), one.parameter_value()?.to_owned())));
    Ok(added(pipelines::resources(desired.template, &values.collect(), &[])?))
}

/// Returns the resources that the stack adds once the stacks that it depends on exist; `values` are the user's.
pub(super) fn later_additions(stack: &Stack, values: &BTreeMap<String, String>) -> Result<Vec<Change>> {
    Ok(added(pipelines::likely_resources(stack, values)?))
}

fn added(resources: Vec<(String, String)>) -> Vec<Change> {
    let add = |(resource, resource_type)| Change {
        action: "Add".into(),
        effect: Effect::Add,
        resource,
        resource_type,
        properties: Vec::new(),
        values: Vec::new(),
        replacement: None,
        member: false,
    };
    resources.into_iter().map(add).collect()
}

fn busy(stack: &str) -> Error {
    Error::new(Kind::StackFailed, format!("stack {stack} is being changed right now")).hint(LATER)
}

/// Returns the parameters that would change, with secrets masked.
fn parameters(desired: &Desired, existing: Option<&Described>) -> Result<Vec<ParameterChange>> {
    let secrets = Secrets::of(desired)?;
    let before = |name: &str| {
        let found = existing?.parameters().iter().find(|parameter| parameter.parameter_key() == Some(name))?;
        found.parameter_value().map(str::to_owned)
    };
    Ok(changed(&desired.parameters, &secrets, before))
}

fn changed(
    parameters: &[Parameter],
    secrets: &Secrets,
    before: impl Fn(&str) -> Option<String>,
) -> Vec<ParameterChange> {
    let change = |parameter: &Parameter| {
        let name = parameter.parameter_key()?;
        let (before, after) = (before(name), parameter.parameter_value().map(str::to_owned));
        if parameter.use_previous_value() == Some(true) || before == after {
            return None;
        }
        let mask = |value: Option<String>| if secrets.has(name) { value.map(|_| MASK.to_owned()) } else { value };
        Some(ParameterChange { name: name.to_owned(), before: mask(before), after: mask(after) })
    };
    parameters.iter().filter_map(change).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_changed_parameters_are_listed_and_secrets_are_masked() {
        let parameter =
            |name: &str, value: &str| Parameter::builder().parameter_key(name).parameter_value(value).build();
        let parameters = [
            parameter("Class", "db.t4g.small"),
            parameter("Port", "5432"),
            parameter("Password", "planted-secret"),
            Parameter::builder().parameter_key("Kept").use_previous_value(true).build(),
        ];
        let desired = Desired {
            name: "stack".into(),
            scope: "stack".into(),
            template: "Parameters: {Password: {Type: String, NoEcho: true}}",
            parameters: parameters.to_vec(),
            tags: Vec::new(),
            seen: None,
        };
        let before = |name: &str| match name {
            "Class" => Some("db.t4g.micro".to_owned()),
            "Port" => Some("5432".to_owned()),
            "Password" | "Kept" => Some("****".to_owned()),
            _ => None,
        };
        let found = changed(&parameters, &Secrets::of(&desired).unwrap(), before);
        let row = |name: &str, before: &str, after: &str| ParameterChange {
            name: name.into(),
            before: Some(before.into()),
            after: Some(after.into()),
        };
        assert_eq!(found, [row("Class", "db.t4g.micro", "db.t4g.small"), row("Password", "****", "****")]);
        assert!(!format!("{found:?}").contains("planted"));
    }
}
