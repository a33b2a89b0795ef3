//! A scripted stream with its leases and its store, and the workers that read it.

use std::sync::Arc;
use std::time::Duration;

use outboxctl_test_support::kinesis::ScriptedKinesis;
use parking_lot::{Mutex, MutexGuard};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::store::Kept;
use super::strict::{Strict, Trouble};
use crate::base::error::Result;
use crate::base::report::{Collected, Reporter};
use crate::base::timing::Backoff;
use crate::consumer::event::tests::record;
use crate::consumer::lease::memory::Memory;
use crate::consumer::{End, Handled, Hook, Metrics, Observer, Options, Processor, Reader, Retry, Totals, Worker};
use crate::outbox::Layout;
use crate::streams::StartAt;
use crate::streams::kinesis::Kinesis;
use crate::streams::shards::Intervals;

#[derive(Default)]
pub struct World {
    pub kinesis: ScriptedKinesis,
    pub leases: Memory,
    pub store: Kept,
    trouble: Arc<Mutex<Trouble>>,
    /// Violations found by [`Strict`].
    wrong: Arc<Mutex<Vec<String>>>,
    pub next: u128,
    pub reporter: Collected,
}

impl Drop for World {
    fn drop(&mut self) {
        let wrong = self.wrong.lock();
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
            reporter: self.reporter.share(),
            observer: Arc::new(Ignored),
            unread: CancellationToken::new(),
        };
        let reader = Reader {
            source: Kinesis {
                client: self.kinesis.client().await,
                stream: "stream".into(),
                consumer: None,
                layout: Layout::default(),
            },
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
            intervals: Intervals { at_tip: Duration::from_millis(5), behind: Duration::ZERO },
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

    pub async fn start(&self, me: &str) -> Running {
        self.start_with(me, Hook::None).await
    }

    pub async fn start_with(&self, me: &str, hook: Hook) -> Running {
        let (worker, _) = self.worker(me, hook, None).await;
        let cancel = CancellationToken::new();
        let token = cancel.clone();
        Running { task: tokio::spawn(async move { worker.run(&token).await }), cancel }
    }

    /// Runs a worker until it is idle.
    pub async fn drain(&self) -> Totals {
        self.drain_with(Hook::None).await
    }

    pub async fn drain_with(&self, hook: Hook) -> Totals {
        let (worker, metrics) = self.worker("drain", hook, Some(Duration::from_millis(50))).await;
        assert_eq!(worker.run(&CancellationToken::new()).await.expect("fine"), End::Idle);
        metrics.totals()
    }

    pub fn trouble(&self) -> MutexGuard<'_, Trouble> {
        self.trouble.lock()
    }

    /// Returns the number of marks.
    pub fn marked(&self) -> usize {
        self.store.sequences().values().map(Vec::len).sum()
    }
}

/// A worker that runs.
pub struct Running {
    pub task: JoinHandle<Result<End>>,
    pub cancel: CancellationToken,
}

impl Running {
    pub async fn stop(self) {
        self.cancel.cancel();
        assert_eq!(self.task.await.expect("no panic").expect("fine"), End::Cancelled);
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
