//! Faults on request: failures of a network or a busy service, at a time that the tester chooses.
//!
//! `POST /_outboxctl/faults` sets rules, `GET` shows them with the number of requests that each has hit, `DELETE`
//! removes them:
//!
//! ```json
//! {"rules": [{"service": "kinesis", "operation": "PutRecords", "kind": "partial", "next": 3},
//!            {"service": "events", "kind": "throttle", "probability": 0.2}]}
//! ```

use std::time::Duration;

use http::{Method, StatusCode};
use parking_lot::{Mutex, MutexGuard};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::identify::Identity;
use super::protocol::Protocol;
use super::{ApiRequest, ApiResponse};

/// Kind of a fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fault {
    /// Throttled, without effect.
    Throttle,
    /// 500, without effect.
    Error,
    /// Every other entry of PutRecords or PutEvents fails; the others take effect.
    Partial,
    /// The connection closes before the request takes effect.
    Drop,
    /// The request takes effect, and the connection closes without a response.
    Late,
    /// The response comes after `delay_ms`.
    Slow,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Rule {
    /// Signing name; every service without it.
    service: Option<String>,
    /// Every operation without it; REST operations have no name here.
    operation: Option<String>,
    kind: Fault,
    /// Number of requests that it still hits; all without it.
    next: Option<u32>,
    /// Probability of hitting a request, 0 to 1; always without it.
    probability: Option<f64>,
    /// Delay of the response, in milliseconds.
    #[serde(default)]
    delay_ms: u64,
    /// Number of requests that it has hit.
    #[serde(default)]
    hits: u64,
}

#[derive(Serialize, Deserialize)]
struct Rules {
    rules: Vec<Rule>,
}

/// The active rules.
#[derive(Default)]
pub struct Faults(Mutex<Vec<Rule>>);

/// The fault that a rule injects into a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Injection {
    pub fault: Fault,
    pub delay: Duration,
}

impl Faults {
    fn rules(&self) -> MutexGuard<'_, Vec<Rule>> {
        self.0.lock()
    }

    /// Handles requests to the endpoint of the rules.
    pub fn handle(&self, method: &Method, body: &[u8]) -> ApiResponse {
        let mut rules = self.rules();
        match *method {
            Method::GET => {}
            Method::DELETE => rules.clear(),
            _ => match serde_json::from_slice::<Rules>(body) {
                Ok(wanted) => rules.extend(wanted.rules),
                Err(error) => {
                    return ApiResponse::error(StatusCode::BAD_REQUEST, "ValidationException", &error.to_string());
                }
            },
        }
        ApiResponse::rest(StatusCode::OK, &json!({ "rules": *rules }))
    }

    /// Returns whether a rule may hit a request, so that its body has to be read.
    pub fn may_hit(&self, identity: &Identity) -> bool {
        self.rules().iter().any(|rule| rule.service.as_deref().is_none_or(|service| service == identity.service))
    }

    /// Returns the first rule that hits this request, and counts it.
    pub fn inject(&self, request: &ApiRequest) -> Option<Injection> {
        self.rules().iter_mut().find_map(|rule| rule.hit(request))
    }
}

impl Rule {
    fn hit(&mut self, request: &ApiRequest) -> Option<Injection> {
        let fits = self.service.as_deref().is_none_or(|service| service == request.service)
            && self.operation.as_deref().is_none_or(|operation| operation == request.operation())
            && (self.kind != Fault::Partial || entries_key(request).is_some())
            && self.next != Some(0)
            && self.probability.is_none_or(|probability| fastrand::f64() < probability);
        if !fits {
            return None;
        }
        self.next = self.next.map(|left| left - 1);
        self.hits += 1;
        Some(Injection { fault: self.kind, delay: Duration::from_millis(self.delay_ms) })
    }
}

/// Returns the response of a throttling service, with the code of its API reference.
pub fn throttled(request: &ApiRequest) -> ApiResponse {
    let protocol = Protocol::of(&request.service, &request.headers);
    let (status, code) = match (request.service.as_str(), protocol) {
        ("kinesis", _) if is_data_plane(request.operation()) => (400, "ProvisionedThroughputExceededException"),
        ("kinesis", _) => (400, "LimitExceededException"),
        ("lambda", _) => (429, "TooManyRequestsException"),
        ("sqs", _) => (400, "RequestThrottled"),
        (_, Protocol::S3) => (503, "SlowDown"),
        (_, Protocol::Ec2) => (503, "RequestLimitExceeded"),
        (_, Protocol::Query) => (400, "Throttling"),
        _ => (400, "ThrottlingException"),
    };
    protocol.error(StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST), code, "Rate exceeded")
}

/// Returns whether an operation of Kinesis has the limits of shards, not those of the API ("Quotas and limits" in the
/// Kinesis Data Streams developer guide).
fn is_data_plane(operation: &str) -> bool {
    matches!(operation, "PutRecord" | "PutRecords" | "GetRecords" | "GetShardIterator")
}

/// Returns the response of a service that failed, with the code of its API reference.
pub fn failed(request: &ApiRequest) -> ApiResponse {
    let protocol = Protocol::of(&request.service, &request.headers);
    let code = match (request.service.as_str(), protocol) {
        ("lambda", _) => "ServiceException",
        ("dynamodb", _) => "InternalServerError",
        ("events", _) => "InternalException",
        ("secretsmanager", _) => "InternalServiceError",
        (_, Protocol::S3 | Protocol::Ec2) => "InternalError",
        _ => "InternalFailure",
    };
    protocol.error(StatusCode::INTERNAL_SERVER_ERROR, code, "injected fault")
}

/// Returns the member with the entries of a batch, in request and response: PutRecords "Records", PutEvents "Entries".
fn entries_key(request: &ApiRequest) -> Option<&'static str> {
    match (request.service.as_str(), request.operation()) {
        ("kinesis", "PutRecords") => Some("Records"),
        ("events", "PutEvents") => Some("Entries"),
        _ => None,
    }
}

/// A batch of which only some entries are passed on.
pub struct Split {
    key: &'static str,
    /// By position in the whole batch: set if the entry is passed on.
    passed: Vec<bool>,
    /// The request with the remaining entries, if any.
    pub rest: Option<ApiRequest>,
}

/// Removes every other entry from a batch, beginning with the first. Returns `None` for other requests.
pub fn split(request: &ApiRequest) -> Option<Split> {
    let key = entries_key(request)?;
    let mut body: Value = serde_json::from_slice(&request.body).ok()?;
    let entries = body.get_mut(key)?.as_array_mut()?;
    let passed: Vec<bool> = (0..entries.len()).map(|position| position % 2 == 1).collect();
    let mut position = 0;
    entries.retain(|_| {
        position += 1;
        passed[position - 1]
    });
    let empty = entries.is_empty();
    let rest = ApiRequest { body: body.to_string().into(), changed: true, ..request.clone() };
    Some(Split { key, passed, rest: (!empty).then_some(rest) })
}

impl Split {
    /// Returns the response for the whole batch, from the response for the entries that were passed on.
    pub fn merge(&self, answer: Option<ApiResponse>) -> ApiResponse {
        let inner = answer.as_ref().map_or(Value::Null, |a| serde_json::from_slice(&a.body).unwrap_or(Value::Null));
        if let Some(answer) = answer.filter(|answer| !answer.status.is_success()) {
            return answer;
        }
        let mut results = inner[self.key].as_array().cloned().unwrap_or_default().into_iter();
        let (code, count) = match self.key {
            "Records" => ("ProvisionedThroughputExceededException", "FailedRecordCount"),
            _ => ("ThrottlingException", "FailedEntryCount"),
        };
        let refused = json!({"ErrorCode": code, "ErrorMessage": "Rate exceeded"});
        let entries: Vec<Value> = self
            .passed
            .iter()
            .map(|passed| if *passed { results.next().unwrap_or_else(|| refused.clone()) } else { refused.clone() })
            .collect();
        let failures = entries.iter().filter(|entry| entry.get("ErrorCode").is_some_and(Value::is_string)).count();
        let mut merged = if inner.is_object() { inner } else { json!({}) };
        merged[count] = failures.into();
        merged[self.key] = entries.into();
        ApiResponse::json(&merged)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn put(entries: usize) -> ApiRequest {
        let records: Vec<Value> = (0..entries).map(|n| json!({"Data": n.to_string(), "PartitionKey": "k"})).collect();
        let body = json!({"StreamName": "s", "Records": records}).to_string();
        let request = ApiRequest::of_gateway(("kinesis", "us-east-1"), Method::POST, "/", "application/json", body);
        ApiRequest { target: Some("PutRecords".into()), ..request.unwrap() }
    }

    #[test]
    fn a_rule_hits_the_requested_number_of_requests() {
        let faults = Faults::default();
        let set = faults.handle(&Method::POST, br#"{"rules":[{"service":"kinesis","kind":"throttle","next":2}]}"#);
        assert_eq!(set.status, StatusCode::OK);
        let hit: Vec<bool> = (0..4).map(|_| faults.inject(&put(1)).is_some()).collect();
        assert_eq!(hit, [true, true, false, false]);
        let other = ApiRequest { service: "events".into(), ..put(1) };
        faults.handle(&Method::DELETE, b"");
        assert!(faults.inject(&other).is_none() && faults.inject(&put(1)).is_none());
    }

    #[test]
    fn invalid_rules_are_refused() {
        for body in [&b"{}"[..], b"x", br#"{"rules":[{"kind":"melt"}]}"#, br#"{"rules":[{"kind":"drop","typo":1}]}"#] {
            assert_eq!(Faults::default().handle(&Method::POST, body).status, StatusCode::BAD_REQUEST);
        }
    }

    #[test]
    fn results_of_a_split_batch_keep_their_positions() {
        let split = split(&put(3)).unwrap();
        let rest: Value = serde_json::from_slice(&split.rest.as_ref().unwrap().body).unwrap();
        assert_eq!(rest["Records"], json!([{"Data": "1", "PartitionKey": "k"}]));
        let answer = ApiResponse::json(&json!({"FailedRecordCount": 0, "Records": [{"SequenceNumber": "7"}]}));
        let merged: Value = serde_json::from_slice(&split.merge(Some(answer)).body).unwrap();
        assert_eq!(merged["FailedRecordCount"], 2);
        assert_eq!(merged["Records"][1]["SequenceNumber"], "7");
        assert_eq!(merged["Records"][0]["ErrorCode"], "ProvisionedThroughputExceededException");
    }

    #[test]
    fn a_single_entry_is_not_passed_on() {
        let split = split(&put(1)).unwrap();
        assert!(split.rest.is_none());
        let merged: Value = serde_json::from_slice(&split.merge(None).body).unwrap();
        assert_eq!(merged["FailedRecordCount"], 1);
    }

    #[test]
    fn errors_have_codes_and_forms_of_their_service() {
        let (json, form) = ("application/x-amz-json-1.1", "application/x-www-form-urlencoded");
        let of = |service: &str, operation: &str, kind: &'static str| {
            let request = ApiRequest::of_gateway((service, "us-east-1"), Method::POST, "/", kind, String::new());
            let request = ApiRequest { target: Some(operation.into()), ..request.unwrap() };
            [throttled(&request), failed(&request)]
                .map(|answer| (answer.status.as_u16(), String::from_utf8_lossy(&answer.body).into_owned()))
        };
        for (service, operation, kind, throttle, error) in [
            ("kinesis", "PutRecords", json, (400, "\"ProvisionedThroughputExceededException\""), "InternalFailure"),
            ("kinesis", "ListShards", json, (400, "\"LimitExceededException\""), "InternalFailure"),
            ("dynamodb", "PutItem", json, (400, "\"ThrottlingException\""), "InternalServerError"),
            ("lambda", "", "application/json", (429, "\"TooManyRequestsException\""), "ServiceException"),
            ("events", "PutEvents", json, (400, "\"ThrottlingException\""), "InternalException"),
            (
                "rds",
                "DescribeDBInstances",
                form,
                (400, "<Error><Type>Sender</Type><Code>Throttling<"),
                "InternalFailure",
            ),
            ("ec2", "DescribeVpcs", form, (503, "<Errors><Error><Code>RequestLimitExceeded<"), "InternalError"),
            ("s3", "", "", (503, "<Error><Code>SlowDown<"), "<Error><Code>InternalError<"),
            ("monitoring", "GetMetricData", "application/cbor", (400, "ThrottlingException"), "InternalFailure"),
        ] {
            let [throttled, failed] = of(service, operation, kind);
            assert!(throttled.0 == throttle.0 && throttled.1.contains(throttle.1), "{service}: {throttled:?}");
            assert!(failed.0 == 500 && failed.1.contains(error), "{service}: {failed:?}");
        }
    }
}
