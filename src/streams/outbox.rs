//! The reader of an outbox table in PostgreSQL: its rows as they are committed, each once.

use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::Value;
use serde_json::value::RawValue;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::failures::Failures;
use super::item::{Body, Content, EventView, Item, Json, Origin};
use super::{Sink, StartAt, read_into};
use crate::base::error::Result;
use crate::outbox::Recent;
use crate::pipelines::Hop;
use crate::postgres::admin::{After, AppendedPage, AppendedRequest, AppendedRow};

/// Maximum ids that are kept to recognise a row after an update of it: 16 bytes each, twice.
const KEPT: usize = 500_000;

/// Pause after a query, as a multiple of its duration: a scan of a large table takes a tenth of one session at most.
const PAUSE: u32 = 9;

/// A database with an outbox table.
pub trait Table: Send + 'static {
    /// Returns the rows after a position.
    fn appended(&mut self, request: &AppendedRequest) -> impl Future<Output = Result<AppendedPage>> + Send;
}

/// Options of a reader.
#[derive(Debug, Clone)]
pub struct Options {
    /// Schema and name of the table, for display.
    pub table: String,
    pub from: StartAt,
    pub until: Option<DateTime<Utc>>,
    /// Minimum interval of queries.
    pub pause: Duration,
    /// Indicates whether consumers mark the rows, and no time shows which of them existed before.
    pub untimed_marks: bool,
}

/// Takes its position, then follows the table in the background until cancelled, past `until` by the
/// clock of the database, or failed.
///
/// # Errors
/// `Usage` for a start by time if the table has no time, and those of the database.
pub async fn open(mut table: impl Table, options: Options, sink: Sink, cancel: CancellationToken) -> Result<()> {
    let end = AppendedRequest { after: After::Everything, since: None };
    let AppendedPage { next, now, .. } = table.appended(&end).await?;
    let mut seen = Recent::new(KEPT);
    let (after, since) = match options.from {
        StartAt::Latest if options.untimed_marks => (skip(&mut table, &mut seen).await?, None),
        StartAt::Latest => (next, None),
        StartAt::Start => (After::Nothing, None),
        StartAt::At(at) => (After::Nothing, Some(at)),
    };
    let request = AppendedRequest { after, since };
    // Errors of the request itself are reported now.
    let first = table.appended(&request).await?;
    let follower = Follower { opened: now, past: options.from != StartAt::Latest, seen, options };
    tokio::spawn(async move {
        read_into(&sink, &cancel, follower.follow(table, request, first, &sink)).await;
    });
    Ok(())
}

/// Records the rows that exist as seen, up to [`KEPT`] of them, and returns the position after them.
async fn skip(table: &mut impl Table, seen: &mut Recent) -> Result<After> {
    let mut request = AppendedRequest { after: After::Nothing, since: None };
    loop {
        let AppendedPage { rows, next, .. } = table.appended(&request).await?;
        if rows.is_empty() {
            return Ok(next);
        }
        for row in rows {
            seen.is_new(row.row.id);
        }
        request.after = next;
    }
}

struct Follower {
    /// Time of the database when the reader was opened.
    opened: DateTime<Utc>,
    /// The rows that existed then are still being read.
    past: bool,
    /// The last ids that were sent.
    seen: Recent,
    options: Options,
}

impl Follower {
    async fn follow(
        mut self,
        mut table: impl Table,
        mut request: AppendedRequest,
        first: AppendedPage,
        sink: &Sink,
    ) -> Result<()> {
        let (mut failures, mut page, mut took) = (Failures::default(), Some(first), Duration::ZERO);
        // Time of the database at the beginning of a pass, which has all rows that were committed until then.
        let mut begun = None;
        loop {
            let started = Instant::now();
            let AppendedPage { rows, next, now } = match page.take() {
                Some(page) => page,
                None => match table.appended(&request).await {
                    Ok(page) => page,
                    Err(error) => {
                        failures.pause(error).await?;
                        continue;
                    }
                },
            };
            failures.reset();
            took = took.max(started.elapsed());
            request.after = next;
            let begun_at = *begun.get_or_insert(now);
            let idle = rows.is_empty();
            for row in rows {
                let at = row.row.created_at.unwrap_or(now);
                if self.is_new(&row) && self.options.until.is_none_or(|until| at <= until) {
                    let item = item(row, at, &self.options.table);
                    if sink.send(Ok(item)).await.is_err() {
                        return Ok(());
                    }
                }
            }
            if idle {
                self.past = false;
                begun = None;
                if sink.is_closed() || self.options.until.is_some_and(|until| begun_at > until) {
                    return Ok(());
                }
                tokio::time::sleep(self.options.pause.max(took * PAUSE)).await;
                took = Duration::ZERO;
            }
        }
    }

    /// Returns whether the row was not sent before. The mark of a consumer is an update, after which an old row looks
    /// like a new one.
    fn is_new(&mut self, row: &AppendedRow) -> bool {
        let old = row.marked && row.row.created_at.is_some_and(|at| at < self.opened);
        (self.past || !old) && self.seen.is_new(row.row.id)
    }
}

/// The row in the item's `record`.
#[derive(Serialize)]
struct Record<'a> {
    id: Uuid,
    aggregate_type: &'a str,
    aggregate_id: &'a str,
    event_type: &'a str,
    sequence: Option<i64>,
    payload: Option<Box<RawValue>>,
    traceparent: Option<&'a str>,
    schema_version: i32,
    created_at: Option<DateTime<Utc>>,
}

fn item(AppendedRow { row, correlation_id, .. }: AppendedRow, at: DateTime<Utc>, table: &str) -> Item {
    // A column of text may have a payload that is not JSON.
    let payload = row.payload.as_ref().map(|text| {
        RawValue::from_string(text.clone()).or_else(|_| serde_json::value::to_raw_value(text)).unwrap_or_default()
    });
    let record = Record {
        id: row.id,
        aggregate_type: &row.aggregate_type,
        aggregate_id: &row.aggregate_id,
        event_type: &row.event_type,
        sequence: row.sequence,
        payload,
        traceparent: row.traceparent.as_deref(),
        schema_version: row.schema_version,
        created_at: row.created_at,
    };
    let text = serde_json::to_vec(&record).unwrap_or_default();
    let record = Json::parse(&text).unwrap_or_else(|_| Json::from(Value::Null));
    let event = EventView {
        event_id: Some(row.id.to_string()),
        event_type: Some(row.event_type),
        aggregate_type: Some(row.aggregate_type),
        aggregate_id: Some(row.aggregate_id),
        sequence: row.sequence,
        committed_at: row.created_at,
        correlation_id,
        image: None,
    };
    let origin = Origin::Row { table: table.to_owned(), row: row.id.to_string() };
    let (content, summary, body) = (Content::Event, event.summary(), Body::Record(record));
    Item { hop: Hop::Database, at, content, summary, event, origin, body }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use parking_lot::Mutex;

    use super::*;
    use crate::postgres::admin::EventRow;

    fn row(id: u128, marked: bool, created_at: DateTime<Utc>) -> AppendedRow {
        let row = EventRow {
            id: Uuid::from_u128(id),
            aggregate_type: "order".into(),
            aggregate_id: "7".into(),
            event_type: "OrderPlaced".into(),
            sequence: Some(1),
            payload: Some(r#"{"amount": 1.50}"#.into()),
            traceparent: None,
            schema_version: 1,
            created_at: Some(created_at),
        };
        AppendedRow { row, correlation_id: None, marked }
    }

    #[test]
    fn marks_of_consumers_do_not_make_old_rows_new() {
        let opened = Utc::now();
        let (before, after) = (opened - Duration::from_secs(60), opened + Duration::from_secs(1));
        let mut follower = Follower { opened, past: false, seen: Recent::new(KEPT), options: options(None) };
        assert!(!follower.is_new(&row(1, true, before)), "marked just now");
        assert!(follower.is_new(&row(2, false, before)), "of a long transaction");
        assert!(follower.is_new(&row(3, true, after)), "marked before the next query");
        assert!(!follower.is_new(&row(3, true, after)), "sent before");
        follower.past = true;
        assert!(follower.is_new(&row(4, true, before)), "the past includes marked rows");
    }

    /// A table of rows with the versions at which they became visible, read at a time; clones share it.
    #[derive(Clone)]
    struct Shared(Arc<Mutex<(Vec<AppendedRow>, DateTime<Utc>)>>);

    impl Shared {
        fn change(&self, change: impl FnOnce(&mut Vec<AppendedRow>, &mut DateTime<Utc>)) {
            let (rows, now) = &mut *self.0.lock();
            change(rows, now);
        }
    }

    impl Table for Shared {
        /// The position is the number of versions that were seen.
        async fn appended(&mut self, request: &AppendedRequest) -> Result<AppendedPage> {
            tokio::task::yield_now().await;
            let (rows, now) = &*self.0.lock();
            let from = match &request.after {
                After::Nothing => 0,
                After::Snapshot(versions) => versions.parse().expect("a number"),
                _ => rows.len(),
            };
            let next = After::Snapshot(rows.len().to_string());
            Ok(AppendedPage { rows: rows[from..].to_vec(), next, now: *now })
        }
    }

    fn untimed(id: u128, marked: bool) -> AppendedRow {
        let mut row = row(id, marked, Utc::now());
        row.row.created_at = None;
        row
    }

    fn options(until: Option<DateTime<Utc>>) -> Options {
        let (table, pause) = (String::new(), Duration::from_micros(50));
        Options { table, from: StartAt::Latest, until, pause, untimed_marks: true }
    }

    #[tokio::test]
    async fn marks_of_consumers_do_not_make_old_rows_without_a_time_new() {
        let table = Shared(Arc::new(Mutex::new((vec![untimed(1, false), untimed(2, true)], Utc::now()))));
        let ((sink, mut items), cancel) = (crate::streams::channel(), CancellationToken::new());
        open(table.clone(), options(None), sink, cancel.clone()).await.expect("a position");
        table.change(|rows, _| rows.extend([untimed(1, true), untimed(3, true), untimed(3, true), untimed(4, false)]));
        let mut ids = Vec::new();
        for _ in 0..2 {
            let item = items.recv().await.expect("a reader").expect("an item");
            ids.push(item.event.event_id.expect("an id"));
        }
        assert_eq!(ids, [3, 4].map(|id| Uuid::from_u128(id).to_string()));
        cancel.cancel();
    }

    /// The clock of this machine is past the end, that of the database is not.
    #[tokio::test]
    async fn the_reader_ends_by_the_clock_of_the_database() {
        let until = Utc::now() - Duration::from_secs(60);
        let (before, after) = (until - Duration::from_secs(1), until + Duration::from_secs(1));
        let table = Shared(Arc::new(Mutex::new((Vec::new(), before))));
        let (sink, mut items) = crate::streams::channel();
        open(table.clone(), options(Some(until)), sink, CancellationToken::new()).await.expect("a position");
        for _ in 0..20 {
            tokio::task::yield_now().await;
        }
        table.change(|rows, now| {
            rows.extend([row(1, false, after), row(2, false, before)]);
            *now = after;
        });
        let item = items.recv().await.expect("an item before the end").expect("an item");
        assert_eq!(item.event.event_id, Some(Uuid::from_u128(2).to_string()));
        assert!(items.recv().await.is_none());
    }

    #[test]
    fn numbers_of_a_payload_keep_their_digits() {
        let at = Utc::now();
        let text = |payload: &str| {
            let mut row = row(1, false, at);
            row.row.payload = Some(payload.into());
            match item(row, at, "public.outbox").body {
                Body::Record(record) => record.text().to_owned(),
                other => panic!("{other:?}"),
            }
        };
        assert!(text(r#"{"amount": 1.50}"#).contains(r#""payload":{"amount": 1.50}"#));
        assert!(text("no JSON").contains(r#""payload":"no JSON""#));
    }
}
