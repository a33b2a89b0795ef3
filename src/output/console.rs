//! The console: where events, data and the final result go, by `--output`, `--progress`, `--quiet` and the terminal.

use std::sync::{Arc, OnceLock};

use serde::Serialize;
use serde_json::{Value, json};

use super::heartbeat::Heartbeat;
use super::render::{self, Renderer};
use super::{Event, Level, NDJSON_VERSION, Outcome, Table, stream};
use crate::error::{Error, Kind};
use crate::settings::{OutputFormat, ProgressMode};

/// Cheap to clone; every clone writes to the same streams.
#[derive(Clone)]
pub struct Console {
    format: OutputFormat,
    verbose: bool,
    quiet: bool,
    renderer: Arc<dyn Renderer>,
    heartbeat: Arc<OnceLock<Arc<Heartbeat>>>,
}

impl Console {
    pub fn new(format: OutputFormat, progress: ProgressMode, quiet: bool, verbose: bool) -> Self {
        Self { format, verbose, quiet, renderer: render::choose(progress, quiet), heartbeat: Arc::default() }
    }

    pub fn format(&self) -> OutputFormat {
        self.format
    }

    /// Tells what happened: NDJSON on stdout where asked for, talk on stderr otherwise.
    pub fn emit(&self, event: Event) {
        if matches!(event, Event::Note { level: Level::Detail, .. }) && !self.verbose {
            return;
        }
        // Commands that take no steps start no thread.
        if !matches!(event, Event::Note { .. }) && !self.renderer.is_live() {
            self.heartbeat.get_or_init(|| self.start_heartbeat()).observe(&event);
        }
        self.show(&event);
    }

    fn show(&self, event: &Event) {
        if self.format == OutputFormat::Ndjson {
            self.line(event);
        } else {
            self.renderer.event(event);
        }
    }

    fn start_heartbeat(&self) -> Arc<Heartbeat> {
        // A console without the heartbeat: the thread must not keep it alive.
        let console = Self { heartbeat: Arc::default(), ..self.clone() };
        Heartbeat::start(move |event| match console.format {
            OutputFormat::Ndjson => console.show(&event),
            _ => console.renderer.still(&event),
        })
    }

    pub fn note(&self, message: impl Into<String>) {
        self.emit(Event::Note { level: Level::Info, message: message.into() });
    }

    pub fn warn(&self, message: impl Into<String>) {
        self.emit(Event::Note { level: Level::Warning, message: message.into() });
    }

    /// Shown with --verbose only.
    pub fn detail(&self, message: impl Into<String>) {
        self.emit(Event::Note { level: Level::Detail, message: message.into() });
    }

    /// One item of a command that streams (tail): an NDJSON line, or `human` on stdout. `item` must serialise to an
    /// object with a `type`. False once the reader has gone: the caller then ends quietly.
    pub fn item(&self, item: &impl Serialize, human: impl FnOnce() -> String) -> bool {
        match self.format {
            OutputFormat::Table => self.renderer.suspend(&[human()]),
            OutputFormat::Json | OutputFormat::Ndjson => self.line(item),
        }
    }

    /// A line that only NDJSON has; false where nothing was printed.
    pub fn machine_item(&self, item: &impl Serialize) -> bool {
        self.format == OutputFormat::Ndjson && self.line(item)
    }

    /// A table on stdout for people, before a command fails over what it shows. Machines get the error's data instead.
    pub fn table(&self, table: &Table) {
        if self.format == OutputFormat::Table {
            self.renderer.suspend(&[render::format_table(table)]);
        }
    }

    /// Text on stdout for people, before a command fails over what it shows. Machines get the error's data instead.
    pub fn text(&self, text: &str) {
        if self.format == OutputFormat::Table {
            self.renderer.suspend(&[text.to_owned()]);
        }
    }

    /// Asks a yes-or-no question on the terminal; anything but yes is no.
    ///
    /// # Errors
    /// `NeedsInput` where nobody can be asked.
    pub async fn confirm(&self, question: &str) -> Result<bool, Error> {
        use std::io::{BufRead, IsTerminal};
        if !std::io::stdin().is_terminal() || !std::io::stderr().is_terminal() {
            let error = Error::new(Kind::NeedsInput, format!("{question} (nobody can be asked: this is no terminal)"));
            return Err(error.hint("pass --yes to agree"));
        }
        self.renderer.hold(true);
        stream::talk(&format!("{question} [y/N]"));
        let answer = tokio::task::spawn_blocking(|| {
            let mut line = String::new();
            std::io::stdin().lock().read_line(&mut line).map(|_| line)
        });
        let line = answer.await.ok().and_then(Result::ok).unwrap_or_default();
        self.renderer.hold(false);
        Ok(matches!(line.trim().to_lowercase().as_str(), "y" | "yes"))
    }

    fn line(&self, item: &impl Serialize) -> bool {
        let mut value = serde_json::to_value(item).unwrap_or(Value::Null);
        if let Value::Object(fields) = &mut value {
            fields.insert("v".into(), NDJSON_VERSION.into());
        }
        stream::data(&value.to_string())
    }

    /// Keeps a secret out of whatever a CI system logs from here on. Says nothing elsewhere.
    pub fn mask(&self, secret: &str) {
        self.renderer.mask(secret);
    }

    /// The command's end: its data, and the final result line of NDJSON.
    pub fn finish(&self, result: &Result<Outcome, Error>) {
        self.renderer.clear();
        self.renderer.conclude(result);
        self.finish_quietly(result);
        match result {
            Ok(outcome) => {
                if let Some(summary) = &outcome.summary {
                    self.renderer.event(&Event::Note { level: Level::Info, message: summary.clone() });
                }
            }
            // Whoever asked for quiet and stopped it knows; the exit code says it, too.
            Err(error) if self.quiet && matches!(error.kind(), Kind::Interrupted | Kind::Terminated) => {}
            Err(error) => render::error(error, self.verbose),
        }
    }

    /// [`Console::finish`] without its talk on stderr, for an end that was already told there.
    pub fn finish_quietly(&self, result: &Result<Outcome, Error>) {
        match self.format {
            OutputFormat::Ndjson => {
                self.line(&result_line(result));
            }
            OutputFormat::Json => {
                let document = match result {
                    Ok(outcome) if outcome.data.is_null() => None,
                    Ok(outcome) => serde_json::to_string_pretty(&outcome.data).ok(),
                    Err(_) => serde_json::to_string_pretty(&result_line(result)).ok(),
                };
                if let Some(document) = document {
                    stream::data(&document);
                }
            }
            OutputFormat::Table => {
                if let Ok(outcome) = result {
                    render::outcome(outcome);
                }
            }
        }
    }
}

fn result_line(result: &Result<Outcome, Error>) -> Value {
    match result {
        Ok(outcome) => json!({
            "type": "result", "ok": true, "exit_code": 0, "changed": outcome.changed, "data": outcome.data,
        }),
        Err(error) => json!({
            "type": "result", "ok": false, "exit_code": error.exit_code(), "data": error.data(),
            "error": {
                "code": error.kind().name(), "message": error.message(),
                "causes": error.causes(), "hints": error.hints().collect::<Vec<_>>(),
            },
        }),
    }
}
