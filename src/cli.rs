//! The command line: arguments, dispatch in one plain match, and the end of the process ([`signals`], [`usage`], [`panics`]).

mod panics;
mod signals;
mod usage;

use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};
use tokio_util::sync::CancellationToken;

use crate::commands;
use crate::context::Context;
use crate::error::{Error, Kind, OrFail, Result};
use crate::output::{Console, Event, Outcome};
use crate::settings::{ConfigFile, GlobalArgs, Settings};

/// Stand up a transactional outbox pipeline on AWS, drive it, and prove that what was committed is what was delivered
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
    #[command(subcommand)]
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
    Cost(commands::cost::Args),
    Demo(commands::demo::Args),
    Explain(commands::explain::Args),
    Man(commands::man::Args),
    Completions(commands::completions::Args),
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
            Self::Cost(args) => args.run(ctx).await,
            Self::Demo(args) => args.run(ctx).await,
            Self::Explain(args) => args.run(ctx),
            Self::Man(args) => args.run(ctx),
            Self::Completions(args) => args.run(ctx),
        }
    }

    /// Returns the scope of a command that runs until it is stopped: a signal is its usual end, not a failure.
    fn endless(&self) -> Option<&'static str> {
        match self {
            Self::Tail(_) => Some("tail"),
            Self::Ui(_) => Some("ui"),
            Self::Consume(_) => Some("consume"),
            _ => None,
        }
    }

    /// Whether a broken outboxctl.toml is this command's own business.
    fn repairs_configuration(&self) -> bool {
        matches!(self, Self::Init(_) | Self::Doctor(_))
    }
}

/// The whole clap definition, for completions and the reference.
pub fn definition() -> clap::Command {
    Cli::command()
}

pub fn main() -> ExitCode {
    panics::install();
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(answer) => return usage::end(&answer),
    };
    let console = Console::new(cli.global.output, cli.global.progress, cli.global.quiet, cli.global.verbose);
    let result = panics::caught(|| run(cli, &console));
    ExitCode::from(console.finish(result))
}

fn run(cli: Cli, console: &Console) -> Result<Outcome> {
    let file = match std::env::current_dir() {
        Ok(folder) => match ConfigFile::find(&folder) {
            Err(_) if cli.command.repairs_configuration() => ConfigFile::default(),
            found => found?,
        },
        // A folder that was deleted holds no file, and has no parents to look in.
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => ConfigFile::default(),
        Err(error) => return Err(error).or_fail(Kind::Io, || "the working directory can't be read".into()),
    };
    let settings = Settings::merge(cli.global, file)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .worker_threads(2)
        .build()
        .or_fail(Kind::Io, || "the async runtime did not start".into())?;
    let cancel = CancellationToken::new();
    let context = Context::new(settings, console.clone(), cancel.clone());
    let endless = cli.command.endless();
    let result = runtime.block_on(async {
        let signalled = tokio::spawn(signals::watch(cancel, console.clone()));
        let result = tokio::select! {
            // Boxed: the commands' futures together are larger than a thread's stack likes.
            result = Box::pin(cli.command.run(&context)) => result,
            () = context.cancelled_and_free() => Err(Error::new(Kind::Interrupted, "stopped")),
        };
        if !context.cancel.is_cancelled() {
            return result;
        }
        if let Some(scope) = endless {
            return stopped(scope, signalled.await.unwrap_or(Kind::Interrupted), result, console);
        }
        // A command that was stopped ends with the signal's exit code, unless it has something worse to say.
        match (signalled.await, result) {
            (Ok(signal), Ok(outcome)) => Err(Error::new(signal, "stopped by a signal").with_data(outcome.data)),
            (Ok(signal), Err(error)) if error.kind() == Kind::Interrupted => Err(error.into_kind(signal)),
            (_, result) => result,
        }
    });
    // Threads stuck in DNS or disk must not hold the exit.
    runtime.shutdown_background();
    result
}

/// The end of a command that has no other end than a signal: its result, with the signal's exit code.
fn stopped(scope: &str, signal: Kind, result: Result<Outcome>, console: &Console) -> Result<Outcome> {
    let mut outcome = match result {
        Ok(outcome) => outcome,
        Err(error) if error.kind() == Kind::Interrupted => {
            Outcome { data: error.data().cloned().unwrap_or_default(), ..Outcome::default() }
        }
        Err(error) => return Err(error),
    };
    let message = outcome.summary.take().map_or_else(|| "stopped".to_owned(), |summary| format!("stopped, {summary}"));
    console.emit(Event::finished(scope, message, outcome.changed == Some(true)));
    Ok(outcome.stopped(signal))
}
