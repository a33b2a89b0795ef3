//! The reader of the processed log: the marks of a consumer group, each once.

use std::time::Duration;

use chrono::{DateTime, Utc};
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use super::failures::Failures;
use super::item::{Body, Content, EventView, Item, Json, Origin};
use super::{Sink, StartAt, read_into};
use crate::error::Result;
use crate::pipelines::Hop;
use crate::postgres::admin::{LogPosition, LogRow, ProcessedPage, ProcessedRequest};

/// A database with a processed log.
pub trait Log: Send + 'static {
    /// Returns the rows after a position.
    fn page(&mut self, request: &ProcessedRequest) -> impl Future<Output = Result<ProcessedPage>> + Send;
}

/// Options of a reader.
#[derive(Debug, Clone)]
pub struct Options {
    /// The consumer group.
    pub group: String,
    pub from: StartAt,
    pub until: Option<DateTime<Utc>>,
    /// Interval of queries.
    pub pause: Duration,
}

/// Takes its position, then follows the log in the background until cancelled, past `until`, or failed.
pub async fn open(mut database: impl Log, options: Options, sink: Sink, cancel: CancellationToken) -> Result<()> {
    let after = match options.from {
        StartAt::Latest => None,
        StartAt::Start | StartAt::At(_) => Some(LogPosition::default()),
    };
    let since = if let StartAt::At(at) = options.from { Some(at) } else { None };
    let mut request = ProcessedRequest { consumer: options.group.clone(), after, since, visible: false };
    if after.is_none() {
        request.after = Some(database.page(&request).await?.next);
    }
    tokio::spawn(async move {
        read_into(&sink, &cancel, follow(database, request, &options, &sink)).await;
    });
    Ok(())
}

async fn follow(mut database: impl Log, mut request: ProcessedRequest, options: &Options, sink: &Sink) -> Result<()> {
    let mut failures = Failures::default();
    loop {
        let page = match database.page(&request).await {
            Ok(page) => page,
            Err(error) => {
                failures.pause(error).await?;
                continue;
            }
        };
        failures.reset();
        let idle = page.rows.is_empty();
        for row in page.rows {
            if options.until.is_some_and(|until| row.processed_at > until) {
                return Ok(());
            }
            if sink.send(Ok(item(row, &options.group))).await.is_err() {
                return Ok(());
            }
        }
        request.after = Some(page.next);
        if idle {
            if sink.is_closed() || options.until.is_some_and(|until| Utc::now() > until) {
                return Ok(());
            }
            tokio::time::sleep(options.pause).await;
        }
    }
}

/// Returns the item of a mark. A success is an event; a failure is shown, and does not count as one.
fn item(row: LogRow, group: &str) -> Item {
    let record = Json::from(serde_json::to_value(&row).unwrap_or(Value::Null));
    let (at, content) = (row.processed_at, if row.succeeded { Content::Event } else { Content::Other });
    let verb = if row.succeeded { "" } else { "failed: " };
    let origin = Origin::Mark {
        consumer: group.to_owned(),
        position: row.position,
        shard: row.shard_id,
        sequence_number: row.sequence_number,
    };
    let event = EventView {
        event_id: Some(row.event_id.to_string()),
        event_type: Some(row.event_type),
        aggregate_type: Some(row.aggregate_type),
        aggregate_id: Some(row.aggregate_id),
        sequence: row.sequence,
        committed_at: Some(row.committed_at),
        correlation_id: row.correlation_id.filter(|_| row.succeeded),
        image: None,
    };
    let summary = format!("{verb}{}", event.summary());
    Item { hop: Hop::Processed, at, content, summary, event, origin, body: Body::Record(record) }
}
