//! A DynamoDB for the sample routes: tables in memory, conditions, transactions, and the changes of a stream.

use std::collections::BTreeMap;
use std::sync::Arc;

use aws_sdk_dynamodb::config::{BehaviorVersion, Builder, Region};
use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use parking_lot::Mutex;
use serde_json::{Value, json};

use crate::{Endpoint, operation};

/// The current behaviour.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Mode {
    #[default]
    Normal,
    /// Answers with throttling.
    Busy,
    /// Answers with access denied.
    Denying,
}

#[derive(Default)]
struct Tables {
    mode: Mode,
    /// Items by table and key.
    items: BTreeMap<(String, String), Value>,
    /// Records of a stream with both images.
    changes: Vec<Value>,
}

/// A table store; clones share the tables.
#[derive(Clone, Default)]
pub struct FakeDynamoDb(Arc<Mutex<Tables>>);

type Refusal = (&'static str, Value);

impl FakeDynamoDb {
    pub fn set_mode(&self, mode: Mode) {
        self.0.lock().mode = mode;
    }

    /// Returns the changes of one table so far.
    pub fn changes(&self, table: &str) -> Vec<Value> {
        let of_table =
            |change: &&Value| change["eventSourceARN"].as_str().unwrap().contains(&format!("table/{table}/"));
        self.0.lock().changes.iter().filter(of_table).cloned().collect()
    }

    /// Serves on a free port until the runtime ends.
    pub async fn client(&self) -> aws_sdk_dynamodb::Client {
        let endpoint = Endpoint::serve(Router::new().route("/", post(answer)).with_state(self.clone())).await;
        let config = Builder::new()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("us-east-1"))
            .credentials_provider(endpoint.credentials)
            .retry_config(endpoint.retry)
            .endpoint_url(endpoint.url);
        aws_sdk_dynamodb::Client::from_conf(config.build())
    }

    fn call(&self, operation: &str, input: &Value) -> Result<Value, Refusal> {
        let mut tables = self.0.lock();
        match tables.mode {
            Mode::Normal => {}
            Mode::Busy => return Err(("ProvisionedThroughputExceededException", json!({}))),
            Mode::Denying => return Err(("AccessDeniedException", json!({}))),
        }
        match operation {
            "GetItem" => Ok(match tables.items.get(&place(input, &input["Key"])) {
                Some(item) => json!({ "Item": item }),
                None => json!({}),
            }),
            "PutItem" if tables.holds(input, &input["Item"]) => {
                tables.set(input, &input["Item"], Some(input["Item"].clone()));
                Ok(json!({}))
            }
            "PutItem" => Err(("ConditionalCheckFailedException", json!({}))),
            "DeleteItem" => Ok(match tables.set(input, &input["Key"], None) {
                Some(old) => json!({ "Attributes": old }),
                None => json!({}),
            }),
            "TransactWriteItems" => {
                let puts: Vec<&Value> =
                    input["TransactItems"].as_array().unwrap().iter().map(|item| &item["Put"]).collect();
                let held: Vec<bool> = puts.iter().map(|put| tables.holds(put, &put["Item"])).collect();
                if held.iter().all(|held| *held) {
                    puts.iter().for_each(|put| drop(tables.set(put, &put["Item"], Some(put["Item"].clone()))));
                    return Ok(json!({}));
                }
                let code = |held: &bool| json!({ "Code": if *held { "None" } else { "ConditionalCheckFailed" } });
                let reasons: Vec<Value> = held.iter().map(code).collect();
                Err(("TransactionCanceledException", json!({ "CancellationReasons": reasons })))
            }
            other => panic!("{other} is not scripted"),
        }
    }
}

/// Returns table and key of a request; an outbox item has two key attributes.
fn place(input: &Value, item: &Value) -> (String, String) {
    let keys = if item.get("sequence").is_some() { &["aggregate_id", "sequence"][..] } else { &["id"] };
    let key: Vec<String> = keys.iter().map(|name| item[name].to_string()).collect();
    (input["TableName"].as_str().unwrap().to_owned(), key.join("/"))
}

impl Tables {
    /// Returns whether the request's condition holds for the current item.
    fn holds(&self, input: &Value, item: &Value) -> bool {
        let there = self.items.get(&place(input, item));
        input["ConditionExpression"].as_str().unwrap().split(" AND ").all(|part| match part.split_once(" = ") {
            None => part.starts_with("attribute_not_exists(") && there.is_none(),
            Some((name, value)) => {
                let name = input["ExpressionAttributeNames"][name].as_str().unwrap();
                there.is_some_and(|there| there[name] == input["ExpressionAttributeValues"][value])
            }
        })
    }

    /// Sets an item and returns the previous one.
    fn set(&mut self, input: &Value, item: &Value, new: Option<Value>) -> Option<Value> {
        let place = place(input, item);
        let table = place.0.clone();
        let old = match new.clone() {
            Some(new) => self.items.insert(place, new),
            None => self.items.remove(&place),
        };
        let name = match (&old, &new) {
            (None, Some(_)) => "INSERT",
            (Some(_), Some(_)) => "MODIFY",
            (Some(_), None) => "REMOVE",
            (None, None) => return None,
        };
        let mut body = json!({
            "ApproximateCreationDateTime": 1_700_000_000, "Keys": {}, "SequenceNumber": self.changes.len().to_string(),
        });
        for (image, value) in [("OldImage", &old), ("NewImage", &new)] {
            if let Some(value) = value {
                body[image] = value.clone();
            }
        }
        self.changes.push(json!({
            "eventID": "e", "eventName": name, "eventSource": "aws:dynamodb", "dynamodb": body,
            "eventSourceARN": format!("arn:aws:dynamodb:us-east-1:000000000000:table/{table}/stream/s"),
        }));
        old
    }
}

async fn answer(
    State(fake): State<FakeDynamoDb>,
    headers: HeaderMap,
    body: String,
) -> (StatusCode, [(&'static str, &'static str); 1], String) {
    let kind = [("content-type", "application/x-amz-json-1.0")];
    match fake.call(&operation(&headers), &serde_json::from_str(&body).unwrap()) {
        Ok(answer) => (StatusCode::OK, kind, answer.to_string()),
        Err((code, mut document)) => {
            document["__type"] = format!("com.amazonaws.dynamodb.v20120810#{code}").into();
            (StatusCode::BAD_REQUEST, kind, document.to_string())
        }
    }
}
