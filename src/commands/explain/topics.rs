//! Long texts: concepts, how-tos, and what each error means, as Markdown files built into the executable.
//!
//! A topic is a file in `topics/`: its first line is `# Title`, its first paragraph one sentence that summarizes it. To
//! add one, create the file and add its name to [`TOPICS`]; a test compares the two. `topics/errors.md` has a section
//! for every kind of error.

use crate::base::error::{Error, Kind, Result};
use crate::settings::similar;

/// Category of a topic; lists are grouped by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Group {
    Concept,
    HowTo,
}

/// A topic.
#[derive(Debug, Clone, Copy)]
pub struct Topic {
    /// Argument of `explain`: lower-case letters, digits and hyphens.
    pub name: &'static str,
    pub group: Group,
    /// Text in Markdown.
    pub text: &'static str,
}

macro_rules! topics {
    ($($group:ident { $($name:literal)* })*) => {
        /// Topics in the order of the list.
        pub const TOPICS: &[Topic] = &[$($(
            Topic { name: $name, group: Group::$group, text: include_str!(concat!("topics/", $name, ".md")) },
        )*)*];
    };
}

topics! {
    Concept {
        "outbox"
        "guarantees"
        "ordering"
        "pipelines"
        "capture"
        "consumers"
        "failures"
        "local-stack"
        "stages"
        "settings"
        "environment"
        "output"
        "exit-codes"
        "errors"
        "architecture"
    }
    HowTo {
        "quickstart-aws"
        "deploying"
        "checking"
        "ci"
        "own-tables"
        "existing"
        "any-database"
        "aurora"
        "leaving"
        "outbox-tables"
        "private-database"
        "upgrades"
        "teardown"
        "event-data"
        "runbook"
        "troubleshooting"
        "repair"
        "tail"
        "delivery"
    }
}

impl Topic {
    /// Returns the first line, without its `#`.
    pub fn title(&self) -> &'static str {
        self.text.lines().next().unwrap_or_default().trim_start_matches('#').trim()
    }

    /// Returns the first paragraph, on one line.
    pub fn summary(&self) -> String {
        let lines = self.text.lines().skip(1).skip_while(|line| line.trim().is_empty());
        lines.take_while(|line| !line.trim().is_empty()).collect::<Vec<_>>().join(" ")
    }
}

/// The requested text, as Markdown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text {
    pub name: String,
    pub markdown: String,
}

/// Returns the topic of this name, or the section on an error of this kind (`access-denied`). Case, spaces and
/// underscores are ignored.
///
/// # Errors
/// `Usage` with the nearest name, if there is neither.
pub fn find(asked: &str) -> Result<Text> {
    let name = name_of(asked);
    if let Some(topic) = TOPICS.iter().find(|topic| topic.name == name) {
        return Ok(Text { name, markdown: topic.text.to_owned() });
    }
    if let Some(kind) = Kind::from_name(&name) {
        return Ok(Text { name, markdown: of_kind(kind) });
    }
    let near = similar_names(asked);
    let meant = (!near.is_empty()).then(|| format!("did you mean {}?", near.join(" or ")));
    let error = Error::new(Kind::Usage, format!("topic {asked:?} not found")).with_hints(meant);
    Err(error.hint("`outboxctl explain` lists them all"))
}

/// Returns names of topics and errors that are similar to the requested one.
pub fn similar_names(asked: &str) -> Vec<&'static str> {
    let kinds = Kind::ALL.iter().map(|kind| kind.name());
    similar(&name_of(asked), TOPICS.iter().map(|topic| topic.name).chain(kinds))
}

/// Returns the form in which topics and errors are named.
fn name_of(asked: &str) -> String {
    asked.trim().to_lowercase().replace([' ', '_'], "-")
}

/// Returns the kind's section of `topics/errors.md`, under its name and exit code.
fn of_kind(kind: Kind) -> String {
    let text = section(kind.name()).unwrap_or_default();
    let hint = kind.hint().map(|hint| format!("\n\nHint of the error: {hint}.")).unwrap_or_default();
    format!("# {} (exit code {})\n\n{text}{hint}\n", kind.name(), kind.exit_code())
}

/// Returns the text below a kind's heading.
pub(super) fn section(name: &str) -> Option<&'static str> {
    let errors = TOPICS.iter().find(|topic| topic.name == "errors")?;
    let sections = errors.text.split("\n## ").skip(1);
    sections.filter_map(|section| section.split_once('\n')).find(|(head, _)| *head == name).map(|(_, text)| text.trim())
}
