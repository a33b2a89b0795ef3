//! Failure injection at the sink: partial failures, throttles, late success.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use futures_util::future::BoxFuture;
use parking_lot::Mutex;

use super::*;

const QUICK: Backoff = Backoff::new(Duration::from_micros(10), Duration::from_micros(100));

/// A sink that fails by a fixed pseudo-random sequence.
#[derive(Default)]
struct Faulty {
    random: AtomicU64,
    stored: Mutex<Vec<(String, u64)>>,
    requests: AtomicU64,
}

impl Faulty {
    fn random(&self) -> u64 {
        let step = |n: u64| n.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let seen = self.random.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |n| Some(step(n)));
        step(seen.unwrap_or_default()) >> 33
    }

    fn store(&self, entry: &Entry) {
        let number = std::str::from_utf8(&entry.data).unwrap().parse().unwrap();
        self.stored.lock().push((entry.key.to_string(), number));
    }
}

impl Sink for Faulty {
    fn put<'a>(&'a self, entries: &'a [Entry]) -> BoxFuture<'a, Result<Vec<Option<Failure>>, SinkError>> {
        Box::pin(async move {
            self.requests.fetch_add(1, Ordering::SeqCst);
            for _ in 0..self.random() % 20 {
                tokio::task::yield_now().await;
            }
            let lost = |message: &str| SinkError { message: message.into(), retryable: true, missing: false };
            match self.random() % 10 {
                0 => return Err(lost("throttled")),
                // The records were stored, but the answer is lost.
                1 => {
                    entries.iter().for_each(|entry| self.store(entry));
                    return Err(lost("timed out"));
                }
                _ => {}
            }
            let answers = entries.iter().map(|entry| {
                if self.random().is_multiple_of(3) {
                    return Some(Failure {
                        code: "ProvisionedThroughputExceededException".into(),
                        message: "slow".into(),
                    });
                }
                self.store(entry);
                None
            });
            Ok(answers.collect())
        })
    }
}

fn batches(count: u64, keys: u64) -> Vec<Vec<Item>> {
    let record = |n: u64| {
        let entry = Entry { key: format!("k{}", n % keys).into(), data: Bytes::from(n.to_string()) };
        [Item::Record(entry), Item::Position(Lsn(n + 1))]
    };
    (0..count).map(|n| record(n).into_iter().collect()).collect()
}

/// Returns the first appearance of every key's records, in the order they were stored.
fn first_seen(stored: &[(String, u64)]) -> HashMap<&str, Vec<u64>> {
    let mut seen: HashMap<&str, Vec<u64>> = HashMap::new();
    for (key, number) in stored {
        let of_key = seen.entry(key).or_default();
        if !of_key.contains(number) {
            of_key.push(*number);
        }
    }
    seen
}

#[tokio::test]
async fn faults_lose_no_record_and_keep_the_order() {
    for seed in 0..10 {
        let sink = Arc::new(Faulty { random: seed.into(), ..Faulty::default() });
        let (sender, receiver) = mpsc::channel(4);
        let (confirmed, position) = watch::channel(Lsn(0));
        let delivery = tokio::spawn(deliver(receiver, Arc::clone(&sink) as Arc<dyn Sink>, confirmed, QUICK));
        for batch in batches(500, 7) {
            sender.send(batch).await.unwrap();
            let up_to = position.borrow().0;
            let stored = sink.stored.lock();
            assert!((0..up_to).all(|n| stored.iter().any(|(_, seen)| *seen == n)), "confirmed before stored");
        }
        drop(sender);
        delivery.await.unwrap().unwrap();
        assert_eq!(*position.borrow(), Lsn(500));
        let stored = sink.stored.lock();
        let seen = first_seen(&stored);
        assert_eq!(seen.values().map(Vec::len).sum::<usize>(), 500);
        assert!(seen.values().all(|numbers| numbers.is_sorted()), "seed {seed}");
    }
}

struct Refusing;

impl Sink for Refusing {
    fn put<'a>(&'a self, _: &'a [Entry]) -> BoxFuture<'a, Result<Vec<Option<Failure>>, SinkError>> {
        Box::pin(async { Err(SinkError { message: "no such stream".into(), retryable: false, missing: true }) })
    }
}

#[tokio::test]
async fn a_missing_stream_ends_the_delivery_unconfirmed() {
    let (sender, receiver) = mpsc::channel(4);
    let (confirmed, position) = watch::channel(Lsn(0));
    for batch in batches(2, 1) {
        sender.send(batch).await.unwrap();
    }
    let error = deliver(receiver, Arc::new(Refusing), confirmed, QUICK).await.unwrap_err();
    assert_eq!((error.kind(), *position.borrow()), (Kind::StreamMissing, Lsn(0)));
}

/// A sink that never answers.
struct Stuck;

impl Sink for Stuck {
    fn put<'a>(&'a self, _: &'a [Entry]) -> BoxFuture<'a, Result<Vec<Option<Failure>>, SinkError>> {
        Box::pin(std::future::pending())
    }
}

#[tokio::test]
async fn a_slow_sink_blocks_the_capture() {
    let (sender, receiver) = mpsc::channel(1);
    let (confirmed, _position) = watch::channel(Lsn(0));
    let delivery = tokio::spawn(deliver(receiver, Arc::new(Stuck), confirmed, QUICK));
    let mut taken = 0;
    let batch = || vec![Item::Record(Entry { key: "k".into(), data: Bytes::from(vec![0; 100_000]) })];
    while tokio::time::timeout(Duration::from_millis(200), sender.send(batch())).await.is_ok() {
        taken += 100_000;
        assert!(taken < 2 * WINDOW, "the delivery accepted too many bytes");
    }
    delivery.abort();
}
