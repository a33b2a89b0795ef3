//! `outboxctl outputs`.

use std::collections::BTreeMap;

use clap::ValueEnum;

use crate::commands::reach;
use crate::context::Context;
use crate::error::{Error, Kind, Result};
use crate::output::{Outcome, Table};

/// Print the stacks' outputs
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Only this output, bare
    name: Option<String>,
    /// Form to print them in
    #[arg(long, value_name = "FORM", default_value = "table", conflicts_with = "name")]
    form: Form,
}

/// How outputs are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Form {
    /// For people
    Table,
    /// One JSON object
    Json,
    /// export NAME='value', for a shell's eval
    Env,
    /// name=value, for $GITHUB_OUTPUT
    Github,
}

impl Args {
    pub async fn run(self, ctx: &Context) -> Result<Outcome> {
        let deployment = reach::deployment(ctx).await?;
        if !deployment.exists() {
            let (pipeline, stage) = (deployment.pipeline.name, &deployment.stage);
            return Err(Error::new(Kind::NotDeployed, format!("pipeline {pipeline} is not deployed in stage {stage}")));
        }
        let outputs = deployment.outputs();
        if let Some(name) = &self.name {
            let value = outputs.get(name).ok_or_else(|| {
                let known: Vec<_> = outputs.keys().map(String::as_str).collect();
                Error::new(Kind::Usage, format!("there is no output {name}"))
                    .hint(format!("outputs: {}", known.join(", ")))
            })?;
            return Ok(Outcome::data(value).text(value));
        }
        let outcome = Outcome::data(outputs);
        Ok(match self.form {
            Form::Table => outcome.table(table(outputs)),
            Form::Json => outcome.text(serde_json::to_string_pretty(outputs).unwrap_or_default()),
            Form::Env => {
                outcome.text(lines(outputs, |name, value| format!("export {}={}", shouting(name), quoted(value))))
            }
            Form::Github => outcome.text(lines(outputs, |name, value| format!("{name}={value}"))),
        })
    }
}

fn table(outputs: &BTreeMap<String, String>) -> Table {
    let mut table = Table::new(["output", "value"]);
    for (name, value) in outputs {
        table.row([name, value]);
    }
    table
}

fn lines(outputs: &BTreeMap<String, String>, line: impl Fn(&str, &str) -> String) -> String {
    outputs.iter().map(|(name, value)| line(name, value)).collect::<Vec<_>>().join("\n")
}

/// `StreamName` → `STREAM_NAME`.
fn shouting(name: &str) -> String {
    let mut shouted = String::new();
    for (position, letter) in name.chars().enumerate() {
        if position > 0 && letter.is_ascii_uppercase() {
            shouted.push('_');
        }
        shouted.push(letter.to_ascii_uppercase());
    }
    shouted
}

/// One word for a POSIX shell, whatever it holds.
fn quoted(value: &str) -> String {
    format!("'{}'", value.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::{quoted, shouting};

    #[test]
    fn names_and_values_suit_a_shell() {
        assert_eq!(shouting("StreamName"), "STREAM_NAME");
        assert_eq!(quoted("a'b $c"), r"'a'\''b $c'");
    }
}
