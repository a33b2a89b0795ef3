//! On GitHub Actions: a group of lines for each step, annotations, a step summary, masked secrets.
//!
//! Workflow commands (`::group::`, `::error::`, …) go to stderr with the other messages; the runner reads both streams.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::PathBuf;
use std::time::Instant;

use parking_lot::{Mutex, MutexGuard};

use super::render::{Renderer, line_of};
use super::{Event, Level, Outcome, Table, clean, clean_line, stream};
use crate::base::error::{Error, Kind, OrFail, Result};
use crate::base::report::clock;
use crate::settings::environment;

pub struct GitHub {
    /// Only annotations and the summary.
    silent: bool,
    summary: Option<PathBuf>,
    log: Mutex<Log>,
}

#[derive(Default)]
struct Log {
    /// Steps in progress: start time and lines. Groups can't be interleaved, so a group is written once its step has
    /// ended.
    steps: BTreeMap<String, (Instant, Vec<String>)>,
    /// Steps that have ended: sign, scope, message, seconds.
    ended: Vec<(&'static str, String, String, u64)>,
}

impl Log {
    fn step(&mut self, scope: &str) -> &mut (Instant, Vec<String>) {
        self.steps.entry(scope.to_owned()).or_insert_with(|| (Instant::now(), Vec::new()))
    }
}

impl GitHub {
    pub fn new(silent: bool) -> Self {
        Self { silent, summary: environment::path("GITHUB_STEP_SUMMARY"), log: Mutex::default() }
    }

    fn log(&self) -> MutexGuard<'_, Log> {
        self.log.lock()
    }

    fn message(&self, line: &str) {
        if !self.silent {
            stream::message(line);
        }
    }

    fn command(&self, line: &str) {
        if !self.silent {
            stream::workflow_command(line);
        }
    }

    fn end(&self, scope: &str, event: &Event, sign: &'static str, message: &str) {
        let mut log = self.log();
        let (begun, lines) = log.steps.remove(scope).unwrap_or_else(|| (Instant::now(), Vec::new()));
        let seconds = begun.elapsed().as_secs();
        if lines.is_empty() {
            self.message(&line_of(event));
        } else {
            self.command(&format!("::group::{sign} {}", data(&format!("{scope}: {message} ({})", clock(seconds)))));
            lines.iter().for_each(|line| self.message(line));
            self.command("::endgroup::");
        }
        log.ended.push((sign, scope.to_owned(), message.to_owned(), seconds));
    }
}

impl Renderer for GitHub {
    fn event(&self, event: &Event) {
        match event {
            Event::Started { scope, .. } => {
                self.log().step(scope);
                self.message(&line_of(event));
            }
            Event::Progress { scope, .. } | Event::Resource { scope, .. } => {
                self.log().step(scope).1.push(line_of(event));
            }
            Event::Finished { scope, message, changed } => {
                self.end(scope, event, if *changed { "✓" } else { "=" }, message);
            }
            Event::Failed { scope, message } => self.end(scope, event, "✗", message),
            Event::Note { level: Level::Warning, message } => {
                stream::workflow_command(&format!("::warning::{}", data(message)));
            }
            Event::Note { .. } | Event::Waiting { .. } => self.message(&line_of(event)),
        }
    }

    fn still(&self, event: &Event) {
        self.message(&line_of(event));
    }

    fn mask(&self, secret: &str) {
        for line in secret.lines().map(str::trim).filter(|line| !line.is_empty()) {
            stream::workflow_command(&format!("::add-mask::{}", escaped(line)));
        }
    }

    fn conclude(&self, result: &Result<Outcome>) -> Result<()> {
        let mut log = self.log();
        // Lines of steps without an end.
        for (_, (_, lines)) in std::mem::take(&mut log.steps) {
            lines.iter().for_each(|line| self.message(line));
        }
        if let Err(error) = result {
            annotate(error);
        }
        let Some(path) = &self.summary else { return Ok(()) };
        let text = summary(result, &log.ended);
        let file = std::fs::OpenOptions::new().create(true).append(true).open(path);
        let written = file.and_then(|mut file| file.write_all(text.as_bytes()));
        let failed = || format!("the step summary can't be written to {}", path.display());
        written.or_fail(Kind::Io, failed).inspect_err(annotate)
    }
}

/// Writes the error with its cause and hints as an annotation.
fn annotate(error: &Error) {
    let hints: String = error.hints().map(|hint| format!("\nhint: {hint}")).collect();
    let text = data(&format!("{}{hints}", with_causes(error)));
    stream::workflow_command(&format!("::error title=outboxctl {}::{text}", error.kind().name()));
}

fn with_causes(error: &Error) -> String {
    let causes: String = error.causes_in_short().iter().map(|cause| format!("\ncaused by: {cause}")).collect();
    format!("{}{causes}", error.message())
}

/// Formats text for people as the data of a workflow command.
fn data(text: &str) -> String {
    escaped(&clean(&text.replace("\r\n", "\n")))
}

/// Escapes text as the runner reads the data of a workflow command.
fn escaped(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// Returns the step summary as Markdown.
fn summary(result: &Result<Outcome>, ended: &[(&str, String, String, u64)]) -> String {
    let mut text = match result {
        Ok(Outcome { summary: Some(summary), .. }) => format!("### ✓ {}\n\n", hint(summary)),
        Ok(_) => "### ✓ outboxctl\n\n".to_owned(),
        Err(error) => {
            let hints: String = error.hints().map(|text| format!("- {}\n", hint(text))).collect();
            format!("### ✗ outboxctl: {}\n\n{}\n{hints}\n", error.kind().name(), fenced(&with_causes(error)))
        }
    };
    let mut steps = Table::new(["", "step", "result", "time"]);
    for (sign, scope, message, seconds) in ended {
        steps.row([(*sign).to_owned(), scope.clone(), message.clone(), clock(*seconds)]);
    }
    let tables = result.as_ref().map(|outcome| outcome.tables.as_slice()).unwrap_or_default();
    for table in std::iter::once(&steps).chain(tables).filter(|table| !table.rows.is_empty()) {
        text.push_str(&markdown(table));
    }
    if let Ok(Outcome { text: Some(body), .. }) = result {
        text.push_str(&fenced(&console::strip_ansi_codes(body)));
        text.push('\n');
    }
    text
}

fn markdown(table: &Table) -> String {
    let row = |cells: &[String]| {
        let cells = cells.iter().map(|cell| inline(cell));
        format!("| {} |\n", cells.collect::<Vec<_>>().join(" | "))
    };
    let rule = format!("|{}\n", " --- |".repeat(table.header.len()));
    let rows: String = table.rows.iter().map(|cells| row(cells)).collect();
    format!("{}{rule}{rows}\n", row(&table.header))
}

/// Escapes text for one line without markup: no link, image, HTML or other cell. An underscore within a word needs no
/// escape (GitHub Flavored Markdown, section 6.2).
fn inline(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    let text = clean(&text.replace('\n', " ")).into_owned();
    let mut following = text.chars().skip(1);
    let mut before = ' ';
    for c in text.chars() {
        let after = following.next().unwrap_or(' ');
        let within = before.is_alphanumeric() && after.is_alphanumeric();
        before = c;
        if c == '_' && !within
            || matches!(c, '\\' | '`' | '*' | '[' | ']' | '<' | '>' | '|' | '~' | '!' | '#' | '@' | '&')
        {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    escaped
}

/// Formats a sentence whose commands in backticks stay code; the text between them may be foreign and is escaped.
fn hint(text: &str) -> String {
    let text = clean_line(text);
    let parts: Vec<&str> = text.split('`').collect();
    if parts.len().is_multiple_of(2) {
        // A backtick without its partner.
        return inline(&text);
    }
    let shown = |(at, part): (usize, &&str)| if at.is_multiple_of(2) { inline(part) } else { format!("`{part}`") };
    parts.iter().enumerate().map(shown).collect()
}

/// Formats a block of code that its text can't end.
fn fenced(text: &str) -> String {
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(3.max(longest + 1));
    format!("{fence}text\n{}\n{fence}\n", clean(text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::error::Kind;

    #[test]
    fn only_commands_stay_code() {
        assert_eq!(hint("run `outboxctl db init`: [x](y) <b>"), "run `outboxctl db init`: \\[x\\](y) \\<b\\>");
        assert_eq!(hint("a ` alone"), "a \\` alone");
        assert_eq!(inline("CREATE_COMPLETE _x_"), "CREATE_COMPLETE \\_x\\_");
    }

    #[test]
    fn workflow_commands_are_escaped() {
        assert_eq!(escaped("100 %\nof\r it"), "100 %25%0Aof%0D it");
    }

    #[test]
    fn foreign_text_is_neither_markup_nor_a_command() {
        let mut table = Table::new(["reason"]);
        table.row(["![x](https://example.com)<b>\u{1b}[2J\n::add-mask::x"]);
        let text = summary(&Ok(Outcome::default().table(table).text("```\n<b>")), &[]);
        assert!(text.contains("| \\!\\[x\\](https://example.com)\\<b\\>\u{fffd}\\[2J ::add-mask::x |"), "{text}");
        assert!(text.contains("````text\n```\n<b>\n````\n"), "{text}");
        assert_eq!(data("a\u{1b}\n::add-mask::x"), "a\u{fffd}%0A::add-mask::x");
    }

    #[test]
    fn the_summary_is_markdown_with_the_cause_first() {
        let error = Error::new(Kind::StackFailed, "stack s: Table (T) CREATE_FAILED: no").hint("do this");
        let ended = [("✗", "tables".to_owned(), "a|b\nc".to_owned(), 61)];
        let text = summary(&Err(error), &ended);
        assert!(
            text.starts_with(
                "### ✗ outboxctl: stack-failed\n\n```text\nstack s: Table (T) CREATE_FAILED: no\n```\n\n- do this\n"
            ),
            "{text}"
        );
        assert!(text.contains("| ✗ | tables | a\\|b c | 1:01 |"), "{text}");
    }
}
