//! The failure bucket: what was given up, with its reason.

use std::collections::HashMap;
use std::time::Duration;

use chrono::DateTime;
use serde_json::Value;
use uuid::Uuid;

use super::Watch;
use crate::aws::{Clients, buckets};
use crate::error::Result;
use crate::ui::model::{DeadLetter, Hop, ROWS};

/// Objects whose document is read for its reason.
const READ: usize = 50;

/// Key and size of an object → what its document said: an object is written once.
type Known = HashMap<(String, i64), (Option<Uuid>, Option<String>)>;

pub async fn follow(watch: Watch, clients: Clients, bucket: String) {
    let mut known = Known::new();
    loop {
        let found = tokio::select! {
            found = look(&clients, &bucket, &mut known) => found,
            () = watch.cancel.cancelled() => return,
        };
        {
            let mut state = watch.model.lock();
            match found {
                Ok((letters, total)) => {
                    state.source("failure bucket", None);
                    for letter in &letters {
                        let Some(id) = letter.event_id.filter(|id| !state.has_seen(*id, Hop::Failed)) else { continue };
                        state.see(id, Hop::Failed, letter.at, |trace| trace.failure.clone_from(&letter.reason));
                    }
                    if state.tables.dead_letters.as_ref() != Some(&letters) {
                        state.version += 1;
                        state.tables.version = state.version;
                        state.tables.dead_letters = Some(letters);
                        state.tables.dead_letters_total = total;
                    }
                }
                Err(error) => state.source("failure bucket", Some(error.message().to_owned())),
            }
        }
        if !watch.pause(Duration::from_secs(2), Duration::from_secs(30)).await {
            return;
        }
    }
}

/// The newest objects, and how many there are in all.
async fn look(clients: &Clients, bucket: &str, known: &mut Known) -> Result<(Vec<DeadLetter>, usize)> {
    let mut objects = buckets::list(clients, bucket).await?;
    let total = objects.len();
    objects.sort_unstable_by_key(|object| std::cmp::Reverse(object.modified));
    objects.truncate(ROWS);
    let mut letters = Vec::with_capacity(objects.len());
    for (place, object) in objects.into_iter().enumerate() {
        let name = (object.key.clone(), object.bytes);
        if place < READ && !known.contains_key(&name) {
            let document = buckets::read(clients, bucket, &object.key).await?;
            known.insert(name.clone(), said(&document));
        }
        let (event_id, reason) = known.get(&name).cloned().unwrap_or_default();
        let at = DateTime::from_timestamp_millis(object.modified).unwrap_or_default();
        letters.push(DeadLetter { key: object.key, at, bytes: object.bytes, event_id, reason });
    }
    known.retain(|(key, _), _| letters.iter().any(|letter| letter.key == *key));
    Ok((letters, total))
}

/// Event and reason, in the publisher's form or in that of Lambda's own failure destination.
fn said(document: &[u8]) -> (Option<Uuid>, Option<String>) {
    let document: Value = serde_json::from_slice(document).unwrap_or_default();
    let word = |path: &str| document.pointer(path).and_then(Value::as_str).map(str::to_owned);
    let reason = match (word("/reason/code"), word("/reason/message")) {
        (Some(code), Some(message)) => Some(format!("{code}: {message}")),
        (code, message) => code.or(message).or_else(|| word("/requestContext/condition")),
    };
    (word("/eventId").and_then(|id| Uuid::parse_str(&id).ok()), reason)
}
