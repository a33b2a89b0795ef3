//! `outboxctl dlq list`.

use serde::Serialize;

use super::{place, short};
use crate::commands::reach::DatabaseArgs;
use crate::context::Context;
use crate::deadletters::{DeadLetter, Selection, causes};
use crate::error::Result;
use crate::output::{Outcome, Table};
use crate::settings::OutputFormat;

/// List what could not be delivered, and why
///
/// From the failure bucket, or on rds-kinesis from the table of what consumers gave up. The oldest come first.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Only this cause, as the list shows it
    #[arg(long, value_name = "CAUSE")]
    cause: Option<String>,
    /// Only this aggregate: its id, or TYPE/ID
    #[arg(long, value_name = "ID")]
    aggregate: Option<String>,
    /// Rows of the table; JSON and NDJSON have all
    #[arg(long, value_name = "N", default_value_t = 100)]
    limit: usize,
    #[command(flatten)]
    database: DatabaseArgs,
}

#[derive(Serialize)]
struct Listed {
    total: usize,
    by_cause: std::collections::BTreeMap<String, usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    dead_letters: Option<Vec<DeadLetter>>,
}

#[derive(Serialize)]
struct Line<'a> {
    r#type: &'static str,
    #[serde(flatten)]
    letter: &'a DeadLetter,
}

impl Args {
    pub async fn run(self, ctx: &Context) -> Result<Outcome> {
        let mut letters = place(ctx, &self.database).await?.list().await?;
        let selection = Selection { cause: self.cause, aggregate: self.aggregate, ids: Vec::new() };
        letters.retain(|letter| selection.takes(letter));
        let (total, by_cause) = (letters.len(), causes(&letters));
        let lines = ctx.console.format() == OutputFormat::Ndjson;
        for letter in letters.iter().filter(|_| lines) {
            if !ctx.console.machine_item(&Line { r#type: "dead-letter", letter }) {
                break;
            }
        }
        let mut table = Table::new(["id", "given up", "by", "aggregate", "event type", "cause", "tries"]);
        for letter in letters.iter().take(self.limit) {
            let event = &letter.event;
            let dash = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".into());
            let records = if letter.records > 1 { format!(" ×{}", letter.records) } else { String::new() };
            table.row([
                letter.id.clone(),
                letter.at.format("%m-%d %H:%M:%S").to_string(),
                short(letter.part.split(' ').next().unwrap_or_default(), 9),
                short(&dash(&event.aggregate_id), 9),
                short(&dash(&event.event_type), 13),
                short(&letter.cause, 18) + &records,
                letter.attempts.to_string(),
            ]);
        }
        let mut counts = Table::new(["cause", "count"]);
        by_cause.iter().for_each(|(cause, count)| counts.row([cause.clone(), count.to_string()]));
        let summary = match total {
            0 => "nothing could not be delivered".to_owned(),
            1 => "1 dead letter; `outboxctl dlq show ID` has it with its payload".to_owned(),
            _ if total > self.limit => format!("{total} dead letters, the oldest {} shown", self.limit),
            _ => format!("{total} dead letters; `outboxctl dlq show ID` has each with its payload"),
        };
        let outcome = Outcome::data(Listed { total, by_cause, dead_letters: (!lines).then_some(letters) });
        let outcome = if total == 0 { outcome } else { outcome.table(table).table(counts) };
        Ok(outcome.summary(summary))
    }
}
