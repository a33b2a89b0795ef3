//! The reader of the processed log: the marks of a consumer group, each once.

use std::time::Duration;

use chrono::{DateTime, Utc};
use serde_json::Value;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::failures::Failures;
use super::item::{Body, Content, EventView, Item, Json, Origin};
use super::{Sink, StartAt, read_into};
use crate::error::Result;
use crate::outbox::Recent;
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

/// Maximum marks that are kept to recognise one that is read again: 16 bytes each, twice.
const KEPT: usize = 500_000;

/// Takes its position, then follows the log in the background until cancelled, past `until`, or failed.
pub async fn open(database: impl Log, options: Options, sink: Sink, cancel: CancellationToken) -> Result<()> {
    let since = if let StartAt::At(at) = options.from { Some(at) } else { None };
    let request = ProcessedRequest {
        consumer: options.group.clone(),
        after: Some(LogPosition::default()),
        since,
        visible: true,
        snapshot: None,
    };
    let mut follower = Follower { database, request, seen: Recent::new(KEPT), settled: None };
    if options.from == StartAt::Latest {
        follower.skip().await?;
    }
    tokio::spawn(async move {
        read_into(&sink, &cancel, follower.follow(&options, &sink)).await;
    });
    Ok(())
}

/// Reads the log in passes. A pass has the rows that are visible in the snapshot of its first page, in the order of their
/// transactions. The next one begins at the oldest transaction that was open then, because the rows of that one come
/// later, and skips what was seen before: a transaction that stays open does not delay the marks of the others.
///
/// The marks of an aggregate are in order: a consumer writes the next one after the previous one was committed, so no
/// snapshot has it alone.
struct Follower<D> {
    database: D,
    request: ProcessedRequest,
    /// Positions of the marks that were read.
    seen: Recent,
    /// The beginning of the next pass.
    settled: Option<LogPosition>,
}

impl<D: Log> Follower<D> {
    /// Marks what is in the log as seen.
    async fn skip(&mut self) -> Result<()> {
        let end = ProcessedRequest { after: None, ..self.request.clone() };
        self.request.after = Some(self.database.page(&end).await?.next);
        while self.page().await?.is_some() {}
        Ok(())
    }

    /// Returns the marks of the next page that were not seen before; `None` at the end of a pass.
    async fn page(&mut self) -> Result<Option<Vec<LogRow>>> {
        let page = self.database.page(&self.request).await?;
        if self.request.snapshot.is_none() {
            self.settled = page.settled();
        }
        if page.rows.is_empty() {
            self.request.snapshot = None;
            self.request.after = self.settled.take().or(Some(page.next));
            return Ok(None);
        }
        (self.request.after, self.request.snapshot) = (Some(page.next), page.snapshot);
        Ok(Some(page.rows.into_iter().filter(|row| self.seen.is_new(row.position)).collect()))
    }

    async fn follow(mut self, options: &Options, sink: &Sink) -> Result<()> {
        let (mut failures, mut begun) = (Failures::default(), Instant::now());
        loop {
            let rows = match self.page().await {
                Ok(rows) => rows,
                Err(error) => {
                    failures.pause(error).await?;
                    continue;
                }
            };
            failures.reset();
            let idle = rows.is_none();
            for row in rows.into_iter().flatten() {
                if options.until.is_some_and(|until| row.processed_at > until) {
                    return Ok(());
                }
                if sink.send(Ok(item(row, &options.group))).await.is_err() {
                    return Ok(());
                }
            }
            if idle {
                if sink.is_closed() || options.until.is_some_and(|until| Utc::now() > until) {
                    return Ok(());
                }
                // A long pass is not repeated all the time.
                tokio::time::sleep(options.pause.max(begun.elapsed())).await;
                begun = Instant::now();
            }
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

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};
    use std::sync::Arc;

    use parking_lot::Mutex;
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;
    use crate::postgres::admin::AdminResponse;

    /// A mark of an aggregate, in a transaction of its own.
    struct Mark {
        xact: i64,
        aggregate: u8,
        sequence: i64,
        committed: bool,
    }

    /// The last transaction, the marks, and the open transactions.
    type Transactions = (i64, Vec<Mark>, BTreeSet<i64>);

    /// A server with transactions; clones share it.
    #[derive(Clone, Default)]
    struct Server(Arc<Mutex<Transactions>>);

    impl Server {
        /// Starts a transaction with the next mark of an aggregate, unless one is open: a consumer marks in sequence.
        fn begin(&self, aggregate: u8) {
            let (last, marks, open) = &mut *self.0.lock();
            if marks.iter().any(|mark| mark.aggregate == aggregate && !mark.committed) {
                return;
            }
            let sequence = 1 + marks.iter().filter(|mark| mark.aggregate == aggregate).count() as i64;
            *last += 1;
            open.insert(*last);
            marks.push(Mark { xact: *last, aggregate, sequence, committed: false });
        }

        /// Starts a transaction that stays open, and writes nothing here.
        fn hold(&self) {
            let (last, _, open) = &mut *self.0.lock();
            *last += 1;
            open.insert(*last);
        }

        fn commit(&self, aggregate: u8) {
            let (_, marks, open) = &mut *self.0.lock();
            for mark in marks.iter_mut().filter(|mark| mark.aggregate == aggregate && !mark.committed) {
                mark.committed = true;
                open.remove(&mark.xact);
            }
        }

        /// Returns the number of committed marks of each aggregate.
        fn committed(&self) -> BTreeMap<u8, i64> {
            let mut all = BTreeMap::new();
            for mark in self.0.lock().1.iter().filter(|mark| mark.committed) {
                *all.entry(mark.aggregate).or_default() += 1;
            }
            all
        }
    }

    impl Log for Server {
        async fn page(&mut self, request: &ProcessedRequest) -> Result<ProcessedPage> {
            tokio::task::yield_now().await;
            let (last, marks, open) = &*self.0.lock();
            let xmin = open.first().copied().unwrap_or(last + 1);
            let Some(after) = request.after else {
                let next = LogPosition { xact: xmin, position: 0 };
                return Ok(ProcessedPage { rows: Vec::new(), next, snapshot: None });
            };
            let list: Vec<String> = open.iter().map(i64::to_string).collect();
            let now = format!("{xmin}:{}:{}", last + 1, list.join(","));
            let snapshot = request.snapshot.clone().unwrap_or(now);
            let parts: Vec<&str> = snapshot.split(':').collect();
            let is_visible = |mark: &&Mark| {
                mark.xact < parts[1].parse().expect("xmax")
                    && !parts[2].split(',').any(|xip| xip == mark.xact.to_string())
            };
            let rows: Vec<LogRow> = marks
                .iter()
                .filter(|mark| mark.committed && LogPosition { xact: mark.xact, position: mark.xact } > after)
                .filter(is_visible)
                .take(2)
                .map(row)
                .collect();
            let next = rows.last().map_or(after, |row| LogPosition { xact: row.position, position: row.position });
            Ok(ProcessedPage { rows, next, snapshot: Some(snapshot) })
        }
    }

    fn row(mark: &Mark) -> LogRow {
        LogRow {
            position: mark.xact,
            event_id: Uuid::nil(),
            aggregate_type: "car".into(),
            aggregate_id: mark.aggregate.to_string(),
            event_type: "T".into(),
            sequence: Some(mark.sequence),
            shard_id: "s".into(),
            sequence_number: "1".into(),
            succeeded: true,
            attempts: 1,
            committed_at: DateTime::UNIX_EPOCH,
            processed_at: DateTime::UNIX_EPOCH,
            correlation_id: None,
            digest: None,
        }
    }

    #[derive(Debug, Clone)]
    enum Step {
        Begin(u8),
        Commit(u8),
        Hold,
        Wait,
    }

    fn step() -> impl Strategy<Value = Step> {
        prop_oneof![
            4 => (0u8..4).prop_map(Step::Begin),
            4 => (0u8..4).prop_map(Step::Commit),
            1 => Just(Step::Hold),
            2 => Just(Step::Wait),
        ]
    }

    async fn take(server: &Server, steps: &[Step]) {
        for step in steps {
            match step {
                Step::Begin(aggregate) => server.begin(*aggregate),
                Step::Commit(aggregate) => server.commit(*aggregate),
                Step::Hold => server.hold(),
                Step::Wait => tokio::time::sleep(Duration::from_micros(300)).await,
            }
        }
    }

    /// Follows the log from the latest position, and returns the sequences of each aggregate in the order of reading.
    async fn read(before: &[Step], during: &[Step]) -> (BTreeMap<u8, Vec<i64>>, BTreeMap<u8, Vec<i64>>) {
        let server = Server::default();
        take(&server, before).await;
        let old = server.committed();
        let options =
            Options { group: "g".into(), from: StartAt::Latest, until: None, pause: Duration::from_micros(50) };
        let (sink, mut items) = crate::streams::channel();
        let cancel = CancellationToken::new();
        open(server.clone(), options, sink, cancel.clone()).await.expect("a position");
        take(&server, during).await;
        let all = server.committed();
        let new = |aggregate: &u8| old.get(aggregate).copied().unwrap_or_default() + 1;
        let expected: BTreeMap<u8, Vec<i64>> =
            all.iter().map(|(aggregate, count)| (*aggregate, (new(aggregate)..=*count).collect())).collect();
        let count: usize = expected.values().map(Vec::len).sum();
        let mut seen: BTreeMap<u8, Vec<i64>> = all.keys().map(|aggregate| (*aggregate, Vec::new())).collect();
        // Some passes more than needed, which must not repeat anything.
        for n in 0..count + 3 {
            let wait = if n < count { Duration::from_secs(30) } else { Duration::from_millis(2) };
            let Ok(item) = tokio::time::timeout(wait, items.recv()).await else { break };
            let event = item.expect("a reader").expect("an item").event;
            let aggregate: u8 = event.aggregate_id.expect("an aggregate").parse().expect("a number");
            seen.entry(aggregate).or_default().push(event.sequence.expect("a sequence"));
        }
        cancel.cancel();
        (seen, expected)
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

        /// Transactions commit in any order, and some stay open: each mark is read once, in the order of its aggregate.
        #[test]
        fn each_mark_is_read_once_in_order_while_transactions_are_open(
            before in prop::collection::vec(step(), 0..20), during in prop::collection::vec(step(), 0..60),
        ) {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            let (seen, expected) = runtime.block_on(read(&before, &during));
            prop_assert_eq!(seen, expected);
        }
    }

    /// The answer of a function of an older version has no snapshot.
    #[test]
    fn an_answer_without_a_snapshot_is_read() {
        let answer = r#"{"op": "processed", "rows": [], "next": {"xact": 7, "position": 1}}"#;
        let AdminResponse::Processed(page) = serde_json::from_str(answer).expect("an answer") else {
            panic!("{answer}")
        };
        assert_eq!((page.settled(), page.next), (None, LogPosition { xact: 7, position: 1 }));
    }
}
