//! A sink that keeps its records, and fails on request.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use futures_util::future::BoxFuture;
use outboxctl::internals::local::capture::{Entry, Failure, Sink, SinkError};
use outboxctl::internals::outbox::formats::dms::Record;
use parking_lot::Mutex;

#[derive(Default)]
pub struct Keeping {
    stored: Mutex<Vec<(String, Record)>>,
    /// Fails in every way: whole requests, entries, and answers that come after the records took effect.
    pub faulty: AtomicBool,
    /// Answers nothing at all.
    pub stuck: AtomicBool,
    random: AtomicU64,
}

impl Keeping {
    /// Rows of user tables, in the order they were stored.
    pub fn rows(&self) -> Vec<(String, Record)> {
        let stored = self.stored.lock();
        stored.iter().filter(|(_, record)| record.metadata.is_row()).cloned().collect()
    }

    /// Sequences by key, each once, in the order of their first appearance.
    pub fn first_seen(&self) -> BTreeMap<String, Vec<u64>> {
        let mut seen: BTreeMap<String, Vec<u64>> = BTreeMap::new();
        let mut known = BTreeSet::new();
        for (key, record) in self.rows() {
            // The key of a deleted row says nothing of its sequence.
            let Some(sequence) = record.data["sequence"].as_u64() else { continue };
            if known.insert((key.clone(), sequence)) {
                seen.entry(key).or_default().push(sequence);
            }
        }
        seen
    }

    /// Waits until so many different events are stored.
    pub async fn wait_for(&self, events: usize) {
        let deadline = Instant::now() + Duration::from_secs(60);
        loop {
            let seen: usize = self.first_seen().values().map(Vec::len).sum();
            if seen >= events {
                return;
            }
            assert!(Instant::now() < deadline, "{seen} of {events} events after a minute");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Waits until so many rows are stored.
    pub async fn wait_for_rows(&self, rows: usize) {
        let deadline = Instant::now() + Duration::from_secs(60);
        while self.rows().len() < rows {
            assert!(Instant::now() < deadline, "{} of {rows} rows after a minute", self.rows().len());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    fn random(&self) -> u64 {
        let n = self.random.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::SeqCst);
        let n = (n ^ (n >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        (n ^ (n >> 27)) >> 16
    }

    fn store(&self, entry: &Entry) {
        let record = Record::parse(&entry.data).expect("a record");
        self.stored.lock().push((entry.key.to_string(), record));
    }
}

impl Sink for Keeping {
    fn put<'a>(&'a self, entries: &'a [Entry]) -> BoxFuture<'a, Result<Vec<Option<Failure>>, SinkError>> {
        Box::pin(async move {
            if self.stuck.load(Ordering::SeqCst) {
                std::future::pending::<()>().await;
            }
            let faulty = self.faulty.load(Ordering::SeqCst);
            tokio::time::sleep(Duration::from_millis(if faulty { self.random() % 5 } else { 0 })).await;
            let lost = |message: &str| SinkError { message: message.into(), retryable: true, missing: false };
            match if faulty { self.random() % 8 } else { 7 } {
                0 => return Err(lost("throttled")),
                1 => {
                    entries.iter().for_each(|entry| self.store(entry));
                    return Err(lost("answered too late"));
                }
                _ => {}
            }
            let put = entries.iter().map(|entry| {
                if faulty && self.random().is_multiple_of(4) {
                    let code = "ProvisionedThroughputExceededException".into();
                    return Some(Failure { code, message: "slow down".into() });
                }
                self.store(entry);
                None
            });
            Ok(put.collect())
        })
    }
}
