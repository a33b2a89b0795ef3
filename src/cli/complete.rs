//! Completes command lines for shells: commands and flags with clap's engine, and values of the deployment.
//!
//! The scripts of `outboxctl completions` call this executable with [`COMPLETE`] set. Values that only a deployment has
//! are requested with a short time limit, and omitted if there is no response in time; nothing is written to stderr.

use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::process::ExitCode;
use std::time::Duration;

use clap::{Arg, ArgMatches, Command, FromArgMatches};
use clap_complete::CompleteEnv;
use clap_complete::engine::{ArgValueCandidates, ArgValueCompleter, CompletionCandidate};
use tokio_util::sync::CancellationToken;

use crate::aws::named;
use crate::cloudformation;
use crate::commands::Context;
use crate::commands::explain::TOPICS;
use crate::commands::reach;
use crate::error::{Kind, Result};
use crate::output::Console;
use crate::pipelines::{self, Pipeline};
use crate::repair::dead_letters::{DeadLetter, Place};
use crate::settings::environment;
use crate::settings::{
    COMPLETE, ConfigFile, DEFAULT_STAGE, ExistingKey, GlobalArgs, Settings, Variables, check_stage, parser,
};

/// Time limit for values of a deployment.
const PATIENCE: Duration = Duration::from_secs(2);

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
    command.mut_args(with_candidates).mut_subcommands(with_values)
}

fn with_candidates(arg: Arg) -> Arg {
    let candidates: fn() -> Vec<CompletionCandidate> = match (arg.get_id().as_str(), arg.get_value_names()) {
        ("pipeline", _) => pipelines,
        ("stage", _) => stages,
        ("topic", _) => topics,
        ("stacks", _) => stacks,
        ("name", _) => outputs,
        ("stream", _) => streams,
        ("bus", _) => buses,
        ("table", _) => tables,
        ("parameters", _) => parameters,
        ("existing", _) => return arg.add(ArgValueCompleter::new(existing)),
        // Ids of dead letters; arguments for event ids have another value name.
        ("id" | "ids", Some([name])) if name.as_str() == "ID" => dead_letters,
        _ => return arg,
    };
    arg.add(ArgValueCandidates::new(candidates))
}

fn plain(values: impl IntoIterator<Item = impl Into<OsString>>) -> Vec<CompletionCandidate> {
    values.into_iter().map(CompletionCandidate::new).collect()
}

fn pipelines() -> Vec<CompletionCandidate> {
    let candidate = |pipeline: &&Pipeline| CompletionCandidate::new(pipeline.name).help(Some(pipeline.title.into()));
    pipelines::ALL.iter().map(candidate).collect()
}

fn topics() -> Vec<CompletionCandidate> {
    let topics = TOPICS.iter().map(|topic| CompletionCandidate::new(topic.name).help(Some(topic.title().into())));
    let kinds = Kind::ALL.iter().map(|kind| CompletionCandidate::new(kind.name()).help(Some("an error code".into())));
    topics.chain([CompletionCandidate::new("reference")]).chain(kinds).collect()
}

fn stacks() -> Vec<CompletionCandidate> {
    plain(pipeline().into_iter().flat_map(|pipeline| pipeline.stacks).map(|stack| stack.name))
}

fn parameters() -> Vec<CompletionCandidate> {
    let parameters = pipeline().and_then(|pipeline| pipelines::parameters(pipeline).ok()).unwrap_or_default();
    let candidate = |parameter: pipelines::Parameter| {
        CompletionCandidate::new(format!("{}=", parameter.name)).help(Some(parameter.about.into()))
    };
    parameters.into_iter().map(candidate).collect()
}

/// Returns the keys of `--existing`, and the values of a key that the account or the program knows.
fn existing(typed: &OsStr) -> Vec<CompletionCandidate> {
    let typed = typed.to_string_lossy();
    let Some((name, value)) = typed.split_once('=') else {
        let keys = ExistingKey::ALL.iter().filter(|key| key.name().starts_with(typed.as_ref()));
        let candidate =
            |key: &ExistingKey| CompletionCandidate::new(format!("{}=", key.name())).help(Some(key.about().into()));
        return keys.map(candidate).collect();
    };
    let key = ExistingKey::ALL.iter().find(|key| key.name() == name);
    let values = match key {
        Some(ExistingKey::Stream) => streams(),
        Some(ExistingKey::Bus) => buses(),
        Some(ExistingKey::DatabaseEngine) => plain(pipelines::ENGINES.iter().copied()),
        _ => Vec::new(),
    };
    let values = values.into_iter().map(|value| value.get_value().to_string_lossy().into_owned());
    plain(values.filter(|known| known.starts_with(value)).map(|known| format!("{name}={known}")))
}

fn stages() -> Vec<CompletionCandidate> {
    let deployed = asked(async |ctx| cloudformation::stages(ctx.aws().await?).await);
    let mut stages: BTreeSet<String> = deployed.unwrap_or_default();
    stages.extend(settings().map(|settings| settings.stage));
    stages.insert(DEFAULT_STAGE.to_owned());
    plain(stages)
}

fn outputs() -> Vec<CompletionCandidate> {
    let outputs = asked(async |ctx| Ok(reach::glance(ctx).await?.outputs().keys().cloned().collect::<Vec<_>>()));
    plain(outputs.unwrap_or_default())
}

fn streams() -> Vec<CompletionCandidate> {
    plain(asked(async |ctx| named::streams(ctx.aws().await?).await).unwrap_or_default())
}

fn buses() -> Vec<CompletionCandidate> {
    plain(asked(async |ctx| named::buses(ctx.aws().await?).await).unwrap_or_default())
}

fn tables() -> Vec<CompletionCandidate> {
    plain(asked(async |ctx| named::tables(ctx.aws().await?).await).unwrap_or_default())
}

/// Returns the dead letters of the bucket or the table. Those in queues are not included, because listing a queue hides
/// its messages from other readers.
fn dead_letters() -> Vec<CompletionCandidate> {
    let letters = asked(async |ctx| {
        let deployment = reach::glance(ctx).await?;
        Place::of_pipeline(&deployment).await?.list().await
    });
    let candidate = |letter: DeadLetter| {
        CompletionCandidate::new(letter.id).help(Some(crate::output::clean_line(&letter.cause).into_owned().into()))
    };
    letters.unwrap_or_default().into_iter().map(candidate).collect()
}

fn pipeline() -> Option<&'static Pipeline> {
    pipelines::find(&settings()?.pipeline).ok()
}

/// Returns the settings of the line to complete, as far as it is typed.
fn settings() -> Option<Settings> {
    let words = std::env::args_os().skip_while(|word| word != "--").skip(1);
    let matches = parser(super::definition()).ignore_errors(true).try_get_matches_from(words).ok()?;
    let mut deepest: &ArgMatches = &matches;
    while let Some((_, below)) = deepest.subcommand() {
        deepest = below;
    }
    let mut global = GlobalArgs::from_arg_matches(deepest).ok()?;
    // The word under the cursor is incomplete.
    global.stage = global.stage.filter(|stage| check_stage(stage).is_ok());
    global.pipeline = global.pipeline.filter(|pipeline| pipelines::find(pipeline).is_ok());
    let file = std::env::current_dir().ok().and_then(|folder| ConfigFile::find(&folder).ok()).unwrap_or_default();
    Settings::merge(global, Variables::read().ok()?, file).ok()
}

/// Returns the answer of a deployment within [`PATIENCE`].
fn asked<T>(question: impl AsyncFnOnce(&Context) -> Result<T>) -> Option<T> {
    let context = Context::new(settings()?, Console::mute(), CancellationToken::new(), super::definition);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().ok()?;
    let answer = runtime.block_on(async { tokio::time::timeout(PATIENCE, question(&context)).await });
    // A thread that is blocked in DNS must not delay the exit.
    runtime.shutdown_background();
    answer.ok()?.ok()
}
