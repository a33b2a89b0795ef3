//! `outboxctl outputs`.

use std::collections::BTreeMap;

use clap::ValueEnum;

use crate::base::error::{Error, Kind, Result};
use crate::commands::{Context, reach};
use crate::deployment::not_deployed;
use crate::output::{Outcome, Table};
use crate::settings::{OutputFormat, nearest, quoted};

/// Print the outputs of the stacks
///
/// With a name, prints only the value of that output, for use in a variable: `url=$(outboxctl outputs ApiUrl)`. Use
/// `--form env` with a shell's eval, and append the output of `--form github` to the file that $GITHUB_OUTPUT names.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Print only the value of this output
    name: Option<String>,
    /// Output form
    #[arg(long, value_name = "FORM", default_value = "table", conflicts_with = "name")]
    form: Form,
}

/// Format of the outputs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Form {
    /// Table for reading
    Table,
    /// A JSON object
    Json,
    /// export NAME=value, quoted for eval in a shell
    Env,
    /// Step outputs for GitHub Actions, for $GITHUB_OUTPUT
    Github,
}

impl Args {
    pub async fn run(self, ctx: &Context) -> Result<Outcome> {
        if self.form != Form::Table && ctx.console.format() != OutputFormat::Table {
            return Err(Error::new(Kind::Usage, "--form and --output contradict each other")
                .hint("omit one of them; OUTBOXCTL_OUTPUT counts as --output"));
        }
        let deployment = reach::glance(ctx).await?;
        if !deployment.is_known() {
            return Err(not_deployed(deployment.pipeline.name, &deployment.stage));
        }
        let outputs = deployment.outputs();
        if let Some(name) = &self.name {
            let value = outputs.get(name).ok_or_else(|| unknown(name, outputs))?;
            return Ok(Outcome::data(value).text(value));
        }
        let outcome = Outcome::data(outputs);
        Ok(match self.form {
            Form::Table => outcome.table(table(outputs)),
            Form::Json => outcome.text(serde_json::to_string_pretty(outputs).unwrap_or_default()),
            Form::Env => {
                outcome.text(lines(outputs, |name, value| format!("export {}={}", upper_snake(name), quoted(value))))
            }
            Form::Github => outcome.text(lines(outputs, step_output)),
        })
    }
}

fn unknown(name: &str, outputs: &BTreeMap<String, String>) -> Error {
    let known: Vec<_> = outputs.keys().map(String::as_str).collect();
    let error = Error::new(Kind::Usage, format!("output {name} not found"));
    let meant = nearest(name, known.iter().copied()).map(|meant| format!("did you mean {meant}?"));
    error.with_hints(meant).hint(format!("outputs: {}", known.join(", ")))
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

/// Converts `StreamName` to `STREAM_NAME`.
fn upper_snake(name: &str) -> String {
    let mut shouted = String::new();
    for (position, letter) in name.chars().enumerate() {
        if position > 0 && letter.is_ascii_uppercase() {
            shouted.push('_');
        }
        shouted.push(letter.to_ascii_uppercase());
    }
    shouted
}

/// Returns `name=value`, or a block with a delimiter if the value has several lines (GitHub: "Workflow commands",
/// multiline strings).
fn step_output(name: &str, value: &str) -> String {
    if !value.contains(['\n', '\r']) {
        return format!("{name}={value}");
    }
    // Random, so that no value can contain it.
    let delimiter = format!("outboxctl_{}", uuid::Uuid::new_v4().simple());
    format!("{name}<<{delimiter}\n{value}\n{delimiter}")
}

#[cfg(test)]
mod tests {
    use super::{step_output, upper_snake};

    #[test]
    fn multiline_values_do_not_inject_step_outputs() {
        assert_eq!(step_output("Name", "a=b"), "Name=a=b");
        let written = step_output("Pem", "-----BEGIN\nEvil=1\n");
        let (first, rest) = written.split_once('\n').expect("several lines");
        let delimiter = first.strip_prefix("Pem<<").expect("a delimiter");
        assert!(rest.ends_with(&format!("\n{delimiter}")) && rest.matches(delimiter).count() == 1, "{written}");
        assert_ne!(written, step_output("Pem", "-----BEGIN\nEvil=1\n"), "a delimiter that can be guessed");
    }

    #[test]
    fn names_are_those_of_variables() {
        assert_eq!(upper_snake("StreamName"), "STREAM_NAME");
    }
}
