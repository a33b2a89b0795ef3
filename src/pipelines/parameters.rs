//! The template parameters that a user may set.

use regex_lite::Regex;
use serde_yaml_ng::Value;

use super::{Pipeline, Source, templates};
use crate::base::error::Result;

/// The parameter with the engine of a database that outboxctl creates.
pub const ENGINE: &str = "DatabaseEngine";

/// One template parameter that a user may set.
#[derive(Debug, Clone, PartialEq)]
pub struct Parameter {
    pub name: String,
    pub about: String,
    /// The template's default; None where outboxctl provides the value.
    pub default: Option<String>,
    pub number: bool,
    /// The allowed values; empty for any.
    pub allowed: Vec<String>,
    pub min: Option<f64>,
    pub max: Option<f64>,
    pub pattern: Option<String>,
}

impl Parameter {
    /// Returns why the template does not accept this value; None where it does.
    pub fn objection(&self, value: &str) -> Option<String> {
        if !self.allowed.is_empty() && !self.allowed.iter().any(|allowed| allowed == value) {
            return Some(format!("{} is {value:?}; it can be {}", self.name, self.allowed.join(", ")));
        }
        if let Some(pattern) = self.pattern.as_ref().filter(|pattern| !matches(pattern, value)) {
            return Some(format!("{} is {value:?}, which does not match {pattern}", self.name));
        }
        if !self.number {
            return None;
        }
        let Ok(number) = value.parse::<f64>() else {
            return Some(format!("{} is {value:?}, which is not a number", self.name));
        };
        match (self.min, self.max) {
            (Some(min), _) if number < min => Some(format!("{} is {value}; the least is {min}", self.name)),
            (_, Some(max)) if number > max => Some(format!("{} is {value}; the most is {max}", self.name)),
            _ => None,
        }
    }
}

/// Returns whether the whole value matches an `AllowedPattern`, as CloudFormation requires. Its regular expressions are
/// those of Java, of which the templates use a common subset: a test reads all of them.
fn matches(pattern: &str, value: &str) -> bool {
    Regex::new(&format!("^(?:{pattern})$")).is_ok_and(|pattern| pattern.is_match(value))
}

/// Returns the parameters of the pipeline's templates that a user may set, each once, in the order of the stacks.
/// Parameters with values of other stacks, of the stage's name or of artifacts are not included.
///
/// # Errors
/// `Unexpected` if a template is not YAML: the templates are part of this executable.
pub fn parameters(pipeline: &Pipeline) -> Result<Vec<Parameter>> {
    let mut found: Vec<Parameter> = Vec::new();
    for stack in pipeline.stacks {
        for (name, fields) in templates::entries(stack.template, "Parameters")? {
            let given = given(stack.template, &name);
            let free = matches!(given, None | Some(Source::Protected));
            if free && found.iter().all(|known| known.name != name) {
                let default = text(&fields["Default"]).filter(|_| given.is_none());
                found.push(parameter(name, default, &fields));
            }
        }
    }
    Ok(found)
}

/// Returns the origin of the value in any pipeline that has the template.
fn given(template: &str, name: &str) -> Option<Source> {
    let stacks = super::ALL.iter().flat_map(|pipeline| pipeline.stacks).filter(|stack| stack.template == template);
    stacks.flat_map(|stack| stack.parameters).find(|(parameter, _)| *parameter == name).map(|(_, source)| *source)
}

fn parameter(name: String, default: Option<String>, fields: &Value) -> Parameter {
    Parameter {
        name,
        about: text(&fields["Description"]).unwrap_or_default(),
        default,
        number: fields["Type"] == "Number",
        allowed: fields["AllowedValues"].as_sequence().into_iter().flatten().filter_map(text).collect(),
        min: fields["MinValue"].as_f64(),
        max: fields["MaxValue"].as_f64(),
        pattern: text(&fields["AllowedPattern"]),
    }
}

/// Returns a scalar as text for CloudFormation.
pub(super) fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(truth) => Some(truth.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pipelines;

    #[test]
    fn provided_parameters_are_not_listed_and_defaults_are_valid() {
        for pipeline in pipelines::ALL {
            let parameters = parameters(pipeline).expect("templates");
            for parameter in &parameters {
                assert!(!["NamePrefix", "PackageKey", "StreamArn"].contains(&parameter.name.as_str()), "{parameter:?}");
                let default = parameter.default.as_deref().unwrap_or("true");
                assert_eq!(parameter.objection(default), None, "{}: {parameter:?}", pipeline.name);
            }
        }
    }

    #[test]
    fn values_outside_the_templates_limits_are_rejected() {
        let parameters = parameters(pipelines::find("rds-kinesis").expect("a pipeline")).expect("templates");
        let objection = |name: &str, value: &str| {
            parameters.iter().find(|parameter| parameter.name == name).expect("known").objection(value)
        };
        assert!(objection("DatabaseVersion", "9.6").is_some_and(|text| text.contains("17")));
        assert!(objection("RetentionHours", "2").is_some_and(|text| text.contains("24")));
        assert!(objection("Shards", "many").is_some_and(|text| text.contains("not a number")));
        assert_eq!(objection("Shards", "4"), None);
        assert!(objection("VpcCidr", "10.0.0.0/8").is_some_and(|text| text.contains("does not match")));
        assert_eq!(objection("VpcCidr", "10.0.0.0/16"), None);
        // A line break at the end is part of the value.
        assert!(objection("ReplicationInstanceClass", "dms.t3.medium\n").is_some());
    }

    #[test]
    fn every_pattern_is_a_regular_expression() {
        let parameters = pipelines::ALL.iter().flat_map(|pipeline| parameters(pipeline).expect("templates"));
        for (name, pattern) in parameters.filter_map(|one| Some((one.name, one.pattern?))) {
            Regex::new(&pattern).unwrap_or_else(|error| panic!("{name}: {pattern}: {error}"));
        }
    }
}
