//! Records that can't be delivered, and some that are only unusual: the first must be kept, the others delivered, and
//! neither holds up the rest.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use aws_smithy_types::Blob;
use futures_util::FutureExt;
use futures_util::future::LocalBoxFuture;

use crate::history::{Event, Place, Step};
use crate::pipeline::Pipeline;
use crate::trouble::{Result, causes};
use crate::watch::kept;
use crate::write::{Draft, append, identifier, item};

use super::Scene;

/// More levels than an event on the bus may have.
const LEVELS: usize = 300;

pub fn poison<'a>(scene: &'a Scene<'a>) -> LocalBoxFuture<'a, Result<u64>> {
    async move {
        match scene.world.pipeline {
            Pipeline::RdsKinesis | Pipeline::RdsEventbridge => {
                records(scene).await?;
                rows(scene).await?;
            }
            Pipeline::DynamodbKinesis => {
                records(scene).await?;
                items(scene).await?;
            }
            Pipeline::DynamodbEventbridge => items(scene).await?,
            Pipeline::DynamodbCdc => users(scene).await?,
        }
        // Nothing is disturbed: not one healthy event may be repeated.
        Ok(0)
    }
    .boxed_local()
}

pub fn token(scene: &Scene<'_>, name: &str) -> String {
    format!("{}{}{name}", scene.history.prefix, kept::POISON)
}

/// Expects that a record is kept which its source wraps.
pub fn expect_kept(scene: &Scene<'_>, token: &str) {
    let place = Place { aggregate: token.to_owned(), sequence: 0 };
    scene.history.sink.push(Step::Undeliverable(Event { place, id: String::new(), content: token.to_owned() }));
}

/// Bytes that are put into the stream beside the capture's: broken JSON, no text, no record, columns missing or of
/// another type, and too deep to be read.
async fn records(scene: &Scene<'_>) -> Result<()> {
    let bodies: [fn(&str) -> Vec<u8>; 6] = [
        |token| format!("{{\"data\": {{\"aggregate_id\": \"{token}\"").into_bytes(),
        |token| [b"\xff\xfe", token.as_bytes()].concat(),
        |token| format!("[\"{token}\"]").into_bytes(),
        |token| row(token, "\"payload\":\"{}\""),
        |token| row(token, "\"payload\":\"{}\",\"event_type\":\"T\",\"sequence\":\"one\""),
        |token| format!("{{\"data\":{}\"{token}\"", "[".repeat(2_000)).into_bytes(),
    ];
    for (number, body) in bodies.iter().enumerate() {
        let token = token(scene, &number.to_string());
        let bytes = body(&token);
        scene.history.sink.push(Step::Undeliverable(kept::poison(&token, &bytes)));
        let key = format!("{}{number}", scene.history.prefix);
        let put = scene.world.aws.kinesis.put_record().stream_name(scene.world.output("StreamName")?);
        put.partition_key(key).data(Blob::new(bytes)).send().await.map_err(causes("put a poison record"))?;
        scene.load.continues(5).await?;
    }
    Ok(())
}

/// A record of the outbox table, with these columns only.
fn row(token: &str, columns: &str) -> Vec<u8> {
    let metadata = r#"{"record-type":"data","operation":"insert","schema-name":"public","table-name":"outbox"}"#;
    format!("{{\"data\":{{\"aggregate_id\":\"{token}\",{columns}}},\"metadata\":{metadata}}}").into_bytes()
}

pub async fn unusual(scene: &Scene<'_>, aggregate: String, payload: String) -> Draft {
    Draft { aggregate, kind: "SampleCreated", payload, id: identifier(&mut *scene.rng.lock().await) }
}

fn nested() -> String {
    format!("{{\"deep\":{}{}}}", "[".repeat(LEVELS), "]".repeat(LEVELS))
}

/// Rows of the outbox: one as large as a row may be, one that is nested too deeply for the bus.
async fn rows(scene: &Scene<'_>) -> Result<()> {
    let database = scene.world.database().await?;
    let large = format!("{{\"text\": \"{}\"}}", "x".repeat(491_520 - 12));
    let large = unusual(scene, format!("{}large", scene.history.prefix), large).await;
    for event in append(&database, &[large]).await? {
        scene.history.wrote(Step::Committed, event);
    }
    let token = token(scene, "deep");
    let deep = unusual(scene, token.clone(), nested()).await;
    if scene.world.pipeline.has_bus() {
        expect_kept(scene, &token);
    }
    for event in append(&database, &[deep]).await? {
        if !scene.world.pipeline.has_bus() {
            // A handler takes it.
            scene.history.sink.push(Step::Committed(event));
        }
    }
    scene.load.continues(5).await
}

/// Items of the outbox, each with one thing that is wrong or unusual.
async fn items(scene: &Scene<'_>) -> Result<()> {
    let text = |value: &str| AttributeValue::S(value.to_owned());
    let wrong: [(&str, Option<AttributeValue>); 6] = [
        ("id", None),
        ("id", Some(text("not a UUID"))),
        ("payload", Some(text("{"))),
        ("payload", Some(text(&nested()))),
        ("event_type", Some(AttributeValue::Bool(true))),
        ("aggregate_type", None),
    ];
    for (number, (name, value)) in wrong.into_iter().enumerate() {
        let token = token(scene, &format!("item-{number}"));
        let mut poison = item(&unusual(scene, token.clone(), "{}".into()).await, 1);
        match value {
            Some(value) => drop(poison.insert(name.into(), value)),
            None => drop(poison.remove(name)),
        }
        expect_kept(scene, &token);
        put(scene, "OutboxTable", poison).await?;
    }
    let large = format!("{{\"text\":\"{}\"}}", "x".repeat(300_000));
    for (name, payload) in [("nul", r#"{"a":"\u0000","b":" "}"#.to_owned()), ("large", large)] {
        let draft = unusual(scene, format!("{}{name}", scene.history.prefix), payload).await;
        put(scene, "OutboxTable", item(&draft, 1)).await?;
        let place = Place { aggregate: draft.aggregate, sequence: 1 };
        let content = format!("{} {}", draft.kind, draft.payload);
        scene.history.wrote(Step::Committed, Event { place, id: draft.id, content });
    }
    Ok(())
}

/// Users whose changes can't be read as events.
async fn users(scene: &Scene<'_>) -> Result<()> {
    let text = |value: &str| AttributeValue::S(value.to_owned());
    let wrong = [("note", text("no version")), ("version", text("one")), ("version", AttributeValue::N("-1".into()))];
    for (number, (name, value)) in wrong.into_iter().enumerate() {
        let token = token(scene, &number.to_string());
        expect_kept(scene, &token);
        put(scene, "AggregateTable", HashMap::from([("id".to_owned(), text(&token)), (name.to_owned(), value)]))
            .await?;
    }
    Ok(())
}

async fn put(scene: &Scene<'_>, table: &str, item: HashMap<String, AttributeValue>) -> Result<()> {
    let put = scene.world.aws.dynamodb.put_item().table_name(scene.world.output(table)?).set_item(Some(item));
    put.send().await.map_err(causes("put an item"))?;
    scene.load.continues(5).await
}
