//! One turn: renewing what is held, taking note of what others do, taking what is this worker's share.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use tokio_util::sync::CancellationToken;

use super::compare::compare;
use super::{Held, Worker};
use crate::consumer::lease::{Checkpoint, Lease, Leases, Plan, plan};
use crate::consumer::processor::LeaseContext;
use crate::consumer::store::Store;
use crate::consumer::tenure::Tenure;
use crate::error::Result;
use crate::report::Event;
use crate::streams::From;
use crate::streams::kinesis;

/// How often to look for shards that are new without a parent having ended here.
const LOOK_FOR_SHARDS: Duration = Duration::from_secs(60);

impl<L: Leases + 'static, S: Store + 'static> Worker<L, S> {
    /// Renews what is held, takes note of what others do, and takes what is this worker's share.
    pub(super) async fn turn(&mut self) -> Result<()> {
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

    pub(super) async fn renew(&mut self) {
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
                Ok(Err(error)) => self.reader.processor.reporter.warn(error.message()),
                Err(_) => {
                    self.reader.processor.reporter.warn(format!("the lease of {shard} could not be renewed in time"))
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
                reader.processor.reporter.warn(text);
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
        processor.reporter.emit(Event::progress("consume", format!("{} {whence}at {}", lease.shard, lease.checkpoint)));
        let context =
            LeaseContext { tenure: Tenure::new(begun, self.options.lease_duration), stop: CancellationToken::new() };
        let held = Held { tenure: context.tenure.clone(), stop: context.stop.clone(), wanted_by: None };
        self.held.insert(lease.shard.clone(), held);
        let reader = self.reader.clone();
        self.readers.spawn(async move {
            let ended = reader.run(&lease, &context).await;
            (lease.shard, ended)
        });
        Ok(())
    }
}
