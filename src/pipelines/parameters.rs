//! What the templates say about their parameters: what a user may set, and to what.

use std::collections::BTreeMap;

use serde_yaml_ng::Value;

use super::{Pipeline, Source};
use crate::error::{Kind, OrFail, Result};

/// One template parameter that a user may set.
#[derive(Debug, Clone, PartialEq)]
pub struct Parameter {
    pub name: String,
    pub about: String,
    /// The template's default; None where outboxctl itself gives the value.
    pub default: Option<String>,
    pub number: bool,
    /// The only values there are; empty for any.
    pub allowed: Vec<String>,
    pub min: Option<f64>,
    pub max: Option<f64>,
    pub pattern: Option<String>,
}

impl Parameter {
    /// Why the template would refuse this value; None where it takes it. Patterns are left to CloudFormation.
    pub fn objection(&self, value: &str) -> Option<String> {
        if !self.allowed.is_empty() && !self.allowed.iter().any(|allowed| allowed == value) {
            return Some(format!("{} is {value:?}; it can be {}", self.name, self.allowed.join(", ")));
        }
        if !self.number {
            return None;
        }
        let Ok(number) = value.parse::<f64>() else {
            return Some(format!("{} is {value:?}, which is no number", self.name));
        };
        match (self.min, self.max) {
            (Some(min), _) if number < min => Some(format!("{} is {value}; the least is {min}", self.name)),
            (_, Some(max)) if number > max => Some(format!("{} is {value}; the most is {max}", self.name)),
            _ => None,
        }
    }
}

/// The parameters of the pipeline's templates that a user may set, each once, in the stacks' order: all but those that
/// outboxctl takes from other stacks, from the stage's name or from what it has made.
///
/// # Errors
/// `Unexpected` where a template is no YAML: the templates are part of this executable.
pub fn parameters(pipeline: &Pipeline) -> Result<Vec<Parameter>> {
    let mut found: Vec<Parameter> = Vec::new();
    for stack in pipeline.stacks {
        let document: Value = serde_yaml_ng::from_str(stack.template)
            .or_fail(Kind::Unexpected, || format!("the template of {} is no YAML", stack.name))?;
        for (name, fields) in document.get("Parameters").and_then(Value::as_mapping).into_iter().flatten() {
            let name = name.as_str().unwrap_or_default();
            let given = given(stack.template, name);
            let free = matches!(given, None | Some(Source::Protected));
            if free && found.iter().all(|known| known.name != name) {
                found.push(Parameter {
                    default: text(&fields["Default"]).filter(|_| given.is_none()),
                    ..parameter(name, fields)
                });
            }
        }
    }
    Ok(found)
}

/// Why values that the templates take one by one do not go together; those that are not named have their defaults.
///
/// What a shard can't get rid of goes to the failure bucket at a certain age. A stream that drops it before loses it, and
/// nobody is told.
pub fn contradiction(parameters: &[Parameter], values: &BTreeMap<String, String>) -> Option<String> {
    let number = |name: &str| {
        let parameter = parameters.iter().find(|parameter| parameter.name == name)?;
        values.get(name).or(parameter.default.as_ref())?.parse::<f64>().ok()
    };
    // RDS wants the limit of automatic growth at least a tenth above the storage (RDS user guide, "Managing capacity
    // automatically with storage autoscaling").
    if let (Some(storage), Some(limit)) = (number("DatabaseStorage"), number("DatabaseStorageLimit"))
        && limit * 10.0 < storage * 11.0
    {
        return Some(format!(
            "DatabaseStorageLimit is {limit} and DatabaseStorage {storage}: RDS wants the limit at least 10 % above, {} or more",
            (storage * 11.0 / 10.0).ceil()
        ));
    }
    let (age, hours) = (number("PublisherRecordAgeSeconds")?, number("RetentionHours")?);
    (age >= hours * 3_600.0).then(|| {
        format!(
            "PublisherRecordAgeSeconds is {age}, and the stream keeps records for {hours} h only (RetentionHours): it would \
             drop them before they go to the failure bucket"
        )
    })
}

/// Where the value comes from in any pipeline that has the template.
fn given(template: &str, name: &str) -> Option<Source> {
    let stacks = super::ALL.iter().flat_map(|pipeline| pipeline.stacks).filter(|stack| stack.template == template);
    stacks.flat_map(|stack| stack.parameters).find(|(parameter, _)| *parameter == name).map(|(_, source)| *source)
}

fn parameter(name: &str, fields: &Value) -> Parameter {
    Parameter {
        name: name.to_owned(),
        about: text(&fields["Description"]).unwrap_or_default(),
        default: None,
        number: fields["Type"] == "Number",
        allowed: fields["AllowedValues"].as_sequence().into_iter().flatten().filter_map(text).collect(),
        min: fields["MinValue"].as_f64(),
        max: fields["MaxValue"].as_f64(),
        pattern: text(&fields["AllowedPattern"]),
    }
}

/// A scalar as CloudFormation takes it.
fn text(value: &Value) -> Option<String> {
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
    fn what_outboxctl_gives_is_not_offered_and_defaults_are_valid() {
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
    fn the_failure_bucket_gets_what_the_stream_still_has() {
        for pipeline in pipelines::ALL {
            let parameters = parameters(pipeline).expect("templates");
            let objection = |values: &[(&str, &str)]| {
                let values = values.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
                contradiction(&parameters, &values.collect())
            };
            assert_eq!(objection(&[]), None, "{}", pipeline.name);
            let has = |name: &str| parameters.iter().any(|parameter| parameter.name == name);
            let both = has("PublisherRecordAgeSeconds") && has("RetentionHours");
            assert_eq!(objection(&[("RetentionHours", "24"), ("PublisherRecordAgeSeconds", "86400")]).is_some(), both);
            assert_eq!(objection(&[("RetentionHours", "25"), ("PublisherRecordAgeSeconds", "86400")]), None);
        }
    }

    #[test]
    fn storage_may_not_begin_near_its_limit() {
        let parameters = parameters(pipelines::find("rds-kinesis").expect("a pipeline")).expect("templates");
        let objection = |values: &[(&str, &str)]| {
            let values = values.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
            contradiction(&parameters, &values.collect())
        };
        assert!(objection(&[("DatabaseStorage", "100")]).is_some_and(|text| text.contains("110 or more")));
        assert_eq!(objection(&[("DatabaseStorage", "90")]), None);
        assert_eq!(objection(&[("DatabaseStorage", "100"), ("DatabaseStorageLimit", "110")]), None);
    }

    #[test]
    fn a_value_that_the_template_refuses_is_refused_here() {
        let parameters = parameters(pipelines::find("rds-kinesis").expect("a pipeline")).expect("templates");
        let objection = |name: &str, value: &str| {
            parameters.iter().find(|parameter| parameter.name == name).expect("known").objection(value)
        };
        assert!(objection("DatabaseVersion", "9.6").is_some_and(|text| text.contains("17")));
        assert!(objection("RetentionHours", "2").is_some_and(|text| text.contains("24")));
        assert!(objection("Shards", "many").is_some_and(|text| text.contains("no number")));
        assert_eq!(objection("Shards", "4"), None);
    }
}
