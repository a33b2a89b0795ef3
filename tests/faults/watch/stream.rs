//! The Kinesis stream behind the capture, read shard by shard with GetRecords, parents before children.

use std::collections::HashMap;

use aws_sdk_kinesis::types::ShardIteratorType;
use serde::Deserialize;
use serde_json::Value;

use crate::history::{Event, Place, Recorder, Step};
use crate::trouble::{Result, causes};
use crate::world::{History, World};

use super::kept::POISON;

/// A sequence number, in the order of its value: it has more digits than fit into an integer.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Number(usize, String);

impl Number {
    pub fn of(digits: &str) -> Self {
        let digits = digits.trim_start_matches('0');
        Self(digits.len(), digits.to_owned())
    }
}

#[derive(Default)]
struct Shard {
    parents: Vec<String>,
    iterator: Option<String>,
    /// The last record that was read.
    last: Option<String>,
    ended: bool,
}

#[derive(Default)]
pub struct Reader {
    shards: HashMap<String, Shard>,
    /// Shard and sequence number of each event that was seen first there.
    pub found: Vec<(Place, String, Number)>,
}

impl Reader {
    /// Reads every shard to its present end.
    pub async fn read(&mut self, world: &World, history: &History, into: &Recorder) -> Result<()> {
        self.find(world).await?;
        loop {
            let done: Vec<String> = self.shards.iter().filter(|(_, s)| s.ended).map(|(id, _)| id.clone()).collect();
            let known: Vec<String> = self.shards.keys().cloned().collect();
            let is_next = |shard: &Shard| {
                !shard.ended && shard.parents.iter().all(|parent| done.contains(parent) || !known.contains(parent))
            };
            let mut next: Vec<String> =
                self.shards.iter().filter(|(_, shard)| is_next(shard)).map(|(id, _)| id.clone()).collect();
            next.sort();
            let mut ended = false;
            for id in next {
                ended |= self.drain(world, history, into, &id).await?;
            }
            // Children of a shard that has just ended are there to be read.
            if !ended {
                return Ok(());
            }
            self.find(world).await?;
        }
    }

    async fn find(&mut self, world: &World) -> Result<()> {
        let mut token = None;
        loop {
            let request = world.aws.kinesis.list_shards();
            let request = match token.take() {
                Some(token) => request.next_token(token),
                None => request.stream_name(world.output("StreamName")?),
            };
            let page = request.send().await.map_err(causes("list the shards"))?;
            for shard in page.shards() {
                let parents = [shard.parent_shard_id(), shard.adjacent_parent_shard_id()];
                let parents = parents.into_iter().flatten().map(str::to_owned).collect();
                self.shards.entry(shard.shard_id().to_owned()).or_insert(Shard { parents, ..Shard::default() });
            }
            token = page.next_token;
            if token.is_none() {
                return Ok(());
            }
        }
    }

    /// Reads a shard until nothing more is there; whether it has ended for good.
    async fn drain(&mut self, world: &World, history: &History, into: &Recorder, id: &str) -> Result<bool> {
        let Some(shard) = self.shards.get_mut(id) else { return Ok(false) };
        loop {
            let iterator = match shard.iterator.take() {
                Some(iterator) => iterator,
                None => {
                    let request = world.aws.kinesis.get_shard_iterator().stream_name(world.output("StreamName")?);
                    let request = match &shard.last {
                        Some(last) => request
                            .shard_iterator_type(ShardIteratorType::AfterSequenceNumber)
                            .starting_sequence_number(last),
                        None => request.shard_iterator_type(ShardIteratorType::TrimHorizon),
                    };
                    let answer = request.shard_id(id).send().await.map_err(causes("get a shard iterator"))?;
                    answer.shard_iterator.ok_or("no shard iterator")?
                }
            };
            // Without an answer the iterator is gone, and a new one begins after the last record.
            let answer = world.aws.kinesis.get_records().shard_iterator(iterator).send().await;
            let answer = answer.map_err(causes("read a shard"))?;
            for record in answer.records() {
                shard.last = Some(record.sequence_number().to_owned());
                let Some(event) = event(record.data().as_ref()) else { continue };
                if event.place.aggregate.starts_with(&history.prefix) {
                    self.found.push((event.place.clone(), id.to_owned(), Number::of(record.sequence_number())));
                    into.push(Step::Delivered(event));
                }
            }
            let caught_up = answer.millis_behind_latest().unwrap_or_default() == 0 && answer.records().is_empty();
            match answer.next_shard_iterator {
                Some(next) => shard.iterator = Some(next),
                None => {
                    shard.ended = true;
                    return Ok(true);
                }
            }
            if caught_up {
                return Ok(false);
            }
        }
    }
}

/// A row of the outbox as DMS writes it; None for every other record, and for those that the harness put there.
fn event(data: &[u8]) -> Option<Event> {
    #[derive(Deserialize)]
    struct Record {
        data: Option<Value>,
        metadata: Value,
    }
    let record: Record = serde_json::from_slice(data).ok()?;
    let is_row = record.metadata["table-name"] == "outbox" && record.metadata["operation"] == "insert";
    let row = record.data.filter(|_| is_row)?;
    let text = |name: &str| row[name].as_str().unwrap_or_default().to_owned();
    let sequence = row["sequence"].as_i64().or_else(|| row["sequence"].as_str()?.parse().ok()).unwrap_or(-1);
    let place = Place { aggregate: text("aggregate_id"), sequence };
    if place.aggregate.contains(POISON) {
        return None;
    }
    Some(Event { place, id: text("id"), content: format!("{} {}", text("event_type"), text("payload")) })
}
