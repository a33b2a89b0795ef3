//! Decides which shards may be read: a child only after its parents are read to their ends. Pure.

use std::collections::{BTreeMap, BTreeSet};

use super::source::ShardInfo;

/// Returns whether a shard with these parents may be read: none of them is among the unread shards. A parent that is
/// not known has expired with its records.
pub fn follows<'a>(parents: impl IntoIterator<Item = &'a String>, is_unread: impl Fn(&str) -> bool) -> bool {
    !parents.into_iter().any(|parent| is_unread(parent))
}

/// The known shards, those being read, and those read to their ends.
#[derive(Debug, Default)]
pub struct Lineage {
    waiting: BTreeMap<String, ShardInfo>,
    reading: BTreeSet<String>,
    drained: BTreeSet<String>,
}

impl Lineage {
    /// Adds the shards that are not known yet.
    pub fn add(&mut self, shards: Vec<ShardInfo>) {
        for shard in shards {
            if !self.reading.contains(&shard.id) && !self.drained.contains(&shard.id) {
                self.waiting.entry(shard.id.clone()).or_insert(shard);
            }
        }
    }

    /// Marks a shard as drained: it was read to its end, or lies before the start of reading.
    pub fn drain(&mut self, id: &str) {
        self.waiting.remove(id);
        self.reading.remove(id);
        self.drained.insert(id.to_owned());
    }

    /// Takes the shards that may be read now.
    pub fn ready(&mut self) -> Vec<String> {
        let is_unread = |id: &str| self.waiting.contains_key(id) || self.reading.contains(id);
        let ready = self.waiting.values().filter(|shard| follows(&shard.parents, is_unread));
        let ids: Vec<String> = ready.map(|shard| shard.id.clone()).collect();
        for id in &ids {
            self.waiting.remove(id);
            self.reading.insert(id.clone());
        }
        ids
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shard(id: &str, parents: &[&str]) -> ShardInfo {
        ShardInfo { id: id.into(), parents: parents.iter().map(|p| (*p).to_owned()).collect(), closed: false }
    }

    #[test]
    fn children_wait_for_all_their_parents() {
        let mut lineage = Lineage::default();
        lineage.add(vec![shard("a", &["expired"]), shard("b", &[]), shard("c", &["a", "b"])]);
        assert_eq!(lineage.ready(), ["a", "b"]);
        lineage.drain("a");
        assert!(lineage.ready().is_empty());
        lineage.drain("b");
        assert_eq!(lineage.ready(), ["c"]);
        lineage.drain("c");
        assert!(lineage.ready().is_empty());
        lineage.add(vec![shard("a", &[])]);
        assert!(lineage.ready().is_empty(), "a drained shard is not read again");
    }

    proptest::proptest! {
        /// For any tree of splits and merges and any order of draining, each shard is read once, after its parents.
        #[test]
        fn every_shard_once_and_after_its_parents(tree in proptest::collection::vec((0usize..20, 0usize..20), 1..20), order: Vec<usize>) {
            let shards: Vec<ShardInfo> = tree.iter().enumerate().map(|(i, (p, q))| {
                let parents: Vec<String> = [p, q].iter().filter(|parent| ***parent < i).map(|p| p.to_string()).collect();
                ShardInfo { id: i.to_string(), parents, closed: false }
            }).collect();
            let mut lineage = Lineage::default();
            lineage.add(shards.clone());
            let (mut open, mut read): (Vec<String>, Vec<String>) = (lineage.ready(), Vec::new());
            let mut turn = 0;
            while !open.is_empty() {
                let id = open.remove(order.get(turn).copied().unwrap_or(0) % open.len());
                let info = shards.iter().find(|s| s.id == id).expect("known");
                assert!(info.parents.iter().all(|parent| read.contains(parent)));
                assert!(!read.contains(&id));
                lineage.drain(&id);
                read.push(id);
                open.extend(lineage.ready());
                turn += 1;
            }
            assert_eq!(read.len(), shards.len());
        }
    }
}
