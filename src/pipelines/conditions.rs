//! The resources of a template that its conditions leave, as far as parameters decide them. Pure.

use std::collections::BTreeMap;

use serde_yaml_ng::Value;

use super::existing::is_given;
use super::parameters::text;
use super::{Source, Stack, templates};
use crate::base::error::Result;
use crate::settings::Existing;

/// Returns logical id and type of the resources that a deploy creates, before the values of its parameters are known:
/// `values` are the user's, and `existing` the resources that the pipeline uses. A resource whose condition depends on
/// another value is included.
///
/// # Errors
/// Those of [`created_resources`].
pub fn likely_resources(
    stack: &Stack,
    values: &BTreeMap<String, String>,
    existing: &Existing,
) -> Result<Vec<(String, String)>> {
    let mut known = values.clone();
    let mut unknown = Vec::new();
    for (name, source) in stack.parameters.iter().filter(|(name, _)| !values.contains_key(*name)) {
        let value = match source {
            Source::Fixed(value) => *value,
            // Conditions ask only whether there is one.
            Source::Existing(output) if is_given(existing, *output) => "given",
            Source::Existing(_) => "",
            _ => {
                unknown.push(*name);
                continue;
            }
        };
        known.insert((*name).to_owned(), value.to_owned());
    }
    created_resources(stack.template, &known, &unknown)
}

/// Returns logical id and type of the resources that a template creates with these values, in its order. Other parameters
/// have their defaults, except for `unknown` ones: a resource whose condition depends on one is included.
///
/// # Errors
/// `Unexpected` if the template is not YAML: the templates are part of this executable.
pub fn created_resources(
    template: &str,
    values: &BTreeMap<String, String>,
    unknown: &[&str],
) -> Result<Vec<(String, String)>> {
    let view = View { template: &templates::parse(template)?, values, unknown };
    let is_created = |resource: &Value| {
        let condition = resource.get("Condition").and_then(Value::as_str);
        condition.and_then(|name| view.named(name)) != Some(false)
    };
    templates::resources_where(template, is_created)
}

/// A template with the values that are known.
struct View<'a> {
    template: &'a Value,
    values: &'a BTreeMap<String, String>,
    unknown: &'a [&'a str],
}

impl View<'_> {
    /// Returns the value of a condition of the template; None if it is not known.
    fn named(&self, name: &str) -> Option<bool> {
        self.condition(self.template.get("Conditions")?.get(name)?)
    }

    fn condition(&self, condition: &Value) -> Option<bool> {
        let Value::Tagged(tagged) = condition else { return None };
        let parts = || tagged.value.as_sequence().into_iter().flatten().map(|part| self.condition(part));
        match tagged.tag.to_string().as_str() {
            "!Condition" => self.named(tagged.value.as_str()?),
            "!Not" => parts().next()?.map(|value| !value),
            "!And" if parts().any(|part| part == Some(false)) => Some(false),
            "!And" => parts().collect::<Option<Vec<_>>>().map(|_| true),
            "!Or" if parts().any(|part| part == Some(true)) => Some(true),
            "!Or" => parts().collect::<Option<Vec<_>>>().map(|_| false),
            "!Equals" => match tagged.value.as_sequence()?.as_slice() {
                [one, other] => Some(self.text(one)? == self.text(other)?),
                _ => None,
            },
            _ => None,
        }
    }

    /// Returns a text, or the value of the parameter that it refers to.
    fn text(&self, value: &Value) -> Option<String> {
        let Value::Tagged(tagged) = value else { return text(value) };
        let name = tagged.value.as_str().filter(|_| tagged.tag == "Ref")?;
        match self.values.get(name) {
            Some(value) => Some(value.clone()),
            None if self.unknown.contains(&name) => None,
            None => text(self.template.get("Parameters")?.get(name)?.get("Default")?),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pipelines::{AURORA, DATABASE, find};
    use crate::settings::ExistingKey;

    fn created(stack: &Stack, values: &[(&str, &str)]) -> Vec<String> {
        created_with(stack, values, &Existing::default())
    }

    fn created_with(stack: &Stack, values: &[(&str, &str)], existing: &Existing) -> Vec<String> {
        let values = values.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        likely_resources(stack, &values.collect(), existing).expect("YAML").into_iter().map(|(name, _)| name).collect()
    }

    #[test]
    fn conditions_leave_the_resources_of_the_engine() {
        let has = |names: &[String], name: &str| names.iter().any(|other| other == name);
        let instance = created(&DATABASE, &[]);
        assert!(has(&instance, "Database") && !has(&instance, "Cluster") && !has(&instance, "CapacityAlarm"));
        let serverless = created(&DATABASE, &[("DatabaseEngine", AURORA)]);
        assert!(!has(&serverless, "Database") && has(&serverless, "Cluster") && has(&serverless, "Writer"));
        assert!(has(&serverless, "CapacityAlarm") && !has(&serverless, "FreeLocalStorageAlarm"));
        assert!(!has(&serverless, "Reader"));
        let provisioned = created(
            &DATABASE,
            &[("DatabaseEngine", AURORA), ("AuroraClass", "db.r7g.large"), ("DatabaseMultiAz", "true")],
        );
        assert!(has(&provisioned, "Reader") && has(&provisioned, "FreeLocalStorageAlarm"));
        assert!(!has(&provisioned, "CapacityAlarm"));
    }

    #[test]
    fn resources_with_an_unknown_condition_are_included() {
        let pipeline = find("rds-kinesis").expect("a pipeline");
        let account = created(pipeline.stack("account").expect("a stack"), &[]);
        assert!(account.contains(&"DmsVpcRole".to_owned()), "the account decides it: {account:?}");
        let dms = pipeline.stack("dms").expect("a stack");
        assert!(!created(dms, &[]).contains(&"TaskFailures".to_owned()), "there is no topic");
    }

    #[test]
    fn existing_resources_leave_the_alarms_on_them() {
        let dms = find("rds-kinesis").expect("a pipeline").stack("dms").expect("a stack");
        let own = created(dms, &[]);
        let existing = [
            (ExistingKey::ReplicationInstance, "arn:aws:dms:us-east-1:000000000000:rep:SHARED"),
            (ExistingKey::DatabaseIdentifier, "shop"),
        ];
        let shared = created_with(dms, &[], &existing.into());
        for (name, is_own, is_shared) in [
            ("ReplicationInstance", true, false),
            ("ReplicationStorageAlarm", true, false),
            ("SourceLatencyAlarm", true, true),
            ("SlotLagAlarm", false, true),
            ("SlotFilesAlarm", false, false),
        ] {
            let has = |names: &[String]| names.iter().any(|other| other == name);
            assert_eq!((has(&own), has(&shared)), (is_own, is_shared), "{name}");
        }
    }
}
