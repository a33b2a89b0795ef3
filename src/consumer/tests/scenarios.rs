//! Whole workers: shards that split and merge, workers that start, stop and die, and targets that fail.

use std::collections::BTreeMap;
use std::time::Duration;

use uuid::Uuid;

use super::target::{Target, post};
use super::world::{World, until};
use crate::consumer::event::tests::record;
use crate::consumer::lease::Checkpoint;
use crate::consumer::lease::memory::Memory;
use crate::consumer::{Command, Hook, Leases, Post};

#[tokio::test]
async fn splits_and_merges_keep_the_order_of_every_aggregate() {
    let mut world = World::new();
    (1..=5).for_each(|n| world.put("a", "p1", n));
    let worker = world.start("w").await;
    // Created in an order in which a wrong reader would read children first.
    world.kinesis.open("0-left", &["a"]);
    world.kinesis.open("1-right", &["a"]);
    (6..=9).for_each(|n| world.put("0-left", "p1", n));
    (1..=3).for_each(|n| world.put("1-right", "p2", n));
    world.kinesis.open("00-merged", &["0-left", "1-right"]);
    (10..=12).for_each(|n| world.put("00-merged", "p1", n));
    (4..=5).for_each(|n| world.put("00-merged", "p2", n));
    until("all 17", || world.marked() == 17).await;
    worker.stop().await;
    let expected = BTreeMap::from([("p1".into(), (1..=12).collect()), ("p2".into(), (1..=5).collect::<Vec<i64>>())]);
    assert_eq!(world.store.sequences(), expected);
}

#[tokio::test]
async fn shards_of_a_dead_worker_are_taken_over_without_duplicates() {
    let mut world = World::new();
    world.kinesis.open("b", &[]);
    for n in 1..=20 {
        world.put("a", "p1", n);
        world.put("b", "p2", n);
    }
    let first = world.start("first").await;
    let second = world.start("second").await;
    until("the beginning", || world.store.sequences().len() == 2).await;
    // Aborted as by kill -9: its readers end with its task, its leases stay.
    first.task.abort();
    (21..=40).for_each(|n| world.put("a", "p1", n));
    (21..=40).for_each(|n| world.put("b", "p2", n));
    until("everything", || world.store.sequences().values().all(|s| s.len() == 40)).await;
    second.stop().await;
    let whole: Vec<i64> = (1..=40).collect();
    assert_eq!(world.store.sequences(), BTreeMap::from([("p1".into(), whole.clone()), ("p2".into(), whole)]));
}

#[tokio::test]
async fn a_new_worker_gets_its_share_and_a_stopping_one_frees_its_leases() {
    let world = World::new();
    ["b", "c", "d"].iter().for_each(|shard| world.kinesis.open(shard, &[]));
    let owners = || async {
        let all = world.leases.list().await.expect("leases");
        let count = |who: &str| all.iter().filter(|lease| lease.owner.as_deref() == Some(who)).count();
        (count("first"), count("second"))
    };
    let first = world.start("first").await;
    let second = world.start("second").await;
    for _ in 0..500 {
        tokio::time::sleep(Duration::from_millis(10)).await;
        if owners().await == (2, 2) {
            break;
        }
    }
    assert_eq!(owners().await, (2, 2));
    first.stop().await;
    assert_eq!(owners().await.0, 0);
    second.stop().await;
    assert_eq!(owners().await, (0, 0));
}

#[tokio::test]
async fn redelivered_events_count_once_and_database_outages_are_retried() {
    let mut world = World::new();
    (1..=6).for_each(|n| world.put("a", "p1", n));
    world.kinesis.put("a", record(Uuid::from_u128(6), "p1", 6));
    world.store.0.lock().faults = 2;
    let totals = world.drain().await;
    assert_eq!((totals.processed, totals.duplicates), (6, 1));
    // From the start again, as after a lost lease table.
    world.leases = Memory::default();
    let totals = world.drain().await;
    assert_eq!((totals.processed, totals.duplicates), (0, 7));
    assert_eq!(world.store.sequences()["p1"], [1, 2, 3, 4, 5, 6]);
}

#[tokio::test]
async fn failing_records_are_stored_and_do_not_block_others() {
    let mut world = World::new();
    world.put("a", "bad", 1);
    world.kinesis.put("a", b"\xff not JSON".to_vec());
    (1..=3).for_each(|n| world.put("a", "good", n));
    let line = "test $OUTBOX_AGGREGATE_ID = good || { echo no good >&2; exit 7; }".to_owned();
    let hook = Hook::Command(Command { line, timeout: Duration::from_secs(5) });
    let totals = world.drain_with(hook).await;
    assert_eq!(world.store.sequences(), BTreeMap::from([("good".into(), vec![1, 2, 3])]));
    assert_eq!((totals.processed, totals.failed, totals.retries), (3, 2, 2));
    let inner = world.store.0.lock();
    let reasons: Vec<(&str, i32)> = inner.failures.iter().map(|f| (f.reason.as_str(), f.attempts)).collect();
    assert!(reasons.contains(&("exit status: 7: no good", 3)), "{reasons:?}");
    assert!(inner.failures.iter().any(|f| f.event.is_none() && f.delivery.payload == b"\xff not JSON"));
}

#[tokio::test]
async fn a_worker_killed_within_a_shard_causes_no_loss_and_few_repeats() {
    let mut world = World::new();
    let aggregates = ["p1", "p2", "p3"];
    (1..=30).for_each(|n| aggregates.iter().for_each(|p| world.put("a", p, n)));
    let (target, url) = Target::slow(Duration::from_millis(5)).await;
    let first = world.start_with("first", post(&url)).await;
    until("the middle", || target.requests() > 20).await;
    first.task.abort();
    // A half-read parent has a child by now; both go to the next worker, the child later.
    world.kinesis.open("0-child", &["a"]);
    (31..=40).for_each(|n| aggregates.iter().for_each(|p| world.put("0-child", p, n)));
    let second = world.start_with("second", post(&url)).await;
    until("everything", || world.marked() == 120).await;
    second.stop().await;
    let leases = world.leases.list().await.expect("leases");
    assert_eq!(leases.iter().find(|lease| lease.shard == "a").map(|l| &l.checkpoint), Some(&Checkpoint::End));
    let whole: Vec<i64> = (1..=40).collect();
    let expected: BTreeMap<String, Vec<i64>> = aggregates.iter().map(|p| ((*p).to_owned(), whole.clone())).collect();
    let (seen, again) = target.first_seen();
    assert_eq!((world.store.sequences(), seen), (expected.clone(), expected));
    // In flight at the kill: one event of each aggregate, and a page has two records.
    assert!(again <= 4, "{again} effects came again");
}

#[tokio::test]
async fn a_worker_that_can_not_renew_stops_without_loss_or_reordering() {
    let mut world = World::new();
    (1..=60).for_each(|n| world.put("a", "p1", n));
    let (target, url) = Target::slow(Duration::from_millis(15)).await;
    let first = world.start_with("first", post(&url)).await;
    until("the beginning", || target.requests() > 3).await;
    world.trouble().cut = Some("first".into());
    let second = world.start_with("second", post(&url)).await;
    until("everything", || world.store.sequences().get("p1").is_some_and(|s| s.len() == 60)).await;
    first.cancel.cancel();
    second.stop().await;
    // It may return the error that it could not reach the table; it must end.
    let _ = first.task.await.expect("no panic");
    let (seen, again) = target.first_seen();
    assert_eq!(seen["p1"], (1..=60).collect::<Vec<i64>>());
    assert!(again <= 2, "{again} effects came again");
}

#[tokio::test]
async fn a_stop_within_a_page_finishes_started_events_only() {
    let mut world = World::new();
    ["p1", "p2"].iter().for_each(|p| (1..=20).for_each(|n| world.put("a", p, n)));
    let (target, url) = Target::slow(Duration::from_millis(100)).await;
    let worker = world.start_with("first", post(&url)).await;
    until("something under way", || target.requests() == 3).await;
    worker.stop().await;
    let begun = target.requests();
    assert_eq!(world.marked(), begun, "every effect that was begun has its mark");
    assert!(begun < 40);
    let leases = world.leases.list().await.expect("leases");
    assert!(leases.iter().all(|lease| lease.owner.is_none()), "{leases:?}");
    // The next worker continues without a single repeat.
    target.set_slow(Duration::ZERO);
    world.drain_with(post(&url)).await;
    let (seen, again) = target.first_seen();
    assert_eq!((seen["p1"].len(), seen["p2"].len(), again), (20, 20, 0));
}

#[tokio::test]
async fn a_failing_slow_or_unreachable_target_keeps_order() {
    let mut world = World::new();
    (1..=3).for_each(|n| world.put("a", "p1", n));
    let target = Target::default();
    target.with(|received| received.failures = 2);
    let (url, server) = target.serve().await;
    let totals = world.drain_with(post(&url)).await;
    assert_eq!((totals.processed, totals.retries), (3, 2));
    assert_eq!(target.first_seen().0["p1"], [1, 2, 3]);

    // Too slow: each timeout is a failed attempt, and the event is stored with that reason.
    world.put("a", "p1", 4);
    target.set_slow(Duration::from_secs(60));
    let slow = Hook::Post(Box::new(Post::new(&url, Duration::from_millis(50)).expect("a URL")));
    let totals = world.drain_with(slow).await;
    assert_eq!((totals.failed, totals.retries), (1, 2));

    // Gone: the connections are refused.
    server.abort();
    let _ = server.await;
    world.put("a", "p1", 5);
    let totals = world.drain_with(post(&url)).await;
    assert_eq!(totals.failed, 1);
    let inner = world.store.0.lock();
    let reasons: Vec<&str> = inner.failures.iter().map(|failure| failure.reason.as_str()).collect();
    assert_eq!(reasons, ["no answer within 50ms", "no answer: client error (Connect)"]);
}
