//! A stack: its timeline, and the effects of requests on it.

use std::collections::{BTreeMap, VecDeque};
use std::time::Instant;

use super::change_sets::ChangeSet;
use super::wire::{Form, tag};
use super::{ACCOUNT, Answer, Detail, REGION, Row, Step, step};

#[derive(Debug, Default)]
pub struct Stack {
    /// `None`: the stack does not exist.
    pub status: Option<String>,
    /// Oldest first: id, token of the operation, step.
    pub events: Vec<(String, String, Step)>,
    /// The remaining steps of the operation in progress.
    pub coming: VecDeque<Step>,
    /// Timelines of the next operations of each kind: `execute`, `delete`, `rollback`, `continue`, `cancel`.
    pub scripts: BTreeMap<&'static str, VecDeque<Vec<Step>>>,
    /// The changes of its next change sets, regardless of the template.
    pub changes: Option<Vec<Row>>,
    /// Its next change set changes outputs only: it has no changes of resources, and can be executed.
    pub outputs_only: bool,
    /// The properties in these changes.
    pub properties: Vec<Detail>,
    pub foreign_change_sets: Vec<&'static str>,
    /// Number of reads for which a change set is missing, because another deployment replaced it.
    pub contests: usize,
    /// Number of new change sets whose name is already in use, by a planted one.
    pub squatters: usize,
    /// Number of new change sets that are deleted and replaced by a planted one of the same name.
    pub usurpers: usize,
    /// Every executed change set, in order.
    pub executed: Vec<String>,
    pub outputs: BTreeMap<String, String>,
    pub parameters: BTreeMap<String, String>,
    pub protected: bool,
    /// Distinguishes the ids of a stack that was deleted and created again.
    pub generation: usize,
    pub(super) template: String,
    pub(super) sets: BTreeMap<String, ChangeSet>,
    /// Number of change sets created so far.
    pub(super) made: usize,
    pub(super) tags: BTreeMap<String, String>,
    pub(super) token: String,
    /// The time of the request for its last operation.
    pub(super) began: Option<Instant>,
}

impl Stack {
    pub fn script(&mut self, operation: &'static str, steps: Vec<Step>) {
        self.scripts.entry(operation).or_default().push_back(steps);
    }

    pub fn happen(&mut self, step: Step) {
        if step.logical == "stack" {
            self.status = Some(step.status.clone());
        }
        let id = format!("event-{}-{}", self.generation, self.events.len());
        self.events.push((id, self.token.clone(), step));
    }

    /// Performs one step; the last one only if the operation may end.
    pub(super) fn go_on(&mut self, may_end: bool) {
        if may_end || self.coming.len() > 1 {
            let next = self.coming.pop_front();
            next.into_iter().for_each(|step| self.happen(step));
        }
    }

    pub(super) fn begin(&mut self, token: &str, steps: Vec<Step>) {
        self.began = Some(Instant::now());
        self.token = token.to_owned();
        self.coming = steps.into();
        // The operation's first event exists as soon as it was requested.
        if let Some(first) = self.coming.pop_front() {
            self.happen(first);
        }
    }

    /// Returns the current status, template and parameters.
    pub fn state(&self) -> (Option<String>, String, BTreeMap<String, String>) {
        (self.status.clone(), self.template.clone(), self.parameters.clone())
    }

    pub(super) fn is_gone(&self) -> bool {
        self.status.as_deref().is_none_or(|status| status == "DELETE_COMPLETE")
    }

    pub(super) fn id(&self, name: &str) -> String {
        format!("arn:aws:cloudformation:{REGION}:{ACCOUNT}:stack/{name}/{}", self.generation)
    }

    pub(super) fn answer(&mut self, name: &str, action: &str, form: &Form, may_end: bool) -> Answer {
        match action {
            "DescribeStacks" => self.described(name, form),
            "DescribeStackEvents" => {
                self.go_on(may_end);
                self.events_page(name, form)
            }
            "ListStackResources" => Ok(self.listed_resources()),
            "GetTemplate" => Ok(tag("TemplateBody", &self.original_template())),
            "CreateChangeSet" => self.create_change_set(name, form),
            "DescribeChangeSet" => self.described_change_set(name, form),
            "ListChangeSets" => {
                let names =
                    self.foreign_change_sets.iter().map(|name| (*name).to_owned()).chain(self.sets.keys().cloned());
                let names = names.map(|name| format!("<member>{}</member>", tag("ChangeSetName", &name)));
                Ok(format!("<Summaries>{}</Summaries>", names.collect::<String>()))
            }
            "DeleteChangeSet" => {
                self.delete_change_set(form);
                Ok(String::new())
            }
            "ExecuteChangeSet" => self.execute(form),
            "DeleteStack" => {
                if self.status.as_deref() == Some("REVIEW_IN_PROGRESS") {
                    self.status = None;
                    self.sets.clear();
                    return Ok(String::new());
                }
                self.begin_scripted("delete", form, |_| ends("DELETE"))
            }
            "RollbackStack" => self.begin_scripted("rollback", form, |_| ends("UPDATE_ROLLBACK")),
            "ContinueUpdateRollback" => self.begin_scripted("continue", form, |_| ends("UPDATE_ROLLBACK")),
            "CancelUpdateStack" => self.begin_scripted("cancel", form, |_| ends("UPDATE_ROLLBACK")),
            "UpdateTerminationProtection" => {
                self.protected = form.get("EnableTerminationProtection").is_some_and(|value| value == "true");
                Ok(String::new())
            }
            _ => Err(("InvalidAction", format!("Could not find operation {action}"))),
        }
    }

    pub(super) fn begin_scripted(
        &mut self,
        operation: &'static str,
        form: &Form,
        unscripted: impl FnOnce(&Self) -> Vec<Step>,
    ) -> Answer {
        let token = form.get("ClientRequestToken").cloned().unwrap_or_default();
        // The same token is the same request.
        if !token.is_empty() && self.events.iter().any(|(_, seen, _)| *seen == token) {
            return Ok(String::new());
        }
        let scripted = self.scripts.get_mut(operation).and_then(VecDeque::pop_front);
        let steps = scripted.unwrap_or_else(|| unscripted(self));
        self.begin(&token, steps);
        Ok(String::new())
    }
}

fn ends(verb: &str) -> Vec<Step> {
    vec![step("stack", &format!("{verb}_IN_PROGRESS"), ""), step("stack", &format!("{verb}_COMPLETE"), "")]
}
