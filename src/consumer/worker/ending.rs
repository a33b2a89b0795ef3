//! The end of a reader, and of the worker.

use super::Worker;
use crate::base::error::{Kind, Result};
use crate::consumer::lease::{Checkpoint, Leases};
use crate::consumer::reader::Ended;
use crate::consumer::store::Store;
use crate::streams::shards;

impl<L: Leases + 'static, S: Store + 'static> Worker<L, S> {
    /// Handles the end of a reader: releases its lease to the worker that asked for it, or frees it.
    pub(super) async fn ended(&mut self, shard: &str, ended: Result<Ended>) -> Result<Ended> {
        let held = self.held.remove(shard);
        let ended = match ended {
            // The stream itself may be missing: then listing its shards fails.
            Err(error) if error.kind() == Kind::StreamMissing => {
                self.pass_over(shard).await.and_then(|is_gone| if is_gone { Ok(Ended::Gone) } else { Err(error) })
            }
            ended => ended,
        };
        self.reader.processor.metrics.forget(shard);
        if !matches!(ended, Ok(Ended::Lost)) {
            let to = held.and_then(|held| held.wanted_by);
            let released = self.reader.leases.release(shard, &self.reader.me, to.as_deref()).await;
            // Otherwise the lease expires by itself; a reader's own error takes precedence.
            if let (Err(error), Ok(_)) = (released, &ended) {
                self.reader.processor.reporter.warn(error.message());
            }
        }
        let ended = ended?;
        let text = match ended {
            Ended::Drained => "read to its end",
            Ended::Stopped => "handed back",
            Ended::Lost => "lost to another consumer",
            Ended::Gone => "expired",
        };
        self.reader.processor.reporter.detail(format!("{shard}: {text}"));
        if matches!(ended, Ended::Drained | Ended::Gone) {
            self.listed = None;
        }
        Ok(ended)
    }

    /// Marks a shard that was not found as read to its end while it is listed, because its children wait for that.
    /// Returns false if the stream still has it: a shard that is listed as closed is past the retention.
    async fn pass_over(&self, shard: &str) -> Result<bool> {
        let reader = &self.reader;
        let shards = shards::list(&reader.source).await?.shards;
        match shards.iter().find(|listed| listed.id == shard) {
            None => Ok(true),
            Some(listed) if listed.closed => {
                reader.processor.reporter.warn(format!("shard {shard} expired before it was read to its end"));
                reader.leases.checkpoint(shard, &reader.me, &Checkpoint::End).await?;
                Ok(true)
            }
            Some(_) => Ok(false),
        }
    }

    /// Stops the readers after their records in flight, renews their leases during that time, and then frees them.
    pub(super) async fn stop(&mut self) -> Result<()> {
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

    /// Frees leases that were released to this worker and not started.
    async fn return_unused(&self) {
        let (leases, me) = (&self.reader.leases, &self.reader.me);
        let owned = leases.list().await.unwrap_or_default();
        for lease in owned.iter().filter(|lease| lease.owner.as_ref() == Some(me)) {
            // On failure the lease expires by itself.
            let _ = leases.release(&lease.shard, me, None).await;
        }
    }
}
