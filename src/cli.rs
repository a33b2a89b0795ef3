//! The command line: arguments, dispatch in one plain match, signals, and the final error.

use std::process::ExitCode;

use clap::parser::ValueSource;
use clap::{ArgMatches, CommandFactory, FromArgMatches, Parser, Subcommand};
use tokio_util::sync::CancellationToken;

use crate::commands;
use crate::context::Context;
use crate::error::{Error, Kind, OrFail, Result};
use crate::output::{Console, Outcome};
use crate::settings::{ConfigFile, GlobalArgs, OutputFormat, ProgressMode, Settings};

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
    let parsed = definition().try_get_matches().and_then(|mut matches| {
        let words = words(&matches);
        Cli::from_arg_matches_mut(&mut matches).map(|cli| (cli, words))
    });
    let (cli, words) = match parsed {
        Ok(parsed) => parsed,
        Err(answer) => return usage(&answer),
    };
    let console = Console::new(cli.global.output, cli.global.progress, cli.global.quiet, cli.global.verbose);
    console.runs(words);
    let result = run(cli, &console);
    let code = result.as_ref().map_or_else(Error::exit_code, |_| 0);
    console.finish(result);
    ExitCode::from(code)
}

/// The words of the chosen command, like `db init`, and an ellipsis where operands follow: without them it is another
/// command, as `explain` is without a topic.
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

/// Help and version are data and exit with 0; a usage error is talk, exits with 2, and still ends NDJSON in a result.
fn usage(answer: &clap::Error) -> ExitCode {
    // A stream that is closed has nobody left to be told.
    let _ = answer.print();
    if answer.exit_code() == 0 {
        return ExitCode::SUCCESS;
    }
    let machine = std::env::args().any(|arg| arg.ends_with("ndjson"));
    if machine {
        let console = Console::new(OutputFormat::Ndjson, ProgressMode::None, true, false);
        let text = answer.to_string();
        let message = text.lines().next().unwrap_or_default().trim_start_matches("error: ");
        console.finish_quietly(&Err(Error::new(Kind::Usage, message)));
    }
    ExitCode::from(Kind::Usage.exit_code())
}

fn run(cli: Cli, console: &Console) -> Result<Outcome> {
    let folder = std::env::current_dir().or_fail(Kind::Io, || "the working directory can't be read".into())?;
    let file = match ConfigFile::find(&folder) {
        Err(_) if cli.command.repairs_configuration() => ConfigFile::default(),
        found => found?,
    };
    let settings = Settings::merge(cli.global, file)?;
    console.lead_to(settings.place().with_local_endpoint(local_endpoint(&settings)));
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .worker_threads(2)
        .build()
        .or_fail(Kind::Io, || "the async runtime did not start".into())?;
    let cancel = CancellationToken::new();
    let context = Context::new(settings, console.clone(), cancel.clone());
    let result = runtime.block_on(async {
        let signalled = tokio::spawn(watch_signals(cancel));
        let result = tokio::select! {
            // Boxed: the commands' futures together are larger than a thread's stack likes.
            result = Box::pin(cli.command.run(&context)) => result,
            () = context.cancelled_and_free() => Err(Error::new(Kind::Interrupted, "stopped")),
        };
        if !context.cancel.is_cancelled() {
            return result;
        }
        // A command that was stopped ends with the signal's exit code, unless it has something worse to say.
        match (signalled.await, result) {
            (Ok(kind), Ok(outcome)) => Err(Error::new(kind, "stopped by a signal").with_data(outcome.data)),
            (Ok(kind), Err(error)) if error.kind() == Kind::Interrupted => Err(error.into_kind(kind)),
            (_, result) => result,
        }
    });
    // Threads stuck in DNS or disk must not hold the exit.
    runtime.shutdown_background();
    result
}

/// The endpoint of the local stack, where it is up and worked on.
fn local_endpoint(settings: &Settings) -> Option<String> {
    let up = settings.local.then(crate::sandbox::state::running)?;
    up.ok().map(|state| state.endpoint)
}

/// Cancels on the first signal. A second one ends the process at once.
async fn watch_signals(cancel: CancellationToken) -> Kind {
    let kind = next_signal().await;
    cancel.cancel();
    tokio::spawn(async {
        let kind = next_signal().await;
        std::process::exit(i32::from(kind.exit_code()));
    });
    kind
}

async fn next_signal() -> Kind {
    use tokio::signal::unix::{SignalKind, signal};
    let (Ok(mut interrupt), Ok(mut terminate)) = (signal(SignalKind::interrupt()), signal(SignalKind::terminate()))
    else {
        return std::future::pending().await;
    };
    tokio::select! {
        _ = interrupt.recv() => Kind::Interrupted,
        _ = terminate.recv() => Kind::Terminated,
    }
}
