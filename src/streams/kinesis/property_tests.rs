//! Tests of the reader with a scripted Kinesis: through any resharding and any errors, each record is returned once, in
//! the order of its shard, and after all of the shard's parents.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, TimeDelta, Utc};
use outboxctl_test_support::kinesis::{Chaos, EPOCH, ScriptedKinesis};
use proptest::prelude::*;
use tokio::sync::mpsc::Receiver;

use super::*;
use crate::base::error::Kind;
use crate::streams::shards::steps::{Step, steps};
use crate::streams::shards::{Cursor, Pages};
use crate::streams::{Item, Origin, StartAt, Warnings};

const INTERVALS: Intervals = Intervals { at_tip: Duration::from_millis(1), behind: Duration::ZERO };
/// Time limit, far longer than needed; a reader that lost a record would wait forever.
const PATIENCE: Duration = Duration::from_secs(60);

fn options(from: StartAt) -> Options {
    Options { from, until: None, warnings: Warnings::default() }
}

async fn source(kinesis: &ScriptedKinesis) -> Kinesis {
    Kinesis { client: kinesis.client().await, stream: "s".into(), consumer: None, layout: Layout::default() }
}

/// Opens the reader; `pushed` reads through a fan-out consumer.
async fn start(
    kinesis: &ScriptedKinesis,
    options: Options,
    pushed: bool,
    cancel: &CancellationToken,
) -> Receiver<Result<Item>> {
    let (sink, items) = crate::streams::channel();
    let source = Kinesis { consumer: pushed.then(|| "arn:consumer".to_owned()), ..source(kinesis).await };
    shards::open(source, options, INTERVALS, sink, cancel.clone()).await.expect("positions");
    items
}

/// Opens the pages of shard `a`.
async fn pages(kinesis: &ScriptedKinesis, cursor: Cursor) -> Pages<Kinesis> {
    Pages::open(source(kinesis).await, "a", cursor, Warnings::default()).await.expect("a position")
}

fn chaos() -> impl Strategy<Value = Chaos> {
    let some = || prop_oneof![Just(0u8), 0..15u8];
    (some(), some(), some(), 0..2u8, some(), some()).prop_map(|(throttle, error, expire, late, short, unlisted)| {
        Chaos { throttle, error, expire, late, short, unlisted, busy: 0 }
    })
}

/// A stream, and the records that a reader must return.
struct World {
    kinesis: ScriptedKinesis,
    open: Vec<String>,
    parents: HashMap<String, Vec<String>>,
    put: BTreeMap<String, Vec<u64>>,
}

impl World {
    fn new(chaos: Chaos, seed: u64) -> Self {
        let kinesis = ScriptedKinesis::with_chaos(chaos, seed);
        let mut world = Self { kinesis, open: Vec::new(), parents: HashMap::new(), put: BTreeMap::new() };
        world.add(&[]);
        world.add(&[]);
        world
    }

    /// Adds a shard. Names sort in the reverse order of creation.
    fn add(&mut self, parents: &[&str]) {
        let name = format!("shard-{:03}", 999 - self.parents.len());
        self.kinesis.open(&name, parents);
        self.open.retain(|shard| !parents.contains(&shard.as_str()));
        self.parents.insert(name.clone(), parents.iter().map(|parent| (*parent).to_owned()).collect());
        self.open.push(name);
    }

    async fn take(&mut self, step: &Step) {
        let pick = |n: usize| self.open[n % self.open.len()].clone();
        match *step {
            Step::Put(shard, count) => {
                let shard = pick(shard);
                for _ in 0..count {
                    let number = self.kinesis.put(&shard, b"{}".to_vec());
                    self.put.entry(shard.clone()).or_default().push(number);
                }
            }
            Step::Split(shard) => {
                let parent = pick(shard);
                self.add(&[&parent]);
                self.add(&[&parent]);
            }
            Step::Merge(one, other) => {
                let (one, other) = (pick(one), pick(other));
                if one != other {
                    self.add(&[&one, &other]);
                }
            }
            Step::Wait => tokio::time::sleep(Duration::from_millis(3)).await,
        }
    }

    fn total(&self) -> usize {
        self.put.values().map(Vec::len).sum()
    }

    fn check(&self, seen: &[(String, u64)]) -> Result<(), TestCaseError> {
        let mut by_shard: BTreeMap<String, Vec<u64>> = BTreeMap::new();
        for (at, (shard, number)) in seen.iter().enumerate() {
            by_shard.entry(shard.clone()).or_default().push(*number);
            let late = seen[at..].iter().find(|(other, _)| self.parents[shard].contains(other));
            prop_assert!(late.is_none(), "{shard} was read before its parent {late:?}");
        }
        prop_assert_eq!(&by_shard, &self.put, "each record once, in its shard's order");
        Ok(())
    }
}

async fn next(items: &mut Receiver<Result<Item>>) -> (String, u64) {
    let item = tokio::time::timeout(PATIENCE, items.recv()).await.expect("something was lost").expect("an open sink");
    match item.expect("no failure").origin {
        Origin::Shard { shard, sequence_number, .. } => (shard, sequence_number.parse().expect("a number")),
        other => panic!("{other:?}"),
    }
}

/// Reads `count` records, and waits a little longer for duplicates.
async fn collect(items: &mut Receiver<Result<Item>>, count: usize) -> Vec<(String, u64)> {
    let mut seen = Vec::new();
    while seen.len() < count {
        seen.push(next(items).await);
    }
    tokio::time::sleep(Duration::from_millis(20)).await;
    while let Ok(item) = items.try_recv() {
        seen.push((format!("twice: {item:?}"), 0));
    }
    seen
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime")
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn nothing_is_lost_or_repeated_and_parents_come_first(
        before in steps(), during in steps(), chaos in chaos(), seed: u64, pushed: bool,
    ) {
        read_all(World::new(chaos, seed), StartAt::Start, &before, &during, pushed)?;
    }

    /// From the latest position: all records put after the positions are taken, and no earlier ones.
    #[test]
    fn from_the_latest_everything_new_comes_once(
        before in steps(), during in steps(), seed: u64, pushed: bool,
    ) {
        // Without expiry: an iterator lost before its first record is replaced by a time, which this stream does not
        // have.
        let chaos = Chaos { throttle: 5, error: 5, ..Chaos::default() };
        read_all(World::new(chaos, seed), StartAt::Latest, &before, &during, pushed)?;
    }
}

/// Opens a reader between the steps, and checks what it reads.
fn read_all(
    mut world: World,
    from: StartAt,
    before: &[Step],
    during: &[Step],
    pushed: bool,
) -> Result<(), TestCaseError> {
    runtime().block_on(async {
        for step in before {
            world.take(step).await;
        }
        if from == StartAt::Latest {
            world.put.clear();
        }
        let cancel = CancellationToken::new();
        let mut items = start(&world.kinesis, options(from), pushed, &cancel).await;
        for step in during {
            world.take(step).await;
        }
        let seen = collect(&mut items, world.total()).await;
        cancel.cancel();
        world.check(&seen)
    })
}

fn at(number: u64) -> DateTime<Utc> {
    DateTime::from_timestamp_millis(EPOCH as i64 * 1_000 + number as i64).expect("a time")
}

#[tokio::test]
async fn a_time_window_ends_and_leaves_children_unread() {
    for pushed in [false, true] {
        let kinesis = ScriptedKinesis::default();
        kinesis.open("a", &[]);
        kinesis.open("b", &[]);
        for (shard, count) in [("a", 4), ("b", 4_000)] {
            for _ in 0..count {
                kinesis.put(shard, b"{}".to_vec());
            }
        }
        kinesis.open("c", &["b"]);
        kinesis.put("c", b"{}".to_vec());
        let options = Options { until: Some(at(6)), ..options(StartAt::At(at(3))) };
        let mut items = start(&kinesis, options, pushed, &CancellationToken::new()).await;
        let mut seen = Vec::new();
        while let Some(item) = tokio::time::timeout(PATIENCE, items.recv()).await.expect("it ends") {
            seen.push(item.expect("no failure").origin.delivery());
        }
        seen.sort();
        assert_eq!(seen, ["a/3", "a/4", "b/5", "b/6"], "pushed: {pushed}");
    }
}

#[tokio::test]
async fn a_stream_that_can_not_be_read_is_reported_once() {
    let kinesis = ScriptedKinesis::with_chaos(Chaos { throttle: 100, ..Chaos::default() }, 1);
    let (warnings, collected) = Warnings::collected();
    for shard in ["a", "b"] {
        kinesis.open(shard, &[]);
        let mut pages = Pages::new(source(&kinesis).await, shard, Cursor::Oldest, warnings.clone());
        assert!(pages.read(10).await.is_err(), "after many attempts");
    }
    let collected = collected.lock();
    let text = collected.first().expect("a warning");
    assert!(text.starts_with("shard a can't be read, trying again: take a position on shard a"), "{text}");
    assert_eq!(collected.len(), 1, "{collected:?}");
}

#[tokio::test]
async fn an_expired_shard_is_skipped() {
    let kinesis = ScriptedKinesis::default();
    kinesis.open("a", &[]);
    let mut items = start(&kinesis, options(StartAt::Start), false, &CancellationToken::new()).await;
    let first = kinesis.put("a", b"{}".to_vec());
    assert_eq!(next(&mut items).await, ("a".to_owned(), first));
    kinesis.open("b", &["a"]);
    kinesis.forget("a");
    let second = kinesis.put("b", b"{}".to_vec());
    assert_eq!(next(&mut items).await, ("b".to_owned(), second));
}

#[tokio::test]
async fn an_expired_shard_that_is_still_listed_is_skipped_with_a_warning() {
    let kinesis = ScriptedKinesis::default();
    kinesis.open("a", &[]);
    kinesis.put("a", b"{}".to_vec());
    kinesis.open("b", &["a"]);
    let second = kinesis.put("b", b"{}".to_vec());
    kinesis.lose("a");
    let (warnings, collected) = Warnings::collected();
    let options = Options { warnings, ..options(StartAt::Start) };
    let mut items = start(&kinesis, options, false, &CancellationToken::new()).await;
    assert_eq!(next(&mut items).await, ("b".to_owned(), second));
    assert_eq!(*collected.lock(), ["shard a is gone: its records have expired"]);
}

#[tokio::test]
async fn permanent_errors_end_the_reader_at_once() {
    let kinesis = ScriptedKinesis::default();
    kinesis.open("a", &[]);
    let mut pages = pages(&kinesis, Cursor::Oldest).await;
    kinesis.forget("a");
    assert_eq!(pages.read(100).await.expect_err("gone").kind(), Kind::StreamMissing);
}

#[tokio::test]
async fn a_fast_clock_skips_no_records() {
    let kinesis = ScriptedKinesis::default();
    kinesis.open("a", &[]);
    kinesis.put("a", b"{}".to_vec());
    let cursor = Cursor::At(Utc::now() + TimeDelta::hours(1));
    let mut pages = pages(&kinesis, cursor).await;
    let since = kinesis.put("a", b"{}".to_vec());
    let page = pages.read(100).await.expect("a page").expect("an open shard");
    assert_eq!(page.records.iter().map(|r| r.sequence_number.clone()).collect::<Vec<_>>(), [since.to_string()]);
}
