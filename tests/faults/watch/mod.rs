//! The deliveries, read by separate clients: the stream, the bus's log, the handler, marks and positions.

mod acknowledged;
mod handler;
pub mod kept;
mod log;
mod stream;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use tokio::task::JoinHandle;

use crate::history::{Place, Step};
use crate::trouble::{DEADLINE, Result};
use crate::world::{History, World};

pub use handler::{Handler, Manner};

/// Between two looks.
pub const PAUSE: Duration = Duration::from_millis(250);
/// The same with an open page: pipeline, page and watcher share the five reads per second of each shard.
pub const SHARED: Duration = Duration::from_secs(1);

/// The history that is recorded now.
#[derive(Clone, Default)]
pub struct Current {
    history: Arc<Mutex<Option<Arc<History>>>>,
    looking: Arc<tokio::sync::Mutex<()>>,
    looks: Arc<AtomicU64>,
}

impl Current {
    /// Waits for the reading in progress: its records would be missing in the next history.
    pub async fn set(&self, history: Option<Arc<History>>) {
        let _quiet = self.looking.lock().await;
        *self.history.lock() = history;
    }

    /// Returns how often the deliveries were read.
    pub fn looks(&self) -> u64 {
        self.looks.load(Ordering::Relaxed)
    }

    pub fn get(&self) -> Option<Arc<History>> {
        self.history.lock().clone()
    }
}

/// Watches a deployed pipeline until dropped.
pub struct Watch(JoinHandle<()>);

impl Watch {
    pub fn start(world: &Arc<World>, current: &Current, pause: Duration) -> Self {
        let (world, current) = (Arc::clone(world), current.clone());
        Self(tokio::spawn(async move {
            let (mut readers, mut failed) = (Readers::default(), None);
            loop {
                // Records that can't be read now are read later: the stack may be down.
                let looking = current.looking.lock().await;
                let begun = Instant::now();
                if let Some(history) = current.get() {
                    let looked = readers.look(&world, &history).await;
                    match (&looked, failed) {
                        (Ok(()), _) => failed = None,
                        (Err(error), None) => {
                            eprintln!("    (reading again: {:.160})", error.to_string());
                            failed = Some(begun);
                        }
                        (Err(error), Some(since)) if since.elapsed() > DEADLINE => {
                            eprintln!("    (still not read after {} s: {error})", DEADLINE.as_secs());
                            failed = Some(begun);
                        }
                        (Err(_), Some(_)) => {}
                    }
                    current.looks.fetch_add(1, Ordering::Relaxed);
                }
                drop(looking);
                // A long history takes a while to read.
                tokio::time::sleep(pause.max(begun.elapsed() * 4)).await;
            }
        }))
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.0.abort();
    }
}

#[derive(Default)]
struct Readers {
    stream: stream::Reader,
    log: log::Reader,
    kept: kept::Reader,
    acknowledged: acknowledged::Reader,
}

impl Readers {
    /// Positions are read before deliveries, so that later deliveries must cover each of them. The sink is read even if the
    /// stream can't be: while the function catches up, it uses all reads that a shard has per second.
    async fn look(&mut self, world: &World, history: &History) -> Result<()> {
        let stream = self.look_at_stream(world, history).await;
        self.look_at_sink(world, history).await.and(stream)
    }

    async fn look_at_stream(&mut self, world: &World, history: &History) -> Result<()> {
        let Some(stream) = &history.stream else { return Ok(()) };
        let confirmed = acknowledged::confirmed(world).await?;
        self.stream.read(world, history, stream).await?;
        stream.extend(history.take_up_to(confirmed).into_iter().map(Step::Acknowledged));
        Ok(())
    }

    async fn look_at_sink(&mut self, world: &World, history: &History) -> Result<()> {
        if world.pipeline.has_bus() {
            let delivered = self.acknowledged.positions(world, history).await?;
            self.log.read(world, history).await?;
            self.kept.read(world, history).await?;
            history.sink.extend(delivered.into_iter().map(Step::Acknowledged));
        } else {
            // The handler records by itself, at once.
            let acknowledged: Vec<Place> = self.acknowledged.by_consumers(world, history, &self.stream).await?;
            self.kept.read(world, history).await?;
            history.sink.extend(acknowledged.into_iter().map(Step::Acknowledged));
        }
        Ok(())
    }
}
