//! `outboxctl explain`. The texts are in `topics/`, the list of them in `topics.rs`, and the reference of commands, generated from
//! their definition, in `reference.rs`. Words that are not the name of a text are searched in all topics (`search.rs`).

mod reference;
mod search;
#[cfg(test)]
mod tests;
mod topics;

use serde_json::json;

use crate::base::error::Result;
use crate::commands::Context;
use crate::output::Outcome;

use reference::reference;
pub use topics::TOPICS;
use topics::{Group, Text};

/// Explain a concept, a task or an error code; without a topic, list the topics
///
/// Words that are neither a topic nor an error code are searched in all topics. Topics are written in Markdown and
/// formatted for the terminal; `--output json` returns the Markdown source.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Topic, such as ordering; error code, such as access-denied; or words to search, such as slot lost
    topic: Vec<String>,
}

impl Args {
    pub fn run(self, ctx: &Context) -> Result<Outcome> {
        if self.topic.is_empty() {
            return Ok(list());
        }
        let asked = self.topic.join(" ");
        let text = match asked.as_str() {
            "reference" => Text { markdown: reference(ctx.definition()), name: asked },
            _ => match topics::find(&asked) {
                Ok(text) => text,
                Err(error) => return found(&asked).ok_or(error),
            },
        };
        let data = json!({ "topic": text.name, "markdown": text.markdown });
        Ok(Outcome::data(data).document(text.markdown))
    }
}

/// Returns the topics that contain the words, if there are any.
fn found(asked: &str) -> Option<Outcome> {
    let words: Vec<&str> = asked.split_whitespace().collect();
    let found = search::search(&words);
    if found.is_empty() {
        return None;
    }
    let mut markdown = format!("# Topics that contain \u{201c}{asked}\u{201d}\n");
    let names = topics::similar_names(asked).into_iter().map(|name| format!("`outboxctl explain {name}`"));
    let names: Vec<_> = names.collect();
    if !names.is_empty() {
        markdown += &format!("\nSimilar names: {}\n", names.join(", "));
    }
    for topic in &found {
        markdown += &format!("\n## outboxctl explain {}\n\n{}\n\n", topic.topic, topic.title);
        for excerpt in &topic.excerpts {
            let section = excerpt.section.map(|section| format!("**{section}**: ")).unwrap_or_default();
            markdown += &format!("- {section}{}\n", excerpt.text);
        }
    }
    Some(Outcome::data(json!({ "search": asked, "found": found })).document(markdown))
}

fn list() -> Outcome {
    let topics: Vec<_> = TOPICS
        .iter()
        .map(|topic| json!({ "topic": topic.name, "title": topic.title(), "summary": topic.summary() }))
        .collect();
    let lines = |group| -> String {
        let topics = TOPICS.iter().filter(|topic| topic.group == group);
        topics.map(|topic| line(topic.name, topic.title())).collect()
    };
    let text = format!(
        "Concepts\n{}\nHow to\n{}\nReference\n{}\n`outboxctl explain TOPIC` shows one of them.\n`outboxctl explain access-denied` \
         explains that error.",
        lines(Group::Concept),
        lines(Group::HowTo),
        line("reference", "Every command with its arguments and flags")
    );
    Outcome::data(json!({ "topics": topics })).text(text)
}

fn line(name: &str, title: &str) -> String {
    format!("  {name:<18} {title}\n")
}
