//! Whole workers with a scripted stream, leases in memory, and a store that keeps the marks.

use std::collections::{BTreeMap, HashSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use outboxctl_test_support::kinesis::ScriptedKinesis;
use serde_json::Value;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::event::tests::record;
use super::lease::memory::Memory;
use super::lease::{Checkpoint, Lease};
use super::store::Store;
use super::{
    Command, End, Handled, Hook, Leases, Metrics, Observer, Options, Post, Processor, Reader, Retry, Totals, Worker,
    lease,
};
use crate::error::{Error, Kind, Result};
use crate::postgres::{Failure, Mark};
use crate::report::Silent;
use crate::streams::StartAt;
use crate::streams::kinesis::Kinesis;
use crate::timing::Backoff;

#[derive(Clone, Default)]
pub struct Kept(pub Arc<Mutex<Inner>>);

#[derive(Default)]
pub struct Inner {
    marks: Vec<Mark>,
    known: HashSet<Uuid>,
    failures: Vec<Failure>,
    /// Number of statements that do not reach the database at first.
    pub faults: usize,
    /// Number of further statements that end in an error of the database.
    pub refusals: usize,
}

impl Kept {
    fn statement<T>(&self, run: impl FnOnce(&mut Inner) -> T) -> Result<T> {
        let mut inner = self.0.lock().expect("unpoisoned");
        if inner.faults > 0 {
            inner.faults -= 1;
            return Err(Error::new(Kind::DatabaseUnreachable, "cut"));
        }
        if inner.refusals > 0 {
            inner.refusals -= 1;
            return Err(Error::new(Kind::Failed, "deadlock detected"));
        }
        Ok(run(&mut inner))
    }

    /// Returns whether a record was processed or stored as a failure.
    fn is_done(&self, shard: &str, number: u64, data: &[u8]) -> bool {
        let inner = self.0.lock().expect("unpoisoned");
        let id =
            serde_json::from_slice::<Value>(data).ok().and_then(|record| record["data"]["id"].as_str()?.parse().ok());
        let kept = |failure: &Failure| {
            failure.delivery.shard_id == shard && failure.delivery.sequence_number == number.to_string()
        };
        id.is_some_and(|id: Uuid| inner.known.contains(&id)) || inner.failures.iter().any(kept)
    }

    pub fn sequences(&self) -> BTreeMap<String, Vec<i64>> {
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

/// Leases that compare every checkpoint with the store: it must never be ahead of the processed records.
#[derive(Clone)]
pub struct Strict {
    leases: Memory,
    store: Kept,
    kinesis: ScriptedKinesis,
    trouble: Arc<Mutex<Trouble>>,
    wrong: Arc<Mutex<Vec<String>>>,
}

/// Simulated failures of the lease table.
#[derive(Default)]
pub struct Trouble {
    /// A worker that can't reach it.
    pub cut: Option<String>,
    /// Number of checkpoints and lists that fail.
    pub checkpoints: usize,
    pub lists: usize,
    /// Number of lists that fail once a shard was read to its end.
    pub lists_after_end: usize,
}

impl Trouble {
    /// Fails as long as the counter is above zero.
    fn fail_while(left: &mut usize) -> Result<()> {
        match left.checked_sub(1) {
            Some(less) => {
                *left = less;
                Err(Error::new(Kind::Unreachable, "busy"))
            }
            None => Ok(()),
        }
    }
}

impl Strict {
    fn wrong(&self, what: String) {
        self.wrong.lock().expect("unpoisoned").push(what);
    }

    fn reach(&self, me: &str) -> Result<()> {
        match self.trouble.lock().expect("unpoisoned").cut.as_deref() {
            Some(cut) if cut == me => Err(Error::new(Kind::Unreachable, "cut")),
            _ => Ok(()),
        }
    }
}

impl Leases for Strict {
    async fn list(&self) -> Result<Vec<Lease>> {
        Trouble::fail_while(&mut self.trouble.lock().expect("unpoisoned").lists)?;
        self.leases.list().await
    }

    async fn create(&self, lease: &Lease) -> Result<()> {
        self.leases.create(lease).await
    }

    async fn take(&self, seen: &Lease, me: &str) -> Result<Option<Lease>> {
        self.reach(me)?;
        let all = self.leases.list().await?;
        let unfinished = |parent: &String| all.iter().any(|l| l.shard == *parent && l.checkpoint != Checkpoint::End);
        if seen.parents.iter().any(unfinished) {
            self.wrong(format!("{} is taken before its parents are read", seen.shard));
        }
        self.leases.take(seen, me).await
    }

    async fn renew(&self, shard: &str, me: &str) -> Result<Option<Lease>> {
        self.reach(me)?;
        self.leases.renew(shard, me).await
    }

    async fn checkpoint(&self, shard: &str, me: &str, to: &Checkpoint) -> Result<bool> {
        self.reach(me)?;
        Trouble::fail_while(&mut self.trouble.lock().expect("unpoisoned").checkpoints)?;
        if *to == Checkpoint::End {
            let mut trouble = self.trouble.lock().expect("unpoisoned");
            trouble.lists += std::mem::take(&mut trouble.lists_after_end);
        }
        let before = match to {
            Checkpoint::After(number) => number.parse().expect("a number"),
            _ => u64::MAX,
        };
        let ahead = |(number, data): &(u64, Vec<u8>)| *number <= before && !self.store.is_done(shard, *number, data);
        if let Some((number, _)) = self.kinesis.records(shard).iter().find(|record| ahead(record)) {
            self.wrong(format!("{shard} is checkpointed at {to} before {number} took effect"));
        }
        self.leases.checkpoint(shard, me, to).await
    }

    async fn ask(&self, seen: &Lease, me: &str) -> Result<bool> {
        self.reach(me)?;
        self.leases.ask(seen, me).await
    }

    async fn release(&self, shard: &str, me: &str, to: Option<&str>) -> Result<bool> {
        self.reach(me)?;
        self.leases.release(shard, me, to).await
    }

    async fn remove(&self, shard: &str) -> Result<()> {
        self.leases.remove(shard).await
    }
}

#[derive(Default)]
pub struct World {
    pub kinesis: ScriptedKinesis,
    pub leases: Memory,
    pub store: Kept,
    pub trouble: Arc<Mutex<Trouble>>,
    /// Violations found by [`Strict`].
    wrong: Arc<Mutex<Vec<String>>>,
    next: u128,
}

impl Drop for World {
    fn drop(&mut self) {
        let wrong = self.wrong.lock().expect("unpoisoned");
        assert!(wrong.is_empty() || std::thread::panicking(), "{wrong:?}");
    }
}

struct Ignored;

impl Observer for Ignored {
    fn handled(&self, _: &Handled<'_>) {}

    fn counts(&self, _: Totals) {}
}

impl World {
    pub fn new() -> Self {
        let world = Self::default();
        world.kinesis.open("a", &[]);
        world
    }

    pub fn put(&mut self, shard: &str, aggregate: &str, sequence: i64) {
        self.next += 1;
        self.kinesis.put(shard, record(Uuid::from_u128(self.next), aggregate, sequence));
    }

    pub async fn worker(&self, me: &str, hook: Hook, until_idle: Option<Duration>) -> (Worker<Strict, Kept>, Metrics) {
        let metrics = Metrics::default();
        let processor = Processor {
            store: self.store.clone(),
            hook,
            retry: Retry { attempts: 3, backoff: Backoff::new(Duration::from_millis(5), Duration::from_millis(20)) },
            concurrency: 4,
            metrics: metrics.clone(),
            reporter: Arc::new(Silent),
            observer: Arc::new(Ignored),
            unread: CancellationToken::new(),
        };
        let reader = Reader {
            source: Kinesis { client: self.kinesis.client().await, stream: "stream".into(), consumer: None },
            leases: Arc::new(Strict {
                leases: self.leases.clone(),
                store: self.store.clone(),
                kinesis: self.kinesis.clone(),
                trouble: self.trouble.clone(),
                wrong: self.wrong.clone(),
            }),
            processor: Arc::new(processor),
            me: me.into(),
            batch: 100,
            pause: Duration::from_millis(5),
            checkpoint_every: Duration::from_millis(50),
        };
        let options = Options {
            from: StartAt::Start,
            lease_duration: Duration::from_millis(400),
            until_idle,
            report_every: Duration::from_secs(60),
        };
        (Worker::new(reader, options), metrics)
    }

    async fn start(&self, me: &str) -> (JoinHandle<Result<End>>, CancellationToken) {
        self.start_with(me, Hook::None).await
    }

    pub async fn start_with(&self, me: &str, hook: Hook) -> (JoinHandle<Result<End>>, CancellationToken) {
        let (worker, _) = self.worker(me, hook, None).await;
        let cancel = CancellationToken::new();
        let token = cancel.clone();
        (tokio::spawn(async move { worker.run(&token).await }), cancel)
    }

    pub async fn drain(&self) -> Metrics {
        let (worker, metrics) = self.worker("drain", Hook::None, Some(Duration::from_millis(50))).await;
        assert_eq!(worker.run(&CancellationToken::new()).await.expect("fine"), End::Idle);
        metrics
    }
}

pub async fn until(what: &str, mut holds: impl FnMut() -> bool) {
    for _ in 0..1_000 {
        if holds() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("not within 10 s: {what}");
}

#[tokio::test]
async fn splits_and_merges_keep_the_order_of_every_aggregate() {
    let mut world = World::new();
    (1..=5).for_each(|n| world.put("a", "p1", n));
    let (worker, cancel) = world.start("w").await;
    // Created in an order in which a wrong reader would read children first.
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
async fn shards_of_a_dead_worker_are_taken_over_without_duplicates() {
    let mut world = World::new();
    world.kinesis.open("b", &[]);
    for n in 1..=20 {
        world.put("a", "p1", n);
        world.put("b", "p2", n);
    }
    let (first, _) = world.start("first").await;
    let (second, cancel) = world.start("second").await;
    until("the beginning", || world.store.sequences().len() == 2).await;
    // Aborted as by kill -9: its readers end with its task, its leases stay.
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
async fn a_new_worker_gets_its_share_and_a_stopping_one_frees_its_leases() {
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
async fn redelivered_events_count_once_and_database_outages_are_retried() {
    let mut world = World::new();
    (1..=6).for_each(|n| world.put("a", "p1", n));
    world.kinesis.put("a", record(Uuid::from_u128(6), "p1", 6));
    world.store.0.lock().expect("unpoisoned").faults = 2;
    let totals = world.drain().await.totals();
    assert_eq!((totals.processed, totals.duplicates), (6, 1));
    // From the start again, as after a lost lease table.
    world.leases = Memory::default();
    let totals = world.drain().await.totals();
    assert_eq!((totals.processed, totals.duplicates), (0, 7));
    assert_eq!(world.store.sequences()["p1"], [1, 2, 3, 4, 5, 6]);
}

#[tokio::test]
async fn failing_records_are_stored_and_do_not_block_others() {
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

/// A target of POSTs that remembers the requests and fails on request.
#[derive(Clone, Default)]
pub struct Target(Arc<Mutex<Received>>);

#[derive(Default)]
pub struct Received {
    /// Aggregate and sequence in order of arrival.
    events: Vec<(String, i64)>,
    /// Number of requests that fail first.
    failures: usize,
    /// Every n-th request fails after it was stored; 0 for none.
    fail_every: usize,
    /// Duration of a request.
    pub slow: Duration,
    pub requests: usize,
    /// Requests in progress, and the maximum so far.
    pub under_way: usize,
    pub most_under_way: usize,
}

/// A request ends when it is answered or its client disconnects.
struct Answered<'t>(&'t Target);

impl Drop for Answered<'_> {
    fn drop(&mut self) {
        self.0.with(|received| received.under_way -= 1);
    }
}

impl Target {
    pub fn with<T>(&self, run: impl FnOnce(&mut Received) -> T) -> T {
        run(&mut self.0.lock().expect("unpoisoned"))
    }

    async fn take(self, body: String) -> (axum::http::StatusCode, &'static str) {
        let event: Value = serde_json::from_str(&body).expect("a CloudEvent");
        let (subject, sequence) = (event["subject"].as_str().expect("text"), &event["sequence"]);
        let sequence = sequence.as_i64().or_else(|| sequence.as_str()?.parse().ok()).expect("a number");
        let (fails, slow) = self.with(|received| {
            received.requests += 1;
            received.under_way += 1;
            received.most_under_way = received.most_under_way.max(received.under_way);
            received.events.push((subject.to_owned(), sequence));
            let unlucky = received.fail_every > 0 && received.requests.is_multiple_of(received.fail_every);
            let fails = unlucky || received.failures > 0;
            received.failures = received.failures.saturating_sub(1);
            (fails, received.slow)
        });
        let answered = Answered(&self);
        tokio::time::sleep(slow).await;
        drop(answered);
        if fails { (axum::http::StatusCode::SERVICE_UNAVAILABLE, "busy") } else { (axum::http::StatusCode::OK, "") }
    }

    /// Serves until the task ends; returns the URL.
    pub async fn serve(&self) -> (String, JoinHandle<()>) {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}/events", listener.local_addr().expect("an address"));
        let target = self.clone();
        let app =
            axum::Router::new().route("/events", axum::routing::post(move |body: String| target.clone().take(body)));
        (url, tokio::spawn(async move { axum::serve(listener, app).await.expect("served") }))
    }

    /// Returns the sequences of each aggregate in the order of their first arrival, and the number of repeats.
    pub fn first_seen(&self) -> (BTreeMap<String, Vec<i64>>, usize) {
        self.with(|received| {
            let (mut seen, mut again) = (BTreeMap::<String, Vec<i64>>::new(), 0);
            for (aggregate, sequence) in &received.events {
                let sequences = seen.entry(aggregate.clone()).or_default();
                if sequences.contains(sequence) { again += 1 } else { sequences.push(*sequence) }
            }
            (seen, again)
        })
    }
}

pub fn post(url: &str) -> Hook {
    Hook::Post(Box::new(Post::new(url, Duration::from_secs(5)).expect("a URL")))
}

#[tokio::test]
async fn a_worker_killed_within_a_shard_causes_no_loss_and_few_repeats() {
    let mut world = World::new();
    let aggregates = ["p1", "p2", "p3"];
    (1..=30).for_each(|n| aggregates.iter().for_each(|p| world.put("a", p, n)));
    let target = Target::default();
    target.with(|received| received.slow = Duration::from_millis(5));
    let (url, _server) = target.serve().await;
    let (first, _) = world.start_with("first", post(&url)).await;
    until("the middle", || target.with(|received| received.requests > 20)).await;
    first.abort();
    // A half-read parent has a child by now; both go to the next worker, the child later.
    world.kinesis.open("0-child", &["a"]);
    (31..=40).for_each(|n| aggregates.iter().for_each(|p| world.put("0-child", p, n)));
    let (second, cancel) = world.start_with("second", post(&url)).await;
    until("everything", || world.store.sequences().values().map(Vec::len).sum::<usize>() == 120).await;
    cancel.cancel();
    second.await.expect("no panic").expect("fine");
    let leases = world.leases.list().await.expect("leases");
    assert_eq!(leases.iter().find(|lease| lease.shard == "a").map(|l| &l.checkpoint), Some(&Checkpoint::End));
    let whole: Vec<i64> = (1..=40).collect();
    let expected: BTreeMap<String, Vec<i64>> = aggregates.iter().map(|p| ((*p).to_owned(), whole.clone())).collect();
    let (seen, again) = target.first_seen();
    assert_eq!((world.store.sequences(), seen), (expected.clone(), expected));
    // In flight at the kill: one event of each aggregate, and a page has two records.
    assert!(again <= 4, "{again} effects came again");
}

#[tokio::test]
async fn a_worker_that_can_not_renew_stops_without_loss_or_reordering() {
    let mut world = World::new();
    (1..=60).for_each(|n| world.put("a", "p1", n));
    let target = Target::default();
    target.with(|received| received.slow = Duration::from_millis(15));
    let (url, _server) = target.serve().await;
    let (first, stop_first) = world.start_with("first", post(&url)).await;
    until("the beginning", || target.with(|received| received.requests > 3)).await;
    world.trouble.lock().expect("unpoisoned").cut = Some("first".into());
    let (second, stop_second) = world.start_with("second", post(&url)).await;
    until("everything", || world.store.sequences().get("p1").is_some_and(|s| s.len() == 60)).await;
    stop_first.cancel();
    stop_second.cancel();
    second.await.expect("no panic").expect("fine");
    // It may return the error that it could not reach the table; it must end.
    let _ = first.await.expect("no panic");
    let (seen, again) = target.first_seen();
    assert_eq!(seen["p1"], (1..=60).collect::<Vec<i64>>());
    assert!(again <= 2, "{again} effects came again");
}

#[tokio::test]
async fn a_stop_within_a_page_finishes_started_events_only() {
    let mut world = World::new();
    ["p1", "p2"].iter().for_each(|p| (1..=20).for_each(|n| world.put("a", p, n)));
    let target = Target::default();
    target.with(|received| received.slow = Duration::from_millis(100));
    let (url, _server) = target.serve().await;
    let (worker, cancel) = world.start_with("first", post(&url)).await;
    until("something under way", || target.with(|received| received.requests == 3)).await;
    cancel.cancel();
    assert_eq!(worker.await.expect("no panic").expect("fine"), End::Cancelled);
    let begun = target.with(|received| received.requests);
    let marked: usize = world.store.sequences().values().map(Vec::len).sum();
    assert_eq!(marked, begun, "every effect that was begun has its mark");
    assert!(begun < 40);
    let leases = world.leases.list().await.expect("leases");
    assert!(leases.iter().all(|lease| lease.owner.is_none()), "{leases:?}");
    // The next worker continues without a single repeat.
    target.with(|received| received.slow = Duration::ZERO);
    let (next, _) = world.worker("second", post(&url), Some(Duration::from_millis(50))).await;
    next.run(&CancellationToken::new()).await.expect("fine");
    let (seen, again) = target.first_seen();
    assert_eq!((seen["p1"].len(), seen["p2"].len(), again), (20, 20, 0));
}

#[tokio::test]
async fn a_failing_slow_or_unreachable_target_keeps_order() {
    let mut world = World::new();
    (1..=3).for_each(|n| world.put("a", "p1", n));
    let target = Target::default();
    target.with(|received| received.failures = 2);
    let (url, server) = target.serve().await;
    let (worker, metrics) = world.worker("w", post(&url), Some(Duration::from_millis(50))).await;
    worker.run(&CancellationToken::new()).await.expect("fine");
    assert_eq!((metrics.totals().processed, metrics.totals().retries), (3, 2));
    assert_eq!(target.first_seen().0["p1"], [1, 2, 3]);

    // Too slow: each timeout is a failed attempt, and the event is stored with that reason.
    world.put("a", "p1", 4);
    target.with(|received| received.slow = Duration::from_secs(60));
    let slow = Hook::Post(Box::new(Post::new(&url, Duration::from_millis(50)).expect("a URL")));
    let (worker, metrics) = world.worker("w", slow, Some(Duration::from_millis(50))).await;
    worker.run(&CancellationToken::new()).await.expect("fine");
    assert_eq!((metrics.totals().failed, metrics.totals().retries), (1, 2));

    // Gone: the connections are refused.
    server.abort();
    let _ = server.await;
    world.put("a", "p1", 5);
    let (worker, metrics) = world.worker("w", post(&url), Some(Duration::from_millis(50))).await;
    worker.run(&CancellationToken::new()).await.expect("fine");
    assert_eq!(metrics.totals().failed, 1);
    let inner = world.store.0.lock().expect("unpoisoned");
    let reasons: Vec<&str> = inner.failures.iter().map(|failure| failure.reason.as_str()).collect();
    assert_eq!(reasons, ["no answer within 50ms", "no answer: client error (Connect)"]);
}

/// Workers start, stop and die while shards split and merge: no event is lost, the order of every aggregate holds, and
/// repeats are limited to the events in flight when a worker died.
#[tokio::test]
async fn chaos_loses_nothing_and_keeps_order() {
    for seed in 0..3 {
        let mut random = fastrand::Rng::with_seed(seed);
        let mut world = World::new();
        let target = Target::default();
        target.with(|received| (received.slow, received.fail_every) = (Duration::from_millis(2), 17));
        let (url, _server) = target.serve().await;
        let mut workers = vec![world.start_with("w0", post(&url)).await];
        let (mut open, mut sequences, mut born, mut dead) = (vec!["a".to_owned()], [0; 4], 1, 0);
        for step in 0..30 {
            for _ in 0..random.usize(1..8) {
                let aggregate = random.usize(0..4);
                sequences[aggregate] += 1;
                // An aggregate is on one shard, and changes it only at its end.
                let shard = open[aggregate % open.len()].clone();
                world.put(&shard, &format!("p{aggregate}"), sequences[aggregate]);
            }
            match random.usize(0..6) {
                0 if open.len() == 1 => {
                    let parent = open.remove(0);
                    open = ["left", "right"].map(|side| format!("{step:02}-{side}")).into();
                    open.iter().for_each(|child| world.kinesis.open(child, &[&parent]));
                }
                0 => {
                    let merged = format!("{step:02}-merged");
                    world.kinesis.open(&merged, &[&open[0], &open[1]]);
                    open = vec![merged];
                }
                1 if workers.len() < 4 => {
                    workers.push(world.start_with(&format!("w{born}"), post(&url)).await);
                    born += 1;
                }
                2 if workers.len() > 1 => {
                    dead += 1;
                    workers.swap_remove(random.usize(0..workers.len())).0.abort();
                }
                3 if workers.len() > 1 => {
                    let (worker, cancel) = workers.swap_remove(random.usize(0..workers.len()));
                    cancel.cancel();
                    worker.await.expect("no panic").expect("fine");
                }
                _ => {}
            }
            tokio::time::sleep(Duration::from_millis(random.u64(0..60))).await;
        }
        let total: i64 = sequences.iter().sum();
        let count = || world.store.sequences().values().map(Vec::len).sum::<usize>();
        until(&format!("all {total}, seed {seed}"), || count() == usize::try_from(total).expect("fits")).await;
        for (worker, cancel) in workers {
            cancel.cancel();
            worker.await.expect("no panic").expect("fine");
        }
        let (seen, again) = target.first_seen();
        let failed = target.with(|received| received.requests / 17);
        for (aggregate, count) in sequences.iter().enumerate().filter(|(_, count)| **count > 0) {
            assert_eq!(seen[&format!("p{aggregate}")], (1..=*count).collect::<Vec<i64>>(), "seed {seed}");
        }
        // Each worker that died had at most two events in flight on each of two shards; each failed response is one
        // repeat.
        assert!(again <= failed + 4 * dead, "{again} again, {failed} failed, {dead} dead, seed {seed}");
    }
}
