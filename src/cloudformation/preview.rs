//! Previews the changes that a deploy would make to a stack.

use aws_sdk_cloudformation::types::{Parameter, Stack as Described};
use serde::Serialize;

use super::Engine;
use super::change_set::{Desired, Plan};
use super::changes::Change;
use super::engine::needs_recovery;
use super::secrets::{MASK, Secrets};
use super::stacks::parameter_of;
use super::status::{OnDeploy, Phase, actions_of, status_of};
use crate::base::error::{AwsContext, Error, Kind, Result};
use crate::pipelines::created_resources;

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

impl Preview {
    /// Returns a preview without parameters.
    pub(super) fn new(action: StackAction, changes: Vec<Change>) -> Self {
        Self { action, changes, parameters: Vec::new() }
    }
}

impl Engine {
    /// Creates a change set, reads it and deletes it, along with the empty stack that CloudFormation creates for it.
    ///
    /// # Errors
    /// `StackFailed` while the stack is being changed, `NeedsRecovery` if `deploy` would refuse.
    pub async fn preview(&self, desired: &Desired) -> Result<Preview> {
        let existing = self.describe(&desired.name).await?.filter(|stack| actions_of(stack).phase != Phase::Gone);
        let base = match &existing {
            None => None,
            Some(stack) => match actions_of(stack).deploy {
                OnDeploy::Update => Some(stack),
                OnDeploy::Create => None,
                OnDeploy::Review => {
                    self.refuse_foreign_change_sets(&desired.name).await?;
                    None
                }
                OnDeploy::Recreate => return recreation(desired),
                OnDeploy::Wait => return Err(busy(&desired.name)),
                OnDeploy::Recover => return Err(needs_recovery(&desired.scope, &desired.name, status_of(stack))),
            },
        };
        if let Some(base) = base
            && self.is_current(desired, base).await?
        {
            return Ok(Preview::new(StackAction::Stay, Vec::new()));
        }
        let set = match self.prepare(desired, base).await {
            Ok(Plan::Ready(set)) => Some(set),
            Ok(Plan::Nothing) => None,
            Ok(Plan::Moved) => return Err(busy(&desired.name)),
            Err(error) => {
                // The failure is reported even if the empty stack remains.
                if let Err(left) = self.sweep(desired, existing.is_none(), None).await {
                    self.reporter.warn(left.to_string());
                }
                return Err(error);
            }
        };
        self.sweep(desired, existing.is_none(), set.as_ref().map(|set| set.id.as_str())).await?;
        let Some(set) = set else { return Ok(Preview::new(StackAction::Stay, Vec::new())) };
        let action = if base.is_some() { StackAction::Update } else { StackAction::Create };
        Ok(Preview { action, changes: set.changes, parameters: changed_parameters(desired, base)? })
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
        // Another process may have started to use it since. Our change set may still be listed briefly.
        let ours = |name: &String| set.is_some_and(|set| set.contains(name.as_str()));
        if actions_of(&stack).deploy == OnDeploy::Review && self.change_sets(&desired.name).await?.iter().all(ours) {
            let id = stack.stack_id().unwrap_or(&desired.name);
            let send = || self.client.delete_stack().stack_name(id).send();
            self.limiter.send(&desired.name, send).await.aws(format!("delete the empty stack {}", desired.name))?;
        }
        Ok(())
    }
}

/// Returns the preview of a stack that is deleted first, from its template: it can't have a change set yet.
fn recreation(desired: &Desired) -> Result<Preview> {
    let parameters = desired.parameters.iter();
    let values =
        parameters.filter_map(|one| Some((one.parameter_key()?.to_owned(), one.parameter_value()?.to_owned())));
    let resources = created_resources(desired.template, &values.collect(), &[])?;
    let changes = resources.into_iter().map(Change::added).collect();
    Ok(Preview { action: StackAction::Recreate, changes, parameters: changed_parameters(desired, None)? })
}

fn busy(stack: &str) -> Error {
    let hint = "wait until it is done (`outboxctl watch` shows it), or let `outboxctl deploy` attach to it";
    Error::new(Kind::StackFailed, format!("stack {stack} is being changed right now")).hint(hint)
}

/// Returns the parameters that would change, with secrets masked.
fn changed_parameters(desired: &Desired, existing: Option<&Described>) -> Result<Vec<ParameterChange>> {
    let secrets = Secrets::of(desired.template, &desired.parameters)?;
    let change = |parameter: &Parameter| {
        let name = parameter.parameter_key()?;
        let (before, after) = (existing.and_then(|stack| parameter_of(stack, name)), parameter.parameter_value());
        if parameter.use_previous_value() == Some(true) || before == after {
            return None;
        }
        let shown = |value: Option<&str>| value.map(|value| if secrets.has(name) { MASK } else { value }.to_owned());
        Some(ParameterChange { name: name.to_owned(), before: shown(before), after: shown(after) })
    };
    Ok(desired.parameters.iter().filter_map(change).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cloudformation::values::{kept_parameter, parameter};

    #[test]
    fn only_changed_parameters_are_listed_and_secrets_are_masked() {
        let desired = Desired {
            name: "stack".into(),
            scope: "stack".into(),
            template: "Parameters: {Password: {Type: String, NoEcho: true}}",
            parameters: vec![
                parameter("Class", "db.t4g.small"),
                parameter("Port", "5432"),
                parameter("Password", "planted-secret"),
                kept_parameter("Kept"),
            ],
            tags: Vec::new(),
            seen: None,
        };
        let before = [("Class", "db.t4g.micro"), ("Port", "5432"), ("Password", "****"), ("Kept", "****")];
        let before = before.map(|(name, value)| parameter(name, value)).to_vec();
        let existing = Described::builder().set_parameters(Some(before)).build();
        let found = changed_parameters(&desired, Some(&existing)).unwrap();
        let row = |name: &str, before: &str, after: &str| ParameterChange {
            name: name.into(),
            before: Some(before.into()),
            after: Some(after.into()),
        };
        assert_eq!(found, [row("Class", "db.t4g.micro", "db.t4g.small"), row("Password", "****", "****")]);
        assert!(!format!("{found:?}").contains("planted"));
    }
}
