//! `outboxctl dlq list`.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{Chosen, places, warn_unlisted};
use crate::base::error::Result;
use crate::commands::reach::DatabaseArgs;
use crate::commands::{Context, args};
use crate::output::{Outcome, Table, count};
use crate::repair::dead_letters::{DeadLetter, Selection, counts};
use crate::settings::OutputFormat;

/// List events that could not be delivered, with the reason
///
/// Reads every place where the pipeline stores dead letters: the failure bucket (on rds-kinesis, the table of events
/// that consumers failed to process), the queue of events that did not reach the event log (unlogged), and the queue of
/// events that did not reach the consumer behind the bus (undelivered). The oldest come first. While a queue is being
/// listed, its messages are not visible to other readers.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    chosen: Chosen,
    /// Maximum rows in the table; JSON and NDJSON output is not limited
    #[arg(long, value_name = "N", value_parser = args::whole(0, usize::MAX), default_value_t = 100)]
    limit: usize,
    #[command(flatten)]
    database: DatabaseArgs,
}

#[derive(Serialize)]
struct Listed {
    total: usize,
    by_cause: BTreeMap<String, usize>,
    by_place: BTreeMap<String, usize>,
    /// Approximate number of messages that other readers have received: they are not listed.
    held_elsewhere: u64,
    /// Approximate number of messages that could not be read with the others, because a queue has too many: they are not
    /// listed.
    unread: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    dead_letters: Option<Vec<DeadLetter>>,
}

impl Args {
    pub async fn run(self, ctx: &Context) -> Result<Outcome> {
        let wait = ctx.console.wait("dlq", "reading dead letters");
        let mut places = places(ctx, &self.database, self.chosen.place.as_deref()).await?;
        let mut letters = places.list().await?;
        drop(wait);
        warn_unlisted(ctx, &places);
        let selection = Selection { cause: self.chosen.cause, aggregate: self.chosen.aggregate, ids: Vec::new() };
        letters.retain(|letter| selection.takes(letter));
        let total = letters.len();
        let (by_cause, by_place) = (counts(&letters, |letter| &letter.cause), counts(&letters, |letter| letter.place));
        let lines = ctx.console.format() == OutputFormat::Ndjson;
        for letter in letters.iter().filter(|_| lines) {
            if !ctx.console.machine_item("dead-letter", letter) {
                break;
            }
        }
        let shown = letters.iter().take(self.limit);
        let table = table(shown, ctx.console.is_terminal().then(|| ctx.console.width()));
        let mut summed = Table::new(["cause", "count"]);
        by_cause.iter().for_each(|(cause, count)| summed.row([cause.clone(), count.to_string()]));
        let summary = match total {
            _ if places.unread() > 0 => format!("at least {}; not all could be read", count(total, "dead letter")),
            0 => "no dead letters".to_owned(),
            _ if total > self.limit => format!("{}, the oldest {} shown", count(total, "dead letter"), self.limit),
            _ => format!("{}; `outboxctl dlq show ID` shows one with its payload", count(total, "dead letter")),
        };
        let (dead_letters, held_elsewhere) = ((!lines).then_some(letters), places.elsewhere());
        let unread = places.unread();
        let outcome = Outcome::data(Listed { total, by_cause, by_place, held_elsewhere, unread, dead_letters });
        let outcome = if total == 0 { outcome } else { outcome.table(table).table(summed) };
        Ok(outcome.summary(summary))
    }
}

/// The columns of the table by priority.
const COLUMNS: [&str; 8] = ["id", "failed at", "place", "cause", "event type", "aggregate", "by", "tries"];

/// Draws the letters with as many columns as fit into `width` without wrapping, at least the first 5: `dlq show` has
/// the rest. No value is truncated, because causes, aggregates and ids are arguments of other commands.
fn table<'a>(letters: impl Iterator<Item = &'a DeadLetter>, width: Option<usize>) -> Table {
    let rows: Vec<[String; COLUMNS.len()]> = letters
        .map(|letter| {
            [
                letter.id.clone(),
                letter.at.format("%Y-%m-%d %H:%M:%S").to_string(),
                letter.place.to_owned(),
                letter.cause.clone() + &times(letter),
                dash(letter.event.event_type.as_ref()),
                letter.event.aggregate(),
                letter.part.split(' ').next().unwrap_or_default().to_owned(),
                letter.attempts.to_string(),
            ]
        })
        .collect();
    let of = |columns: usize| {
        let mut table = Table::new(COLUMNS[..columns].iter().copied());
        rows.iter().for_each(|row| table.row(row[..columns].iter().cloned()));
        table
    };
    let fits = |table: &Table| width.is_none_or(|width| table.width() <= width);
    (5..=COLUMNS.len()).rev().map(of).find(fits).unwrap_or_else(|| of(5))
}

/// Returns the number of records of a letter, unless it is one.
fn times(letter: &DeadLetter) -> String {
    if letter.records > 1 { format!(" ×{}", letter.records) } else { String::new() }
}

fn dash(text: Option<&String>) -> String {
    text.cloned().unwrap_or_else(|| "-".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn narrow_tables_drop_columns_and_never_truncate_cells() {
        let aggregate = "01a215e1-afc4-7491-93d2-a4865215a8e6";
        let letter = DeadLetter::sample("7a3f0b9c1d", "ThrottlingException", "OrderCreated", aggregate);
        let at = |width| table([&letter].into_iter(), width);
        assert_eq!(at(None).header, COLUMNS);
        assert_eq!(at(Some(150)).header, COLUMNS);
        assert_eq!(at(Some(120)).header.last().map(String::as_str), Some("aggregate"));
        assert_eq!(at(Some(80)).header.last().map(String::as_str), Some("event type"));
        for width in [None, Some(150), Some(120), Some(80), Some(20)] {
            let table = at(width);
            let row = &table.rows[0];
            assert_eq!((row[0].as_str(), row[3].as_str()), ("7a3f0b9c1d", "ThrottlingException"), "{width:?}");
        }
    }
}
