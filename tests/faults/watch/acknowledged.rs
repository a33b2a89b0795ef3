//! The pipeline's acknowledgements: positions, marks and checkpoints.

use std::collections::{HashMap, HashSet};

use crate::history::Place;
use crate::trouble::{Result, causes};
use crate::world::{History, World};

use super::kept::POISON;
use super::stream::{self, Number};

/// The position that the capture has confirmed to PostgreSQL.
pub async fn confirmed(world: &World) -> Result<u64> {
    let query = "SELECT max(confirmed_flush_lsn)::text FROM pg_replication_slots WHERE database = current_database()";
    world.database().await?.position(query).await
}

/// Earlier reports are omitted.
#[derive(Default)]
pub struct Reader {
    reported: HashSet<(&'static str, Place)>,
}

impl Reader {
    /// `dynamodb-kinesis`: the last delivered sequence of each aggregate. The other functions keep no position that can
    /// be read: Lambda does.
    pub async fn positions(&mut self, world: &World, history: &History) -> Result<Vec<Place>> {
        let Ok(table) = world.output("PositionsTable") else { return Ok(Vec::new()) };
        let mut pages = world.aws.dynamodb.scan().table_name(table).consistent_read(true).into_paginator().send();
        let mut places = Vec::new();
        while let Some(page) = pages.next().await {
            for item in page.map_err(causes("read the positions"))?.items() {
                let key = item.get("aggregate").and_then(|value| value.as_s().ok());
                let delivered = item.get("delivered").and_then(|value| value.as_n().ok()?.parse::<i64>().ok());
                let Some(aggregate) = key.and_then(|key| key.strip_prefix("sample#")) else { continue };
                if aggregate.starts_with(&history.prefix) {
                    // An undeliverable item is recorded without its sequence.
                    let is_poison = aggregate.contains(POISON);
                    let sequence = |sequence| if is_poison { 0 } else { sequence };
                    let place = |number| Place { aggregate: aggregate.to_owned(), sequence: sequence(number) };
                    places.extend((1..=delivered.unwrap_or_default()).map(place));
                }
            }
        }
        Ok(self.unreported("position", places))
    }

    /// `rds-kinesis`: rows that are marked, and records that a checkpoint has passed.
    pub async fn by_consumers(
        &mut self,
        world: &World,
        history: &History,
        stream: &stream::Reader,
    ) -> Result<Vec<Place>> {
        let database = world.database().await?;
        let pattern = format!("{}%", history.prefix);
        let marked = "SELECT aggregate_id, sequence FROM outbox_processed WHERE succeeded AND aggregate_id LIKE $1";
        let rows = database.rows(marked, &[&pattern]).await?;
        let marks = rows.iter().map(|row| Place { aggregate: row.get(0), sequence: row.get(1) }).collect();
        let marked =
            "SELECT aggregate_id, sequence FROM outbox WHERE processed_at IS NOT NULL AND aggregate_id LIKE $1";
        let rows = database.rows(marked, &[&pattern]).await?;
        let rows = rows.iter().map(|row| Place { aggregate: row.get(0), sequence: row.get(1) }).collect();
        let mut places = self.unreported("mark", marks);
        places.extend(self.unreported("row", rows));

        let scanned =
            world.aws.dynamodb.scan().table_name(world.output("LeaseTable")?).consistent_read(true).send().await;
        // None for a shard that was read to its end.
        let mut checkpoints: HashMap<String, Option<Number>> = HashMap::new();
        for item in scanned.map_err(causes("read the leases"))?.items() {
            let text = |name: &str| item.get(name).and_then(|value| value.as_s().ok());
            let Some(shard) = text("shard_id").or_else(|| text("shard")) else { continue };
            let position = match text("read_up_to").map(String::as_str) {
                Some("SHARD_END") => None,
                Some(number) if number.starts_with(|first: char| first.is_ascii_digit()) => Some(Number::of(number)),
                _ => continue,
            };
            checkpoints.insert(shard.to_owned(), position);
        }
        let passed = |(_, shard, number): &&(Place, String, Number)| {
            checkpoints.get(shard).is_some_and(|to| to.as_ref().is_none_or(|to| number <= to))
        };
        let of_run = |place: &Place| place.aggregate.starts_with(&history.prefix);
        let passed = stream.found.iter().filter(passed).map(|(place, ..)| place.clone()).filter(of_run).collect();
        places.extend(self.unreported("checkpoint", passed));
        Ok(places)
    }

    /// Omits earlier reports, and remembers the rest.
    fn unreported(&mut self, what: &'static str, mut places: Vec<Place>) -> Vec<Place> {
        places.retain(|place| self.reported.insert((what, place.clone())));
        places
    }
}
