//! Maps the changes of the `users` table to domain events without personal fields. Pure.

use std::collections::BTreeSet;

use serde_json::value::{RawValue, to_raw_value};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::{Change, Operation};
use crate::outbox::{Message, RowError, derived_id};

/// Attributes of the write itself, not of the user.
const BOOKKEEPING: &[&str] = &["id", "version", "updated_at", "traceparent", "correlation_id", CHANGE_ID];

/// An attribute that a writer may set to a new value with each write, to know the id of the event in advance.
const CHANGE_ID: &str = "change_id";

/// Returns the id of the event of a change: the same for each delivery of the change. `change_id` distinguishes
/// otherwise equal changes, as after an item was deleted and created again with versions that start over.
pub fn event_id(table: &str, id: &str, version: i64, event_type: &str, change_id: &str) -> Uuid {
    derived_id(&["change", table, id, &version.to_string(), event_type, change_id])
}

/// A change of a user.
#[derive(Debug, Default)]
pub struct Mapping {
    personal: BTreeSet<String>,
}

impl Mapping {
    /// Returns a mapper; `personal` is a list of attribute names, separated by commas.
    pub fn new(personal: &str) -> Self {
        Self {
            personal: personal.split(',').map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned).collect(),
        }
    }

    /// Returns the event of a change; `None` if only bookkeeping attributes changed.
    ///
    /// Its id comes from [`event_id`], with the `change_id` that this write gave the item, or the id of the stream's
    /// record.
    ///
    /// # Errors
    /// The attribute that is missing or unreadable.
    pub fn message(&self, change: &Change) -> std::result::Result<Option<Message>, RowError> {
        let image = |image: &Option<Map<String, Value>>, column: &'static str| {
            image.clone().ok_or(RowError::new(column, "is missing"))
        };
        let (event_type, row, data, sequence) = match change.operation {
            Operation::Insert => {
                let new = image(&change.new, "NewImage")?;
                ("UserCreated", new.clone(), self.shown(&new), version(&new)?)
            }
            Operation::Modify => {
                let (old, new) = (image(&change.old, "OldImage")?, image(&change.new, "NewImage")?);
                let Some(data) = self.difference(&old, &new) else { return Ok(None) };
                let sequence = version(&new)?;
                // Written by hand, or by a writer without versions: its event would have the sequence of the previous
                // event, and a receiver that compares sequences would take it for a duplicate.
                if version(&old).is_ok_and(|before| sequence <= before) {
                    return Err(RowError::new("version", "did not increase with the change"));
                }
                ("UserUpdated", new, data, sequence)
            }
            Operation::Remove => {
                let old = image(&change.old, "OldImage")?;
                // A deletion has no new image: its version follows the last one.
                let sequence = version(&old)?.saturating_add(1);
                // The last writer is not the caller who deletes.
                let kept = old.into_iter().filter(|(name, _)| name == "id").collect();
                ("UserDeleted", kept, Map::new(), sequence)
            }
        };
        let text = |name: &str| row.get(name).and_then(Value::as_str).map(str::to_owned);
        let id = text("id").filter(|id| !id.is_empty()).ok_or(RowError::new("id", "is not text"))?;
        let mut payload = Map::from_iter([("id".to_owned(), Value::from(id.as_str()))]);
        payload.extend(data);
        if let Some(correlation_id) = text("correlation_id") {
            payload.insert("correlationId".into(), correlation_id.into());
        }
        Ok(Some(Message {
            id: event_id(&change.table, &id, sequence, event_type, written_with(change).unwrap_or(&change.event_id)),
            aggregate_type: "user".into(),
            aggregate_id: id,
            event_type: event_type.into(),
            sequence: Some(sequence),
            payload: raw(&payload)?,
            traceparent: text("traceparent"),
            schema_version: 1,
            // The time of a DynamoDB stream has full seconds only.
            committed_at: text("updated_at").and_then(|time| time.parse().ok()).unwrap_or(change.created_at),
            replay: None,
        }))
    }

    /// Returns the user's public fields.
    fn shown(&self, image: &Map<String, Value>) -> Map<String, Value> {
        image
            .iter()
            .filter(|(name, _)| self.is_shown(name))
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect()
    }

    fn is_shown(&self, name: &str) -> bool {
        !BOOKKEEPING.contains(&name) && !self.personal.contains(name)
    }

    /// Returns the old and new value of each changed public field, and whether any personal field changed.
    fn difference(&self, old: &Map<String, Value>, new: &Map<String, Value>) -> Option<Map<String, Value>> {
        let names: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
        let changed = |name: &&String| !BOOKKEEPING.contains(&name.as_str()) && old.get(*name) != new.get(*name);
        let (shown, personal): (Vec<&String>, Vec<&String>) =
            names.into_iter().filter(changed).partition(|name| self.is_shown(name));
        if shown.is_empty() && personal.is_empty() {
            return None;
        }
        let changes = shown.into_iter().map(|name| {
            let value = |image: &Map<String, Value>| image.get(name).cloned().unwrap_or(Value::Null);
            (name.clone(), json!({ "old": value(old), "new": value(new) }))
        });
        let changes: Map<String, Value> = changes.collect();
        Some(Map::from_iter([
            ("changes".to_owned(), changes.into()),
            ("personalChanged".to_owned(), (!personal.is_empty()).into()),
        ]))
    }
}

/// Returns the `change_id` of this write; `None` if an earlier write set it.
fn written_with(change: &Change) -> Option<&str> {
    let new = change.new.as_ref()?.get(CHANGE_ID)?.as_str()?;
    let old = change.old.as_ref().and_then(|old| old.get(CHANGE_ID)?.as_str());
    (old != Some(new)).then_some(new)
}

fn version(image: &Map<String, Value>) -> std::result::Result<i64, RowError> {
    let version = image.get("version").and_then(Value::as_i64).filter(|version| *version > 0);
    version.ok_or(RowError::new("version", "is not a positive integer"))
}

fn raw(payload: &Map<String, Value>) -> std::result::Result<Box<RawValue>, RowError> {
    to_raw_value(payload).map_err(|_| RowError::new("payload", "can't be written as JSON"))
}
