//! `outboxctl explain`. The texts are in `topics/`, the list of them in `topics.rs`, and the reference of commands, generated from
//! their definition, in `reference.rs`.

mod reference;
#[cfg(test)]
mod tests;
mod topics;

use serde_json::json;

use crate::commands::Context;
use crate::error::Result;
use crate::output::Outcome;

use reference::reference;
pub use topics::TOPICS;
use topics::{Group, Text};

/// Explain a concept, a task or an error code; without a topic, list the topics
///
/// Topics are written in Markdown and formatted for the terminal; `--output json` returns the Markdown source.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Topic, such as ordering, or error code, such as access-denied
    topic: Option<String>,
}

impl Args {
    pub fn run(self, ctx: &Context) -> Result<Outcome> {
        let Some(topic) = self.topic else { return Ok(list()) };
        let text = match topic.as_str() {
            "reference" => Text { markdown: reference(ctx.definition()), name: topic },
            _ => topics::find(&topic)?,
        };
        let data = json!({ "topic": text.name, "markdown": text.markdown });
        Ok(Outcome::data(data).document(text.markdown))
    }
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
