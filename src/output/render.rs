//! Renderers for people that write plain lines; results and the final error.

use std::borrow::Cow;

use anstyle::Style;

use super::style::{DIM, GREEN, RED, YELLOW};
use super::{Event, Expect, Level, Outcome, clean, markdown, stream, tables, terminal, wrap};
use crate::base::error::{Error, Result};

pub trait Renderer: Send + Sync {
    fn event(&self, event: &Event);
    /// Writes data lines to stdout without tearing the live view. False once the reader has exited.
    fn suspend(&self, lines: &[String]) -> bool {
        lines.iter().all(|line| stream::data(line))
    }
    /// Returns whether it shows elapsed time by itself.
    fn is_live(&self) -> bool {
        false
    }
    /// Receives the expected duration of a step.
    fn expect(&self, _scope: &str, _expect: Expect) {}
    /// Shows a wait without a line, until [`Renderer::waited`].
    fn wait(&self, _scope: &str, _message: &str) {}
    fn waited(&self, _scope: &str) {}
    /// Reports that a step that has been silent for long is still in progress.
    fn still(&self, event: &Event) {
        self.event(event);
    }
    /// Removes the live view from the screen.
    fn clear(&self) {}
    /// Hides the live view while a question is on the screen.
    fn hold(&self, _held: bool) {}
    /// Masks a secret in the log of the CI system.
    fn mask(&self, _secret: &str) {}
    /// Writes the results for a CI system before those for people.
    ///
    /// # Errors
    /// `Io` if a file of the CI system can't be written.
    fn conclude(&self, _result: &Result<Outcome>) -> Result<()> {
        Ok(())
    }
}

/// --quiet: only warnings.
pub struct Silent;

impl Renderer for Silent {
    fn event(&self, event: &Event) {
        if let Event::Note { level: Level::Warning, .. } = event {
            stream::message(&line_of(event));
        }
    }
}

/// Writes nothing.
pub struct Mute;

impl Renderer for Mute {
    fn event(&self, _event: &Event) {}
}

/// Writes one line for each transition.
pub struct Plain;

impl Renderer for Plain {
    fn event(&self, event: &Event) {
        stream::message(&line_of(event));
    }
}

/// Formats an event as one line.
pub fn line_of(event: &Event) -> String {
    let line = |style: Style, sign: &str, scope: &str, text: &str| format!("{style}{sign}{style:#} {scope}: {text}");
    match event {
        Event::Started { scope, message, .. } | Event::Progress { scope, message } => line(DIM, "·", scope, message),
        Event::Waiting { scope, on } => line(DIM, "·", scope, &format!("waits for {}", on.join(", "))),
        Event::Resource { scope, resource, status, reason: Some(reason), .. } => {
            line(RED, "✗", scope, &format!("{resource} {status}: {reason}"))
        }
        Event::Resource { scope, resource, status, reason: None, usually, .. } => {
            let usually = usually.as_ref().map(|time| format!(" (usually {time})")).unwrap_or_default();
            line(DIM, "·", scope, &format!("{resource} {status}{usually}"))
        }
        Event::Finished { scope, message, changed: true } => line(GREEN, "✓", scope, message),
        Event::Finished { scope, message, changed: false } => line(DIM, "=", scope, message),
        Event::Failed { scope, message } => line(RED, "✗", scope, message),
        Event::Note { level: Level::Warning, message } => format!("{YELLOW}warning:{YELLOW:#} {message}"),
        Event::Note { level: Level::Info, message } => message.clone(),
        Event::Note { level: Level::Detail, message } => format!("{DIM}{message}{DIM:#}"),
    }
}

/// Writes a result for people to stdout.
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

/// Returns text with its lines broken between words, rather than anywhere by the terminal.
pub fn fitted(text: &str) -> Cow<'_, str> {
    terminal::width().map_or(text.into(), |width| wrap::hanging(text, width).into())
}

/// Returns the columns for running text: the terminal's, up to a readable width.
fn reading_width() -> usize {
    terminal::width().map_or(80, |width| width.clamp(40, 100))
}

/// Writes the final error with causes and hints, last on the screen.
pub fn error(error: &Error, verbose: bool) {
    let say = |style: Style, word: &str, text: &str| {
        // Continuation lines are indented, so that they do not look like lines of ours.
        let text = clean(text).replace('\n', "\n    ");
        stream::message(&format!("{style}{word}{style:#} {text}"));
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
        stream::message(&format!("  {DIM}more:{DIM:#} outboxctl explain {}", error.kind().name()));
    }
}
