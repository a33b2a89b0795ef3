//! Output of clap: help, the version, and usage errors.

use std::ffi::OsString;
use std::process::ExitCode;

use clap::ValueEnum;
use clap::parser::ValueSource;

use crate::base::error::{Error, Kind};
use crate::output::{self, Console};
use crate::settings::{ColorMode, OutputFormat, ProgressMode, environment};

/// Prints clap's answer. Help and the version go to stdout and exit with 0; a usage error goes to stderr and exits with
/// 2, followed by a result if JSON or NDJSON was requested.
pub fn end(answer: &clap::Error) -> ExitCode {
    let text = answer.render().ansi().to_string();
    if answer.exit_code() == 0 {
        return ExitCode::from(output::print(&text));
    }
    output::print_error(&text);
    let format = format(&std::env::args_os().collect::<Vec<_>>());
    let text = answer.to_string();
    let message = text.lines().next().unwrap_or_default().trim_start_matches("error: ");
    let console = Console::new(format, ProgressMode::None, true, false);
    console.abandon(Error::new(Kind::Usage, message));
    ExitCode::from(Kind::Usage.exit_code())
}

/// Chooses the colors for clap's output. Only help and usage errors are printed before the arguments have been
/// validated.
pub fn choose_color() {
    let args: Vec<OsString> = std::env::args_os().collect();
    // Avoids a second parse of command lines without the flag.
    if args.iter().any(|arg| arg.to_string_lossy().starts_with("--color")) {
        output::choose_color(asked(&COLOR, &args).unwrap_or(ColorMode::Auto));
    }
}

/// Returns the requested output format, also of invalid arguments. A flag takes precedence over the variable.
fn format(args: &[OsString]) -> OutputFormat {
    let variable = || OutputFormat::from_str(&environment::text("OUTBOXCTL_OUTPUT").ok().flatten()?, true).ok();
    asked(&OUTPUT, args).or_else(variable).unwrap_or(OutputFormat::Table)
}

/// A global flag: its id and its spellings.
struct Flag {
    id: &'static str,
    long: &'static str,
    short: Option<&'static str>,
}

const OUTPUT: Flag = Flag { id: "output", long: "--output", short: Some("-o") };
const COLOR: Flag = Flag { id: "color", long: "--color", short: None };

fn asked<T: ValueEnum + Copy + Send + Sync + 'static>(flag: &Flag, args: &[OsString]) -> Option<T> {
    parsed(flag, args).or_else(|| found(flag, args))
}

/// Returns the value that clap parsed before the first error.
fn parsed<T: Copy + Send + Sync + 'static>(flag: &Flag, args: &[OsString]) -> Option<T> {
    let matches = super::definition().ignore_errors(true).try_get_matches_from(args).ok()?;
    let matches = super::innermost(&matches);
    let given = matches.value_source(flag.id) == Some(ValueSource::CommandLine);
    matches.try_get_one::<T>(flag.id).ok().flatten().copied().filter(|_| given)
}

/// Returns the value after the first error, where clap stops parsing.
fn found<T: ValueEnum>(flag: &Flag, args: &[OsString]) -> Option<T> {
    let parse = |text: &str| T::from_str(text, true).ok();
    let args: Vec<_> = args.iter().map(|arg| arg.to_string_lossy()).take_while(|arg| arg != "--").collect();
    args.iter().enumerate().rev().find_map(|(at, arg)| {
        let next = args.get(at + 1).map(AsRef::as_ref);
        if *arg == flag.long || flag.short.is_some_and(|short| *arg == short) {
            return next.and_then(parse);
        }
        let after = |name: &str| arg.strip_prefix(name);
        let value = after(flag.long).filter(|rest| rest.starts_with('=')).or_else(|| after(flag.short?));
        value.and_then(|value| parse(value.trim_start_matches('=')))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(args: &str) -> OutputFormat {
        let args: Vec<OsString> = args.split(' ').map(OsString::from).collect();
        super::asked(&OUTPUT, &args).unwrap_or(OutputFormat::Table)
    }

    #[test]
    fn color_flag_is_parsed_from_invalid_arguments() {
        for (args, expected) in [
            ("x --color never --bogus", Some(ColorMode::Never)),
            ("x status --bogus --color=always", Some(ColorMode::Always)),
            ("x status --color bogus", None),
            ("x status --colorful=always", None),
        ] {
            let args: Vec<OsString> = args.split(' ').map(OsString::from).collect();
            assert_eq!(super::asked(&COLOR, &args), expected, "{args:?}");
        }
    }

    #[test]
    fn output_flag_is_parsed_from_any_position() {
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
