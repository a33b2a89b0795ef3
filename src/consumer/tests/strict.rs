//! Leases in memory that check the rules of checkpoints, and fail on request.

use std::sync::Arc;
use std::time::Duration;

use outboxctl_test_support::kinesis::ScriptedKinesis;
use parking_lot::Mutex;

use super::store::Kept;
use crate::base::error::{Error, Kind, Result};
use crate::consumer::lease::memory::Memory;
use crate::consumer::lease::{Checkpoint, Lease, Leases};

/// Leases that compare every checkpoint with the store: it must never be ahead of the processed records.
#[derive(Clone)]
pub struct Strict {
    pub leases: Memory,
    pub store: Kept,
    pub kinesis: ScriptedKinesis,
    pub trouble: Arc<Mutex<Trouble>>,
    pub wrong: Arc<Mutex<Vec<String>>>,
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
    /// Checkpoints get no answer while this is set.
    pub silent_checkpoints: bool,
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
        self.wrong.lock().push(what);
    }

    fn reach(&self, me: &str) -> Result<()> {
        match self.trouble.lock().cut.as_deref() {
            Some(cut) if cut == me => Err(Error::new(Kind::Unreachable, "cut")),
            _ => Ok(()),
        }
    }
}

impl Leases for Strict {
    async fn list(&self) -> Result<Vec<Lease>> {
        Trouble::fail_while(&mut self.trouble.lock().lists)?;
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
        while self.trouble.lock().silent_checkpoints {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        self.reach(me)?;
        Trouble::fail_while(&mut self.trouble.lock().checkpoints)?;
        if *to == Checkpoint::End {
            let mut trouble = self.trouble.lock();
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
