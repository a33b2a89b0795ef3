//! Workers with lost leases, a busy lease table, or a failing database: no event is lost, no worker ends early, and no
//! two run the same events in parallel.

use std::time::Duration;

use outboxctl_test_support::kinesis::{Chaos, ScriptedKinesis};
use tokio_util::sync::CancellationToken;

use super::target::{Target, post};
use super::world::{World, until};
use crate::consumer::lease::{Checkpoint, Lease, Leases};
use crate::consumer::{End, Hook, Post};

async fn checkpoint_of(world: &World, shard: &str) -> Option<Checkpoint> {
    let leases = world.leases.list().await.expect("leases");
    leases.into_iter().find(|lease| lease.shard == shard).map(|lease| lease.checkpoint)
}

/// A lease was taken and freed by another worker while events of its first owner are still in progress.
#[tokio::test]
async fn a_lost_lease_gets_no_second_reader_while_the_first_still_ends() {
    let mut world = World::new();
    (1..=5).for_each(|n| world.put("a", "p1", n));
    let (target, url) = Target::slow(Duration::from_millis(700)).await;
    let worker = world.start_with("w", post(&url)).await;
    until("the first effect", || target.with(|received| received.under_way == 1)).await;
    let seen = world.leases.list().await.expect("leases").remove(0);
    world.leases.take(&seen, "other").await.expect("fine").expect("taken");
    world.leases.release("a", "other", None).await.expect("fine");
    until("three more", || target.requests() >= 4).await;
    target.set_slow(Duration::ZERO);
    until("all", || world.store.sequences().get("p1").is_some_and(|done| done.len() == 5)).await;
    worker.stop().await;
    assert_eq!(target.with(|received| received.most_under_way), 1);
    let (seen, again) = target.first_seen();
    assert_eq!((seen["p1"].as_slice(), again <= 1), (&[1, 2, 3, 4, 5][..], true), "{again} again");
}

/// The next owner runs the event again and then the later ones: a handler of the old owner must not end after them.
#[tokio::test]
async fn a_handler_ends_with_the_lease() {
    let mut world = World::new();
    world.put("a", "p1", 1);
    let (target, url) = Target::slow(Duration::from_secs(60)).await;
    let hook = Hook::Post(Box::new(Post::new(&url, Duration::from_secs(60)).expect("a URL")));
    let worker = world.start_with("w", hook).await;
    until("the effect", || target.with(|received| received.under_way == 1)).await;
    world.trouble().cut = Some("w".into());
    until("its end", || target.with(|received| received.under_way == 0)).await;
    worker.stop().await;
    assert!(world.store.sequences().is_empty());
}

/// A request for a checkpoint may take longer than the lease is valid.
#[tokio::test]
async fn a_handler_ends_with_the_lease_also_while_a_checkpoint_gets_no_answer() {
    let mut world = World::new();
    // A record without an event, so that there is a checkpoint to save while the handler runs.
    world.kinesis.put("a", br#"{"metadata":{"record-type":"control","operation":"create-table"}}"#.to_vec());
    world.put("a", "p1", 1);
    let (target, url) = Target::slow(Duration::from_secs(60)).await;
    let hook = Hook::Post(Box::new(Post::new(&url, Duration::from_secs(60)).expect("a URL")));
    world.trouble().silent_checkpoints = true;
    let worker = world.start_with("w", hook).await;
    until("the effect", || target.with(|received| received.under_way == 1)).await;
    world.trouble().cut = Some("w".into());
    until("its end", || target.with(|received| received.under_way == 0)).await;
    world.trouble().silent_checkpoints = false;
    worker.stop().await;
    assert!(world.store.sequences().is_empty());
}

/// The worker that lists the shards adds leases of children first, and may be killed before those of the parents.
#[tokio::test]
async fn a_child_waits_for_a_parent_that_has_no_lease_yet() {
    let mut world = World::new();
    world.kinesis.open("x", &[]);
    world.leases.create(&Lease::new("x", [], Checkpoint::Oldest)).await.expect("fine");
    let lease = world.leases.list().await.expect("leases").remove(0);
    world.leases.take(&lease, "other").await.expect("fine").expect("taken");
    let leases = world.leases.clone();
    let other = tokio::spawn(async move {
        while leases.renew("x", "other").await.expect("fine").is_some() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    });
    let worker = world.start("w").await;
    world.put("a", "p2", 1);
    until("the first event", || world.marked() == 1).await;
    // From here on the worker knows the shards, and does not list them for a minute.
    world.kinesis.open("b", &["x"]);
    world.put("b", "p1", 1);
    world.kinesis.open("c", &["b"]);
    world.put("c", "p1", 2);
    world.leases.create(&Lease::new("c", ["b".to_owned()], Checkpoint::Oldest)).await.expect("fine");
    world.leases.checkpoint("x", "other", &Checkpoint::End).await.expect("fine");
    world.leases.release("x", "other", None).await.expect("fine");
    other.await.expect("no panic");
    until("all", || world.marked() == 3).await;
    worker.stop().await;
    assert_eq!(world.store.sequences()["p1"], [1, 2]);
}

#[tokio::test]
async fn a_busy_lease_table_delays_checkpoints_only() {
    let mut world = World::new();
    (1..=4).for_each(|n| world.put("a", "p1", n));
    world.trouble().checkpoints = 4;
    world.drain().await;
    // The checkpoint is saved eventually, although no record follows.
    assert_eq!(checkpoint_of(&world, "a").await, Some(Checkpoint::After("4".into())));

    world.kinesis.open("b", &["a"]);
    world.put("b", "p1", 5);
    world.trouble().checkpoints = 4;
    world.drain().await;
    assert_eq!(checkpoint_of(&world, "a").await, Some(Checkpoint::End));
    assert_eq!(world.store.sequences()["p1"], [1, 2, 3, 4, 5]);
}

#[tokio::test]
async fn a_busy_lease_table_does_not_count_as_idle() {
    let mut world = World::new();
    (1..=4).for_each(|n| world.put("a", "p1", n));
    // Long enough for a turn in which every lease has an owner.
    let (target, url) = Target::slow(Duration::from_millis(120)).await;
    world.trouble().lists_after_end = 1;
    let (worker, _) = world.worker("w", post(&url), Some(Duration::ZERO)).await;
    let worker = tokio::spawn(async move { worker.run(&CancellationToken::new()).await });
    until("an effect", || target.requests() == 2).await;
    // A split that is not listed yet.
    world.kinesis.open("b", &["a"]);
    world.put("b", "p1", 5);
    assert_eq!(worker.await.expect("no panic").expect("fine"), End::Idle);
    assert_eq!(world.store.sequences()["p1"], [1, 2, 3, 4, 5]);
}

/// Its owner died, and its records expired before another worker took it over.
#[tokio::test]
async fn an_expired_shard_does_not_block_its_children() {
    let mut world = World::new();
    world.put("a", "p1", 1);
    world.leases.create(&Lease::new("a", [], Checkpoint::Oldest)).await.expect("fine");
    let lease = world.leases.list().await.expect("leases").remove(0);
    world.leases.take(&lease, "dead").await.expect("fine").expect("taken");
    world.kinesis.open("b", &["a"]);
    world.put("b", "p1", 2);
    world.kinesis.forget("a");
    world.drain().await;
    assert_eq!(world.store.sequences()["p1"], [2]);
    assert_eq!(checkpoint_of(&world, "a").await, None);
}

/// Still listed, as closed, for a while: its children must not wait for it.
#[tokio::test]
async fn an_expired_shard_that_is_still_listed_does_not_block_its_children() {
    let mut world = World::new();
    world.kinesis.open("b", &["a"]);
    world.put("b", "p1", 2);
    world.kinesis.lose("a");
    world.drain().await;
    assert_eq!(world.store.sequences()["p1"], [2]);
    assert_eq!(checkpoint_of(&world, "a").await, Some(Checkpoint::End));
}

#[tokio::test]
async fn an_error_after_a_database_outage_is_retried() {
    let mut world = World::new();
    world.put("a", "p1", 1);
    {
        let mut inner = world.store.0.lock();
        (inner.faults, inner.refusals) = (7, 2);
    }
    assert_eq!(world.drain().await.processed, 1);
}

/// Its users must see why nothing arrives.
#[tokio::test]
async fn a_shard_that_can_not_be_read_is_reported() {
    let mut world = World::new();
    world.kinesis = ScriptedKinesis::with_chaos(Chaos { busy: 100, ..Chaos::default() }, 1);
    world.kinesis.open("a", &[]);
    let (worker, _) = world.worker("w", Hook::None, None).await;
    worker.run(&CancellationToken::new()).await.expect_err("after many attempts");
    let warnings = world.reporter.warnings();
    assert!(warnings.iter().any(|text| text.starts_with("shard a can't be read, trying again")), "{warnings:?}");
}
