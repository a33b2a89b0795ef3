//! Completes command lines for shells: commands and flags with clap's engine, and values with [`candidates`].
//!
//! The scripts of `outboxctl completions` call this executable with [`COMPLETE`] set. Nothing is written to stderr.

use std::process::ExitCode;

use clap::{Command, FromArgMatches};
use clap_complete::CompleteEnv;
use tokio_util::sync::CancellationToken;

use crate::base::error::Kind;
use crate::commands::{Context, candidates};
use crate::output::Console;
use crate::settings::{COMPLETE, ConfigFile, GlobalArgs, Settings, Variables, check_stage, environment, parser};

/// Answers a shell that completes a command line; None for an ordinary run.
pub fn answer() -> Option<ExitCode> {
    environment::raw(COMPLETE)?;
    let folder = std::env::current_dir().ok();
    let completing = CompleteEnv::with_factory(definition).var(COMPLETE).bin("outboxctl").completer("outboxctl");
    match completing.try_complete(std::env::args_os(), folder.as_deref()) {
        Ok(true) => Some(ExitCode::SUCCESS),
        Ok(false) => None,
        // The shell shows no messages of a completion.
        Err(_) => Some(ExitCode::from(Kind::Usage.exit_code())),
    }
}

fn definition() -> Command {
    with_values(super::definition())
}

fn with_values(command: Command) -> Command {
    command.mut_args(|arg| candidates::add(arg, typed)).mut_subcommands(with_values)
}

/// Returns the context of the line to complete, as far as it is typed; None if its settings are invalid.
fn typed() -> Option<Context> {
    let words = std::env::args_os().skip_while(|word| word != "--").skip(1);
    let matches = parser(super::definition()).ignore_errors(true).try_get_matches_from(words).ok()?;
    let mut global = GlobalArgs::from_arg_matches(super::innermost(&matches)).ok()?;
    // The word under the cursor is incomplete.
    global.stage = global.stage.filter(|stage| check_stage(stage).is_ok());
    let file = std::env::current_dir().ok().and_then(|folder| ConfigFile::find(&folder).ok()).unwrap_or_default();
    let settings = Settings::merge(global, Variables::read().ok()?, file).ok()?;
    Some(Context::new(settings, Console::mute(), CancellationToken::new(), super::definition))
}
