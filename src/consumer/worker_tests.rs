use super::*;

fn shard(id: &str, parents: &[&str]) -> ShardInfo {
    ShardInfo { id: id.into(), parents: parents.iter().map(|p| (*p).to_owned()).collect(), closed: false }
}

#[test]
fn new_shards_begin_where_nothing_is_skipped_nor_read_that_was_not_asked_for() {
    let latest = Checkpoint::At(DateTime::UNIX_EPOCH);
    // At first everything begins at the same time, the child of a closed shard too.
    let (fresh, _) = compare(&[], &[shard("a", &["expired"]), shard("b", &["a"])], latest.clone());
    assert!(fresh.iter().all(|lease| lease.checkpoint == latest));
    // Later a child of what was read begins with its oldest record.
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
