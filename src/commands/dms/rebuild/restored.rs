//! A database that was restored to an earlier time: it assigns sequences again that delivered events have.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::gap::Gap;
use crate::base::error::{Error, Result};
use crate::output::count;
use crate::pipelines::{Output, Part};
use crate::postgres::admin::{Behind, Last};
use crate::repair::source::logged;
use crate::streams::{Content, EventView, StartAt};

/// Maximum aggregates per request.
const BATCH: usize = 1_000;

/// The changes of sequences.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Advanced {
    /// Aggregates whose sequences continue after the delivered ones.
    pub aggregates: u64,
    /// Rows that were written after the database was restored, and that got another sequence.
    pub events: u64,
}

/// The last delivered event of each aggregate, by its type and id.
type Lasts = HashMap<(String, String), (i64, Uuid, DateTime<Utc>)>;

impl Gap<'_> {
    /// Makes aggregates continue after their delivered sequences, if the outbox no longer has these events. The rows that
    /// were written since must not be captured before: their sequences change.
    ///
    /// A table that `db init` did not create is left as it is: outboxctl does not assign its sequences.
    pub async fn advance(&self) -> Result<Advanced> {
        if !self.deployment.layout.is_own() {
            return Ok(Advanced::default());
        }
        let delivered = self.delivered().await?;
        let last = |(aggregate, delivered)| {
            let ((aggregate_type, aggregate_id), (sequence, event_id, committed_at)) = (aggregate, delivered);
            Last { aggregate_type, aggregate_id, sequence, event_id, committed_at }
        };
        let lasts: Vec<Last> = delivered.into_iter().map(last).collect();
        // Other applications may put events to a bus that outboxctl did not create.
        let is_shared =
            [Output::BusName, Output::EventLogGroup].iter().any(|output| self.deployment.is_existing(*output));
        let mut database = self.deployment.database().await?;
        let mut behind = Vec::new();
        for batch in lasts.chunks(BATCH) {
            behind.extend(database.behind(batch.to_vec(), is_shared).await?);
        }
        if behind.is_empty() {
            return Ok(Advanced::default());
        }
        self.ctx.console.warn(warning(&behind));
        let mut advanced = Advanced { aggregates: behind.len() as u64, events: 0 };
        for batch in behind.chunks(BATCH) {
            advanced.events += database.advance(batch.to_vec()).await?;
        }
        Ok(advanced)
    }

    /// Reads everything that the event log and the stream retain.
    async fn delivered(&self) -> Result<Lasts> {
        self.progress("comparing the sequences of the outbox with the delivered ones");
        let mut lasts = Lasts::new();
        let mut observe = |kind: String, id: String, sequence: i64, event: Uuid, at: DateTime<Utc>| {
            let last = lasts.entry((kind, id)).or_insert((sequence, event, at));
            if sequence > last.0 {
                *last = (sequence, event, at);
            }
        };
        if let Some(log) = self.deployment.pipeline.stop(Part::EventLog) {
            let mut reader = logged::Reader::new(&self.deployment.clients, self.deployment.output(log.output)?);
            let mut token = None;
            loop {
                let (messages, next) = reader.page((None, None), token).await?;
                for message in messages {
                    let Some(sequence) = message.sequence else { continue };
                    observe(message.aggregate_type, message.aggregate_id, sequence, message.id, message.committed_at);
                }
                token = next;
                if token.is_none() {
                    break;
                }
                if self.ctx.cancel.is_cancelled() {
                    return Err(Error::interrupted());
                }
            }
        }
        // What the log does not have yet may be in transit.
        self.read_stream(StartAt::Start, |item| {
            let EventView { event_id, aggregate_type, aggregate_id, sequence, committed_at, .. } = item.event;
            let id = event_id.and_then(|id| id.parse().ok()).filter(|_| item.content == Content::Event);
            if let (Some(id), Some(kind), Some(aggregate), Some(sequence), Some(at)) =
                (id, aggregate_type, aggregate_id, sequence, committed_at)
            {
                observe(kind, aggregate, sequence, id, at);
            }
        })
        .await?;
        Ok(lasts)
    }
}

/// Names the cause and what changes.
fn warning(behind: &[Behind]) -> String {
    let reused: i64 = behind.iter().map(|aggregate| aggregate.reused).sum();
    let aggregates = count(behind.len() as u64, "aggregate");
    let moved = match reused {
        0 => String::new(),
        _ => format!(
            "; {} written since have sequences of delivered events, and get later ones",
            count(u64::try_from(reused).unwrap_or_default(), "event")
        ),
    };
    format!(
        "the database was restored to an earlier time: events of {aggregates} were delivered, and the outbox no longer has \
         them; sequences continue after the delivered ones, with a gap{moved}"
    )
}
