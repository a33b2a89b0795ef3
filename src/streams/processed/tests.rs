//! The reader over a log whose transactions commit in any order.

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
            mark.xact < parts[1].parse().expect("xmax") && !parts[2].split(',').any(|xip| xip == mark.xact.to_string())
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
    let options = Options { group: "g".into(), from: StartAt::Latest, until: None, pause: Duration::from_micros(50) };
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
    let AdminResponse::Processed(page) = serde_json::from_str(answer).expect("an answer") else { panic!("{answer}") };
    assert_eq!((page.settled(), page.next), (None, LogPosition { xact: 7, position: 1 }));
}

/// A log whose pages are given.
struct Pages<F>(F);

impl<F: FnMut() -> Vec<LogRow> + Send + 'static> Log for Pages<F> {
    async fn page(&mut self, request: &ProcessedRequest) -> Result<ProcessedPage> {
        Ok(ProcessedPage { rows: (self.0)(), next: request.after.unwrap_or_default(), snapshot: Some("9:9:".into()) })
    }
}

fn marked(position: i64, processed_at: DateTime<Utc>) -> LogRow {
    LogRow { processed_at, ..row(&Mark { xact: position, aggregate: 0, sequence: position, committed: true }) }
}

/// Returns the sequences that are read until the reader ends.
async fn read_until(until: DateTime<Utc>, pages: impl FnMut() -> Vec<LogRow> + Send + 'static) -> Vec<i64> {
    let (from, pause) = (StartAt::Start, Duration::ZERO);
    let options = Options { group: "g".into(), from, until: Some(until), pause };
    let (sink, mut items) = crate::streams::channel();
    open(Pages(pages), options, sink, CancellationToken::new()).await.expect("a position");
    let mut read = Vec::new();
    while let Some(item) = items.recv().await {
        read.extend(item.expect("an item").event.sequence);
    }
    read
}

#[tokio::test]
async fn earlier_marks_after_one_past_the_end_are_read() {
    let at = |second| DateTime::from_timestamp(second, 0).expect("a time");
    let mut pages =
        vec![vec![marked(1, at(1)), marked(2, at(9)), marked(3, at(2))], vec![marked(4, at(3))]].into_iter();
    assert_eq!(read_until(at(5), move || pages.next().unwrap_or_default()).await, [1, 3, 4]);
}

/// The end passes while the first pass is read: marks until then may have been committed after its snapshot.
#[tokio::test]
async fn the_last_pass_begins_after_the_end() {
    let until = Utc::now() + Duration::from_millis(10);
    let (mut passes, mut pages) = (0, vec![marked(1, until)]);
    let read = read_until(until, move || {
        passes += 1;
        match passes {
            1 => {
                while Utc::now() <= until {
                    std::hint::spin_loop();
                }
                Vec::new()
            }
            _ => std::mem::take(&mut pages),
        }
    });
    assert_eq!(read.await, [1]);
}
