//! The console: the destination of events, data and the final result, by `--output`, `--progress`, `--quiet` and the
//! terminal.

mod ending;

use std::io::IsTerminal;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, OnceLock};

use futures_util::future::BoxFuture;
use serde::Serialize;
use uuid::Uuid;

use super::github::GitHub;
use super::heartbeat::Heartbeat;
use super::live::Live;
use super::ndjson::write_line;
use super::render::{self, Renderer};
use super::{Event, Expect, Level, Table, clean, clean_line, fit, inert, stream, tables, terminal};
use crate::base::error::Error;
use crate::base::report::Reporter;
use crate::settings::{OutputFormat, Place, ProgressMode};

pub use ending::{print, print_error};

/// Cheap to clone; all clones write to the same streams.
#[derive(Clone)]
pub struct Console {
    format: OutputFormat,
    verbose: bool,
    quiet: bool,
    pub(super) renderer: Arc<dyn Renderer>,
    heartbeat: Arc<OnceLock<Arc<Heartbeat>>>,
    /// The command's end was written, or is being written.
    concluded: Arc<AtomicBool>,
    place: Arc<OnceLock<Place>>,
    /// The words of the running command, like `db init`.
    running: Arc<OnceLock<String>>,
}

impl Console {
    pub fn new(format: OutputFormat, progress: ProgressMode, quiet: bool, verbose: bool) -> Self {
        let renderer = choose(progress, quiet);
        Self {
            format,
            verbose,
            quiet,
            renderer,
            heartbeat: Arc::default(),
            concluded: Arc::default(),
            place: Arc::default(),
            running: Arc::default(),
        }
    }

    /// Sets the place that printed commands lead to from here on. Only the first call has an effect.
    pub fn lead_to(&self, place: Place) {
        self.place.get_or_init(|| place);
    }

    /// Sets the running command, so that no hint repeats it. Only the first call has an effect.
    pub fn runs(&self, command: String) {
        self.running.get_or_init(|| command);
    }

    /// Returns the place that printed commands lead to.
    pub fn place(&self) -> Place {
        self.place.get().cloned().unwrap_or_default()
    }

    /// Returns the text with its commands leading to the place of [`Console::lead_to`].
    pub(super) fn filled(&self, text: &str) -> String {
        self.place.get().map_or_else(|| text.to_owned(), |place| place.fill(text).into_owned())
    }

    /// Creates a console that prints nothing, not even warnings, for shell completion.
    pub fn mute() -> Self {
        Self { renderer: Arc::new(render::Mute), ..Self::new(OutputFormat::Table, ProgressMode::None, true, false) }
    }

    /// Returns the columns of the terminal on stdout; 80 if stdout is not a terminal.
    pub fn width(&self) -> usize {
        terminal::width().unwrap_or(80)
    }

    /// Resolves once stdout is closed: its reader has exited, even while nothing is written, or a write failed. A
    /// streaming command then ends; [`Console::finish`] reports the failure.
    pub async fn unread(&self) {
        match self.format {
            // Its one document is written at the end.
            OutputFormat::Json => std::future::pending().await,
            OutputFormat::Table | OutputFormat::Ndjson => stream::ended().await,
        }
    }

    pub fn format(&self) -> OutputFormat {
        self.format
    }

    /// Writes an event: NDJSON on stdout if requested, a message on stderr otherwise.
    pub fn emit(&self, event: Event) {
        let event = event.map_text(|text| self.filled(text));
        if matches!(event, Event::Note { level: Level::Detail, .. }) && !self.verbose {
            return;
        }
        // Commands without steps start no thread.
        if !matches!(event, Event::Note { .. }) && !self.renderer.is_live() {
            let heartbeat = self.heartbeat.get_or_init(|| self.start_heartbeat());
            if heartbeat.is_repeated(&event) {
                return;
            }
            heartbeat.observe(&event);
        }
        self.show(event);
    }

    fn show(&self, event: Event) {
        if self.format == OutputFormat::Ndjson {
            self.line(&event);
        } else {
            self.renderer.event(&event.cleaned());
        }
    }

    fn start_heartbeat(&self) -> Arc<Heartbeat> {
        // A console without the heartbeat: the thread must not keep it alive.
        let console = Self { heartbeat: Arc::default(), ..self.clone() };
        Heartbeat::start(move |event| match console.format {
            OutputFormat::Ndjson => console.show(event),
            _ => console.renderer.still(&event.cleaned()),
        })
    }

    /// Sets the expected duration of a step in progress. Only a live view shows it, and lines of steps that are silent
    /// for long.
    pub fn expect(&self, scope: &str, expect: Expect) {
        self.renderer.expect(scope, expect);
        if let Some(heartbeat) = self.heartbeat.get() {
            heartbeat.expect(scope, expect);
        }
    }

    /// Shows a wait on a live view until the guard is dropped. Prints nothing elsewhere.
    #[must_use = "the wait ends when this is dropped"]
    pub fn wait(&self, scope: &str, message: &str) -> Wait {
        self.renderer.wait(scope, &clean(message));
        Wait { renderer: self.renderer.clone(), scope: scope.to_owned() }
    }

    /// Reports the start of a step.
    pub fn started(&self, scope: &str, message: impl Into<String>) {
        self.emit(Event::started(scope, message));
    }

    /// Reports the state of a step in progress.
    pub fn progress(&self, scope: &str, message: impl Into<String>) {
        self.emit(Event::progress(scope, message));
    }

    /// Reports the success of a step; `changed` is false if it had nothing to do.
    pub fn finished(&self, scope: &str, message: impl Into<String>, changed: bool) {
        self.emit(Event::finished(scope, message, changed));
    }

    /// Reports the failure of a step.
    pub fn failed(&self, scope: &str, message: impl Into<String>) {
        self.emit(Event::failed(scope, message));
    }

    pub fn note(&self, message: impl Into<String>) {
        self.emit(Event::note(message));
    }

    pub fn warn(&self, message: impl Into<String>) {
        self.emit(Event::warning(message));
    }

    /// Reports a note that is shown with --verbose only.
    pub fn detail(&self, message: impl Into<String>) {
        self.emit(Event::detail(message));
    }

    /// Writes one item of a streaming command: an NDJSON line, or `human` on stdout, sanitized, as one line that is
    /// fitted to the terminal ([`fit`]); nothing if the output is one JSON document at the end. `item` must serialise
    /// to an object with a `type`. Returns false once the reader has exited: the caller then ends quietly.
    pub fn item(&self, item: &impl Serialize, event_id: Option<Uuid>, human: impl FnOnce() -> String) -> bool {
        match self.format {
            OutputFormat::Table => {
                let line = clean_line(&human()).into_owned();
                self.renderer.suspend(&[fit::line(line, event_id.map(|id| id.to_string()).as_deref())])
            }
            OutputFormat::Json => true,
            OutputFormat::Ndjson => self.line(item),
        }
    }

    /// Writes several items with one write, each like [`Console::item`], for throughput. `human` may style its line and
    /// has to sanitize it.
    pub fn items<T: Serialize>(&self, items: &[T], human: impl Fn(&T) -> String) -> bool {
        if items.is_empty() || self.format == OutputFormat::Json {
            return true;
        }
        if self.format == OutputFormat::Table {
            let lines: Vec<String> = items.iter().map(human).collect();
            return self.renderer.suspend(&[lines.join("\n")]);
        }
        let mut lines = Vec::new();
        items.iter().for_each(|item| write_line(&mut lines, item));
        stream::lines(&lines)
    }

    /// Writes an object as a line of this `type`, for NDJSON only; false if nothing was printed.
    pub fn machine_item(&self, r#type: &str, item: &impl Serialize) -> bool {
        self.format == OutputFormat::Ndjson && self.line(&Typed { r#type, item })
    }

    /// Reports the failure of a step, if it failed.
    pub fn report_failure<T>(&self, scope: &str, result: Result<T, Error>) -> Result<T, Error> {
        result.inspect_err(|error| self.failed(scope, error.message()))
    }

    /// Writes a table to stdout for people, before a command fails because of its content. Machines get the error's
    /// data instead.
    pub fn table(&self, table: &Table) {
        if self.format == OutputFormat::Table {
            self.renderer.suspend(&[tables::format(&table.clone().map_text(|text| self.filled(text)))]);
        }
    }

    /// Writes text to stdout for people, before a command fails because of its content. Machines get the error's data
    /// instead.
    pub fn text(&self, text: &str) {
        if self.format == OutputFormat::Table {
            self.renderer.suspend(&[render::fitted(&self.filled(text)).into_owned()]);
        }
    }

    /// Returns whether stdout is for people who watch it.
    pub fn is_terminal(&self) -> bool {
        self.format == OutputFormat::Table && std::io::stdout().is_terminal()
    }

    fn line(&self, item: &impl Serialize) -> bool {
        let mut line = Vec::new();
        write_line(&mut line, item);
        stream::lines(&line)
    }

    /// Masks a secret in the following log of a CI system. Prints nothing elsewhere.
    pub fn mask(&self, secret: &str) {
        self.renderer.mask(secret);
    }
}

impl Reporter for Console {
    fn emit(&self, event: Event) {
        Self::emit(self, event);
    }

    fn expect(&self, scope: &str, expect: Expect) {
        Self::expect(self, scope, expect);
    }

    fn confirm<'a>(&'a self, question: &'a str) -> BoxFuture<'a, Result<bool, Error>> {
        Box::pin(Self::confirm(self, question))
    }

    fn share(&self) -> Arc<dyn Reporter> {
        Arc::new(self.clone())
    }
}

fn choose(progress: ProgressMode, quiet: bool) -> Arc<dyn Renderer> {
    let live = match progress {
        ProgressMode::Live => std::io::stderr().is_terminal(),
        ProgressMode::Auto => terminal::can_redraw() && !terminal::is_ci(),
        ProgressMode::Plain | ProgressMode::None => false,
    };
    let silent = quiet || progress == ProgressMode::None;
    match (silent, live) {
        _ if inert::on_actions() => Arc::new(GitHub::new(silent)),
        (true, _) => Arc::new(render::Silent),
        (false, true) => Arc::new(Live::default()),
        (false, false) => Arc::new(render::Plain),
    }
}

/// An item and its `type`.
#[derive(Serialize)]
struct Typed<'a, T> {
    r#type: &'a str,
    #[serde(flatten)]
    item: &'a T,
}

/// A wait on the live view.
pub struct Wait {
    renderer: Arc<dyn Renderer>,
    scope: String,
}

impl Drop for Wait {
    fn drop(&mut self) {
        self.renderer.waited(&self.scope);
    }
}
