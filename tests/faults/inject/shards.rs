//! Shards that are split and merged under load.

use aws_sdk_kinesis::types::{Shard, StreamStatus};
use futures_util::FutureExt;
use futures_util::future::LocalBoxFuture;

use crate::trouble::{Result, causes, until};

use super::Scene;

/// Shards that take records now, in the order of their hash keys.
async fn open(scene: &Scene<'_>) -> Result<Vec<Shard>> {
    let (kinesis, stream) = (&scene.world.aws.kinesis, scene.world.output("StreamName")?);
    until("the stream is active", async || {
        let summary = kinesis.describe_stream_summary().stream_name(stream).send().await;
        let summary = summary.map_err(causes("describe the stream"))?;
        let active = summary.stream_description_summary().map(|s| s.stream_status() == &StreamStatus::Active);
        Ok(active.filter(|active| *active))
    })
    .await?;
    let listed = kinesis.list_shards().stream_name(stream).send().await.map_err(causes("list the shards"))?;
    let is_open = |shard: &Shard| shard.sequence_number_range().is_some_and(|r| r.ending_sequence_number().is_none());
    let mut shards: Vec<Shard> = listed.shards.unwrap_or_default().into_iter().filter(is_open).collect();
    shards.sort_by_key(|shard| keys(shard).0);
    Ok(shards)
}

fn keys(shard: &Shard) -> (u128, u128) {
    let range = shard.hash_key_range();
    let key = |text: Option<&str>| text.and_then(|text| text.parse().ok()).unwrap_or_default();
    (key(range.map(|r| r.starting_hash_key())), key(range.map(|r| r.ending_hash_key())))
}

pub fn reshard<'a>(scene: &'a Scene<'a>) -> LocalBoxFuture<'a, Result<u64>> {
    async move {
        let (kinesis, stream) = (&scene.world.aws.kinesis, scene.world.output("StreamName")?);
        for _ in 0..2 {
            let shards = open(scene).await?;
            let shard = &shards[scene.below(shards.len()).await];
            let (start, end) = keys(shard);
            let split = kinesis.split_shard().stream_name(stream).shard_to_split(shard.shard_id());
            let split = split.new_starting_hash_key((start + (end - start) / 2).to_string());
            split.send().await.map_err(causes("split a shard"))?;
            scene.load.continues(15).await?;
        }
        let shards = open(scene).await?;
        let first = scene.below(shards.len() - 1).await;
        let merge = kinesis.merge_shards().stream_name(stream).shard_to_merge(shards[first].shard_id());
        let merge = merge.adjacent_shard_to_merge(shards[first + 1].shard_id());
        merge.send().await.map_err(causes("merge two shards"))?;
        scene.load.continues(15).await?;
        open(scene).await?;
        // Resharding repeats nothing.
        Ok(0)
    }
    .boxed_local()
}
