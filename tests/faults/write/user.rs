//! Users of a plain DynamoDB table, whose changes are the events (`dynamodb-cdc`).

use std::collections::HashMap;
use std::sync::atomic::AtomicBool;

use aws_sdk_dynamodb::types::{AttributeValue, Delete, Put, TransactWriteItem};
use fastrand::Rng;
use serde_json::{Value, json};

use crate::history::{Event, Place, Step};
use crate::trouble::Result;
use crate::world::{History, World};

use super::item::commit;
use super::payload;

/// The current state of a user.
struct User {
    version: i64,
    note: String,
}

/// The users of this writer. A deleted one has a successor with another id: its own versions would start over.
#[derive(Default)]
pub struct Users {
    alive: HashMap<String, User>,
    successions: HashMap<String, u32>,
}

impl Users {
    /// Creates, changes or deletes a user; how many events are committed.
    pub async fn change(
        &mut self,
        world: &World,
        history: &History,
        name: String,
        rng: &mut Rng,
        roll_back: bool,
        stop: &AtomicBool,
    ) -> Result<usize> {
        let table = world.output("AggregateTable")?;
        let note = payload(rng);
        let successions = self.successions.entry(name.clone()).or_default();
        let name = format!("{name}-{successions}");
        let old = self.alive.get(&name);
        let (new, kind, data) = match old {
            None => (Some(User { version: 1, note: note.clone() }), "UserCreated", json!({"id": name, "note": note})),
            Some(_) if rng.u8(..12) == 0 && !roll_back => (None, "UserDeleted", json!({ "id": name })),
            Some(user) => {
                let changes = json!({"note": {"old": user.note, "new": note}});
                let data = json!({"id": name, "changes": changes, "personalChanged": false});
                (Some(User { version: user.version + 1, note: note.clone() }), "UserUpdated", data)
            }
        };
        let version = old.map(|user| user.version);
        let sequence = new.as_ref().map_or(version.unwrap_or_default() + 1, |user| user.version);
        let event = event(&name, sequence, kind, &data);
        // One whose condition does not hold is rolled back.
        let expected = if roll_back { Some(i64::MAX) } else { version };
        let write = match &new {
            Some(user) => put(table, &name, user, expected)?,
            None => delete(table, &name, expected.unwrap_or_default())?,
        };
        if !commit(world, vec![write], roll_back, stop).await? {
            history.wrote(Step::RolledBack, event);
            return Ok(0);
        }
        match new {
            Some(user) => drop(self.alive.insert(name, user)),
            None => *successions += 1,
        }
        history.wrote(Step::Committed, event);
        Ok(1)
    }
}

fn event(name: &str, sequence: i64, kind: &str, data: &Value) -> Event {
    let place = Place { aggregate: name.to_owned(), sequence };
    // The id is derived by the function from the record.
    Event { place, id: String::new(), content: format!("{kind} {data}") }
}

fn put(table: &str, name: &str, user: &User, expected: Option<i64>) -> Result<TransactWriteItem> {
    let text = |value: &str| AttributeValue::S(value.to_owned());
    let item = HashMap::from([
        ("id".to_owned(), text(name)),
        ("version".to_owned(), AttributeValue::N(user.version.to_string())),
        ("note".to_owned(), text(&user.note)),
        ("updated_at".to_owned(), text(&chrono::Utc::now().to_rfc3339_opts(chrono::SecondsFormat::Micros, true))),
    ]);
    let put = Put::builder().table_name(table).set_item(Some(item));
    let put = match expected {
        None => put.condition_expression("attribute_not_exists(id)"),
        Some(version) => put
            .condition_expression("version = :expected")
            .expression_attribute_values(":expected", AttributeValue::N(version.to_string())),
    };
    Ok(TransactWriteItem::builder().put(put.build()?).build())
}

fn delete(table: &str, name: &str, expected: i64) -> Result<TransactWriteItem> {
    let delete = Delete::builder()
        .table_name(table)
        .key("id", AttributeValue::S(name.to_owned()))
        .condition_expression("version = :expected")
        .expression_attribute_values(":expected", AttributeValue::N(expected.to_string()))
        .build()?;
    Ok(TransactWriteItem::builder().delete(delete).build())
}
