//! The load: transactions over a few aggregates, some rolled back, as the writers of each pipeline make them.

mod item;
mod row;
mod user;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use fastrand::Rng;
use serde_json::json;
use tokio::task::JoinHandle;

use crate::history::Step;
use crate::pipeline::Pipeline;
use crate::trouble::{Result, trouble};
use crate::world::{History, World};

pub use item::item;
pub use row::{append, resolve};

/// Writers that work at the same time.
const WRITERS: usize = 2;
/// Aggregates that they write to.
pub const AGGREGATES: usize = 8;
/// Between two transactions of a writer: a modest load, some 60 events a second.
const PAUSE: Duration = Duration::from_millis(60);

/// One event that a transaction is to write.
pub struct Draft {
    pub aggregate: String,
    pub kind: &'static str,
    /// JSON without spaces, members sorted.
    pub payload: String,
    pub id: String,
}

/// Writers at work.
pub struct Load {
    stop: Arc<AtomicBool>,
    rests: Arc<AtomicBool>,
    committed: Arc<AtomicUsize>,
    writers: Vec<JoinHandle<Result<()>>>,
}

impl Load {
    pub fn start(world: &Arc<World>, history: &Arc<History>, seed: u64) -> Self {
        let (stop, rests, committed) = (Arc::<AtomicBool>::default(), Arc::<AtomicBool>::default(), Arc::default());
        let writer = |number: usize| {
            let (world, history) = (Arc::clone(world), Arc::clone(history));
            let (stop, rests, committed) = (Arc::clone(&stop), Arc::clone(&rests), Arc::clone(&committed));
            let rng = Rng::with_seed(seed.wrapping_mul(31).wrapping_add(number as u64));
            tokio::spawn(async move { write(&world, &history, number, rng, (&stop, &rests), &committed).await })
        };
        Self { writers: (0..WRITERS).map(writer).collect(), stop, rests, committed }
    }

    /// Lets the writers rest after the transactions that they are in, or write again.
    pub fn rest(&self, rests: bool) {
        self.rests.store(rests, Ordering::SeqCst);
    }

    /// Events that are known to be committed.
    pub fn committed(&self) -> usize {
        self.committed.load(Ordering::SeqCst)
    }

    /// Waits until so many more are committed.
    pub async fn continues(&self, events: usize) -> Result<()> {
        let wanted = self.committed() + events;
        let what = format!("{events} more events are committed");
        crate::trouble::until(&what, async || {
            if self.writers.iter().any(JoinHandle::is_finished) {
                return Ok(Some(()));
            }
            Ok((self.committed() >= wanted).then_some(()))
        })
        .await
    }

    /// Ends the writers after the transactions that they are in.
    pub async fn stop(self) -> Result<()> {
        self.stop.store(true, Ordering::SeqCst);
        for writer in self.writers {
            writer.await.map_err(|panic| trouble(format!("a writer broke off: {panic}")))??;
        }
        Ok(())
    }
}

/// Writes until stopped.
async fn write(
    world: &World,
    history: &History,
    number: usize,
    mut rng: Rng,
    (stop, rests): (&AtomicBool, &AtomicBool),
    committed: &AtomicUsize,
) -> Result<()> {
    let mut row = row::Rows::default();
    let mut item = item::Items::default();
    let mut user = user::Users::default();
    while !stop.load(Ordering::SeqCst) {
        if rests.load(Ordering::SeqCst) {
            tokio::time::sleep(PAUSE).await;
            continue;
        }
        // Rows of one aggregate are locked by the database; items and users need one writer each.
        let own = if world.pipeline.has_database() { 1 } else { WRITERS };
        let aggregate = |rng: &mut Rng| {
            let aggregate = rng.usize(..AGGREGATES / own) * own + if own == 1 { 0 } else { number };
            format!("{}{aggregate}", history.prefix)
        };
        let roll_back = rng.u8(..10) == 0;
        let events = 1 + rng.usize(..4);
        let done = match world.pipeline {
            Pipeline::RdsKinesis | Pipeline::RdsEventbridge => {
                // In one order, so that two transactions do not wait for each other.
                let mut drafts: Vec<Draft> = (0..events).map(|_| draft(aggregate(&mut rng), &mut rng)).collect();
                drafts.sort_by(|one, other| one.aggregate.cmp(&other.aggregate));
                row.transaction(world, history, &drafts, roll_back).await
            }
            Pipeline::DynamodbKinesis | Pipeline::DynamodbEventbridge => {
                let mut drafts: Vec<Draft> = (0..events).map(|_| draft(aggregate(&mut rng), &mut rng)).collect();
                // A transaction has one item of each aggregate.
                drafts.sort_by(|one, other| one.aggregate.cmp(&other.aggregate));
                drafts.dedup_by(|one, other| one.aggregate == other.aggregate);
                item.transaction(world, history, drafts, roll_back, stop).await?
            }
            Pipeline::DynamodbCdc => {
                let name = format!("{}-{}", aggregate(&mut rng), rng.u8(..3));
                user.change(world, history, name, &mut rng, roll_back, stop).await?
            }
        };
        committed.fetch_add(done, Ordering::SeqCst);
        tokio::time::sleep(PAUSE).await;
    }
    Ok(())
}

/// An event with content of its own: text that needs escaping, large numbers, sometimes much of it.
pub fn draft(aggregate: String, rng: &mut Rng) -> Draft {
    let kind = if rng.bool() { "SampleCreated" } else { "SampleUpdated" };
    Draft { aggregate, kind, payload: payload(rng), id: identifier(rng) }
}

fn payload(rng: &mut Rng) -> String {
    let piece = ["\"", "\\", "/", "é", "漢", "😀", "\n", "\t", "<b>", "a", "b", " ", "'", "\u{7f}", "\u{2028}", "{}"];
    let length = if rng.u8(..20) == 0 { 5_000 } else { rng.usize(..40) };
    let text: String = (0..length).map(|_| piece[rng.usize(..piece.len())]).collect();
    json!({"n": rng.i64(..), "nested": {"list": [1, null, true, {"x": ""}]}, "text": text, "token": rng.u64(..)})
        .to_string()
}

/// A UUID (version 4) by chance that can be repeated.
pub fn identifier(rng: &mut Rng) -> String {
    let bits = (rng.u128(..) & !(0xf << 76) & !(0x3 << 62)) | (0x4 << 76) | (0x2 << 62);
    uuid::Uuid::from_u128(bits).to_string()
}

/// The step of an event that is known to be committed, or not.
pub fn outcome(roll_back: bool) -> fn(crate::history::Event) -> Step {
    if roll_back { Step::RolledBack } else { Step::Committed }
}
