//! Checks whether a stack is up to date, without creating a change set.
//!
//! A change set compares the template, the parameters and the tags with those of the stack. This check does the same
//! with one request: `GetTemplate` returns the submitted text. Where the result is uncertain (a parameter that
//! CloudFormation masks, a status that is not a complete one), a change set decides.

use std::collections::BTreeMap;

use aws_sdk_cloudformation::types::{Stack as Described, StackStatus, TemplateStage};

use super::Engine;
use super::change_set::Desired;
use super::status::status_of;
use crate::base::error::Result;
use crate::pipelines::templates;

impl Engine {
    /// Returns whether deploying would change nothing. False also where the deployed state can't be compared.
    ///
    /// # Errors
    /// `Unexpected` where the template is not valid YAML.
    pub(super) async fn is_current(&self, desired: &Desired, existing: &Described) -> Result<bool> {
        let complete = matches!(status_of(existing), StackStatus::CreateComplete | StackStatus::UpdateComplete);
        if !complete || !has_values(desired, existing)? {
            return Ok(false);
        }
        let id = existing.stack_id().unwrap_or(&desired.name);
        let send = || self.client.get_template().stack_name(id).template_stage(TemplateStage::Original).send();
        match self.limiter.send(&desired.name, send).await {
            Ok(answer) => Ok(answer.template_body().is_some_and(|body| is_same_text(body, desired.template))),
            // Without permission to read the template, a change set decides.
            Err(error) => {
                let error = aws_sdk_cloudformation::error::DisplayErrorContext(&error);
                self.reporter.detail(format!("{}: the deployed template can't be read: {error}", desired.scope));
                Ok(false)
            }
        }
    }
}

/// Returns whether parameters and tags equal those of the stack.
fn has_values(desired: &Desired, existing: &Described) -> Result<bool> {
    let secrets = templates::secrets(desired.template)?;
    let of_stack = existing.parameters().iter();
    let of_stack: BTreeMap<_, _> = of_stack.filter_map(|p| Some((p.parameter_key()?, p.parameter_value()))).collect();
    let keeps = desired.parameters.iter().all(|parameter| {
        let name = parameter.parameter_key().unwrap_or_default();
        match of_stack.get(name) {
            Some(_) if parameter.use_previous_value() == Some(true) => true,
            // The stack returns `****` for every value.
            Some(_) if secrets.contains(name) => false,
            Some(before) => *before == parameter.parameter_value(),
            None => false,
        }
    });
    let tags: BTreeMap<_, _> = existing.tags().iter().filter_map(|tag| Some((tag.key()?, tag.value()?))).collect();
    let wanted: BTreeMap<_, _> = desired.tags.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
    Ok(keeps && of_stack.len() == desired.parameters.len() && tags == wanted)
}

/// Compares templates as CloudFormation returns them: it replaces characters outside ASCII by question marks. Ours have
/// such characters in comments and descriptions only.
fn is_same_text(returned: &str, submitted: &str) -> bool {
    let comparable = |text: &str| {
        let text = text.trim().chars().filter(|c| *c != '\r');
        let mut text: Vec<char> = text.map(|c| if c.is_ascii() { c } else { '?' }).collect();
        text.dedup_by(|a, b| *a == '?' && *b == '?');
        text
    };
    comparable(returned) == comparable(submitted)
}

#[cfg(test)]
mod tests {
    use aws_sdk_cloudformation::types::{Parameter, Tag};

    use super::*;
    use crate::cloudformation::values::{kept_parameter as kept, parameter};

    fn compared(parameters: Vec<Parameter>, tags: &[(&str, &str)]) -> bool {
        let existing = Described::builder()
            .stack_name("s")
            .parameters(parameter("Size", "1"))
            .parameters(parameter("Key", "****"))
            .tags(Tag::builder().key("stage").value("dev").build())
            .creation_time(aws_smithy_types::DateTime::from_secs(0))
            .stack_status(StackStatus::CreateComplete)
            .build();
        let desired = Desired {
            name: "s".into(),
            scope: "s".into(),
            template: "Parameters: {Size: {Type: String}, Key: {Type: String, NoEcho: true}}",
            parameters,
            tags: tags.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect(),
            seen: None,
        };
        has_values(&desired, &existing).unwrap()
    }

    #[test]
    fn a_stack_is_current_only_if_all_parameters_and_tags_are_equal() {
        let (dev, prod) = ([("stage", "dev")], [("stage", "prod")]);
        assert!(compared(vec![parameter("Size", "1"), kept("Key")], &dev));
        assert!(compared(vec![kept("Size"), kept("Key")], &dev));
        assert!(!compared(vec![parameter("Size", "2"), kept("Key")], &dev));
        assert!(!compared(vec![parameter("Size", "1"), parameter("Key", "****")], &dev), "a masked value is unknown");
        assert!(!compared(vec![parameter("Size", "1")], &dev), "a parameter that is not passed gets its default");
        assert!(!compared(vec![kept("Size"), kept("Key"), parameter("New", "1")], &dev));
        assert!(!compared(vec![kept("Size"), kept("Key")], &prod));
        assert!(!compared(vec![kept("Size"), kept("Key")], &[("stage", "dev"), ("more", "1")]));
    }

    #[test]
    fn templates_are_compared_as_cloudformation_returns_them() {
        assert!(is_same_text("# a ??? b\nResources: {}", "# a → b\nResources: {}\n"));
        assert!(is_same_text("# a ? b\r\nResources: {}", "# a → b\nResources: {}\n"));
        assert!(!is_same_text("Resources: {A: 1}", "Resources: {A: 2}"));
    }
}
