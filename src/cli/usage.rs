//! What clap answers itself: help, the version, and usage errors.

use std::ffi::OsString;
use std::process::ExitCode;

use clap::{ArgMatches, ValueEnum};

use crate::error::{Error, Kind};
use crate::output::{self, Console};
use crate::settings::environment;
use crate::settings::{OutputFormat, ProgressMode};

/// Prints clap's answer. Help and the version are data and exit with 0; a usage error is talk and exits with 2, and a result
/// for machines follows where one was asked for.
pub fn end(answer: &clap::Error) -> ExitCode {
    let text = answer.render().ansi().to_string();
    if answer.exit_code() == 0 {
        return ExitCode::from(output::print(&text));
    }
    output::complain(&text);
    let format = format(&std::env::args_os().collect::<Vec<_>>());
    let text = answer.to_string();
    let message = text.lines().next().unwrap_or_default().trim_start_matches("error: ");
    let console = Console::new(format, ProgressMode::None, true, false);
    console.abandon(Error::new(Kind::Usage, message));
    ExitCode::from(Kind::Usage.exit_code())
}

/// Which output was asked for by arguments that are wrong elsewhere: a flag goes before the variable.
fn format(args: &[OsString]) -> OutputFormat {
    let variable = || environment::text("OUTBOXCTL_OUTPUT").ok().flatten().and_then(|text| parse(&text));
    parsed(args).or_else(|| found(args)).or_else(variable).unwrap_or(OutputFormat::Table)
}

fn parse(text: &str) -> Option<OutputFormat> {
    OutputFormat::from_str(text, true).ok()
}

/// What clap understood before the first error.
fn parsed(args: &[OsString]) -> Option<OutputFormat> {
    let matches = super::definition().ignore_errors(true).try_get_matches_from(args).ok()?;
    let mut deepest: &ArgMatches = &matches;
    while let Some((_, below)) = deepest.subcommand() {
        deepest = below;
    }
    let flag = deepest.value_source("output") == Some(clap::parser::ValueSource::CommandLine);
    deepest.try_get_one::<OutputFormat>("output").ok().flatten().copied().filter(|_| flag)
}

/// What stands behind the first error, where clap reads no further.
fn found(args: &[OsString]) -> Option<OutputFormat> {
    let args: Vec<_> = args.iter().map(|arg| arg.to_string_lossy()).take_while(|arg| arg != "--").collect();
    args.iter().enumerate().rev().find_map(|(at, arg)| {
        let next = args.get(at + 1).map(AsRef::as_ref);
        match arg.as_ref() {
            "--output" | "-o" => next.and_then(parse),
            arg => {
                let value = arg.strip_prefix("--output=").or_else(|| arg.strip_prefix("-o"));
                value.and_then(|value| parse(value.trim_start_matches('=')))
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(args: &str) -> OutputFormat {
        let args: Vec<OsString> = args.split(' ').map(OsString::from).collect();
        parsed(&args).or_else(|| found(&args)).unwrap_or(OutputFormat::Table)
    }

    #[test]
    fn the_output_is_that_of_the_flag_wherever_it_stands() {
        for args in
            ["x -o json --bogus", "x status --bogus -ojson", "x status --output=json -z", "x -yo json status -z"]
        {
            assert_eq!(asked(args), OutputFormat::Json, "{args}");
        }
        assert_eq!(asked("x tail --bogus --output ndjson"), OutputFormat::Ndjson);
        for args in ["x tail --bogus --format x.ndjson", "x tail --bogus -- -o json", "x tail -o bogus", "x ndjson"] {
            assert_eq!(asked(args), OutputFormat::Table, "{args}");
        }
    }
}
