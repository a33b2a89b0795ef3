//! Holding leases, and running a reader for each.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use futures_util::future::join_all;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::lanes::Terms;
use super::lease::{Checkpoint, Lease, Leases, Plan, Watch, is_final, plan};
use super::metrics::Totals;
use super::reader::{Ended, Reader};
use super::store::Store;
use super::tenure::Tenure;
use crate::error::{Error, Kind, Result};
use crate::output::Event;
use crate::streams::From;
use crate::streams::kinesis::{self, ShardInfo};

/// How often to look for shards that are new without a parent having ended here.
const LOOK_FOR_SHARDS: Duration = Duration::from_secs(60);

/// How a worker holds its leases, and when it ends by itself.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where shards begin that nobody of the group has read yet.
    pub from: From,
    /// A worker that was not heard of for so long is taken for dead.
    pub lease_duration: Duration,
    /// End once there has been nothing to do for so long.
    pub until_idle: Option<Duration>,
    /// How often to report metrics.
    pub report_every: Duration,
}

/// Why a worker ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    Cancelled,
    Idle,
    /// Nobody reads what it prints.
    Unread,
}

struct Held {
    tenure: Tenure,
    stop: CancellationToken,
    wanted_by: Option<String>,
}

type Readers = JoinSet<(String, Result<Ended>)>;

/// One member of a consumer group.
pub struct Worker<L, S> {
    reader: Arc<Reader<L, S>>,
    options: Options,
    started: DateTime<Utc>,
    watch: Watch,
    held: BTreeMap<String, Held>,
    readers: Readers,
    /// When shards were listed last; None to list them at the next turn.
    listed: Option<Instant>,
    /// Every lease that may be read is held here or by somebody who was seen to live.
    settled: bool,
}

#[derive(serde::Serialize)]
struct Report {
    r#type: &'static str,
    at: DateTime<Utc>,
    #[serde(flatten)]
    totals: Totals,
}

impl<L: Leases + 'static, S: Store + 'static> Worker<L, S> {
    pub fn new(reader: Reader<L, S>, options: Options) -> Self {
        Self {
            reader: Arc::new(reader),
            options,
            started: Utc::now(),
            watch: Watch::default(),
            held: BTreeMap::new(),
            readers: JoinSet::new(),
            listed: None,
            settled: false,
        }
    }

    /// Runs until cancelled, idle for as long as asked for, or failed. Before it returns, what is in flight is finished
    /// and checkpointed, and its leases are free for others.
    ///
    /// # Errors
    /// What keeps it from starting, and what a reader ends in after its retries.
    pub async fn run(mut self, cancel: &CancellationToken) -> Result<End> {
        let ended = self.work(cancel).await;
        let stopped = self.stop().await;
        self.report();
        let end = ended?;
        stopped.map(|()| end)
    }

    async fn work(&mut self, cancel: &CancellationToken) -> Result<End> {
        let begun = Instant::now();
        // Who waits for the end looks more often whether it is reached.
        let patience = if self.options.until_idle.is_some() { Duration::from_millis(500) } else { Duration::MAX };
        let every = (self.options.lease_duration / 4).min(patience);
        self.turn().await?;
        let (mut turned, mut reported) = (Instant::now(), Instant::now());
        let unread = self.reader.processor.unread.clone();
        loop {
            let look = self.options.until_idle.map_or(every, |idle| (idle / 4).clamp(Duration::from_millis(50), every));
            let due = every.saturating_sub(turned.elapsed()).min(look);
            let mut at_once = false;
            tokio::select! {
                Some(ended) = self.readers.join_next() => {
                    let (shard, ended) =
                        ended.map_err(|e| Error::new(Kind::Unexpected, "a shard reader broke off").with_source(e))?;
                    at_once = matches!(self.ended(&shard, ended).await?, Ended::Drained | Ended::Gone);
                }
                () = tokio::time::sleep(due) => {}
                () = cancel.cancelled() => return Ok(End::Cancelled),
                () = unread.cancelled() => return Ok(End::Unread),
            }
            if at_once || turned.elapsed() >= every {
                turned = Instant::now();
                // The leases run out by themselves while the table can't be reached; then they are taken again.
                match self.turn().await {
                    Err(error) if !is_final(&error) => self.reader.processor.console.warn(error.message()),
                    turned => turned?,
                }
            }
            if reported.elapsed() >= self.options.report_every {
                reported = Instant::now();
                self.report();
            }
            if self.options.until_idle.is_some_and(|idle| begun.elapsed() >= idle && self.is_idle(idle)) {
                return Ok(End::Idle);
            }
        }
    }

    fn is_idle(&self, idle: Duration) -> bool {
        self.settled && self.reader.processor.metrics.is_idle(self.held.keys(), idle)
    }

    /// Renews what is held, takes note of what others do, and takes what is this worker's share.
    async fn turn(&mut self) -> Result<()> {
        // Until this turn is through: a shard that was just drained can have children that nobody has taken.
        self.settled = false;
        self.renew().await;
        let leases = self.reader.leases.list().await?;
        let leases = if self.listed.is_none_or(|listed| listed.elapsed() >= LOOK_FOR_SHARDS) || leases.is_empty() {
            self.add_shards(leases).await?
        } else {
            leases
        };
        let now = Instant::now();
        self.watch.observe(&leases, now);
        let me = self.reader.me.clone();
        let duration = self.options.lease_duration;
        let Plan { take, ask } = plan(&leases, &me, |lease| self.watch.is_expired(lease, duration, now));
        self.settled = take.is_empty() && ask.is_none() && self.all_in_hand(&leases);
        for lease in take {
            self.take(&lease).await?;
        }
        // An answer that was lost left us owner of what we don't know to have.
        let forgotten = |lease: &&Lease| lease.owner.as_ref() == Some(&me) && !self.held.contains_key(&lease.shard);
        for lease in leases.iter().filter(forgotten).cloned().collect::<Vec<_>>() {
            self.take(&lease).await?;
        }
        if let Some(lease) = ask {
            self.reader.leases.ask(&lease, &me).await?;
        }
        Ok(())
    }

    /// Every lease that still has something to read is ours, or waits for its parents, or its owner was seen to live.
    fn all_in_hand(&self, leases: &[Lease]) -> bool {
        leases
            .iter()
            .filter(|lease| lease.checkpoint != Checkpoint::End)
            .all(|lease| self.held.contains_key(&lease.shard) || (lease.owner.is_some() && self.watch.has_moved(lease)))
    }

    async fn renew(&mut self) {
        let (leases, me) = (self.reader.leases.clone(), self.reader.me.clone());
        let limit = self.options.lease_duration / 2;
        let renewals = self.held.keys().cloned().map(|shard| {
            let (leases, me) = (leases.clone(), me.clone());
            async move {
                let begun = Instant::now();
                let renewed = tokio::time::timeout(limit, leases.renew(&shard, &me)).await;
                (shard, begun, renewed)
            }
        });
        for (shard, begun, renewed) in join_all(renewals).await {
            let Some(held) = self.held.get_mut(&shard) else { continue };
            match renewed {
                Ok(Ok(Some(lease))) => {
                    held.tenure.extend(begun, self.options.lease_duration);
                    if lease.wanted_by.is_some() && held.wanted_by.is_none() {
                        // The reader ends once what it has in flight is done; the lease goes to who asked.
                        held.wanted_by = lease.wanted_by;
                        held.stop.cancel();
                    }
                }
                Ok(Ok(None)) => {
                    held.tenure.end();
                    held.stop.cancel();
                }
                // The tenure runs out if this goes on.
                Ok(Err(error)) => self.reader.processor.console.warn(error.message()),
                Err(_) => {
                    self.reader.processor.console.warn(format!("the lease of {shard} could not be renewed in time"))
                }
            }
        }
    }

    /// Adds leases for shards that have none, and removes those of shards that are gone.
    async fn add_shards(&mut self, leases: Vec<Lease>) -> Result<Vec<Lease>> {
        let reader = &self.reader;
        let shards = kinesis::list(&reader.client, &reader.stream).await?;
        let (fresh, gone) = compare(&leases, &shards, self.first());
        // Children first: whoever finds the rest of this list missing must not take them for new.
        for lease in fresh.iter().rev() {
            reader.leases.create(lease).await?;
        }
        for lease in &gone {
            if lease.checkpoint != Checkpoint::End {
                let text =
                    format!("shard {} expired before it was read to its end, at {}", lease.shard, lease.checkpoint);
                reader.processor.console.warn(text);
            }
            reader.leases.remove(&lease.shard).await?;
        }
        self.listed = Some(Instant::now());
        if fresh.is_empty() && gone.is_empty() { Ok(leases) } else { reader.leases.list().await }
    }

    /// Where a shard begins that nobody of the group has read.
    fn first(&self) -> Checkpoint {
        match self.options.from {
            From::Start => Checkpoint::Oldest,
            From::Latest => Checkpoint::At(self.started),
            From::At(at) => Checkpoint::At(at),
        }
    }

    async fn take(&mut self, seen: &Lease) -> Result<()> {
        // Lost, and free again, while its reader still ends: two of them would run the same events side by side.
        if self.held.contains_key(&seen.shard) {
            return Ok(());
        }
        let begun = Instant::now();
        let Some(lease) = self.reader.leases.take(seen, &self.reader.me).await? else { return Ok(()) };
        let processor = &self.reader.processor;
        let dead = seen.owner.as_ref().filter(|owner| **owner != self.reader.me);
        let whence = match dead {
            Some(dead) => {
                processor.metrics.count(|totals| totals.taken_over += 1);
                format!("taken over from {dead}, which no longer renews it, ")
            }
            None => String::new(),
        };
        processor.console.emit(Event::progress("consume", format!("{} {whence}at {}", lease.shard, lease.checkpoint)));
        let terms = Terms { tenure: Tenure::new(begun, self.options.lease_duration), stop: CancellationToken::new() };
        let held = Held { tenure: terms.tenure.clone(), stop: terms.stop.clone(), wanted_by: None };
        self.held.insert(lease.shard.clone(), held);
        let reader = self.reader.clone();
        self.readers.spawn(async move {
            let ended = reader.run(&lease, &terms).await;
            (lease.shard, ended)
        });
        Ok(())
    }

    /// A reader ended: its lease goes to who asked for it, or becomes free.
    async fn ended(&mut self, shard: &str, ended: Result<Ended>) -> Result<Ended> {
        let held = self.held.remove(shard);
        let ended = match ended {
            // Missing can be the stream as well: then listing it fails.
            Err(error) if error.kind() == Kind::StreamMissing => match self.is_listed(shard).await {
                Ok(false) => Ok(Ended::Gone),
                _ => Err(error),
            },
            ended => ended,
        };
        self.reader.processor.metrics.forget(shard);
        if !matches!(ended, Ok(Ended::Lost)) {
            let to = held.and_then(|held| held.wanted_by);
            let released = self.reader.leases.release(shard, &self.reader.me, to.as_deref()).await;
            // It runs out by itself otherwise; a reader's own failure is the one to be told.
            if let (Err(error), Ok(_)) = (released, &ended) {
                self.reader.processor.console.warn(error.message());
            }
        }
        let ended = ended?;
        let text = match ended {
            Ended::Drained => "read to its end",
            Ended::Stopped => "handed back",
            Ended::Lost => "lost to another consumer",
            Ended::Gone => "expired",
        };
        self.reader.processor.console.detail(format!("{shard}: {text}"));
        if matches!(ended, Ended::Drained | Ended::Gone) {
            self.listed = None;
        }
        Ok(ended)
    }

    async fn is_listed(&self, shard: &str) -> Result<bool> {
        let shards = kinesis::list(&self.reader.client, &self.reader.stream).await?;
        Ok(shards.iter().any(|listed| listed.id == shard))
    }

    /// Lets readers finish what is in flight, renewing their leases meanwhile, and frees the leases.
    async fn stop(&mut self) -> Result<()> {
        self.held.values().for_each(|held| held.stop.cancel());
        let mut failure = None;
        let every = self.options.lease_duration / 4;
        while !self.readers.is_empty() {
            tokio::select! {
                Some(ended) = self.readers.join_next() => {
                    if let Ok((shard, ended)) = ended
                        && let Err(error) = self.ended(&shard, ended).await
                    {
                        failure.get_or_insert(error);
                    }
                }
                () = tokio::time::sleep(every) => self.renew().await,
            }
        }
        self.return_unused().await;
        failure.map_or(Ok(()), Err)
    }

    /// Frees leases that were handed over to us and not begun.
    async fn return_unused(&self) {
        let (leases, me) = (&self.reader.leases, &self.reader.me);
        let owned = leases.list().await.unwrap_or_default();
        for lease in owned.iter().filter(|lease| lease.owner.as_ref() == Some(me)) {
            // Left as it is, it runs out by itself.
            let _ = leases.release(&lease.shard, me, None).await;
        }
    }

    /// A line of metrics for machines, progress for people.
    fn report(&self) {
        let processor = &self.reader.processor;
        let totals = processor.metrics.totals();
        let text = format!(
            "{} processed, {} duplicates, {} failed; {} shards, {} ms behind",
            totals.processed, totals.duplicates, totals.failed, totals.shards, totals.behind_ms
        );
        let report = Report { r#type: "metrics", at: Utc::now(), totals };
        if !processor.console.machine_item(&report) {
            processor.console.emit(Event::progress("consume", text));
        }
    }
}

/// Leases to add for shards that have none, parents before children, and leases of shards that are gone.
///
/// A shard that descends from one with a lease begins with its oldest record, however often the stream was resharded
/// since anybody looked: its ancestors are read to their ends first. So does one whose parents expired meanwhile, in a group
/// that has leases. Others begin at `first`.
fn compare(leases: &[Lease], shards: &[ShardInfo], first: Checkpoint) -> (Vec<Lease>, Vec<Lease>) {
    let leased: BTreeSet<&str> = leases.iter().map(|lease| lease.shard.as_str()).collect();
    let there: BTreeSet<&str> = shards.iter().map(|shard| shard.id.as_str()).collect();
    let mut continuing = leased.clone();
    let continues = |shard: &ShardInfo, known: &BTreeSet<&str>| {
        let gone = |parent: &str| !leases.is_empty() && !there.contains(parent);
        shard.parents.iter().any(|parent| known.contains(parent.as_str()) || gone(parent))
    };
    // Again until nothing is added: a list may have children before their parents.
    loop {
        let more = shards.iter().filter(|shard| !continuing.contains(shard.id.as_str()));
        let more: Vec<&str> = more.filter(|shard| continues(shard, &continuing)).map(|s| s.id.as_str()).collect();
        if more.is_empty() {
            break;
        }
        continuing.extend(more);
    }
    let fresh = shards.iter().filter(|shard| !leased.contains(shard.id.as_str())).map(|shard| {
        let checkpoint = if continuing.contains(shard.id.as_str()) { Checkpoint::Oldest } else { first.clone() };
        Lease::new(&shard.id, shard.parents.iter().cloned(), checkpoint)
    });
    let gone = leases.iter().filter(|lease| !there.contains(lease.shard.as_str())).cloned();
    (fresh.collect(), gone.collect())
}

#[cfg(test)]
#[path = "worker_tests.rs"]
mod tests;
