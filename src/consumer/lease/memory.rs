//! Leases in memory, with the rules of the table, for tests.

use std::collections::BTreeMap;
use std::sync::Arc;

use parking_lot::{Mutex, MutexGuard};

use super::{Checkpoint, Lease, Leases};
use crate::base::error::Result;

/// Clones share the leases.
#[derive(Debug, Clone, Default)]
pub struct Memory(Arc<Mutex<BTreeMap<String, Lease>>>);

impl Memory {
    fn all(&self) -> MutexGuard<'_, BTreeMap<String, Lease>> {
        self.0.lock()
    }

    fn change(
        &self,
        shard: &str,
        holds: impl FnOnce(&Lease) -> bool,
        change: impl FnOnce(&mut Lease),
    ) -> Option<Lease> {
        let mut all = self.all();
        let lease = all.get_mut(shard).filter(|lease| holds(lease))?;
        change(lease);
        Some(lease.clone())
    }
}

impl Leases for Memory {
    async fn list(&self) -> Result<Vec<Lease>> {
        Ok(self.all().values().cloned().collect())
    }

    async fn create(&self, lease: &Lease) -> Result<()> {
        self.all().entry(lease.shard.clone()).or_insert_with(|| lease.clone());
        Ok(())
    }

    async fn take(&self, seen: &Lease, me: &str) -> Result<Option<Lease>> {
        let as_seen = |lease: &Lease| lease.owner == seen.owner && lease.counter == seen.counter;
        Ok(self.change(&seen.shard, as_seen, |lease| {
            lease.owner = Some(me.to_owned());
            lease.wanted_by = None;
            lease.counter += 1;
        }))
    }

    async fn renew(&self, shard: &str, me: &str) -> Result<Option<Lease>> {
        Ok(self.change(shard, |lease| lease.owner.as_deref() == Some(me), |lease| lease.counter += 1))
    }

    async fn checkpoint(&self, shard: &str, me: &str, to: &Checkpoint) -> Result<bool> {
        let mine = |lease: &Lease| lease.owner.as_deref() == Some(me);
        Ok(self.change(shard, mine, |lease| lease.checkpoint = to.clone()).is_some())
    }

    async fn ask(&self, seen: &Lease, me: &str) -> Result<bool> {
        let open = |lease: &Lease| lease.owner == seen.owner && lease.wanted_by.is_none();
        Ok(self.change(&seen.shard, open, |lease| lease.wanted_by = Some(me.to_owned())).is_some())
    }

    async fn release(&self, shard: &str, me: &str, to: Option<&str>) -> Result<bool> {
        let mine = |lease: &Lease| lease.owner.as_deref() == Some(me);
        let hand_over = |lease: &mut Lease| {
            lease.owner = to.map(str::to_owned);
            lease.wanted_by = None;
            lease.counter += 1;
        };
        Ok(self.change(shard, mine, hand_over).is_some())
    }

    async fn remove(&self, shard: &str) -> Result<()> {
        let mut all = self.all();
        if all.get(shard).is_some_and(|lease| lease.owner.is_none()) {
            all.remove(shard);
        }
        Ok(())
    }
}
