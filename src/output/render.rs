//! Renderers for people: plain lines, and the choice of another; tables with comfy-table; the final error.

use std::io::IsTerminal;
use std::sync::Arc;

use anstyle::Style;
use comfy_table::{ColumnConstraint, ContentArrangement, LineStyle, TableStyle, Width};

use super::github::GitHub;
use super::live::Live;
use super::tone::{DIM, GREEN, RED, YELLOW};
use super::{Event, Expect, Level, Outcome, Table, markdown, stream};
use crate::error::{Error, Result};
use crate::settings::ProgressMode;

/// One rule under the header: rows stay one line each, and copy well.
const TABLE: TableStyle = TableStyle::new().header_separator(LineStyle::none().fill('─').junction('─'));

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
    /// What a CI system wants to know of the end, before it is told to people.
    fn conclude(&self, _result: &Result<Outcome>) {}
}

pub fn choose(progress: ProgressMode, quiet: bool) -> Arc<dyn Renderer> {
    let live = match progress {
        ProgressMode::Live => true,
        ProgressMode::Auto => std::io::stderr().is_terminal() && std::env::var_os("CI").is_none(),
        ProgressMode::Plain | ProgressMode::None => false,
    };
    let silent = quiet || progress == ProgressMode::None;
    if std::env::var_os("GITHUB_ACTIONS").is_some_and(|value| value == "true") {
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
        stream::data(&format_table(table));
    }
    if let Some(text) = &outcome.text {
        stream::data(text);
    }
    if let Some(markdown) = &outcome.document {
        stream::data(&markdown::draw(markdown, reading_width()));
    }
}

pub fn format_table(table: &Table) -> String {
    arranged(table).trim_fmt()
}

/// [`format_table`] for running text: in at most `width` columns, whatever the terminal has, and with whole words where
/// they fit at all.
pub fn format_table_within(table: &Table, width: usize) -> String {
    let mut drawn = arranged(table);
    drawn.set_width(u16::try_from(width).unwrap_or(u16::MAX));
    let rows = || std::iter::once(&table.header).chain(&table.rows);
    let word = |cell: &String| cell.split(' ').map(|word| word.chars().count()).max().unwrap_or_default();
    // With the padding on the left.
    let widest: Vec<usize> = (0..table.header.len())
        .map(|at| rows().filter_map(|row| row.get(at)).map(word).max().unwrap_or(0) + 1)
        .collect();
    if widest.iter().sum::<usize>() <= width {
        for (column, least) in drawn.column_iter_mut().zip(widest) {
            let least = u16::try_from(least).unwrap_or(u16::MAX);
            column.set_constraint(ColumnConstraint::LowerBoundary(Width::Fixed(least)));
        }
    }
    drawn.trim_fmt()
}

fn arranged(table: &Table) -> comfy_table::Table {
    let mut drawn = comfy_table::Table::new();
    drawn.load_style(TABLE).set_content_arrangement(ContentArrangement::Dynamic);
    drawn.set_header(&table.header);
    drawn.add_rows(&table.rows);
    drawn.column_iter_mut().for_each(|column| {
        column.set_padding((1, 0));
    });
    drawn
}

/// Columns for running text: the terminal's, but no longer lines than an eye follows.
fn reading_width() -> usize {
    comfy_table::Table::new().width().map_or(80, |width| usize::from(width).clamp(40, 100))
}

/// Columns of the terminal on stdout; None where it is none.
pub fn width() -> Option<u16> {
    comfy_table::Table::new().width()
}

/// The final error: what happened, why, what to do; last on the screen.
pub fn error(error: &Error, verbose: bool) {
    stream::talk(&format!("{RED}error:{RED:#} {}", error.message()));
    let causes = if verbose { error.causes() } else { error.causes_in_short() };
    for cause in &causes {
        stream::talk(&format!("  {DIM}caused by:{DIM:#} {cause}"));
    }
    for hint in error.hints() {
        stream::talk(&format!("  {GREEN}hint:{GREEN:#} {hint}"));
    }
    if error.kind().is_worth_explaining() {
        stream::talk(&format!("  {DIM}more:{DIM:#} outboxctl explain {}", error.kind().name()));
    }
}
