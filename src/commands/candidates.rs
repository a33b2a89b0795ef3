//! Values of arguments for shell completion: those that the program knows, and those of the account and the deployment.
//! The latter are requested with a short time limit, and omitted if there is no response in time.

use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::time::Duration;

use clap::Arg;
use clap_complete::engine::{ArgValueCandidates, ArgValueCompleter, CompletionCandidate};

use crate::aws::named;
use crate::base::error::{Kind, Result};
use crate::cloudformation;
use crate::commands::explain::TOPICS;
use crate::commands::{Context, reach};
use crate::output::clean_line;
use crate::pipelines::{self, Pipeline};
use crate::repair::dead_letters::Place;
use crate::settings::{DEFAULT_STAGE, ExistingKey};

/// Time limit for values of a deployment.
const PATIENCE: Duration = Duration::from_secs(2);

/// Returns the context of the line to complete; None if its settings are invalid.
type Line = fn() -> Option<Context>;

/// Adds the candidates for its values to an argument. `line` returns the context of the line to complete; None if its
/// settings are invalid.
pub fn add(arg: Arg, line: Line) -> Arg {
    let candidates: fn(Line) -> Vec<CompletionCandidate> = match (arg.get_id().as_str(), arg.get_value_names()) {
        ("pipeline", _) => |_| pipelines(),
        ("stage", _) => stages,
        ("topic", _) => |_| topics(),
        ("stacks", _) => stacks,
        ("name", _) => outputs,
        ("stream", _) => streams,
        ("bus", _) => buses,
        ("table", _) => tables,
        ("parameters", _) => parameters,
        ("existing", _) => return arg.add(ArgValueCompleter::new(move |typed: &OsStr| existing(line, typed))),
        // Ids of dead letters; arguments for event ids have another value name.
        ("id" | "ids", Some([name])) if name.as_str() == "ID" => dead_letters,
        _ => return arg,
    };
    arg.add(ArgValueCandidates::new(move || candidates(line)))
}

fn plain(values: impl IntoIterator<Item = impl Into<OsString>>) -> Vec<CompletionCandidate> {
    values.into_iter().map(CompletionCandidate::new).collect()
}

fn with_help(value: impl Into<OsString>, help: impl Into<String>) -> CompletionCandidate {
    CompletionCandidate::new(value).help(Some(help.into().into()))
}

fn pipelines() -> Vec<CompletionCandidate> {
    pipelines::ALL.iter().map(|pipeline| with_help(pipeline.name, pipeline.title)).collect()
}

fn topics() -> Vec<CompletionCandidate> {
    let topics = TOPICS.iter().map(|topic| with_help(topic.name, topic.title()));
    let kinds = Kind::ALL.iter().map(|kind| with_help(kind.name(), "an error code"));
    topics.chain([CompletionCandidate::new("reference")]).chain(kinds).collect()
}

fn stacks(line: Line) -> Vec<CompletionCandidate> {
    plain(pipeline(line).into_iter().flat_map(|pipeline| pipeline.stacks).map(|stack| stack.name))
}

fn parameters(line: Line) -> Vec<CompletionCandidate> {
    let parameters = pipeline(line).and_then(|pipeline| pipelines::parameters(pipeline).ok()).unwrap_or_default();
    parameters.into_iter().map(|parameter| with_help(format!("{}=", parameter.name), parameter.about)).collect()
}

/// Returns the keys of `--existing`, and the values of a key that the account or the program knows.
fn existing(line: Line, typed: &OsStr) -> Vec<CompletionCandidate> {
    let typed = typed.to_string_lossy();
    let Some((name, value)) = typed.split_once('=') else {
        let keys = ExistingKey::ALL.iter().filter(|key| key.name().starts_with(typed.as_ref()));
        return keys.map(|key| with_help(format!("{}=", key.name()), key.about())).collect();
    };
    let values = match ExistingKey::ALL.iter().find(|key| key.name() == name) {
        Some(ExistingKey::Stream) => streams(line),
        Some(ExistingKey::Bus) => buses(line),
        Some(ExistingKey::DatabaseEngine) => plain(pipelines::ENGINES.iter().copied()),
        _ => Vec::new(),
    };
    let values = values.into_iter().map(|value| value.get_value().to_string_lossy().into_owned());
    plain(values.filter(|known| known.starts_with(value)).map(|known| format!("{name}={known}")))
}

fn stages(line: Line) -> Vec<CompletionCandidate> {
    let mut stages: BTreeSet<String> = asked(line, async |ctx| cloudformation::stages(ctx.aws().await?).await);
    stages.extend(line().map(|ctx| ctx.settings.stage));
    stages.insert(DEFAULT_STAGE.to_owned());
    plain(stages)
}

fn outputs(line: Line) -> Vec<CompletionCandidate> {
    plain(asked(line, async |ctx| Ok(reach::glance(ctx).await?.outputs().clone())).into_keys())
}

fn streams(line: Line) -> Vec<CompletionCandidate> {
    plain(asked(line, async |ctx| named::streams(ctx.aws().await?).await))
}

fn buses(line: Line) -> Vec<CompletionCandidate> {
    plain(asked(line, async |ctx| named::buses(ctx.aws().await?).await))
}

fn tables(line: Line) -> Vec<CompletionCandidate> {
    plain(asked(line, async |ctx| named::tables(ctx.aws().await?).await))
}

/// Returns the dead letters of the bucket or the table. Those in queues are not included, because listing a queue hides
/// its messages from other readers.
fn dead_letters(line: Line) -> Vec<CompletionCandidate> {
    let letters = asked(line, async |ctx| Place::of_pipeline(&reach::glance(ctx).await?).await?.list().await);
    letters.into_iter().map(|letter| with_help(letter.id, clean_line(&letter.cause))).collect()
}

fn pipeline(line: Line) -> Option<&'static Pipeline> {
    pipelines::find(&line()?.settings.pipeline).ok()
}

/// Returns the answer of a deployment within [`PATIENCE`], else the empty one.
fn asked<T: Default>(line: Line, question: impl AsyncFnOnce(&Context) -> Result<T>) -> T {
    let answer = || {
        let context = line()?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().ok()?;
        let answer = runtime.block_on(async { tokio::time::timeout(PATIENCE, question(&context)).await });
        // A thread that is blocked in DNS must not delay the exit.
        runtime.shutdown_background();
        answer.ok()?.ok()
    };
    answer().unwrap_or_default()
}
