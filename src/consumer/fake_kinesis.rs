//! A scripted Kinesis for tests: shards that split and merge, over HTTP, as far as readers of a stream notice.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::routing::post;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

#[derive(Default)]
struct Shard {
    parents: Vec<String>,
    closed: bool,
    /// Sequence number and data.
    records: Vec<(u64, Vec<u8>)>,
}

#[derive(Default)]
struct Stream {
    shards: BTreeMap<String, Shard>,
    next: u64,
}

/// Clones share the stream.
#[derive(Clone, Default)]
pub struct FakeKinesis(Arc<Mutex<Stream>>);

impl FakeKinesis {
    pub fn open(&self, shard: &str, parents: &[&str]) {
        let mut stream = self.0.lock().expect("unpoisoned");
        for parent in parents {
            stream.shards.get_mut(*parent).expect("a parent").closed = true;
        }
        let parents = parents.iter().map(|parent| (*parent).to_owned()).collect();
        stream.shards.insert(shard.to_owned(), Shard { parents, ..Shard::default() });
    }

    pub fn put(&self, shard: &str, data: Vec<u8>) {
        let mut stream = self.0.lock().expect("unpoisoned");
        stream.next += 1;
        let number = stream.next;
        stream.shards.get_mut(shard).filter(|shard| !shard.closed).expect("an open shard").records.push((number, data));
    }

    /// Serves on a free port until the runtime ends.
    pub async fn client(&self) -> aws_sdk_kinesis::Client {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let app = Router::new().route("/", post(answer)).with_state(self.clone());
        tokio::spawn(async move { axum::serve(listener, app).await });
        let config = aws_sdk_kinesis::Config::builder()
            .behavior_version(aws_sdk_kinesis::config::BehaviorVersion::latest())
            .region(aws_sdk_kinesis::config::Region::new("us-east-1"))
            .credentials_provider(aws_credential_types::Credentials::new("test", "test", None, None, "test"))
            .endpoint_url(url)
            .build();
        aws_sdk_kinesis::Client::from_conf(config)
    }

    fn call(&self, operation: &str, input: &Value) -> Value {
        let stream = self.0.lock().expect("unpoisoned");
        match operation {
            "ListShards" => {
                let shards: Vec<Value> = stream.shards.iter().map(|(id, shard)| describe(id, shard)).collect();
                json!({ "Shards": shards })
            }
            // An iterator names its shard and the sequence number it is after.
            "GetShardIterator" => {
                let shard = input["ShardId"].as_str().expect("a shard");
                let after = input["StartingSequenceNumber"].as_str().unwrap_or("0");
                json!({ "ShardIterator": format!("{shard}/{after}") })
            }
            "GetRecords" => {
                let (shard, after) = input["ShardIterator"].as_str().and_then(|i| i.split_once('/')).expect("ours");
                let (after, from) = (after.parse::<u64>().expect("a number"), &stream.shards[shard]);
                // Two a page, so that there is something between pages.
                let page: Vec<&(u64, Vec<u8>)> = from.records.iter().filter(|(n, _)| *n > after).take(2).collect();
                let last = page.last().map_or(after, |(n, _)| *n);
                let more = from.records.iter().any(|(n, _)| *n > last);
                let next = (!from.closed || more).then(|| format!("{shard}/{last}"));
                let records: Vec<Value> = page.iter().map(|(n, data)| record(*n, data)).collect();
                json!({ "Records": records, "NextShardIterator": next, "MillisBehindLatest": u64::from(more) })
            }
            other => panic!("{other} is not scripted"),
        }
    }
}

fn record(number: u64, data: &[u8]) -> Value {
    json!({
        "SequenceNumber": number.to_string(), "PartitionKey": "k", "Data": STANDARD.encode(data),
        "ApproximateArrivalTimestamp": 1_700_000_000.0,
    })
}

fn describe(id: &str, shard: &Shard) -> Value {
    let mut range = json!({ "StartingSequenceNumber": "0" });
    if shard.closed {
        range["EndingSequenceNumber"] = "9".into();
    }
    let mut described = json!({
        "ShardId": id, "HashKeyRange": { "StartingHashKey": "0", "EndingHashKey": "1" }, "SequenceNumberRange": range,
    });
    for (key, parent) in ["ParentShardId", "AdjacentParentShardId"].into_iter().zip(&shard.parents) {
        described[key] = parent.as_str().into();
    }
    described
}

async fn answer(
    State(fake): State<FakeKinesis>,
    headers: HeaderMap,
    body: String,
) -> ([(&'static str, &'static str); 1], String) {
    let target = headers["x-amz-target"].to_str().expect("text").rsplit('.').next().unwrap_or_default().to_owned();
    let input = serde_json::from_str(&body).expect("JSON");
    ([("content-type", "application/x-amz-json-1.1")], fake.call(&target, &input).to_string())
}
