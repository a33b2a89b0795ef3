//! The text of a new outboxctl.toml.

use std::collections::BTreeMap;

use serde_json::json;

use crate::doctor::Candidate;
use crate::outbox::layout::{KEYS as KEYS_OF_OUTBOX, Keys};
use crate::output::wrap;
use crate::pipelines::{self, Parameter};
use crate::settings::{Existing, ExistingKey, KEYS};

/// The settings of the file.
#[derive(Debug, Clone, Default)]
pub struct Answers {
    pub region: Option<String>,
    pub profile: Option<String>,
    pub stage: String,
    pub pipeline: String,
    pub local: bool,
    pub endpoint_url: Option<String>,
    pub parameters: BTreeMap<String, String>,
    pub existing: Existing,
    pub outbox: Keys,
}

/// The keys that are tables, which come after all others.
const TABLES: [&str; 3] = ["existing", "outbox", "parameters"];

/// Returns the file's text, with a comment on every key; keys without a value are commented out.
pub fn render(
    answers: &Answers,
    parameters: &[Parameter],
    candidates: &BTreeMap<ExistingKey, Vec<Candidate>>,
) -> String {
    let mut text = String::from(
        "# Settings of outboxctl. The file is found in the working directory or the nearest folder above.\n\
         # Flags take precedence over environment variables, and those over this file.\n",
    );
    for key in KEYS.iter().filter(|key| !TABLES.contains(&key.name)) {
        let line = match key.name {
            "region" => optional("region", answers.region.as_deref(), "eu-central-1"),
            "profile" => optional("profile", answers.profile.as_deref(), "default"),
            "stage" => format!("stage = {}", quoted(&answers.stage)),
            "pipeline" => format!("pipeline = {}", quoted(&answers.pipeline)),
            "local" if answers.local => "local = true".into(),
            "local" => "# local = true".into(),
            _ => optional("endpoint_url", answers.endpoint_url.as_deref(), "http://127.0.0.1:4566"),
        };
        let about = match key.name {
            "pipeline" => {
                let names: Vec<_> = pipelines::ALL.iter().map(|pipeline| pipeline.name).collect();
                format!("{}: {}", key.about, names.join(", "))
            }
            _ => key.about.to_owned(),
        };
        text.push_str(&format!("\n{}{line}\n", comment(&about)));
    }
    text.push_str(&existing(answers, candidates));
    text.push_str(&format!("\n{}[outbox]\n{}", comment(about("outbox")), outbox(&answers.outbox)));
    text.push_str(&parameter_lines(answers, parameters));
    text
}

/// Returns the description of a key of the file.
fn about(name: &str) -> &'static str {
    KEYS.iter().find(|key| key.name == name).map_or("", |key| key.about)
}

/// Returns the table of the existing resources. A key without a value has the resources of the account that it could
/// name.
fn existing(answers: &Answers, candidates: &BTreeMap<ExistingKey, Vec<Candidate>>) -> String {
    let mut text = format!("\n{}[existing]\n", comment(about("existing")));
    for key in ExistingKey::ALL {
        let found = candidates.get(key).map_or(&[][..], Vec::as_slice);
        let lines = match (answers.existing.get(*key), found) {
            (Some(value), _) => optional(key.name(), Some(value), ""),
            (None, []) => optional(key.name(), None, key.example()),
            // A task replaces that of outboxctl: the user decides.
            (None, [one]) if *key != ExistingKey::Task => {
                format!("{}{}", comment(&one.about), optional(key.name(), Some(&one.value), ""))
            }
            (None, several) => several.iter().map(|one| choice(*key, one)).collect::<Vec<_>>().join("\n"),
        };
        text.push_str(&format!("\n{}{lines}\n", comment(key.about())));
    }
    text
}

/// Returns the table of the template parameters.
fn parameter_lines(answers: &Answers, parameters: &[Parameter]) -> String {
    let parameters_about = format!("{}. Commented-out values are the defaults", about("parameters"));
    let mut text = format!("\n{}[parameters]\n", comment(&parameters_about));
    for parameter in parameters {
        let default = parameter.default.as_deref();
        let line = match answers.parameters.get(&parameter.name) {
            Some(value) => format!("{} = {}", parameter.name, literal(parameter, value)),
            None => format!("# {} = {}", parameter.name, literal(parameter, default.unwrap_or("true"))),
        };
        let about = match default {
            Some(_) => parameter.about.clone(),
            None => format!("{}; by default only outside development stages", parameter.about),
        };
        text.push_str(&format!("\n{}{line}\n", comment(&about)));
    }
    // Parameters of another pipeline are kept.
    for (name, value) in &answers.parameters {
        if parameters.iter().all(|parameter| parameter.name != *name) {
            text.push_str(&format!("\n# {name} = {}\n", quoted(value)));
        }
    }
    text
}

/// Returns the comment lines of one of several values for a key.
fn choice(key: ExistingKey, candidate: &Candidate) -> String {
    format!("{}{}", comment(&candidate.about), optional(key.name(), None, &candidate.value))
}

/// Returns the keys of `[outbox]`; those without a value are commented out, with the value of the preset.
fn outbox(keys: &Keys) -> String {
    let preset = keys.preset.unwrap_or_default();
    let [set, known] = [json!(keys), json!(preset.layout())];
    let mut text = String::new();
    for (key, about) in KEYS_OF_OUTBOX {
        let default = if key == "preset" { preset.name() } else { known[key].as_str().unwrap_or_default() };
        let line = optional(key, set[key].as_str(), default);
        text.push_str(&format!("\n{}{line}\n", comment(about)));
    }
    text
}

fn optional(name: &str, value: Option<&str>, example: &str) -> String {
    match value {
        Some(value) => format!("{name} = {}", quoted(value)),
        None => format!("# {name} = {}", quoted(example)),
    }
}

/// Returns the value as TOML: a number or boolean if the parameter is one, else a string.
fn literal(parameter: &Parameter, value: &str) -> String {
    let truth = parameter.allowed == ["true", "false"] && matches!(value, "true" | "false");
    let number = parameter.number && value.parse::<i64>().is_ok();
    if truth || number { value.to_owned() } else { quoted(value) }
}

/// Returns a TOML string.
fn quoted(value: &str) -> String {
    toml::Value::String(value.to_owned()).to_string()
}

/// Returns comment lines of at most 100 columns.
fn comment(about: &str) -> String {
    wrap::words(about, 98).iter().map(|line| format!("# {line}\n")).collect()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::settings::ConfigFile;

    #[test]
    fn one_candidate_is_set_and_several_or_a_task_are_comments() {
        let one = |value: &str| Candidate { value: value.into(), about: format!("of {value}") };
        let found = [
            (ExistingKey::Stream, vec![one("orders")]),
            (ExistingKey::Bus, vec![one("shop"), one("warehouse")]),
            (ExistingKey::EventLogGroup, vec![one("/aws/events/other")]),
            (ExistingKey::Task, vec![one("arn")]),
        ];
        let existing = [(ExistingKey::EventLogGroup, "/aws/events/mine")].into();
        let answers = Answers { stage: "dev".into(), pipeline: "rds-kinesis".into(), existing, ..Answers::default() };
        let text = render(&answers, &[], &found.into());
        let read = ConfigFile::parse(&text, Path::new("outboxctl.toml")).expect("valid").existing;
        assert_eq!(read, [(ExistingKey::Stream, "orders"), (ExistingKey::EventLogGroup, "/aws/events/mine")].into());
        for line in ["# bus = \"shop\"", "# of warehouse", "# bus = \"warehouse\"", "# task = \"arn\""] {
            assert!(text.lines().any(|other| other == line), "{line}: {text}");
        }
    }

    #[test]
    fn written_file_is_valid_and_matches_the_schema() {
        let schema = super::super::schema::schema().expect("a schema");
        let validator = jsonschema::validator_for(&schema).expect("a valid schema");
        for pipeline in pipelines::ALL {
            let parameters = pipelines::parameters(pipeline).expect("templates");
            let mut answers =
                Answers { stage: "dev".into(), pipeline: pipeline.name.into(), local: true, ..Answers::default() };
            answers.region = Some("eu-\"west\"-1\\\n".into());
            answers.parameters.insert("LogDays".into(), "7".into());
            answers.outbox =
                Keys { table: Some("my \"box\"".into()), sequence: Some(String::new()), ..Keys::default() };
            let text = render(&answers, &parameters, &BTreeMap::new());
            let read = ConfigFile::parse(&text, Path::new("outboxctl.toml")).expect("valid");
            assert_eq!((read.region, read.local, read.parameters.len()), (answers.region.clone(), Some(true), 1));
            assert_eq!(read.outbox.as_ref(), Some(&answers.outbox));
            assert!(text.lines().all(|line| line.chars().count() <= 100), "{text}");

            // The file stays valid after removing the comment marks from all settings.
            let full: String = text
                .lines()
                .map(|line| match line.strip_prefix("# ") {
                    Some(rest) if rest.split_once(" = ").is_some_and(|(name, _)| !name.contains(' ')) => {
                        format!("{rest}\n")
                    }
                    _ => format!("{line}\n"),
                })
                .collect();
            let full: toml::Value = toml::from_str(&full).unwrap_or_else(|error| panic!("{error}\n{full}"));
            let full = serde_json::to_value(full).expect("JSON");
            assert_eq!(full["parameters"].as_object().map(|all| all.len()), Some(parameters.len()));
            let errors: Vec<_> = validator.iter_errors(&full).map(|error| error.to_string()).collect();
            assert_eq!(errors, Vec::<String>::new(), "{}", pipeline.name);
        }
    }
}
