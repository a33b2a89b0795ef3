use proptest::prelude::*;

use super::*;

fn lease(shard: &str, owner: Option<&str>) -> Lease {
    Lease { owner: owner.map(str::to_owned), ..Lease::new(shard, [], Checkpoint::Oldest) }
}

fn shards(leases: &[Lease]) -> Vec<&str> {
    leases.iter().map(|lease| lease.shard.as_str()).collect()
}

#[test]
fn a_single_worker_takes_every_readable_lease() {
    let mut child = lease("child", None);
    child.parents = ["a".to_owned(), "expired-long-ago".to_owned()].into();
    let mut leases = vec![lease("a", None), lease("b", Some("dead")), child];
    assert_eq!(shards(&plan(&leases, "me", |l| l.owner.is_some()).take), ["a", "b"]);
    leases[0].checkpoint = Checkpoint::End;
    let taken = plan(&leases, "me", |l| l.owner.is_some()).take;
    assert!(shards(&taken).contains(&"child") && taken.len() == 2);
}

#[test]
fn an_unchanged_counter_expires() {
    let (start, duration) = (Instant::now(), Duration::from_secs(10));
    let mut watch = Watch::default();
    let mut a = lease("a", Some("other"));
    watch.observe(std::slice::from_ref(&a), start);
    assert!(!watch.is_expired(&a, duration, start + duration));
    let late = start + duration + Duration::from_millis(1);
    assert!(watch.is_expired(&a, duration, late));
    a.counter += 1;
    watch.observe(std::slice::from_ref(&a), late);
    assert!(!watch.is_expired(&a, duration, late));
}

#[test]
fn a_new_worker_asks_the_one_with_most_leases_for_one_at_a_time() {
    let mut leases: Vec<Lease> = (0..4).map(|i| lease(&i.to_string(), Some("rich"))).collect();
    let asked = plan(&leases, "new", |_| false).ask.expect("one");
    leases[0].wanted_by = Some("new".into());
    assert_eq!(asked.shard, "0");
    assert_eq!(plan(&leases, "new", |_| false), Plan::default());
    leases[0] = lease("0", Some("new"));
    assert_eq!(plan(&leases, "new", |_| false).ask.map(|l| l.shard), Some("1".into()));
    leases[1] = lease("1", Some("new"));
    assert_eq!(plan(&leases, "new", |_| false), Plan::default(), "two each is fair");
}

#[derive(Debug, Clone)]
enum Change {
    Turn(usize),
    Join,
    Die(usize),
}

fn changes() -> impl Strategy<Value = Vec<Change>> {
    let one = prop_oneof![
        6 => any::<usize>().prop_map(Change::Turn),
        1 => Just(Change::Join),
        1 => any::<usize>().prop_map(Change::Die),
    ];
    proptest::collection::vec(one, 0..60)
}

/// Runs one turn of a worker with the table's rules: releases requested leases, then carries out the plan.
fn turn(leases: &mut [Lease], me: &str, alive: &[String]) {
    for lease in leases.iter_mut().filter(|lease| lease.owner.as_deref() == Some(me)) {
        lease.counter += 1;
        if let Some(to) = lease.wanted_by.take() {
            lease.owner = Some(to);
        }
    }
    let plan = plan(leases, me, |lease| lease.owner.as_ref().is_some_and(|owner| !alive.contains(owner)));
    for taken in plan.take {
        let lease = leases.iter_mut().find(|lease| lease.shard == taken.shard).expect("known");
        lease.owner = Some(me.to_owned());
        lease.wanted_by = None;
    }
    if let Some(asked) = plan.ask {
        let lease = leases.iter_mut().find(|lease| lease.shard == asked.shard).expect("known");
        lease.wanted_by.get_or_insert_with(|| me.to_owned());
    }
}

proptest! {
    /// After any workers start and stop, every shard finally has a live reader, and no worker has two more than
    /// another.
    #[test]
    fn leases_are_balanced_over_live_workers(count in 1usize..12, changes in changes()) {
        let mut leases: Vec<Lease> = (0..count).map(|i| lease(&format!("{i:02}"), None)).collect();
        let mut alive = vec!["w0".to_owned()];
        let mut born = 1;
        for change in changes {
            match change {
                Change::Turn(i) => { let me = alive[i % alive.len()].clone(); turn(&mut leases, &me, &alive); }
                Change::Join if alive.len() < 6 => { alive.push(format!("w{born}")); born += 1; }
                Change::Die(i) if alive.len() > 1 => drop(alive.remove(i % alive.len())),
                Change::Join | Change::Die(_) => {}
            }
        }
        for _ in 0..count * 4 + 4 {
            for me in alive.clone() { turn(&mut leases, &me, &alive); }
        }
        let held: Vec<usize> =
            alive.iter().map(|me| leases.iter().filter(|l| l.owner.as_ref() == Some(me)).count()).collect();
        prop_assert_eq!(held.iter().sum::<usize>(), count);
        prop_assert!(held.iter().max().unwrap_or(&0) - held.iter().min().unwrap_or(&0) <= 1, "{:?}", held);
    }
}
