//! One turn: renews held leases, observes others, and takes this worker's share.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use tokio_util::sync::CancellationToken;

use super::compare::compare;
use super::{Held, Worker};
use crate::base::error::Result;
use crate::base::report::Event;
use crate::consumer::lease::{Checkpoint, Lease, Leases, Plan, plan};
use crate::consumer::processor::LeaseContext;
use crate::consumer::store::Store;
use crate::consumer::validity::LeaseValidity;
use crate::streams::StartAt;
use crate::streams::shards;

/// Interval of listing shards if no shard has ended here.
const LOOK_FOR_SHARDS: Duration = Duration::from_secs(60);

impl<L: Leases + 'static, S: Store + 'static> Worker<L, S> {
    /// Renews held leases, observes others, and takes this worker's share.
    pub(super) async fn turn(&mut self) -> Result<()> {
        // Until this turn ends: a shard that was just read to its end can have children without leases.
        self.settled = false;
        self.renew().await;
        let leases = self.reader.leases.list().await?;
        let due = self.listed.is_none_or(|listed| listed.elapsed() >= LOOK_FOR_SHARDS);
        // Another worker adds leases for shards that are not known here, children before their parents.
        let leases = if due || leases.is_empty() || self.lacks_parents(&leases) {
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
        // After a lost response, this worker may own a lease that it does not know of.
        let forgotten = |lease: &&Lease| lease.owner.as_ref() == Some(&me) && !self.held.contains_key(&lease.shard);
        for lease in leases.iter().filter(forgotten).cloned().collect::<Vec<_>>() {
            self.take(&lease).await?;
        }
        if let Some(lease) = ask {
            self.reader.leases.ask(&lease, &me).await?;
        }
        Ok(())
    }

    /// Returns whether the parent of an unread lease has no lease, although it was not found to have expired.
    fn lacks_parents(&self, leases: &[Lease]) -> bool {
        let leased: BTreeSet<&str> = leases.iter().map(|lease| lease.shard.as_str()).collect();
        let unread = leases.iter().filter(|lease| lease.checkpoint != Checkpoint::End);
        unread.flat_map(|lease| &lease.parents).any(|p| !leased.contains(p.as_str()) && !self.expired.contains(p))
    }

    /// Returns whether every unfinished lease is held here, waits for its parents, or has a live owner.
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
                    held.validity.extend(begun, self.options.lease_duration);
                    if lease.wanted_by.is_some() && held.wanted_by.is_none() {
                        // The reader ends when its records in flight are done; then the lease goes to the worker that
                        // asked.
                        held.wanted_by = lease.wanted_by;
                        held.stop.cancel();
                    }
                }
                Ok(Ok(None)) => {
                    held.validity.end();
                    held.stop.cancel();
                }
                // The lease expires if this continues.
                Ok(Err(error)) => self.reader.processor.reporter.warn(error.message()),
                Err(_) => {
                    self.reader.processor.reporter.warn(format!("the lease of {shard} could not be renewed in time"))
                }
            }
        }
    }

    /// Adds leases for shards that have none, and removes those of shards that no longer exist.
    async fn add_shards(&mut self, leases: Vec<Lease>) -> Result<Vec<Lease>> {
        let reader = &self.reader;
        let shards = shards::list(&reader.source).await?.shards;
        let (fresh, gone) = compare(&leases, &shards, self.first());
        // Children first: a worker that finds a partial list must not treat them as new.
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
        let listed: BTreeSet<&str> = shards.iter().map(|shard| shard.id.as_str()).collect();
        let parents = leases.iter().flat_map(|lease| &lease.parents).chain(shards.iter().flat_map(|s| &s.parents));
        self.expired = parents.filter(|parent| !listed.contains(parent.as_str())).cloned().collect();
        if fresh.is_empty() && gone.is_empty() { Ok(leases) } else { reader.leases.list().await }
    }

    /// Returns the start position of a shard that the group has not read.
    fn first(&self) -> Checkpoint {
        match self.options.from {
            StartAt::Start => Checkpoint::Oldest,
            StartAt::Latest => Checkpoint::At(self.started),
            StartAt::At(at) => Checkpoint::At(at),
        }
    }

    async fn take(&mut self, seen: &Lease) -> Result<()> {
        // The lease was lost and is free again while its reader still ends: a second reader would process the same
        // events in parallel.
        if self.held.contains_key(&seen.shard) {
            return Ok(());
        }
        let begun = Instant::now();
        let Some(lease) = self.reader.leases.take(seen, &self.reader.me).await? else { return Ok(()) };
        let processor = &self.reader.processor;
        let dead = seen.owner.as_ref().filter(|owner| **owner != self.reader.me);
        let origin = match dead {
            Some(dead) => {
                processor.metrics.count(|totals| totals.taken_over += 1);
                format!("taken over from {dead}, which no longer renews it, ")
            }
            None => String::new(),
        };
        processor.reporter.emit(Event::progress("consume", format!("{} {origin}at {}", lease.shard, lease.checkpoint)));
        let context = LeaseContext {
            validity: LeaseValidity::new(begun, self.options.lease_duration),
            stop: CancellationToken::new(),
        };
        let held = Held { validity: context.validity.clone(), stop: context.stop.clone(), wanted_by: None };
        self.held.insert(lease.shard.clone(), held);
        let (reader, warnings) = (self.reader.clone(), self.warnings.clone());
        self.readers.spawn(async move {
            let ended = reader.run(&lease, &context, warnings).await;
            (lease.shard, ended)
        });
        Ok(())
    }
}
