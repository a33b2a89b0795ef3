//! Random interruptions of many workers.

use std::time::Duration;

use super::target::{Target, post};
use super::world::{World, until};

/// Workers start, stop and die while shards split and merge: no event is lost, the order of every aggregate holds, and
/// repeats are limited to the events in flight when a worker died.
#[tokio::test]
async fn chaos_loses_nothing_and_keeps_order() {
    for seed in 0..3 {
        let mut random = fastrand::Rng::with_seed(seed);
        let mut world = World::new();
        let target = Target::default();
        target.with(|received| (received.slow, received.fail_every) = (Duration::from_millis(2), 17));
        let (url, _server) = target.serve().await;
        let mut workers = vec![world.start_with("w0", post(&url)).await];
        let (mut open, mut sequences, mut born, mut dead) = (vec!["a".to_owned()], [0; 4], 1, 0);
        for step in 0..30 {
            for _ in 0..random.usize(1..8) {
                let aggregate = random.usize(0..4);
                sequences[aggregate] += 1;
                // An aggregate is on one shard, and changes it only at its end.
                let shard = open[aggregate % open.len()].clone();
                world.put(&shard, &format!("p{aggregate}"), sequences[aggregate]);
            }
            match random.usize(0..6) {
                0 if open.len() == 1 => {
                    let parent = open.remove(0);
                    open = ["left", "right"].map(|side| format!("{step:02}-{side}")).into();
                    open.iter().for_each(|child| world.kinesis.open(child, &[&parent]));
                }
                0 => {
                    let merged = format!("{step:02}-merged");
                    world.kinesis.open(&merged, &[&open[0], &open[1]]);
                    open = vec![merged];
                }
                1 if workers.len() < 4 => {
                    workers.push(world.start_with(&format!("w{born}"), post(&url)).await);
                    born += 1;
                }
                2 if workers.len() > 1 => {
                    dead += 1;
                    workers.swap_remove(random.usize(0..workers.len())).task.abort();
                }
                3 if workers.len() > 1 => {
                    workers.swap_remove(random.usize(0..workers.len())).stop().await;
                }
                _ => {}
            }
            tokio::time::sleep(Duration::from_millis(random.u64(0..60))).await;
        }
        let total: i64 = sequences.iter().sum();
        until(&format!("all {total}, seed {seed}"), || world.marked() == usize::try_from(total).expect("fits")).await;
        for worker in workers {
            worker.stop().await;
        }
        let (seen, again) = target.first_seen();
        let failed = target.requests() / 17;
        for (aggregate, count) in sequences.iter().enumerate().filter(|(_, count)| **count > 0) {
            assert_eq!(seen[&format!("p{aggregate}")], (1..=*count).collect::<Vec<i64>>(), "seed {seed}");
        }
        // Each worker that died had at most two events in flight on each of two shards; each failed response is one
        // repeat.
        assert!(again <= failed + 4 * dead, "{again} again, {failed} failed, {dead} dead, seed {seed}");
    }
}
