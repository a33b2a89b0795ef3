//! A scripted DynamoDB Streams for tests: shards that continue one another, over HTTP, with the errors that readers of
//! a stream must handle.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use parking_lot::{Mutex, MutexGuard};
use serde_json::{Value, json};

use crate::{Endpoint, operation};

pub const TABLE: &str = "items";

#[derive(Default)]
struct Shard {
    parent: Option<String>,
    closed: bool,
    /// Sequence number and record.
    records: Vec<(u64, Value)>,
}

#[derive(Default)]
struct Stream {
    shards: BTreeMap<String, Shard>,
    next: u64,
    /// Error codes of the next GetRecords calls.
    errors: VecDeque<&'static str>,
    /// The highest trimmed sequence number.
    trimmed: u64,
    /// Shards that are listed but no longer exist.
    forgotten: Vec<String>,
    /// Operation and shard of every call but GetRecords.
    calls: Vec<(String, String)>,
}

impl Stream {
    fn trim(&mut self, up_to: u64) {
        self.trimmed = up_to;
        self.shards.values_mut().for_each(|shard| shard.records.retain(|(number, _)| *number > up_to));
    }

    fn put(&mut self, shard: &str, parts: Value) {
        self.next += 1;
        let number = self.next;
        let mut record = json!({
            "eventID": format!("e{number}"), "eventName": "INSERT", "eventVersion": "1.1", "eventSource": "aws:dynamodb",
            "awsRegion": "us-east-1",
            "dynamodb": {
                "ApproximateCreationDateTime": 1_700_000_000, "Keys": { "id": { "S": "k" } },
                "SequenceNumber": number.to_string(), "SizeBytes": 9, "StreamViewType": "NEW_AND_OLD_IMAGES",
            },
        });
        merge(&mut record, parts);
        self.shards.get_mut(shard).filter(|shard| !shard.closed).expect("an open shard").records.push((number, record));
    }
}

/// A scripted stream; clones share it.
#[derive(Clone, Default)]
pub struct FakeStreams(Arc<Mutex<Stream>>);

impl FakeStreams {
    pub fn arn(&self) -> String {
        format!("arn:aws:dynamodb:us-east-1:000000000000:table/{TABLE}/stream/2026-11-21T06:00:00.000")
    }

    fn stream(&self) -> MutexGuard<'_, Stream> {
        self.0.lock()
    }

    /// Opens a new shard; this closes the one that it continues.
    pub fn open(&self, shard: &str, parent: Option<&str>) {
        let mut stream = self.stream();
        if let Some(parent) = parent.and_then(|parent| stream.shards.get_mut(parent)) {
            parent.closed = true;
        }
        stream.shards.insert(shard.to_owned(), Shard { parent: parent.map(str::to_owned), ..Shard::default() });
    }

    /// Closes a shard without a successor, as in a disabled stream.
    pub fn close(&self, shard: &str) {
        self.stream().shards.get_mut(shard).expect("a shard").closed = true;
    }

    /// Adds a record; `parts` overrides the default members.
    pub fn put(&self, shard: &str, parts: Value) {
        self.stream().put(shard, parts);
    }

    /// Lets the next calls of GetRecords fail with these codes, one each.
    pub fn fail(&self, codes: &[&'static str]) {
        self.stream().errors.extend(codes);
    }

    /// Adds a record, and expires the iterator that would return it.
    pub fn put_and_expire(&self, shard: &str, parts: Value) {
        let mut stream = self.stream();
        stream.put(shard, parts);
        stream.errors.push_back("ExpiredIteratorException");
    }

    /// Adds records and trims all but the last of them.
    pub fn put_and_trim(&self, shard: &str, count: usize) {
        let mut stream = self.stream();
        (0..count).for_each(|_| stream.put(shard, json!({})));
        let up_to = stream.next - 1;
        stream.trim(up_to);
    }

    /// Removes a shard but keeps it in the list as closed.
    pub fn forget(&self, shard: &str) {
        let mut stream = self.stream();
        stream.shards.get_mut(shard).expect("a shard").closed = true;
        stream.forgotten.push(shard.to_owned());
    }

    /// Drops the records up to this sequence number, as after a day.
    pub fn trim(&self, up_to: u64) {
        self.stream().trim(up_to);
    }

    /// Returns operation and shard of every call but GetRecords.
    pub fn calls(&self) -> Vec<(String, String)> {
        self.stream().calls.clone()
    }

    /// Serves on a free port until the runtime ends.
    pub async fn client(&self) -> aws_sdk_dynamodbstreams::Client {
        let endpoint = Endpoint::serve(Router::new().route("/", post(answer)).with_state(self.clone())).await;
        let config = aws_sdk_dynamodbstreams::Config::builder()
            .behavior_version(aws_sdk_dynamodbstreams::config::BehaviorVersion::latest())
            .region(aws_sdk_dynamodbstreams::config::Region::new("us-east-1"))
            .credentials_provider(endpoint.credentials)
            .retry_config(endpoint.retry)
            .endpoint_url(endpoint.url)
            .build();
        aws_sdk_dynamodbstreams::Client::from_conf(config)
    }

    fn call(&self, operation: &str, input: &Value) -> Result<Value, &'static str> {
        let mut stream = self.stream();
        if operation != "GetRecords" {
            let shard = input["ShardId"].as_str().unwrap_or_default().to_owned();
            stream.calls.push((operation.to_owned(), shard));
        }
        match operation {
            "DescribeStream" if input["StreamArn"] != json!(self.arn()) => Err("ResourceNotFoundException"),
            "DescribeStream" => {
                // Two per page.
                let after = input["ExclusiveStartShardId"].as_str().unwrap_or_default();
                let mut left = stream.shards.iter().filter(|(id, _)| id.as_str() > after);
                let page: Vec<_> = left.by_ref().take(2).collect();
                let last = left.next().and_then(|_| page.last().map(|(id, _)| (*id).clone()));
                let shards: Vec<Value> = page.iter().map(|(id, shard)| describe(id, shard)).collect();
                let open = stream.shards.values().any(|shard| !shard.closed);
                let status = if open { "ENABLED" } else { "DISABLED" };
                Ok(json!({ "StreamDescription": {
                    "StreamArn": self.arn(), "StreamStatus": status, "Shards": shards, "LastEvaluatedShardId": last,
                } }))
            }
            // An iterator names its shard and the sequence number before its position.
            "GetShardIterator" => {
                let id = input["ShardId"].as_str().expect("a shard");
                if stream.forgotten.iter().any(|shard| shard == id) {
                    return Err("ResourceNotFoundException");
                }
                let shard = stream.shards.get(id).ok_or("ResourceNotFoundException")?;
                let after = match input["ShardIteratorType"].as_str().expect("a type") {
                    "TRIM_HORIZON" => stream.trimmed,
                    "LATEST" => shard.records.last().map_or(stream.trimmed, |(number, _)| *number),
                    "AFTER_SEQUENCE_NUMBER" => {
                        let after = input["SequenceNumber"].as_str().expect("a number").parse().expect("a number");
                        if after < stream.trimmed {
                            return Err("TrimmedDataAccessException");
                        }
                        after
                    }
                    other => panic!("{other} is not scripted"),
                };
                Ok(json!({ "ShardIterator": format!("{id}/{after}") }))
            }
            "GetRecords" => {
                if let Some(code) = stream.errors.pop_front() {
                    return Err(code);
                }
                let (shard, after) = input["ShardIterator"].as_str().and_then(|i| i.split_once('/')).expect("ours");
                let after = after.parse::<u64>().expect("a number");
                if after < stream.trimmed {
                    return Err("TrimmedDataAccessException");
                }
                let from = stream.shards.get(shard).ok_or("ResourceNotFoundException")?;
                // Two per page, so that the tests cover paging.
                let page: Vec<&(u64, Value)> = from.records.iter().filter(|(n, _)| *n > after).take(2).collect();
                let last = page.last().map_or(after, |(n, _)| *n);
                let more = from.records.iter().any(|(n, _)| *n > last);
                let next = (!from.closed || more).then(|| format!("{shard}/{last}"));
                let records: Vec<&Value> = page.iter().map(|(_, record)| record).collect();
                Ok(json!({ "Records": records, "NextShardIterator": next }))
            }
            other => panic!("{other} is not scripted"),
        }
    }
}

fn merge(into: &mut Value, parts: Value) {
    match (into, parts) {
        (Value::Object(into), Value::Object(parts)) => {
            for (name, part) in parts {
                match into.get_mut(&name) {
                    Some(there) if there.is_object() && name == "dynamodb" => merge(there, part),
                    _ => drop(into.insert(name, part)),
                }
            }
        }
        (into, parts) => *into = parts,
    }
}

fn describe(id: &str, shard: &Shard) -> Value {
    let mut range = json!({ "StartingSequenceNumber": "0" });
    if shard.closed {
        range["EndingSequenceNumber"] = "9".into();
    }
    json!({ "ShardId": id, "ParentShardId": shard.parent, "SequenceNumberRange": range })
}

async fn answer(
    State(fake): State<FakeStreams>,
    headers: HeaderMap,
    body: String,
) -> (StatusCode, [(&'static str, &'static str); 1], String) {
    let input = serde_json::from_str(&body).expect("JSON");
    let (status, answer) = match fake.call(&operation(&headers), &input) {
        Ok(answer) => (StatusCode::OK, answer),
        Err(code) => (StatusCode::BAD_REQUEST, json!({ "__type": code, "message": "scripted" })),
    };
    (status, [("content-type", "application/x-amz-json-1.0")], answer.to_string())
}
