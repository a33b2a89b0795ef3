//! A scripted Kinesis for tests: shards that split and merge, polling and fan-out, and faults. It answers the real SDK
//! over HTTP, with the operations of stream readers.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use aws_sdk_kinesis::config::timeout::TimeoutConfig;
use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use flate2::Crc;
use parking_lot::Mutex;
use serde_json::{Value, json};

use crate::{Endpoint, operation};

/// Delay of a late answer, longer than the client's timeout.
const PATIENCE: Duration = Duration::from_millis(250);
/// Arrival time of record 0; each next one arrives a millisecond later.
pub const EPOCH: f64 = 1_700_000_000.0;

#[derive(Default)]
struct Shard {
    parents: Vec<String>,
    closed: bool,
    /// The shard is listed, but no longer exists.
    lost: bool,
    /// Sequence number and data.
    records: Vec<(u64, Vec<u8>)>,
}

/// Percentages of calls with each fault.
#[derive(Debug, Clone, Copy, Default)]
pub struct Chaos {
    pub throttle: u8,
    pub error: u8,
    /// GetRecords answers that its iterator expired.
    pub expire: u8,
    /// The answer arrives after the client's timeout.
    pub late: u8,
    /// A page without records although there are some; a fan-out connection that is cut.
    pub short: u8,
    /// New shards are not listed at first.
    pub unlisted: u8,
    /// GetShardIterator is throttled.
    pub busy: u8,
}

struct Stream {
    shards: BTreeMap<String, Shard>,
    next: u64,
    chaos: Chaos,
    random: fastrand::Rng,
    page: usize,
}

impl Default for Stream {
    fn default() -> Self {
        let (shards, chaos) = (BTreeMap::new(), Chaos::default());
        // Two per page, so that the tests cover paging.
        Self { shards, next: 0, chaos, random: fastrand::Rng::with_seed(1), page: 2 }
    }
}

/// A scripted stream; clones share it.
#[derive(Clone, Default)]
pub struct ScriptedKinesis(Arc<Mutex<Stream>>);

/// An error in the service's format.
struct Refused(StatusCode, &'static str);

impl ScriptedKinesis {
    pub fn with_chaos(chaos: Chaos, seed: u64) -> Self {
        let kinesis = Self::default();
        let mut stream = kinesis.0.lock();
        (stream.chaos, stream.random) = (chaos, fastrand::Rng::with_seed(seed));
        drop(stream);
        kinesis
    }

    pub fn open(&self, shard: &str, parents: &[&str]) {
        let mut stream = self.0.lock();
        for parent in parents {
            stream.shards.get_mut(*parent).expect("a parent").closed = true;
        }
        let parents = parents.iter().map(|parent| (*parent).to_owned()).collect();
        stream.shards.insert(shard.to_owned(), Shard { parents, ..Shard::default() });
    }

    /// Returns the record's sequence number.
    pub fn put(&self, shard: &str, data: Vec<u8>) -> u64 {
        let mut stream = self.0.lock();
        stream.next += 1;
        let number = stream.next;
        stream.shards.get_mut(shard).filter(|shard| !shard.closed).expect("an open shard").records.push((number, data));
        number
    }

    /// Returns a shard's records, with their sequence numbers.
    pub fn records(&self, shard: &str) -> Vec<(u64, Vec<u8>)> {
        self.0.lock().shards[shard].records.clone()
    }

    /// Removes a shard, as retention does.
    pub fn forget(&self, shard: &str) {
        self.0.lock().shards.remove(shard);
    }

    /// Removes a shard but keeps it in the list as closed, as around the end of its retention.
    pub fn lose(&self, shard: &str) {
        let mut stream = self.0.lock();
        let shard = stream.shards.get_mut(shard).expect("a shard");
        (shard.closed, shard.lost) = (true, true);
    }

    /// Serves on a free port until the runtime ends. The client does not retry.
    pub async fn client(&self) -> aws_sdk_kinesis::Client {
        let endpoint = Endpoint::serve(Router::new().route("/", post(answer)).with_state(self.clone())).await;
        let config = aws_sdk_kinesis::Config::builder()
            .behavior_version(aws_sdk_kinesis::config::BehaviorVersion::latest())
            .region(aws_sdk_kinesis::config::Region::new("us-east-1"))
            .credentials_provider(endpoint.credentials)
            .retry_config(endpoint.retry)
            .timeout_config(TimeoutConfig::builder().operation_attempt_timeout(PATIENCE).build())
            .endpoint_url(endpoint.url)
            .build();
        aws_sdk_kinesis::Client::from_conf(config)
    }

    fn call(&self, operation: &str, input: &Value) -> Result<Value, Refused> {
        let mut stream = self.0.lock();
        let chaos = stream.chaos;
        if stream.happens(chaos.throttle) {
            return Err(Refused(StatusCode::BAD_REQUEST, "LimitExceededException"));
        }
        if stream.happens(chaos.error) {
            return Err(Refused(StatusCode::INTERNAL_SERVER_ERROR, "InternalFailure"));
        }
        match operation {
            "ListShards" => {
                let hide = stream.happens(chaos.unlisted);
                Ok(stream.list(input, hide))
            }
            "GetShardIterator" => {
                if stream.happens(chaos.busy) {
                    return Err(Refused(StatusCode::BAD_REQUEST, "ProvisionedThroughputExceededException"));
                }
                let id = input["ShardId"].as_str().expect("a shard");
                stream.position(id, input).map(|after| json!({ "ShardIterator": format!("{id}/{after}") }))
            }
            "GetRecords" => {
                if stream.happens(chaos.expire) {
                    return Err(Refused(StatusCode::BAD_REQUEST, "ExpiredIteratorException"));
                }
                let (id, after) = input["ShardIterator"].as_str().and_then(|i| i.split_once('/')).expect("ours");
                let after = after.parse().expect("a number");
                let short = stream.happens(chaos.short);
                let page = stream.page(id, after, short)?;
                let next = (!page.ended).then(|| format!("{id}/{}", page.last));
                Ok(json!({
                    "Records": page.records, "NextShardIterator": next, "ChildShards": page.children,
                    "MillisBehindLatest": u64::from(page.more),
                }))
            }
            other => panic!("{other} is not scripted"),
        }
    }

    /// Returns the events of a subscription until its end.
    fn subscribe(&self, input: &Value) -> Result<Response, Refused> {
        let id = input["ShardId"].as_str().expect("a shard").to_owned();
        let position = &input["StartingPosition"];
        let after = {
            let mut stream = self.0.lock();
            let chaos = stream.chaos;
            if stream.happens(chaos.throttle) {
                return Err(Refused(StatusCode::BAD_REQUEST, "ResourceInUseException"));
            }
            stream.position(&id, position)?
        };
        let pushes = futures_util::stream::unfold(Some((self.clone(), id, after, 0)), |state| async {
            let (kinesis, id, after, count) = state?;
            tokio::time::sleep(Duration::from_millis(if count == 0 { 0 } else { 2 })).await;
            let mut stream = kinesis.0.lock();
            let chaos = stream.chaos;
            let page = stream.page(&id, after, false).ok()?;
            let mut event = json!({ "Records": page.records, "MillisBehindLatest": u64::from(page.more) });
            match page.ended {
                true => event["ChildShards"] = page.children,
                false => event["ContinuationSequenceNumber"] = page.last.to_string().into(),
            }
            let mut frame = frame(&event.to_string());
            let cut = stream.happens(chaos.short);
            if cut {
                // In the middle of a message: its records have to be sent again.
                frame.truncate(frame.len() / 2);
            }
            drop(stream);
            // Twenty pushes stand for five minutes.
            let over = page.ended || cut || count > 20;
            let next = (!over).then_some((kinesis, id, page.last, count + 1));
            Some((Ok::<_, Infallible>(frame), next))
        });
        let headers = [("content-type", "application/vnd.amazon.eventstream")];
        Ok((headers, Body::from_stream(pushes)).into_response())
    }

    fn is_late(&self) -> bool {
        let mut stream = self.0.lock();
        let late = stream.chaos.late;
        stream.happens(late)
    }
}

struct Page {
    records: Vec<Value>,
    last: u64,
    more: bool,
    ended: bool,
    children: Value,
}

impl Stream {
    fn happens(&mut self, of_a_hundred: u8) -> bool {
        of_a_hundred > 0 && self.random.u8(0..100) < of_a_hundred
    }

    fn shard(&self, id: &str) -> Result<&Shard, Refused> {
        self.shards
            .get(id)
            .filter(|shard| !shard.lost)
            .ok_or(Refused(StatusCode::BAD_REQUEST, "ResourceNotFoundException"))
    }

    /// Lists three shards per page. `hide` omits open child shards, which are not listed at first.
    fn list(&self, input: &Value, hide: bool) -> Value {
        let from = input["NextToken"].as_str().unwrap_or("").to_owned();
        let listed = |shard: &Shard| !(hide && !shard.parents.is_empty() && !shard.closed);
        let mut rest = self.shards.iter().filter(|(id, shard)| **id > from && listed(shard));
        let page: Vec<Value> = rest.by_ref().take(3).map(|(id, shard)| describe(id, shard)).collect();
        let token = rest.next().map(|_| page[page.len() - 1]["ShardId"].clone());
        json!({ "Shards": page, "NextToken": token })
    }

    /// Returns the sequence number before a position.
    fn position(&self, id: &str, input: &Value) -> Result<u64, Refused> {
        let records = &self.shard(id)?.records;
        let kind = input["ShardIteratorType"].as_str().or(input["Type"].as_str()).expect("a type");
        let sequence = input["StartingSequenceNumber"].as_str().or(input["SequenceNumber"].as_str());
        Ok(match kind {
            "TRIM_HORIZON" => 0,
            "LATEST" => records.last().map_or(0, |(number, _)| *number),
            "AFTER_SEQUENCE_NUMBER" => sequence.and_then(|number| number.parse().ok()).expect("a number"),
            "AT_TIMESTAMP" => {
                let at = input["Timestamp"].as_f64().expect("a time");
                if at > chrono::Utc::now().timestamp_millis() as f64 / 1_000.0 {
                    return Err(Refused(StatusCode::BAD_REQUEST, "InvalidArgumentException"));
                }
                records.iter().take_while(|(number, _)| stamp(*number) < at).last().map_or(0, |(number, _)| *number)
            }
            other => panic!("{other} is not scripted"),
        })
    }

    fn page(&self, id: &str, after: u64, short: bool) -> Result<Page, Refused> {
        let from = self.shard(id)?;
        let size = if short { 0 } else { self.page };
        let page: Vec<&(u64, Vec<u8>)> = from.records.iter().filter(|(n, _)| *n > after).take(size).collect();
        let last = page.last().map_or(after, |(n, _)| *n);
        let more = from.records.iter().any(|(n, _)| *n > last);
        let records = page.iter().map(|(n, data)| record(*n, data)).collect();
        let ended = from.closed && !more;
        let children = self.shards.iter().filter(|(_, shard)| shard.parents.iter().any(|parent| parent == id));
        let hash_keys = json!({ "StartingHashKey": "0", "EndingHashKey": "1" });
        let child = |(id, shard): (&String, &Shard)| json!({ "ShardId": id, "ParentShards": shard.parents, "HashKeyRange": hash_keys });
        let children: Vec<Value> = children.filter(|_| ended).map(child).collect();
        Ok(Page { records, last, more, ended, children: children.into() })
    }
}

fn stamp(number: u64) -> f64 {
    EPOCH + number as f64 / 1_000.0
}

fn record(number: u64, data: &[u8]) -> Value {
    json!({
        "SequenceNumber": number.to_string(), "PartitionKey": "k", "Data": STANDARD.encode(data),
        "ApproximateArrivalTimestamp": stamp(number),
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

/// Returns an event in the `application/vnd.amazon.eventstream` encoding: lengths and their CRC, headers, payload, CRC
/// of all.
fn frame(payload: &str) -> Vec<u8> {
    let mut headers = Vec::new();
    for (name, value) in
        [(":message-type", "event"), (":event-type", "SubscribeToShardEvent"), (":content-type", "application/json")]
    {
        headers.push(name.len() as u8);
        headers.extend(name.as_bytes());
        // 7 is the type of strings.
        headers.push(7);
        headers.extend((value.len() as u16).to_be_bytes());
        headers.extend(value.as_bytes());
    }
    let crc = |bytes: &[u8]| {
        let mut crc = Crc::new();
        crc.update(bytes);
        crc.sum().to_be_bytes()
    };
    let mut frame = ((16 + headers.len() + payload.len()) as u32).to_be_bytes().to_vec();
    frame.extend((headers.len() as u32).to_be_bytes());
    frame.extend(crc(&frame));
    frame.extend(headers);
    frame.extend(payload.as_bytes());
    frame.extend(crc(&frame));
    frame
}

async fn answer(State(kinesis): State<ScriptedKinesis>, headers: HeaderMap, body: String) -> Response {
    let input = serde_json::from_str(&body).expect("JSON");
    let json = [("content-type", "application/x-amz-json-1.1")];
    let answered = match operation(&headers).as_str() {
        "SubscribeToShard" => kinesis.subscribe(&input),
        operation => kinesis.call(operation, &input).map(|answer| (json, answer.to_string()).into_response()),
    };
    if kinesis.is_late() {
        tokio::time::sleep(PATIENCE + Duration::from_millis(50)).await;
    }
    answered.unwrap_or_else(|Refused(status, code)| {
        (status, json, json!({ "__type": code, "message": "scripted" }).to_string()).into_response()
    })
}
