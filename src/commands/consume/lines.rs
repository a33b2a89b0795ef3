//! The lines that `consume` prints while it runs.

use chrono::{DateTime, Utc};
use serde::Serialize;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::consumer::{Handled, Observer, Outcome, Totals};
use crate::outbox::numbered;
use crate::output::{Console, count};
use crate::pipelines::Hop;

/// An event, in NDJSON.
#[derive(Serialize)]
struct Line<'a> {
    r#type: &'static str,
    hop: Hop,
    outcome: Outcome,
    event_id: Uuid,
    event_type: &'a str,
    aggregate_type: &'a str,
    aggregate_id: &'a str,
    sequence: Option<i64>,
    committed_at: String,
    attempts: i32,
    shard: &'a str,
    sequence_number: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
}

/// The counts, in NDJSON.
#[derive(Serialize)]
struct Metrics {
    at: DateTime<Utc>,
    #[serde(flatten)]
    totals: Totals,
}

/// Prints the reports of a consumer.
pub struct Lines {
    pub console: Console,
    /// Cancelled once the reader of stdout is gone.
    pub unread: CancellationToken,
}

impl Observer for Lines {
    fn handled(&self, handled: &Handled<'_>) {
        let (message, delivery) = (&handled.event.message, &handled.event.delivery);
        let line = Line {
            r#type: "item",
            hop: Hop::Processed,
            outcome: handled.outcome,
            event_id: message.id,
            event_type: &message.event_type,
            aggregate_type: &message.aggregate_type,
            aggregate_id: &message.aggregate_id,
            sequence: message.sequence,
            committed_at: message.committed_at.to_rfc3339_opts(chrono::SecondsFormat::Micros, true),
            attempts: handled.attempts,
            shard: &delivery.shard_id,
            sequence_number: &delivery.sequence_number,
            reason: handled.reason,
        };
        let human = || {
            let (kind, aggregate) = handled.event.aggregate();
            let outcome = handled.outcome.as_str();
            let sequence = numbered(message.sequence);
            format!("{outcome:<9} {} {kind} {aggregate} {sequence}{}", message.event_type, message.id)
        };
        if !self.console.item(&line, Some(message.id), human) {
            self.unread.cancel();
        }
    }

    /// Prints a line of metrics as NDJSON, or shows progress.
    fn counts(&self, totals: Totals) {
        let text = format!(
            "{} processed, {}, {} failed; {}, {} ms behind",
            totals.processed,
            count(totals.duplicates, "duplicate"),
            totals.failed,
            count(totals.shards, "shard"),
            totals.behind_ms
        );
        if !self.console.machine_item("metrics", &Metrics { at: Utc::now(), totals }) {
            self.console.progress("consume", text);
        }
    }
}
