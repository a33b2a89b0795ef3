//! The command line: arguments, help ([`help`], [`examples`]), completion of values ([`complete`]), dispatch in one
//! plain match, and the end of the process ([`signals`], [`usage`], [`panics`]). Imports `base`, `commands`, `output`
//! and `settings`.

mod complete;
mod examples;
mod help;
mod panics;
mod signals;
mod usage;
#[cfg(test)]
mod values;

use std::process::ExitCode;

use clap::parser::ValueSource;
use clap::{ArgMatches, CommandFactory, FromArgMatches, Parser, Subcommand};
use tokio_util::sync::CancellationToken;

use crate::base::error::{Error, Kind, OrFail, Result};
use crate::commands;
use crate::commands::Context;
use crate::output::{self, Console, Outcome, respect_empty_term};
use crate::settings::{ConfigFile, FILE_NAME, GlobalArgs, OutputFormat, Settings, Variables, parser};

/// Deploy and run a transactional outbox pipeline on AWS, and verify that every event is delivered
#[derive(Debug, Parser)]
#[command(name = "outboxctl", version, arg_required_else_help = true, max_term_width = 100)]
pub struct Cli {
    #[command(flatten)]
    global: GlobalArgs,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Init(commands::init::Args),
    Doctor(commands::doctor::Args),
    Deploy(commands::deploy::Args),
    Watch(commands::watch::Args),
    Recover(commands::recover::Args),
    Destroy(commands::destroy::Args),
    Status(commands::status::Args),
    Outputs(commands::outputs::Args),
    #[command(subcommand)]
    Db(commands::db::Command),
    #[command(subcommand, visible_alias = "capture")]
    Dms(commands::dms::Command),
    Replay(commands::replay::Args),
    Reconcile(commands::reconcile::Args),
    #[command(subcommand)]
    Dlq(commands::dlq::Command),
    #[command(subcommand)]
    Sample(commands::sample::Command),
    Tail(commands::tail::Args),
    Verify(commands::verify::Args),
    Ui(commands::ui::Args),
    Consume(Box<commands::consume::Args>),
    #[command(subcommand)]
    Local(commands::local::Command),
    Synth(commands::synth::Args),
    Cost(commands::cost::Args),
    Policy(commands::policy::Args),
    #[command(subcommand)]
    Config(commands::config::Command),
    Chaos(commands::chaos::Args),
    Demo(commands::demo::Args),
    Explain(commands::explain::Args),
    Man(commands::man::Args),
    Completions(commands::completions::Args),
    Version(commands::version::Args),
}

impl Command {
    async fn run(self, ctx: &Context) -> Result<Outcome> {
        match self {
            Self::Init(args) => args.run(ctx).await,
            Self::Doctor(args) => args.run(ctx).await,
            Self::Deploy(args) => args.run(ctx).await,
            Self::Watch(args) => args.run(ctx).await,
            Self::Recover(args) => args.run(ctx).await,
            Self::Destroy(args) => args.run(ctx).await,
            Self::Status(args) => args.run(ctx).await,
            Self::Outputs(args) => args.run(ctx).await,
            Self::Db(command) => command.run(ctx).await,
            Self::Dms(command) => command.run(ctx).await,
            Self::Replay(args) => args.run(ctx).await,
            Self::Reconcile(args) => args.run(ctx).await,
            Self::Dlq(command) => command.run(ctx).await,
            Self::Sample(command) => command.run(ctx).await,
            Self::Tail(args) => args.run(ctx).await,
            Self::Verify(args) => args.run(ctx).await,
            Self::Ui(args) => args.run(ctx).await,
            Self::Consume(args) => args.run(ctx).await,
            Self::Local(command) => command.run(ctx).await,
            Self::Synth(args) => args.run(ctx).await,
            Self::Cost(args) => args.run(ctx).await,
            Self::Policy(args) => args.run(ctx),
            Self::Config(command) => command.run(ctx).await,
            Self::Chaos(args) => args.run(ctx).await,
            Self::Demo(args) => args.run(ctx).await,
            Self::Explain(args) => args.run(ctx),
            Self::Man(args) => args.run(ctx),
            Self::Completions(args) => args.run(ctx),
            Self::Version(args) => args.run(ctx),
        }
    }

    /// Returns the scope of a command that runs until it is stopped: a signal ends it normally.
    fn endless(&self) -> Option<&'static str> {
        match self {
            Self::Tail(_) => Some("tail"),
            Self::Ui(_) => Some("ui"),
            Self::Consume(_) => Some("consume"),
            _ => None,
        }
    }

    /// Returns whether the command can repair a broken outboxctl.toml.
    fn repairs_configuration(&self) -> bool {
        matches!(self, Self::Init(_) | Self::Doctor(_))
    }

    /// Returns whether the command depends on outboxctl.toml and the variables for flags. The others work in any state
    /// of those.
    fn needs_configuration(&self) -> bool {
        !matches!(self, Self::Local(_) | Self::Explain(_) | Self::Man(_) | Self::Completions(_) | Self::Version(_))
    }
}

/// Returns the whole clap definition, for completions and the reference.
pub fn definition() -> clap::Command {
    help::complete(Cli::command())
}

pub fn main() -> ExitCode {
    panics::install();
    if let Some(answered) = complete::answer() {
        return answered;
    }
    respect_empty_term();
    usage::choose_color();
    let parsed = parser(definition()).try_get_matches().and_then(|mut matches| {
        let words = words(&matches);
        Cli::from_arg_matches_mut(&mut matches).map(|cli| (cli, words))
    });
    let (mut cli, words) = match parsed {
        Ok(parsed) => parsed,
        Err(answer) => return usage::end(&answer),
    };
    cli.global.complete_existing(std::env::args_os());
    let format = cli.global.format();
    let shown = *format.as_ref().unwrap_or(&OutputFormat::Table);
    output::choose_color(cli.global.color);
    let console = Console::new(shown, cli.global.progress, cli.global.quiet, cli.global.verbose);
    console.runs(words);
    let result = panics::caught(|| format.and_then(|_| run(cli, &console)));
    ExitCode::from(console.finish(result))
}

/// Returns the matches of the innermost command, which has the global arguments, too.
fn innermost(matches: &ArgMatches) -> &ArgMatches {
    matches.subcommand().map_or(matches, |(_, inner)| innermost(inner))
}

/// Returns the words of the chosen command, like `db init`, and an ellipsis for operands, because `explain` with a
/// topic is another command than without.
fn words(matches: &ArgMatches) -> String {
    let (mut definition, mut matches) = (&definition(), matches);
    let mut words = Vec::new();
    while let Some((word, inner)) = matches.subcommand() {
        let Some(next) = definition.find_subcommand(word) else { break };
        words.push(word);
        (definition, matches) = (next, inner);
    }
    let given = |id: &str| matches.value_source(id) == Some(ValueSource::CommandLine);
    if definition.get_positionals().any(|operand| given(operand.get_id().as_str())) {
        words.push("…");
    }
    words.join(" ")
}

fn run(cli: Cli, console: &Console) -> Result<Outcome> {
    let settings = settings(&cli, console)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .worker_threads(2)
        .build()
        .or_fail(Kind::Io, || "the async runtime did not start".into())?;
    let cancel = CancellationToken::new();
    let context = Context::new(settings, console.clone(), cancel.clone(), definition);
    let endless = cli.command.endless();
    let result = runtime.block_on(async {
        let signalled = tokio::spawn(signals::watch(cancel, console.clone()));
        let result = tokio::select! {
            // Boxed: the commands' futures together are too large for a thread's stack.
            result = Box::pin(cli.command.run(&context)) => result,
            () = context.cancelled_and_free() => Err(Error::interrupted()),
        };
        if !context.cancel.is_cancelled() {
            return result;
        }
        if let Some(scope) = endless {
            return stopped(scope, signalled.await.unwrap_or(Kind::Interrupted), result, console);
        }
        // A stopped command ends with the signal's exit code, unless it failed with a worse error.
        match (signalled.await, result) {
            (Ok(signal), Ok(outcome)) => Err(Error::new(signal, "stopped by a signal").with_data(outcome.data)),
            (Ok(signal), Err(error)) if error.kind() == Kind::Interrupted => Err(error.into_kind(signal)),
            (_, result) => result,
        }
    });
    // Threads that are blocked in DNS or disk calls must not delay the exit.
    runtime.shutdown_background();
    result
}

/// Merges flags, variables and the file, and warns of unexpected effects of the file.
fn settings(cli: &Cli, console: &Console) -> Result<Settings> {
    if !cli.command.needs_configuration() {
        return Settings::merge(cli.global.clone(), Variables::default(), ConfigFile::default());
    }
    let folder = match std::env::current_dir() {
        Ok(folder) => Some(folder),
        // A deleted folder has no file, and no parents to search.
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
        Err(error) => return Err(error).or_fail(Kind::Io, || "the working directory can't be read".into()),
    };
    let file = match folder.as_ref().map(|folder| ConfigFile::find(folder)) {
        None => ConfigFile::default(),
        Some(Err(_)) if cli.command.repairs_configuration() => ConfigFile::default(),
        Some(found) => found?,
    };
    file.warnings.iter().for_each(|warning| console.warn(warning));
    if let Some(path) = file.path.as_ref().filter(|path| path.parent() != folder.as_deref()) {
        let sets = file.consequential();
        if !sets.is_empty() {
            console.note(format!("{FILE_NAME} of a parent folder: {} sets {}", path.display(), sets.join(", ")));
        }
    }
    Settings::merge(cli.global.clone(), Variables::read()?, file)
}

/// Ends a command that only a signal ends: with its result, and the signal's exit code.
fn stopped(scope: &str, signal: Kind, result: Result<Outcome>, console: &Console) -> Result<Outcome> {
    let mut outcome = match result {
        Ok(outcome) => outcome,
        Err(error) if error.kind() == Kind::Interrupted => {
            Outcome { data: error.data().cloned().unwrap_or_default(), ..Outcome::default() }
        }
        Err(error) => return Err(error),
    };
    let message = outcome.summary.take().map_or_else(|| "stopped".to_owned(), |summary| format!("stopped, {summary}"));
    console.finished(scope, message, outcome.changed == Some(true));
    Ok(outcome.stopped(signal))
}
