//! Renderers for people: plain lines, and the choice of another; tables with comfy-table; the final error.

use std::borrow::Cow;
use std::sync::Arc;

use anstyle::Style;

use super::github::GitHub;
use super::live::Live;
use super::tone::{DIM, GREEN, RED, YELLOW};
use super::{Event, Expect, Level, Outcome, clean, inert, markdown, stream, tables, terminal, wrap};
use crate::error::{Error, Result};
use crate::settings::ProgressMode;

pub trait Renderer: Send + Sync {
    fn event(&self, event: &Event);
    /// Writes data lines to stdout without tearing the live view. False once the reader has gone.
    fn suspend(&self, lines: &[String]) -> bool {
        lines.iter().all(|line| stream::data(line))
    }
    /// Whether it shows by itself that time passes.
    fn is_live(&self) -> bool {
        false
    }
    /// What is known of how long a step takes.
    fn expect(&self, _scope: &str, _expect: Expect) {}
    /// A wait that is worth a look, and no line: shown until [`Renderer::waited`].
    fn wait(&self, _scope: &str, _message: &str) {}
    fn waited(&self, _scope: &str) {}
    /// A step that has been silent for long is still under way.
    fn still(&self, event: &Event) {
        self.event(event);
    }
    /// Takes the live view off the screen.
    fn clear(&self) {}
    /// Keeps the live view off the screen while a question is on it.
    fn hold(&self, _held: bool) {}
    /// Keeps a secret out of the log that this becomes part of.
    fn mask(&self, _secret: &str) {}
    /// Writes what a CI system wants to know of the end, before people see it.
    ///
    /// # Errors
    /// `Io` when a file that the CI system named can't be written.
    fn conclude(&self, _result: &Result<Outcome>) -> Result<()> {
        Ok(())
    }
}

pub fn choose(progress: ProgressMode, quiet: bool) -> Arc<dyn Renderer> {
    let live = match progress {
        ProgressMode::Live => std::io::IsTerminal::is_terminal(&std::io::stderr()),
        ProgressMode::Auto => terminal::can_redraw() && !terminal::is_ci(),
        ProgressMode::Plain | ProgressMode::None => false,
    };
    let silent = quiet || progress == ProgressMode::None;
    if inert::on_actions() {
        return Arc::new(GitHub::new(silent));
    }
    match (silent, live) {
        (true, _) => Arc::new(Silent),
        (false, true) => Arc::new(Live::default()),
        (false, false) => Arc::new(Plain),
    }
}

/// --quiet: only warnings.
struct Silent;

impl Renderer for Silent {
    fn event(&self, event: &Event) {
        if let Event::Note { level: Level::Warning, .. } = event {
            stream::talk(&line_of(event));
        }
    }
}

/// Writes nothing at all.
pub struct Mute;

impl Renderer for Mute {
    fn event(&self, _event: &Event) {}
}

/// One line for each transition.
struct Plain;

impl Renderer for Plain {
    fn event(&self, event: &Event) {
        stream::talk(&line_of(event));
    }
}

/// An event as one line.
pub fn line_of(event: &Event) -> String {
    let mark = |style: Style, sign: &str| format!("{style}{sign}{style:#}");
    match event {
        Event::Started { scope, message, .. } => format!("{} {scope}: {message}", mark(DIM, "·")),
        Event::Progress { scope, message } => format!("{} {scope}: {message}", mark(DIM, "·")),
        Event::Waiting { scope, on } => format!("{} {scope}: waits for {}", mark(DIM, "·"), on.join(", ")),
        Event::Resource { scope, resource, status, reason: Some(reason), .. } => {
            format!("{} {scope}: {resource} {status}: {reason}", mark(RED, "✗"))
        }
        Event::Resource { scope, resource, status, reason: None, usually, .. } => {
            let usually = usually.as_ref().map(|time| format!(" (usually {time})")).unwrap_or_default();
            format!("{} {scope}: {resource} {status}{usually}", mark(DIM, "·"))
        }
        Event::Finished { scope, message, changed: true } => format!("{} {scope}: {message}", mark(GREEN, "✓")),
        Event::Finished { scope, message, changed: false } => format!("{} {scope}: {message}", mark(DIM, "=")),
        Event::Failed { scope, message } => format!("{} {scope}: {message}", mark(RED, "✗")),
        Event::Note { level: Level::Warning, message } => format!("{} {message}", mark(YELLOW, "warning:")),
        Event::Note { level: Level::Info, message } => message.clone(),
        Event::Note { level: Level::Detail, message } => format!("{DIM}{message}{DIM:#}"),
    }
}

/// A result for people, on stdout.
pub fn outcome(outcome: &Outcome) {
    for table in &outcome.tables {
        stream::data(&tables::format(table));
    }
    if let Some(text) = &outcome.text {
        stream::data(&fitted(text));
    }
    if let Some(markdown) = &outcome.document {
        stream::data(&markdown::draw(markdown, reading_width()));
    }
}

/// Text with its lines broken between words, where a terminal would break them anywhere.
pub fn fitted(text: &str) -> Cow<'_, str> {
    terminal::width().map_or(text.into(), |width| wrap::hanging(text, width).into())
}

/// Columns for running text: the terminal's, but no longer lines than an eye follows.
fn reading_width() -> usize {
    terminal::width().map_or(80, |width| width.clamp(40, 100))
}

/// The final error: what happened, why, what to do; last on the screen.
pub fn error(error: &Error, verbose: bool) {
    let say = |style: Style, word: &str, text: &str| {
        // A further line of the same text does not begin where a line of ours would.
        let text = clean(text).replace('\n', "\n    ");
        stream::talk(&format!("{style}{word}{style:#} {text}"));
    };
    say(RED, "error:", error.message());
    let causes = if verbose { error.causes() } else { error.causes_in_short() };
    for cause in &causes {
        say(DIM, "  caused by:", cause);
    }
    for hint in error.hints() {
        say(GREEN, "  hint:", hint);
    }
    if error.kind().is_worth_explaining() {
        stream::talk(&format!("  {DIM}more:{DIM:#} outboxctl explain {}", error.kind().name()));
    }
}
