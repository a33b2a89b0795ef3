//! Whole workers against a scripted stream, leases in memory, and a store that keeps what was marked.

use std::collections::{BTreeMap, HashSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::event::tests::record;
use super::lease::memory::Memory;
use super::{Command, End, Hook, Metrics, Options, Processor, Reader, Retry, Store, Worker, lease};
use crate::error::{Error, Kind, Result};
use crate::output::Console;
use crate::postgres::{Failure, Mark};
use crate::settings::{OutputFormat, ProgressMode};
use crate::streams::From;
use crate::streams::kinesis::scripted::ScriptedKinesis;

#[derive(Clone, Default)]
struct Kept(Arc<Mutex<Inner>>);

#[derive(Default)]
struct Inner {
    marks: Vec<Mark>,
    known: HashSet<Uuid>,
    failures: Vec<Failure>,
    /// So many statements fail first.
    faults: usize,
}

impl Kept {
    fn statement<T>(&self, run: impl FnOnce(&mut Inner) -> T) -> Result<T> {
        let mut inner = self.0.lock().expect("unpoisoned");
        if inner.faults > 0 {
            inner.faults -= 1;
            return Err(Error::new(Kind::DatabaseUnreachable, "cut"));
        }
        Ok(run(&mut inner))
    }

    fn sequences(&self) -> BTreeMap<String, Vec<i64>> {
        let mut by_aggregate: BTreeMap<String, Vec<i64>> = BTreeMap::new();
        for mark in &self.0.lock().expect("unpoisoned").marks {
            by_aggregate.entry(mark.aggregate_id.clone()).or_default().push(mark.sequence);
        }
        by_aggregate
    }
}

impl Store for Kept {
    async fn known(&self, events: &[Uuid]) -> Result<HashSet<Uuid>> {
        self.statement(|inner| events.iter().filter(|id| inner.known.contains(id)).copied().collect())
    }

    async fn mark(&self, marks: &[Mark]) -> Result<HashSet<Uuid>> {
        self.statement(|inner| {
            let fresh: Vec<Mark> = marks.iter().filter(|mark| inner.known.insert(mark.event_id)).cloned().collect();
            let ids = fresh.iter().map(|mark| mark.event_id).collect();
            inner.marks.extend(fresh);
            ids
        })
    }

    async fn fail(&self, failure: &Failure) -> Result<()> {
        self.statement(|inner| {
            inner.known.extend(failure.event.as_ref().map(|event| event.event_id));
            inner.failures.push(failure.clone());
        })
    }
}

struct World {
    kinesis: ScriptedKinesis,
    leases: Memory,
    store: Kept,
    next: u128,
}

impl World {
    fn new() -> Self {
        let world =
            Self { kinesis: ScriptedKinesis::default(), leases: Memory::default(), store: Kept::default(), next: 0 };
        world.kinesis.open("a", &[]);
        world
    }

    fn put(&mut self, shard: &str, aggregate: &str, sequence: i64) {
        self.next += 1;
        self.kinesis.put(shard, record(Uuid::from_u128(self.next), aggregate, sequence));
    }

    async fn worker(&self, me: &str, hook: Hook, until_idle: Option<Duration>) -> (Worker<Memory, Kept>, Metrics) {
        let metrics = Metrics::default();
        let processor = Processor {
            store: self.store.clone(),
            hook,
            retry: Retry { attempts: 3, first: Duration::from_millis(5), longest: Duration::from_millis(20) },
            lanes: 4,
            metrics: metrics.clone(),
            console: Console::new(OutputFormat::Json, ProgressMode::None, true, false),
            unread: CancellationToken::new(),
        };
        let reader = Reader {
            client: self.kinesis.client().await,
            stream: "stream".into(),
            leases: Arc::new(self.leases.clone()),
            processor: Arc::new(processor),
            me: me.into(),
            batch: 100,
            pause: Duration::from_millis(5),
            checkpoint_every: Duration::from_millis(50),
        };
        let options = Options {
            from: From::Start,
            lease_duration: Duration::from_millis(400),
            until_idle,
            report_every: Duration::from_secs(60),
        };
        (Worker::new(reader, options), metrics)
    }

    async fn start(&self, me: &str) -> (JoinHandle<Result<End>>, CancellationToken) {
        let (worker, _) = self.worker(me, Hook::None, None).await;
        let cancel = CancellationToken::new();
        let token = cancel.clone();
        (tokio::spawn(async move { worker.run(&token).await }), cancel)
    }

    async fn drain(&self) -> Metrics {
        let (worker, metrics) = self.worker("drain", Hook::None, Some(Duration::from_millis(50))).await;
        assert_eq!(worker.run(&CancellationToken::new()).await.expect("fine"), End::Idle);
        metrics
    }
}

async fn until(what: &str, mut holds: impl FnMut() -> bool) {
    for _ in 0..1_000 {
        if holds() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("not within 10 s: {what}");
}

#[tokio::test]
async fn splits_and_merges_keep_every_aggregates_order() {
    let mut world = World::new();
    (1..=5).for_each(|n| world.put("a", "p1", n));
    let (worker, cancel) = world.start("w").await;
    // Made in an order in which a careless reader would see children first.
    world.kinesis.open("0-left", &["a"]);
    world.kinesis.open("1-right", &["a"]);
    (6..=9).for_each(|n| world.put("0-left", "p1", n));
    (1..=3).for_each(|n| world.put("1-right", "p2", n));
    world.kinesis.open("00-merged", &["0-left", "1-right"]);
    (10..=12).for_each(|n| world.put("00-merged", "p1", n));
    (4..=5).for_each(|n| world.put("00-merged", "p2", n));
    until("all 17", || world.store.sequences().values().map(Vec::len).sum::<usize>() == 17).await;
    cancel.cancel();
    assert_eq!(worker.await.expect("no panic").expect("fine"), End::Cancelled);
    let expected = BTreeMap::from([("p1".into(), (1..=12).collect()), ("p2".into(), (1..=5).collect::<Vec<i64>>())]);
    assert_eq!(world.store.sequences(), expected);
}

#[tokio::test]
async fn a_dead_workers_shards_are_taken_over_and_nothing_counts_twice() {
    let mut world = World::new();
    world.kinesis.open("b", &[]);
    for n in 1..=20 {
        world.put("a", "p1", n);
        world.put("b", "p2", n);
    }
    let (first, _) = world.start("first").await;
    let (second, cancel) = world.start("second").await;
    until("the beginning", || world.store.sequences().len() == 2).await;
    // Gone without a word, as by kill -9: its readers end with its task, its leases stay.
    first.abort();
    (21..=40).for_each(|n| world.put("a", "p1", n));
    (21..=40).for_each(|n| world.put("b", "p2", n));
    until("everything", || world.store.sequences().values().all(|s| s.len() == 40)).await;
    cancel.cancel();
    second.await.expect("no panic").expect("fine");
    let whole: Vec<i64> = (1..=40).collect();
    assert_eq!(world.store.sequences(), BTreeMap::from([("p1".into(), whole.clone()), ("p2".into(), whole)]));
}

#[tokio::test]
async fn a_newcomer_gets_its_share_and_a_leaver_frees_its_own() {
    let world = World::new();
    ["b", "c", "d"].iter().for_each(|shard| world.kinesis.open(shard, &[]));
    let owners = || async {
        let all = lease::Leases::list(&world.leases).await.expect("leases");
        let count = |who: &str| all.iter().filter(|lease| lease.owner.as_deref() == Some(who)).count();
        (count("first"), count("second"))
    };
    let (first, stop_first) = world.start("first").await;
    let (second, stop_second) = world.start("second").await;
    for _ in 0..500 {
        tokio::time::sleep(Duration::from_millis(10)).await;
        if owners().await == (2, 2) {
            break;
        }
    }
    assert_eq!(owners().await, (2, 2));
    stop_first.cancel();
    first.await.expect("no panic").expect("fine");
    assert_eq!(owners().await.0, 0);
    stop_second.cancel();
    second.await.expect("no panic").expect("fine");
    assert_eq!(owners().await, (0, 0));
}

#[tokio::test]
async fn what_is_redelivered_counts_once_and_the_database_may_be_away() {
    let mut world = World::new();
    (1..=6).for_each(|n| world.put("a", "p1", n));
    world.kinesis.put("a", record(Uuid::from_u128(6), "p1", 6));
    world.store.0.lock().expect("unpoisoned").faults = 2;
    let totals = world.drain().await.totals();
    assert_eq!((totals.processed, totals.duplicates), (6, 1));
    // From the start again, as after a lost lease table.
    let again =
        World { leases: Memory::default(), kinesis: world.kinesis.clone(), store: world.store.clone(), next: 0 };
    let totals = again.drain().await.totals();
    assert_eq!((totals.processed, totals.duplicates), (0, 7));
    assert_eq!(world.store.sequences()["p1"], [1, 2, 3, 4, 5, 6]);
}

#[tokio::test]
async fn poison_is_kept_with_its_payload_and_blocks_nobody() {
    let mut world = World::new();
    world.put("a", "bad", 1);
    world.kinesis.put("a", b"\xff not JSON".to_vec());
    (1..=3).for_each(|n| world.put("a", "good", n));
    let line = "test $OUTBOX_AGGREGATE_ID = good || { echo no good >&2; exit 7; }".to_owned();
    let hook = Hook::Command(Command { line, timeout: Duration::from_secs(5) });
    let (worker, metrics) = world.worker("w", hook, Some(Duration::from_millis(50))).await;
    worker.run(&CancellationToken::new()).await.expect("fine");
    assert_eq!(world.store.sequences(), BTreeMap::from([("good".into(), vec![1, 2, 3])]));
    let totals = metrics.totals();
    assert_eq!((totals.processed, totals.failed, totals.retries), (3, 2, 2));
    let inner = world.store.0.lock().expect("unpoisoned");
    let reasons: Vec<(&str, i32)> = inner.failures.iter().map(|f| (f.reason.as_str(), f.attempts)).collect();
    assert!(reasons.contains(&("exit status: 7: no good", 3)), "{reasons:?}");
    assert!(inner.failures.iter().any(|f| f.event.is_none() && f.delivery.payload == b"\xff not JSON"));
}
