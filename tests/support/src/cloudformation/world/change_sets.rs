//! A stack's change sets, from their creation to their execution.

use std::collections::BTreeMap;

use serde_yaml_ng::Value;

use super::wire::{Form, tag};
use super::{ACCOUNT, Answer, REGION, Stack, step};

#[derive(Debug, Clone, Default)]
pub struct ChangeSet {
    /// Distinguishes its ARN from those of other change sets with this name.
    pub(super) number: usize,
    /// The token of the request that created it.
    pub(super) client_token: String,
    pub(super) tags: BTreeMap<String, String>,
    pub(super) template: String,
    pub(super) parameters: BTreeMap<String, String>,
    pub(super) rows: Vec<(String, String, String, String)>,
}

impl Stack {
    pub(super) fn create_change_set(&mut self, name: &str, form: &Form) -> Answer {
        let creates = form.get("ChangeSetType").is_some_and(|kind| kind == "CREATE");
        let busy = self
            .status
            .as_deref()
            .is_some_and(|status| status.ends_with("_IN_PROGRESS") && status != "REVIEW_IN_PROGRESS");
        let lives = !self.is_gone() && self.status.as_deref() != Some("REVIEW_IN_PROGRESS");
        if busy || creates == lives {
            return Err(("ValidationError", format!("Stack:{name} is in a state and can not be updated")));
        }
        let set_name = set_name(form);
        let client_token = form.get("ClientToken").cloned().unwrap_or_default();
        if self.squatters > 0 {
            self.squatters -= 1;
            self.plant(&set_name);
        }
        if let Some(set) = self.sets.get(&set_name) {
            // The same token is the same request.
            if !client_token.is_empty() && set.client_token == client_token {
                return Ok(format!("{}{}", tag("Id", &self.set_id(&set_name)), tag("StackId", &self.id(name))));
            }
            return Err(("AlreadyExistsException", format!("ChangeSet {set_name} already exists")));
        }
        let template = form.get("TemplateBody").cloned().unwrap_or_default();
        let (parameters, tags) = (self.parameters_of(form), tags_of(form));
        let rows = match &self.changes {
            _ if self.outputs_only => Vec::new(),
            Some(rows) => {
                rows.iter().map(|(a, b, c, d)| ((*a).into(), (*b).into(), (*c).into(), (*d).into())).collect()
            }
            None if !creates && (&template, &parameters, &tags) == (&self.template, &self.parameters, &self.tags) => {
                Vec::new()
            }
            None => {
                let action = if creates { "Add" } else { "Modify" };
                let replacement = if creates { "" } else { "False" };
                resources(&template)
                    .into_iter()
                    .map(|(logical, kind)| (action.into(), logical, kind, replacement.into()))
                    .collect()
            }
        };
        if creates && self.is_gone() {
            if self.status.is_some() {
                self.generation += 1;
                self.events.clear();
                self.template.clear();
            }
            self.token = String::new();
            self.happen(step("stack", "REVIEW_IN_PROGRESS", "User Initiated"));
        }
        self.made += 1;
        let set = ChangeSet { number: self.made, client_token, tags, template, parameters, rows };
        self.sets.insert(set_name.clone(), set);
        let id = self.set_id(&set_name);
        if self.usurpers > 0 {
            self.usurpers -= 1;
            self.plant(&set_name);
        }
        Ok(format!("{}{}", tag("Id", &id), tag("StackId", &self.id(name))))
    }

    /// Puts a foreign change set, which creates an IAM role, under this name, in place of any that has it.
    pub fn plant(&mut self, set_name: &str) {
        self.made += 1;
        let set = ChangeSet {
            number: self.made,
            template: PLANTED.to_owned(),
            rows: vec![("Add".into(), "Planted".into(), "AWS::IAM::Role".into(), String::new())],
            ..ChangeSet::default()
        };
        self.sets.insert(set_name.to_owned(), set);
    }

    pub(super) fn set_id(&self, set: &str) -> String {
        let number = self.sets.get(set).map_or(0, |set| set.number);
        format!("arn:aws:cloudformation:{REGION}:{ACCOUNT}:changeSet/{set}/{number}")
    }

    /// Returns the change set that a request names: by its name, or by its unique ARN.
    fn set(&self, form: &Form) -> Option<&ChangeSet> {
        let asked = form.get("ChangeSetName")?;
        let name = set_name(form);
        let set = self.sets.get(&name)?;
        (!asked.contains('/') || *asked == self.set_id(&name)).then_some(set)
    }

    pub(super) fn listed_resources(&self) -> String {
        let members = resources(&self.template).into_iter().map(|(logical, kind)| {
            let id = format!("{logical}-1");
            format!("<member>{}{}</member>", tag("ResourceType", &kind), tag("PhysicalResourceId", &id))
        });
        format!("<StackResourceSummaries>{}</StackResourceSummaries>", members.collect::<String>())
    }

    /// Returns whether executing it modifies the replication task or one of its endpoints.
    pub(super) fn touches_task(&self, form: &Form) -> bool {
        let of_task = |kind: &str| kind == "AWS::DMS::ReplicationTask" || kind == "AWS::DMS::Endpoint";
        self.set(form).is_some_and(|set| set.rows.iter().any(|row| row.0 == "Modify" && of_task(&row.2)))
    }

    pub(super) fn delete_change_set(&mut self, form: &Form) {
        if self.set(form).is_some() {
            self.sets.remove(&set_name(form));
        }
    }

    /// Returns the template as it was submitted, or a different one if its next change set is scripted to have changes.
    pub(super) fn original_template(&self) -> String {
        match &self.changes {
            _ if self.outputs_only => format!("{}# an earlier version\n", self.template),
            Some(rows) if !rows.is_empty() => format!("{}# an earlier version\n", self.template),
            _ => self.template.clone(),
        }
    }

    pub(super) fn parameters_of(&self, form: &Form) -> BTreeMap<String, String> {
        let mut parameters = BTreeMap::new();
        for number in 1.. {
            let field = |field: &str| form.get(&format!("Parameters.member.{number}.{field}"));
            let Some(key) = field("ParameterKey") else { break };
            let previous = field("UsePreviousValue").is_some_and(|value| value == "true");
            let value = if previous { self.parameters.get(key) } else { field("ParameterValue") };
            parameters.insert(key.clone(), value.cloned().unwrap_or_default());
        }
        parameters
    }

    pub(super) fn described_change_set(&mut self, name: &str, form: &Form) -> Answer {
        let gone = || ("ChangeSetNotFound", "ChangeSet does not exist".to_owned());
        let set_name = set_name(form);
        if self.contests > 0 {
            self.contests -= 1;
            self.sets.remove(&set_name);
            return Err(gone());
        }
        let set = self.set(form).ok_or_else(gone)?;
        let head = format!(
            "{}{}{}",
            tag("ChangeSetId", &self.set_id(&set_name)),
            tag("ChangeSetName", &set_name),
            tag("StackId", &self.id(name))
        );
        if set.rows.is_empty() && !self.outputs_only {
            let reason = "The submitted information didn't contain changes. Submit different information to create a change set.";
            return Ok(format!("{head}<Status>FAILED</Status>{}", tag("StatusReason", reason)));
        }
        let rows = set.rows.iter().map(|(action, logical, kind, replacement)| {
            format!(
                "<member><Type>Resource</Type><ResourceChange>{}{}{}{}<Details>{}</Details></ResourceChange></member>",
                tag("Action", action),
                tag("LogicalResourceId", logical),
                tag("ResourceType", kind),
                if replacement.is_empty() { String::new() } else { tag("Replacement", replacement) },
                self.details(logical, form),
            )
        });
        let rows: String = rows.collect();
        Ok(format!(
            "{head}<Status>CREATE_COMPLETE</Status><ExecutionStatus>AVAILABLE</ExecutionStatus><Changes>{rows}</Changes>"
        ))
    }

    pub(super) fn details(&self, resource: &str, form: &Form) -> String {
        let values = form.get("IncludePropertyValues").is_some_and(|value| value == "true");
        let of_resource = self.properties.iter().filter(|detail| detail.resource == resource);
        let members = of_resource.map(|detail| {
            let values = match values {
                true => format!("{}{}", tag("BeforeValue", detail.before), tag("AfterValue", detail.after)),
                false => String::new(),
            };
            let name = detail.path.split('/').nth(2).unwrap_or_default();
            let cause = detail
                .cause
                .map(|cause| format!("<ChangeSource>ParameterReference</ChangeSource>{}", tag("CausingEntity", cause)));
            format!(
                "<member><Target><Attribute>Properties</Attribute>{}{}{values}</Target>{}</member>",
                tag("Name", name),
                tag("Path", detail.path),
                cause.unwrap_or_default()
            )
        });
        members.collect()
    }

    pub(super) fn execute(&mut self, form: &Form) -> Answer {
        let set_name = set_name(form);
        // AWS deletes a stack's change sets after one of them was executed.
        let Some(set) = self.set(form).cloned() else {
            return Err(("ChangeSetNotFound", format!("ChangeSet [{set_name}] does not exist")));
        };
        // After a failure without a rollback, CloudFormation updates a stack only without rollback.
        if let Some(status @ ("CREATE_FAILED" | "UPDATE_FAILED")) = self.status.as_deref()
            && form.get("DisableRollback").is_none_or(|value| value != "true")
        {
            let text = format!("This stack is currently in a non-terminal [{status}] state.");
            return Err(("ValidationError", text));
        }
        self.sets.clear();
        let creates = self.status.as_deref() == Some("REVIEW_IN_PROGRESS");
        let verb = if creates { "CREATE" } else { "UPDATE" };
        self.executed.push(set_name);
        self.outputs = outputs(&set.template, &set.parameters);
        self.template = set.template;
        self.parameters = set.parameters;
        self.tags = set.tags;
        self.changes = None;
        self.outputs_only = false;
        let rows = set.rows;
        self.begin_scripted("execute", form, |_| {
            let mut steps = vec![step("stack", &format!("{verb}_IN_PROGRESS"), "User Initiated")];
            for (_, logical, kind, _) in rows.iter().take(2) {
                steps.push(step(logical, &format!("{verb}_IN_PROGRESS"), "").kind(kind));
                steps.push(step(logical, &format!("{verb}_COMPLETE"), "").kind(kind));
            }
            steps.push(step("stack", &format!("{verb}_COMPLETE"), ""));
            steps
        })
    }
}

/// Returns the template of a change set that a test plants.
pub const PLANTED: &str = "Resources: {Planted: {Type: 'AWS::IAM::Role'}}";

fn tags_of(form: &Form) -> BTreeMap<String, String> {
    let tag = |number: usize| {
        let field = |field: &str| form.get(&format!("Tags.member.{number}.{field}")).cloned();
        Some((field("Key")?, field("Value").unwrap_or_default()))
    };
    (1..).map_while(tag).collect()
}

/// Returns whether a name or an id matches.
pub fn set_name(form: &Form) -> String {
    let text = form.get("ChangeSetName").cloned().unwrap_or_default();
    text.split('/').nth(1).map_or(text.clone(), str::to_owned)
}

fn resources(template: &str) -> Vec<(String, String)> {
    let document: Value = serde_yaml_ng::from_str(template).unwrap_or(Value::Null);
    let resources = document.get("Resources").and_then(Value::as_mapping).cloned().unwrap_or_default();
    let named = |(name, resource): (Value, Value)| {
        Some((name.as_str()?.to_owned(), resource.get("Type")?.as_str()?.to_owned()))
    };
    resources.into_iter().filter_map(named).collect()
}

/// Returns a value for each output whose condition holds.
fn outputs(template: &str, parameters: &BTreeMap<String, String>) -> BTreeMap<String, String> {
    let document: Value = serde_yaml_ng::from_str(template).unwrap_or(Value::Null);
    let outputs = document.get("Outputs").and_then(Value::as_mapping).cloned().unwrap_or_default();
    let there = |output: &Value| {
        let condition = output.get("Condition").and_then(Value::as_str);
        condition.is_none_or(|name| holds(&document, parameters, &document["Conditions"][name]))
    };
    outputs
        .into_iter()
        .filter(|(_, output)| there(output))
        .filter_map(|(name, _)| Some((name.as_str()?.to_owned(), format!("the-{}", name.as_str()?))))
        .collect()
}

/// Returns the value of a condition, as CloudFormation decides it.
fn holds(document: &Value, parameters: &BTreeMap<String, String>, condition: &Value) -> bool {
    let Value::Tagged(tagged) = condition else { return true };
    let parts = || tagged.value.as_sequence().into_iter().flatten();
    let text = |value: &Value| match value {
        Value::Tagged(reference) => {
            let name = reference.value.as_str().unwrap_or_default();
            let default = &document["Parameters"][name]["Default"];
            parameters.get(name).cloned().or_else(|| default.as_str().map(str::to_owned)).unwrap_or_default()
        }
        value => value.as_str().unwrap_or_default().to_owned(),
    };
    let named = || holds(document, parameters, &document["Conditions"][tagged.value.as_str().unwrap_or_default()]);
    match tagged.tag.to_string().as_str() {
        "!Condition" => named(),
        "!Not" => !parts().all(|part| holds(document, parameters, part)),
        "!And" => parts().all(|part| holds(document, parameters, part)),
        "!Or" => parts().any(|part| holds(document, parameters, part)),
        _ => {
            let texts: Vec<_> = parts().map(text).collect();
            texts.first() == texts.last()
        }
    }
}
