//! Reads the text of templates. Every function fails with `Unexpected` if the text is not valid YAML: the templates are
//! part of this executable.

use std::collections::{BTreeMap, BTreeSet};

use serde_yaml_ng::{Mapping, Value};

use super::{Pipeline, Stack};
use crate::base::error::{Kind, OrFail, Result};

/// Returns the keys of one section of a template: `Parameters`, `Outputs`, …
pub fn keys(template: &str, section: &str) -> Result<BTreeSet<String>> {
    keys_where(template, section, |_| true)
}

/// Returns the keys of those entries of a section whose values fulfil a condition.
fn keys_where(template: &str, section: &str, condition: impl Fn(&Value) -> bool) -> Result<BTreeSet<String>> {
    Ok(entries(template, section)?.filter(|(_, value)| condition(value)).map(|(name, _)| name).collect())
}

/// Returns names and values of one section, in the template's order.
pub(super) fn entries(template: &str, section: &str) -> Result<impl Iterator<Item = (String, Value)>> {
    let section = match parse(template)?.get_mut(section) {
        Some(Value::Mapping(section)) => std::mem::take(section),
        _ => Mapping::new(),
    };
    Ok(section.into_iter().filter_map(|(name, value)| Some((name.as_str()?.to_owned(), value))))
}

/// Returns the names of the parameters of a stack's template.
pub fn template_parameters(stack: &Stack) -> Result<BTreeSet<String>> {
    keys(stack.template, "Parameters")
}

/// Returns logical id and type of every resource, in the template's order, including conditional ones.
pub fn resources(template: &str) -> Result<Vec<(String, String)>> {
    resources_where(template, |_| true)
}

/// Returns those [`resources`] that fulfil a condition.
pub(super) fn resources_where(template: &str, condition: impl Fn(&Value) -> bool) -> Result<Vec<(String, String)>> {
    let resources = entries(template, "Resources")?.filter(|(_, resource)| condition(resource));
    Ok(resources.filter_map(|(name, resource)| Some((name, resource.get("Type")?.as_str()?.to_owned()))).collect())
}

/// Returns the capabilities that a caller has to acknowledge ("CreateStack" in the CloudFormation API reference).
pub fn capabilities(template: &str) -> Result<Vec<&'static str>> {
    let is_iam = resources(template)?.iter().any(|(_, kind)| kind.starts_with("AWS::IAM::"));
    let transforms = parse(template)?.get("Transform").is_some();
    let all = [(is_iam, "CAPABILITY_NAMED_IAM"), (transforms, "CAPABILITY_AUTO_EXPAND")];
    Ok(all.into_iter().filter(|(needed, _)| *needed).map(|(_, name)| name).collect())
}

/// Returns the names of the parameters that are lists.
pub fn list_parameters(template: &str) -> Result<BTreeSet<String>> {
    let is_list = |fields: &Value| {
        let kind = fields.get("Type").and_then(Value::as_str).unwrap_or_default();
        kind == "CommaDelimitedList" || kind.starts_with("List<")
    };
    keys_where(template, "Parameters", is_list)
}

/// Returns the conditions that only compare a parameter with an empty text: the parameter, and whether the condition is
/// true if it is not empty.
pub fn nonempty_conditions(template: &str) -> Result<BTreeMap<String, (String, bool)>> {
    let compared = |condition: &Value| {
        let (condition, is_true) = match call(condition, "Not") {
            Some([inner]) => (inner, true),
            _ => (condition, false),
        };
        let [Value::Tagged(reference), Value::String(text)] = call(condition, "Equals")? else { return None };
        let is_reference = reference.tag == "Ref" && text.is_empty();
        Some((reference.value.as_str().filter(|_| is_reference)?.to_owned(), is_true))
    };
    let conditions = entries(template, "Conditions")?;
    Ok(conditions.filter_map(|(name, condition)| Some((name, compared(&condition)?))).collect())
}

/// Returns the arguments of an intrinsic function in its short form.
fn call<'a>(value: &'a Value, function: &str) -> Option<&'a [Value]> {
    match value {
        Value::Tagged(tagged) if tagged.tag == function => tagged.value.as_sequence().map(Vec::as_slice),
        _ => None,
    }
}

/// Properties that give a resource its name.
const NAMES: &[&str] = &[
    "DBClusterIdentifier",
    "DBInstanceIdentifier",
    "EndpointIdentifier",
    "FunctionName",
    "LogGroupName",
    "Name",
    "QueueName",
    "ReplicationInstanceIdentifier",
    "ReplicationTaskIdentifier",
    "RoleName",
    "TableName",
];

/// Returns the logical ids of the resources whose names the template gives: CloudFormation can't replace those
/// ("CloudFormation cannot update a stack when a custom-named resource requires replacing").
pub fn named(template: &str) -> Result<BTreeSet<String>> {
    let is_named = |resource: &Value| {
        let properties = resource.get("Properties").and_then(Value::as_mapping);
        properties.is_some_and(|properties| NAMES.iter().any(|name| properties.contains_key(*name)))
    };
    keys_where(template, "Resources", is_named)
}

/// Returns the logical ids of the instances of clusters: the data is the cluster's.
pub fn members(template: &str) -> Result<BTreeSet<String>> {
    let is_member = |resource: &Value| {
        let cluster = resource.get("Properties").and_then(|properties| properties.get("DBClusterIdentifier"));
        cluster.is_some() && resource.get("Type").and_then(Value::as_str) == Some("AWS::RDS::DBInstance")
    };
    keys_where(template, "Resources", is_member)
}

/// Returns the names of the parameters that CloudFormation masks.
pub fn secrets(template: &str) -> Result<BTreeSet<String>> {
    let masked = |value: &Value| match value.get("NoEcho") {
        Some(Value::Bool(yes)) => *yes,
        Some(Value::String(text)) => text.eq_ignore_ascii_case("true"),
        _ => false,
    };
    keys_where(template, "Parameters", masked)
}

pub(super) fn parse(template: &str) -> Result<Value> {
    serde_yaml_ng::from_str(template).or_fail(Kind::Unexpected, || "an embedded template is not valid YAML".into())
}

/// Returns every parameter of every template of the pipeline.
pub fn parameter_names(pipeline: &Pipeline) -> Result<BTreeSet<String>> {
    let names: Vec<_> = pipeline.stacks.iter().map(template_parameters).collect::<Result<_>>()?;
    Ok(names.into_iter().flatten().collect())
}

#[cfg(test)]
mod tests {
    use super::{Pipeline, keys, members, resources, secrets};
    use crate::pipelines::{self, Source, Stack};

    /// Returns the stacks that are complete before this one starts.
    fn earlier(pipeline: &Pipeline, stack: &Stack) -> Vec<&'static Stack> {
        let direct = stack.depends_on.iter().filter_map(|name| pipeline.stack(name));
        direct.flat_map(|stack| std::iter::once(stack).chain(earlier(pipeline, stack))).collect()
    }

    #[test]
    fn the_pipelines_fit_their_templates() {
        for pipeline in pipelines::ALL {
            for (position, stack) in pipeline.stacks.iter().enumerate() {
                let at = format!("{}/{}", pipeline.name, stack.name);
                let parameters = keys(stack.template, "Parameters").unwrap();
                for name in stack.depends_on {
                    let other = pipeline.stacks.iter().position(|stack| stack.name == *name);
                    assert!(other.is_some_and(|other| other < position), "{at} depends on {name}");
                }
                let available: Vec<_> = earlier(pipeline, stack)
                    .iter()
                    .flat_map(|stack| keys(stack.template, "Outputs").unwrap())
                    .collect();
                for (parameter, source) in stack.parameters {
                    assert!(parameters.contains(*parameter), "{at} has no parameter {parameter}");
                    if let Source::Output(output) | Source::OutputOr(output, _) = source {
                        assert!(
                            available.iter().any(|name| name == output.name()),
                            "{at}: no stack before it has the output {output}"
                        );
                    }
                }
            }
        }
    }

    #[test]
    fn output_names_are_unique_and_no_template_names_a_partition() {
        for pipeline in pipelines::ALL {
            let mut seen = std::collections::BTreeSet::new();
            for stack in pipeline.stacks {
                for output in keys(stack.template, "Outputs").unwrap() {
                    assert!(seen.insert(output.clone()), "{output} is a duplicate");
                }
                assert!(!stack.template.contains("arn:aws:"), "{}", stack.name);
                assert!(stack.template.len() < 51_200, "{} is too large for a request", stack.name);
            }
        }
    }

    #[test]
    fn members_are_the_instances_of_a_cluster() {
        let members: Vec<_> = members(pipelines::DATABASE.template).unwrap().into_iter().collect();
        assert_eq!(members, ["Reader", "Writer"]);
    }

    #[test]
    fn resources_and_secrets_are_read_off() {
        let template = "Parameters:\n  A: {Type: String, NoEcho: true}\n  B: {Type: String}\n  C: {Type: String, NoEcho: 'TRUE'}\n\
                        Resources:\n  Q: {Type: 'AWS::SQS::Queue', Properties: {QueueName: !Ref B}}\n";
        assert_eq!(secrets(template).unwrap().into_iter().collect::<Vec<_>>(), ["A", "C"]);
        assert_eq!(resources(template).unwrap(), [("Q".to_owned(), "AWS::SQS::Queue".to_owned())]);
    }
}
