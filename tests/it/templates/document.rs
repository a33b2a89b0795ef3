//! A template as CloudFormation sees it with certain parameters: conditions decided, `!If` resolved.

use std::collections::{BTreeMap, BTreeSet};

use outboxctl::internals::pipelines::{Source, Stack};
use serde_json::{Map, Value, json};
use serde_yaml_ng::Value as Yaml;

pub struct Document {
    /// Section → name → content, without what its condition leaves out.
    pub parameters: Map<String, Value>,
    pub resources: Map<String, Value>,
    pub outputs: Map<String, Value>,
}

/// The value of `!Ref AWS::NoValue`.
fn is_nothing(value: &Value) -> bool {
    *value == json!({"!Ref": "AWS::NoValue"})
}

impl Document {
    /// The stack's template with the values that the pipeline always gives it; a parameter that it makes during the
    /// deploy counts as something that is not empty. There are no existing resources.
    pub fn of(stack: &Stack) -> Self {
        Self::with(stack, &[])
    }

    /// The same with other values of some parameters.
    pub fn with(stack: &Stack, other: &[(&str, &str)]) -> Self {
        let document = json(&serde_yaml_ng::from_str(stack.template).expect("YAML"));
        let section = |name: &str| document[name].as_object().cloned().unwrap_or_default();
        let parameters = section("Parameters");
        let value = |name: &str, parameter: &Value| match stack.parameters.iter().find(|(given, _)| *given == name) {
            Some((_, Source::Fixed(value))) => json!(value),
            None | Some((_, Source::Kept(_))) => parameter["Default"].clone(),
            Some((_, Source::Existing(_))) => json!(""),
            Some(_) => json!(format!("<{name}>")),
        };
        let mut values: Map<String, Value> =
            parameters.iter().map(|(name, parameter)| (name.clone(), value(name, parameter))).collect();
        values.extend(other.iter().map(|(name, value)| ((*name).to_owned(), json!(value))));
        let mut view = View { values, conditions: section("Conditions"), decided: BTreeMap::new() };
        for name in section("Conditions").keys() {
            let holds = view.condition(&json!({"!Condition": name}));
            view.decided.insert(name.clone(), holds);
        }
        let kept = |name: &str| {
            let there = |entry: &Value| entry["Condition"].as_str().is_none_or(|name| view.decided[name]);
            section(name)
                .into_iter()
                .filter(|(_, entry)| there(entry))
                .map(|(key, e)| (key, view.resolve(&e)))
                .collect()
        };
        Self { resources: kept("Resources"), outputs: kept("Outputs"), parameters }
    }

    /// The resources of a type, by name.
    pub fn of_type<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = (&'a str, &'a Value)> {
        let of_type = move |(_, resource): &(&String, &Value)| resource["Type"] == kind;
        self.resources.iter().filter(of_type).map(|(name, resource)| (name.as_str(), &resource["Properties"]))
    }
}

struct View {
    values: Map<String, Value>,
    conditions: Map<String, Value>,
    decided: BTreeMap<String, bool>,
}

impl View {
    fn condition(&self, value: &Value) -> bool {
        let (function, argument) = value.as_object().and_then(|object| object.iter().next()).expect("a condition");
        match function.as_str() {
            "!Condition" => self.condition(&self.conditions[argument.as_str().expect("a name")]),
            "!Not" => !self.condition(&argument[0]),
            "!And" => argument.as_array().expect("conditions").iter().all(|part| self.condition(part)),
            "!Or" => argument.as_array().expect("conditions").iter().any(|part| self.condition(part)),
            "!Equals" => text(&self.plain(&argument[0])) == text(&self.plain(&argument[1])),
            other => panic!("{other} is not understood here"),
        }
    }

    /// A parameter's value; anything else as it is.
    fn plain(&self, value: &Value) -> Value {
        let name = value["!Ref"].as_str().and_then(|name| self.values.get(name));
        name.cloned().unwrap_or_else(|| value.clone())
    }

    fn resolve(&self, value: &Value) -> Value {
        match value {
            Value::Object(object) if object.contains_key("!If") => {
                let (name, branches) = (object["!If"][0].as_str().expect("a condition"), &object["!If"]);
                self.resolve(if self.decided[name] { &branches[1] } else { &branches[2] })
            }
            Value::Object(object) => {
                let kept = object.iter().map(|(key, value)| (key.clone(), self.resolve(value)));
                kept.filter(|(_, value)| !is_nothing(value)).collect()
            }
            Value::Array(list) => list.iter().map(|value| self.resolve(value)).filter(|v| !is_nothing(v)).collect(),
            other => other.clone(),
        }
    }
}

/// The pipeline's value of a template's `!Ref` or `!Sub` of fixed parameters.
pub fn fixed(stack: &Stack, value: &Value) -> String {
    let of = |name: &str| {
        let given = stack.parameters.iter().find(|(parameter, _)| *parameter == name);
        match given {
            Some((_, Source::Fixed(value))) => (*value).to_owned(),
            _ => panic!("{name} is not fixed"),
        }
    };
    match (value.as_str(), value["!Ref"].as_str(), value["!Sub"].as_str()) {
        (Some(text), ..) => text.to_owned(),
        (_, Some(name), _) => of(name),
        (.., Some(text)) => {
            names(value).iter().fold(text.to_owned(), |text, name| text.replace(&format!("${{{name}}}"), &of(name)))
        }
        _ => panic!("{value}"),
    }
}

/// Parameters and resources that a value names.
pub fn names(value: &Value) -> BTreeSet<String> {
    let first = |text: &str| text.split('.').next().unwrap_or_default().to_owned();
    let found: BTreeSet<String> = match value {
        Value::Object(object) => object
            .iter()
            .flat_map(|(key, value)| match (key.as_str(), value.as_str()) {
                ("!Ref" | "!GetAtt", Some(text)) => BTreeSet::from([first(text)]),
                ("!Sub", Some(text)) => {
                    text.split("${").skip(1).map(|rest| first(rest.split('}').next().unwrap_or_default())).collect()
                }
                _ => names(value),
            })
            .collect(),
        Value::Array(list) => list.iter().flat_map(names).collect(),
        _ => BTreeSet::new(),
    };
    found.into_iter().filter(|name| !name.starts_with("AWS::")).collect()
}

/// A value or a list of them.
pub fn many(value: &Value) -> Vec<&Value> {
    value.as_array().map_or_else(|| vec![value], |list| list.iter().collect())
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// YAML as JSON; a tag becomes the key of an object.
fn json(yaml: &Yaml) -> Value {
    match yaml {
        Yaml::Tagged(tagged) => json!({ tagged.tag.to_string(): json(&tagged.value) }),
        Yaml::Mapping(mapping) => {
            mapping.iter().map(|(key, value)| (key.as_str().expect("a key").to_owned(), json(value))).collect()
        }
        Yaml::Sequence(list) => list.iter().map(json).collect(),
        other => serde_json::to_value(other).expect("a plain value"),
    }
}
