//! Lambda's runtime API and an EventBridge endpoint, for one execution environment.
//!
//! Source: "Using the Lambda runtime API for custom runtimes" in the Lambda developer guide.

use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use base64::prelude::{BASE64_STANDARD, Engine};
use serde_json::{Value, json};
use tokio::sync::{Mutex, mpsc};

use crate::measure::{median, peak};

/// Work of a run.
#[derive(Clone, Copy)]
pub struct Amount {
    /// Records per batch.
    pub records: usize,
    pub invocations: usize,
}

/// Measurements of a run.
pub struct Run {
    pub start: Duration,
    pub first: Duration,
    /// Median of the invocations after the first.
    pub next: Duration,
    pub peak_kilobytes: u64,
}

/// A request of the function.
enum Request {
    Next,
    Answered(Value),
    /// Number of events that EventBridge accepted.
    Published(usize),
    Failed(String),
}

/// The services of one execution environment.
pub struct Lambda {
    address: String,
    requests: mpsc::UnboundedReceiver<(Instant, Request)>,
    batches: mpsc::UnboundedSender<Value>,
}

struct Services {
    requests: mpsc::UnboundedSender<(Instant, Request)>,
    batches: Mutex<mpsc::UnboundedReceiver<Value>>,
}

impl Services {
    fn report(&self, request: Request) {
        // The receiver is dropped at the end of the run, before the function is.
        let _ = self.requests.send((Instant::now(), request));
    }
}

impl Lambda {
    pub async fn start() -> Self {
        let (seen, requests) = mpsc::unbounded_channel();
        let (batches, waiting) = mpsc::unbounded_channel();
        let services = Arc::new(Services { requests: seen, batches: Mutex::new(waiting) });
        let invocation = "/2018-06-01/runtime/invocation";
        let app = Router::new()
            .route(&format!("{invocation}/next"), get(next))
            .route(&format!("{invocation}/{{id}}/response"), post(response))
            .route(&format!("{invocation}/{{id}}/error"), post(failure))
            .route("/2018-06-01/runtime/init/error", post(failure))
            .route("/", post(put_events))
            .with_state(services);
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address").to_string();
        tokio::spawn(async move { axum::serve(listener, app).await });
        Self { address, requests, batches }
    }

    /// Starts the function, sends it the batches, and ends it.
    pub async fn run(mut self, mut command: Command, amount: Amount) -> Run {
        let endpoint = format!("http://{}", self.address);
        let path = std::env::var_os("PATH").unwrap_or_default();
        command.env_clear().env("PATH", path).env("_HANDLER", "publisher").env("AWS_LAMBDA_RUNTIME_API", &self.address);
        command.envs([("AWS_LAMBDA_FUNCTION_NAME", "publisher"), ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "512")]);
        command.envs([("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"), ("AWS_REGION", "us-east-1")]);
        command.envs([("AWS_ACCESS_KEY_ID", "bench"), ("AWS_SECRET_ACCESS_KEY", "bench")]);
        command.envs([("AWS_ENDPOINT_URL", endpoint.as_str()), ("OUTBOX_BUS_NAME", "bus"), ("FAILURE_BUCKET", "none")]);
        let began = Instant::now();
        let mut function = command.stdin(Stdio::null()).stdout(Stdio::null()).spawn().expect("the function starts");
        let start = self.until_next().await.duration_since(began);
        let (mut durations, mut published) = (Vec::new(), 0);
        for n in 0..amount.invocations {
            let sent = Instant::now();
            self.batches.send(batch(n, amount.records)).expect("the service runs");
            let answered = loop {
                match self.requests.recv().await.expect("the service runs") {
                    (at, Request::Answered(answer)) => {
                        assert_eq!(answer["batchItemFailures"], json!([]), "{answer}");
                        break at;
                    }
                    (_, Request::Published(events)) => published += events,
                    (_, Request::Failed(error)) => panic!("the function failed: {error}"),
                    (_, Request::Next) => panic!("a request for the next invocation before the answer"),
                }
            };
            durations.push(answered.duration_since(sent));
            self.until_next().await;
        }
        assert_eq!(published, amount.records * amount.invocations, "events at the bus");
        let peak_kilobytes = peak(function.id()).unwrap_or(0);
        function.kill().and_then(|()| function.wait()).expect("the function ends");
        let first = durations.remove(0);
        Run { start, first, next: median(&mut durations), peak_kilobytes }
    }

    async fn until_next(&mut self) -> Instant {
        match self.requests.recv().await.expect("the service runs") {
            (at, Request::Next) => at,
            (_, Request::Failed(error)) => panic!("the function failed: {error}"),
            _ => panic!("a request for the next invocation was expected"),
        }
    }
}

async fn next(State(services): State<Arc<Services>>) -> Response {
    services.report(Request::Next);
    let Some(batch) = services.batches.lock().await.recv().await else {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    };
    let deadline = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default() + Duration::from_secs(60);
    let headers = [
        ("lambda-runtime-aws-request-id", uuid::Uuid::new_v4().to_string()),
        ("lambda-runtime-deadline-ms", deadline.as_millis().to_string()),
        ("lambda-runtime-invoked-function-arn", "arn:aws:lambda:us-east-1:000000000000:function:publisher".into()),
    ];
    (headers, Json(batch)).into_response()
}

async fn response(State(services): State<Arc<Services>>, body: String) -> StatusCode {
    services.report(Request::Answered(serde_json::from_str(&body).expect("an answer in JSON")));
    StatusCode::ACCEPTED
}

async fn failure(State(services): State<Arc<Services>>, error: String) -> StatusCode {
    services.report(Request::Failed(error));
    StatusCode::ACCEPTED
}

async fn put_events(State(services): State<Arc<Services>>, body: String) -> Response {
    let request: Value = serde_json::from_str(&body).expect("a request in JSON");
    let entries = request["Entries"].as_array().expect("entries").len();
    services.report(Request::Published(entries));
    let accepted: Vec<Value> = (0..entries).map(|n| json!({"EventId": format!("event-{n}")})).collect();
    let body = json!({"FailedEntryCount": 0, "Entries": accepted}).to_string();
    ([("content-type", "application/x-amz-json-1.1")], body).into_response()
}

/// Returns a batch of different records from DMS.
fn batch(n: usize, records: usize) -> Value {
    let record = |number: usize| {
        let aggregate = format!("car-{}", number % 10);
        let payload = json!({"id": aggregate, "make": "Volvo", "text": "x".repeat(200)}).to_string();
        let row = json!({
            "data": {
                "id": uuid::Uuid::from_u128(number as u128 + 1), "aggregate_type": "car", "aggregate_id": aggregate,
                "event_type": "CarUpdated", "payload": payload, "sequence": number / 10 + 1, "schema_version": 1,
                "created_at": "2026-11-21T06:00:00.123456Z",
            },
            "metadata": {
                "timestamp": "2026-11-21T06:00:00.223456Z", "record-type": "data", "operation": "insert",
                "partition-key-type": "attribute-name", "partition-key-value": aggregate, "schema-name": "public",
                "table-name": "outbox", "transaction-id": number, "commit-timestamp": "2026-11-21T06:00:00.123456Z",
            },
        });
        let sequence_number = format!("{:056}", number + 1);
        json!({
            "eventID": format!("shardId-000000000000:{sequence_number}"), "eventName": "aws:kinesis:record",
            "eventSource": "aws:kinesis", "eventVersion": "1.0", "awsRegion": "us-east-1",
            "eventSourceARN": "arn:aws:kinesis:us-east-1:000000000000:stream/outbox",
            "invokeIdentityArn": "arn:aws:iam::000000000000:role/publisher",
            "kinesis": {
                "kinesisSchemaVersion": "1.0", "partitionKey": aggregate, "sequenceNumber": sequence_number,
                "data": BASE64_STANDARD.encode(row.to_string()), "approximateArrivalTimestamp": 1_795_000_000.0,
            },
        })
    };
    json!({"Records": (n * records..(n + 1) * records).map(record).collect::<Vec<_>>()})
}
