//! The descriptions of a stack.

use std::collections::BTreeMap;

use super::wire::{Form, tag};
use super::{Answer, Stack};

/// Events per page, as in CloudFormation.
const PAGE: usize = 100;

impl Stack {
    pub(super) fn described(&self, name: &str, form: &Form) -> Answer {
        let by_id = form.get("StackName").is_some_and(|asked| *asked == self.id(name));
        let status = self.status.as_ref().filter(|_| !self.is_gone() || by_id);
        let status = status.ok_or(("ValidationError", format!("Stack with id {name} does not exist")))?;
        let pairs = |of: &BTreeMap<String, String>, what: &str| {
            let members = of.iter().map(|(key, value)| {
                let (key_tag, value_tag) = (format!("{what}Key"), format!("{what}Value"));
                format!("<member>{}{}</member>", tag(&key_tag, key), tag(&value_tag, value))
            });
            format!("<{what}s>{}</{what}s>", members.collect::<String>())
        };
        let outputs = if status.starts_with("CREATE_") && status != "CREATE_COMPLETE" {
            String::new()
        } else {
            pairs(&self.outputs, "Output")
        };
        let tags = self.tags.iter().map(|(k, v)| format!("<member>{}{}</member>", tag("Key", k), tag("Value", v)));
        let tags = format!("<Tags>{}</Tags>", tags.collect::<String>());
        Ok(format!(
            "<Stacks><member>{}{}{}<CreationTime>2026-01-01T00:00:00Z</CreationTime>\
             <LastUpdatedTime>2026-01-01T00:{:02}:00Z</LastUpdatedTime>{}{outputs}{}</member></Stacks>",
            tag("StackName", name),
            tag("StackId", &self.id(name)),
            tag("StackStatus", status),
            self.executed.len() % 60,
            tag("EnableTerminationProtection", if self.protected { "true" } else { "false" }),
            pairs(&self.parameters, "Parameter") + &tags,
        ))
    }

    pub(super) fn events_page(&self, name: &str, form: &Form) -> Answer {
        let from: usize = form.get("NextToken").map_or(0, |token| token.parse().expect("a token of ours"));
        let page = self.events.iter().rev().skip(from).take(PAGE).map(|(id, token, step)| {
            let (logical, physical) = match step.logical.as_str() {
                "stack" => (name.to_owned(), self.id(name)),
                other => (other.to_owned(), step.physical.clone().unwrap_or_else(|| format!("{other}-1"))),
            };
            format!(
                "<member>{}{}{}{}{}{}<Timestamp>2026-01-01T00:00:00Z</Timestamp>{}{}{}</member>",
                tag("StackId", &self.id(name)),
                tag("EventId", id),
                tag("StackName", name),
                tag("LogicalResourceId", &logical),
                tag("PhysicalResourceId", &physical),
                tag("ResourceType", &step.kind),
                tag("ResourceStatus", &step.status),
                tag("ResourceStatusReason", &step.reason),
                tag("ClientRequestToken", token),
            )
        });
        let page: String = page.collect();
        let next = from + PAGE;
        let token = if next < self.events.len() { tag("NextToken", &next.to_string()) } else { String::new() };
        Ok(format!("<StackEvents>{page}</StackEvents>{token}"))
    }
}
