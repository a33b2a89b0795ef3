use chrono::DateTime;

use super::*;

fn shard(id: &str, parents: &[&str]) -> ShardInfo {
    ShardInfo { id: id.into(), parents: parents.iter().map(|p| (*p).to_owned()).collect(), closed: false }
}

#[test]
fn new_shards_start_without_gaps_and_without_old_records() {
    let latest = Checkpoint::At(DateTime::UNIX_EPOCH);
    // At first all shards start at the same time, also the child of a closed shard.
    let (fresh, _) = compare(&[], &[shard("a", &["expired"]), shard("b", &["a"])], latest.clone());
    assert!(fresh.iter().all(|lease| lease.checkpoint == latest));
    // Later, a child of a known shard starts with its oldest record.
    let (fresh, gone) =
        compare(&fresh[1..], &[shard("b", &["a"]), shard("c", &["b"]), shard("d", &[])], latest.clone());
    assert_eq!(
        fresh.iter().map(|l| (l.shard.as_str(), &l.checkpoint)).collect::<Vec<_>>(),
        [("c", &Checkpoint::Oldest), ("d", &latest)]
    );
    assert!(gone.is_empty());
    let (_, gone) = compare(&fresh, &[shard("d", &[])], latest);
    assert_eq!(gone[0].shard, "c");
}

#[test]
fn shards_after_two_unseen_reshardings_start_with_their_oldest_record() {
    let latest = Checkpoint::At(DateTime::UNIX_EPOCH);
    let read = Lease::new("a", [], Checkpoint::After("7".into()));
    // Children are listed first; the unrelated shard starts at the latest.
    let shards = [shard("d", &["b"]), shard("e", &["b", "c"]), shard("x", &[]), shard("b", &["a"]), shard("c", &["a"])];
    let all: Vec<ShardInfo> = shards.into_iter().chain([shard("a", &[])]).collect();
    let (fresh, _) = compare(std::slice::from_ref(&read), &all, latest.clone());
    let at_first: Vec<&str> = fresh.iter().filter(|l| l.checkpoint == latest).map(|l| l.shard.as_str()).collect();
    assert_eq!(at_first, ["x"]);
    // The parents in between have expired.
    let (fresh, gone) = compare(&[read], &[shard("d", &["b"])], latest);
    assert_eq!((&fresh[0].checkpoint, gone.len()), (&Checkpoint::Oldest, 1));
}
