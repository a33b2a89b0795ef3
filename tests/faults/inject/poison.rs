//! Records that can't be delivered: they must be kept, and hold up nothing.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use aws_smithy_types::Blob;
use futures_util::FutureExt;
use futures_util::future::LocalBoxFuture;

use crate::history::{Event, Place, Step};
use crate::pipeline::Pipeline;
use crate::trouble::{Result, causes};
use crate::watch::kept;

use super::Scene;

pub fn poison<'a>(scene: &'a Scene<'a>) -> LocalBoxFuture<'a, Result<u64>> {
    async move {
        match scene.world.pipeline {
            Pipeline::RdsKinesis | Pipeline::RdsEventbridge | Pipeline::DynamodbKinesis => records(scene).await?,
            Pipeline::DynamodbEventbridge | Pipeline::DynamodbCdc => items(scene).await?,
        }
        // Nothing is disturbed: not one healthy event may be repeated.
        Ok(0)
    }
    .boxed_local()
}

fn token(scene: &Scene<'_>, number: usize) -> String {
    format!("{}{}{number}", scene.history.prefix, kept::POISON)
}

/// Bytes that are put into the stream beside the capture's.
async fn records(scene: &Scene<'_>) -> Result<()> {
    let deep = "[".repeat(2_000);
    let bodies: [fn(&str, &str) -> Vec<u8>; 6] = [
        |token, _| format!("{{\"data\": {{\"aggregate_id\": \"{token}\"").into_bytes(),
        |token, _| [b"\xff\xfe", token.as_bytes()].concat(),
        |token, _| format!("[\"{token}\"]").into_bytes(),
        |token, _| row(token, "\"payload\":\"{}\""),
        |token, _| row(token, "\"payload\":\"{}\",\"event_type\":\"T\",\"sequence\":\"one\""),
        |token, deep| format!("{{\"data\":{deep}\"{token}\"").into_bytes(),
    ];
    for (number, body) in bodies.iter().enumerate() {
        let token = token(scene, number);
        let bytes = body(&token, &deep);
        scene.history.sink.push(Step::Undeliverable(kept::poison(&token, &bytes)));
        let key = format!("{}{number}", scene.history.prefix);
        let put = scene.world.aws.kinesis.put_record().stream_name(scene.world.output("StreamName")?);
        put.partition_key(key).data(Blob::new(bytes)).send().await.map_err(causes("put a poison record"))?;
        scene.load.goes_on(5).await?;
    }
    Ok(())
}

/// A record of the outbox table, with these columns only.
fn row(token: &str, columns: &str) -> Vec<u8> {
    let metadata = r#"{"record-type":"data","operation":"insert","schema-name":"public","table-name":"outbox"}"#;
    format!("{{\"data\":{{\"aggregate_id\":\"{token}\",{columns}}},\"metadata\":{metadata}}}").into_bytes()
}

/// Items that are no events.
async fn items(scene: &Scene<'_>) -> Result<()> {
    let users = scene.world.pipeline == Pipeline::DynamodbCdc;
    let (table, key) = if users { ("AggregateTable", "id") } else { ("OutboxTable", "aggregate_id") };
    let text = |value: &str| AttributeValue::S(value.to_owned());
    let more = [("payload", text("{")), ("version", text("one")), ("event_type", AttributeValue::Bool(true))];
    for (number, (name, value)) in more.into_iter().enumerate() {
        let token = token(scene, number);
        let mut item = HashMap::from([(key.to_owned(), text(&token)), (name.to_owned(), value)]);
        if !users {
            item.insert("sequence".into(), AttributeValue::N("1".into()));
        }
        let place = Place { aggregate: token.clone(), sequence: 0 };
        scene.history.sink.push(Step::Undeliverable(Event { place, id: String::new(), content: token }));
        let put = scene.world.aws.dynamodb.put_item().table_name(scene.world.output(table)?).set_item(Some(item));
        put.send().await.map_err(causes("put a poison item"))?;
        scene.load.goes_on(5).await?;
    }
    Ok(())
}
