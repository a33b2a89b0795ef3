//! Reads the leases every few seconds. Each renewal raises a counter; ages are by our own clock, as between consumers.

use std::collections::{BTreeMap, HashMap};
use std::time::{Duration, Instant};

use super::Watch;
use crate::aws::Clients;
use crate::consumer::lease::{Checkpoint, Lease};
use crate::consumer::{Leases, Table};
use crate::settings::DEFAULT_GROUP;
use crate::ui::model::{Consumers, Member};

const SOURCE: &str = "lease table";

/// Time since which each shard's counter is unchanged, and whether a renewal was observed at all.
struct Renewals {
    begun: Instant,
    seen: HashMap<String, (u64, Option<Instant>)>,
}

pub async fn follow(watch: Watch, clients: Clients, table: String) {
    let leases = Table::new(clients.dynamodb(), table, DEFAULT_GROUP);
    let mut renewals = Renewals { begun: Instant::now(), seen: HashMap::new() };
    loop {
        watch.model.lock().ask(SOURCE);
        let Some(listed) = watch.cancel.run_until_cancelled(leases.list()).await else { return };
        {
            let mut state = watch.model.lock();
            match listed {
                Ok(all) => {
                    state.consumers = Some(renewals.observe(&all, Instant::now()));
                    state.source(SOURCE, None);
                }
                Err(error) => state.source(SOURCE, Some(error.message().to_owned())),
            }
        }
        if !watch.pause(Duration::from_secs(2), Duration::from_secs(5)).await {
            return;
        }
    }
}

impl Renewals {
    fn observe(&mut self, leases: &[Lease], now: Instant) -> Consumers {
        let mut members: BTreeMap<&str, Member> = BTreeMap::new();
        for lease in leases {
            let (counter, moved) = self.seen.entry(lease.shard.clone()).or_insert((lease.counter, None));
            if *counter != lease.counter {
                (*counter, *moved) = (lease.counter, Some(now));
            }
            let Some(owner) = lease.owner.as_deref() else { continue };
            let age = moved.map(|at| now.duration_since(at).as_secs());
            let member =
                members.entry(owner).or_insert_with(|| Member { name: owner.to_owned(), shards: 0, renewed_s: None });
            member.shards += 1;
            member.renewed_s = member.renewed_s.into_iter().chain(age).min();
        }
        let shards = leases.iter().filter(|lease| lease.checkpoint != Checkpoint::End).count();
        Consumers { members: members.into_values().collect(), shards, watched: now.duration_since(self.begun) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_observed_renewals_have_an_age() {
        let begun = Instant::now();
        let mut renewals = Renewals { begun, seen: HashMap::new() };
        let lease = |shard: &str, owner: Option<&str>, counter| Lease {
            owner: owner.map(str::to_owned),
            counter,
            ..Lease::new(shard, [], Checkpoint::Oldest)
        };
        let member = |name: &str, shards, renewed_s| Member { name: name.into(), shards, renewed_s };
        let mut look = |counter, second| {
            let leases = [lease("0", Some("a"), counter), lease("1", Some("a"), 7), lease("2", None, 1)];
            renewals.observe(&leases, begun + Duration::from_secs(second))
        };
        assert_eq!(look(1, 0).members, [member("a", 2, None)]);
        assert_eq!(look(2, 5).members, [member("a", 2, Some(0))]);
        let last = look(2, 9);
        assert_eq!((last.members, last.shards), (vec![member("a", 2, Some(4))], 3));
    }
}
