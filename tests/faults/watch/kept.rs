//! The failure destination: objects of the failure bucket, or rows of `outbox_failures`.

use std::collections::HashSet;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use crate::history::{Event, Place, Step};
use crate::trouble::{Result, causes};
use crate::world::{History, World};

/// Within an undeliverable record, in front of its number: by it the record is known wherever it is kept.
pub const POISON: &str = "poison-";

#[derive(Default)]
pub struct Reader {
    seen: HashSet<String>,
}

impl Reader {
    pub async fn read(&mut self, world: &World, history: &History) -> Result<()> {
        if world.pipeline.has_bus() { self.bucket(world, history).await } else { self.table(world, history).await }
    }

    async fn bucket(&mut self, world: &World, history: &History) -> Result<()> {
        let bucket = world.output("FailureBucket")?;
        let mut pages = world.aws.s3.list_objects_v2().bucket(bucket).into_paginator().send();
        while let Some(page) = pages.next().await {
            for object in page.map_err(causes("list the failure bucket"))?.contents() {
                let Some(key) = object.key().filter(|key| !self.seen.contains(*key)) else { continue };
                let request = world.aws.s3.get_object().bucket(bucket).key(key);
                let bytes = request.send().await.map_err(causes("read a failure"))?.body.collect().await?.into_bytes();
                self.seen.insert(key.to_owned());
                let document: Value = serde_json::from_slice(&bytes)?;
                let payload = document["payload"].as_str().unwrap_or_default();
                // Of a batch that Lambda discarded the payload is the request of the function, as text.
                let record = STANDARD.decode(payload).unwrap_or_else(|_| payload.as_bytes().to_vec());
                kept(history, &record, document["eventId"].as_str());
            }
        }
        Ok(())
    }

    async fn table(&mut self, world: &World, history: &History) -> Result<()> {
        let rows = world.database().await?;
        let rows = rows.rows("SELECT id::text, payload, event_id::text FROM outbox_failures ORDER BY id", &[]).await?;
        for row in rows {
            if self.seen.insert(row.get(0)) {
                let (record, id): (Vec<u8>, Option<String>) = (row.get(1), row.get(2));
                kept(history, &record, id.as_deref());
            }
        }
        Ok(())
    }
}

/// Records a kept event, if it is of this run.
fn kept(history: &History, record: &[u8], id: Option<&str>) {
    let text = String::from_utf8_lossy(record);
    let Some(start) = text.find(&history.prefix) else { return };
    let step = match text.find(&format!("{}{POISON}", history.prefix)) {
        Some(start) => {
            let end = text[start..].find(|c: char| !c.is_ascii_alphanumeric() && c != '-');
            let token = &text[start..end.map_or(text.len(), |end| start + end)];
            poison(token, record)
        }
        None => {
            let place = history.sink.read(|steps| {
                steps.iter().find_map(|step| match step {
                    Step::Committed(event) if Some(event.id.as_str()) == id => Some(event.clone()),
                    _ => None,
                })
            });
            place.unwrap_or_else(|| {
                let name: String = text[start..].chars().take(60).collect();
                Event { place: Place { aggregate: name, sequence: 0 }, id: String::new(), content: text.to_string() }
            })
        }
    };
    history.sink.push(Step::Kept(step));
}

/// An undeliverable record: its content is its bytes where they reach the failure destination as they were put, and its
/// token where the source wraps them (a DynamoDB stream, the capture).
pub fn poison(token: &str, record: &[u8]) -> Event {
    let text = String::from_utf8_lossy(record);
    let wrapped = text.contains("\"dynamodb\":") || text.contains("\"timestamp\":");
    let content = if wrapped { token.to_owned() } else { STANDARD.encode(record) };
    Event { place: Place { aggregate: token.to_owned(), sequence: 0 }, id: String::new(), content }
}
