//! The checks of PutEvents as EventBridge does them, in front of an emulator that accepts everything.
//!
//! Source: PutEvents and PutEventsResultEntry in the EventBridge API reference, and "Calculating Amazon EventBridge
//! PutEvents event entry size" in the user guide.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::future::BoxFuture;
use http::StatusCode;
use parking_lot::Mutex;
use serde_json::{Map, Value, json};

use super::gateway::{ApiRequest, ApiResponse, Gateway, Right, Service};
use super::state::ACCOUNT;
use crate::base::error::{RESOURCE_MISSING, sdk_code};
use crate::outbox::Members;

const MAX_ENTRIES: usize = 10;
/// Maximum size of a request in bytes: 1 MB since January 2026.
const MAX_BYTES: usize = 1_048_576;
const MAX_DETAIL_TYPE: usize = 128;
const MAX_SOURCE: usize = 256;
/// Time for which a bus that was found counts as existing.
const BUS_CACHE_TIME: Duration = Duration::from_secs(5);

/// Checks PutEvents; the emulator does the rest of EventBridge.
#[derive(Default)]
pub struct Events {
    /// Buses by region and name.
    buses: Mutex<HashMap<(String, String), Instant>>,
}

impl Service for Events {
    fn name(&self) -> &'static str {
        "events"
    }

    fn defers_authorization(&self) -> bool {
        true
    }

    fn handle<'a>(&'a self, gateway: &'a Arc<Gateway>, request: &'a ApiRequest) -> BoxFuture<'a, Option<ApiResponse>> {
        Box::pin(async move {
            if request.operation() != "PutEvents" {
                return None;
            }
            self.put(gateway, request).await.unwrap_or_else(|refused| Some(*refused))
        })
    }
}

/// Reason why an entry is rejected: code and message of its result.
type Refusal = (&'static str, String);

impl Events {
    /// Checks a request. Returns `None` if every entry is valid: the request is then passed on unchanged.
    async fn put(&self, gateway: &Gateway, request: &ApiRequest) -> Result<Option<ApiResponse>, Box<ApiResponse>> {
        let mut body: Map<String, Value> = request.json()?;
        let entries = match body.get("Entries").and_then(Value::as_array) {
            Some(entries) => entries.clone(),
            None => return Err(invalid("1 validation error detected: Value null at 'entries' must not be null")),
        };
        if let Err(refused) = check_request(&entries) {
            return Err(denied(gateway, request, &entries).await.unwrap_or(refused));
        }
        let mut refusals: Vec<Option<Refusal>> = Vec::with_capacity(entries.len());
        for entry in &entries {
            refusals.push(match check(entry) {
                Some(refusal) => Some(refusal),
                None => self.check_bus(gateway, &request.region, entry).await,
            });
        }
        if refusals.iter().all(Option::is_none) {
            return Ok(None);
        }
        let good: Vec<Value> = entries
            .iter()
            .zip(&refusals)
            .filter(|(_, refusal)| refusal.is_none())
            .map(|(entry, _)| entry.clone())
            .collect();
        let results = if good.is_empty() {
            if let Some(denied) = denied(gateway, request, &entries).await {
                return Err(denied);
            }
            Vec::new()
        } else {
            body.insert("Entries".into(), good.into());
            forward(gateway, request, body).await?
        };
        Ok(Some(merge(refusals, results.into_iter())))
    }

    /// Returns the rejection for a missing bus. The code of the real EventBridge is not documented; this one does not
    /// blame the entry.
    async fn check_bus(&self, gateway: &Gateway, region: &str, entry: &Value) -> Option<Refusal> {
        let bus = entry.get("EventBusName").and_then(Value::as_str).filter(|name| *name != "default")?;
        let key = (region.to_owned(), bus.to_owned());
        let buses = || self.buses.lock();
        if buses().get(&key).is_some_and(|seen| seen.elapsed() < BUS_CACHE_TIME) {
            return None;
        }
        // PutEvents accepts the bus's ARN in place of its name; DescribeEventBus of some emulators does not.
        let name = bus.rsplit_once(":event-bus/").map_or(bus, |(_, name)| name);
        match gateway.clients_in(region).eventbridge().describe_event_bus().name(name).send().await {
            Err(error) if sdk_code(&error) == RESOURCE_MISSING => {
                Some((RESOURCE_MISSING, format!("Event bus {name} does not exist.")))
            }
            // The check failed: the emulator decides.
            Err(_) => None,
            Ok(_) => {
                buses().insert(key, Instant::now());
                None
            }
        }
    }
}

/// Passes the valid entries on to the emulator, and returns their results. Its error is the response to the whole request.
async fn forward(
    gateway: &Gateway,
    request: &ApiRequest,
    body: Map<String, Value>,
) -> Result<Vec<Value>, Box<ApiResponse>> {
    let body = Value::from(body).to_string().into();
    let answer = gateway.emulator.send(&ApiRequest { body, changed: true, ..request.clone() }).await.map_err(|_| {
        let text = "the emulator does not answer";
        Box::new(ApiResponse::error(StatusCode::INTERNAL_SERVER_ERROR, "InternalException", text))
    })?;
    let mut document: Value = serde_json::from_slice(answer.body()).unwrap_or_default();
    match document.get_mut("Entries").map(Value::take) {
        Some(Value::Array(results)) => Ok(results),
        _ => {
            let mut response = ApiResponse::rest(answer.status(), &json!({}));
            response.body = answer.into_body();
            Err(Box::new(response))
        }
    }
}

/// Checks the caller's rights. AWS does so before it validates; here the emulator does, which a request without a valid
/// entry does not reach.
async fn denied(gateway: &Gateway, request: &ApiRequest, entries: &[Value]) -> Option<Box<ApiResponse>> {
    let buses: BTreeSet<&str> = entries.iter().map(|entry| text(entry, "EventBusName")).collect();
    for bus in buses {
        let name = bus.rsplit_once(":event-bus/").map_or(bus, |(_, name)| name);
        let name = if name.is_empty() { "default" } else { name };
        let resource = format!("arn:aws:events:{}:{ACCOUNT}:event-bus/{name}", request.region);
        let right = Right { action: "events:PutEvents", resource: &resource, region: &request.region };
        if let Some(message) = gateway.denied(request, right).await {
            let answer = ApiResponse::error(StatusCode::BAD_REQUEST, "AccessDeniedException", &message);
            return Some(Box::new(answer));
        }
    }
    None
}

/// Returns one result per entry, in the order of the entries.
fn merge(refusals: Vec<Option<Refusal>>, mut results: impl Iterator<Item = Value>) -> ApiResponse {
    let entries: Vec<Value> = refusals
        .into_iter()
        .map(|refusal| match refusal {
            Some((code, message)) => json!({"ErrorCode": code, "ErrorMessage": message}),
            None => results.next().unwrap_or_else(|| json!({"ErrorCode": "InternalFailure", "ErrorMessage": ""})),
        })
        .collect();
    let failed = entries.iter().filter(|result| result.get("ErrorCode").is_some()).count();
    ApiResponse::json(&json!({"FailedEntryCount": failed, "Entries": entries}))
}

fn invalid(message: &str) -> Box<ApiResponse> {
    Box::new(ApiResponse::error(StatusCode::BAD_REQUEST, "ValidationException", message))
}

fn check_request(entries: &[Value]) -> Result<(), Box<ApiResponse>> {
    let length = |bound: &str| {
        let text = format!(
            "1 validation error detected: Value at 'entries' failed to satisfy constraint: Member must have length {bound}"
        );
        invalid(&text)
    };
    if entries.is_empty() {
        return Err(length("greater than or equal to 1"));
    }
    if entries.len() > MAX_ENTRIES {
        return Err(length("less than or equal to 10"));
    }
    if entries.iter().map(size).sum::<usize>() > MAX_BYTES {
        return Err(invalid("Total size of the entries in the request is over the limit."));
    }
    Ok(())
}

fn text<'a>(entry: &'a Value, name: &str) -> &'a str {
    entry.get(name).and_then(Value::as_str).unwrap_or_default()
}

fn size(entry: &Value) -> usize {
    let time = if entry.get("Time").is_some_and(|time| !time.is_null()) { 14 } else { 0 };
    let texts: usize = ["Source", "DetailType", "Detail"].iter().map(|name| text(entry, name).len()).sum();
    let resources = entry.get("Resources").and_then(Value::as_array).into_iter().flatten();
    time + texts + resources.filter_map(Value::as_str).map(str::len).sum::<usize>()
}

/// Returns the error of an entry by itself.
fn check(entry: &Value) -> Option<Refusal> {
    for name in ["Source", "DetailType", "Detail"] {
        if text(entry, name).trim().is_empty() {
            let message = format!("Parameter {name} is not valid. Reason: {name} is a required argument.");
            return Some(("InvalidArgument", message));
        }
    }
    for (name, longest) in [("Source", MAX_SOURCE), ("DetailType", MAX_DETAIL_TYPE)] {
        if text(entry, name).chars().count() > longest {
            let message = format!("Parameter {name} is not valid. Reason: it has more than {longest} characters.");
            return Some(("InvalidArgument", message));
        }
    }
    if text(entry, "Source").starts_with("aws.") {
        return Some(("NotAuthorizedForSourceException", "Not authorized for the source.".into()));
    }
    // Checked without building a value: serde_json reads values of up to 128 levels only.
    match Members::parse(text(entry, "Detail")) {
        Ok(_) => None,
        Err(_) => Some(("MalformedDetail", "Detail is malformed.".into())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(edit: impl FnOnce(&mut Value)) -> Value {
        let mut entry = json!({"Source": "outbox.car", "DetailType": "CarCreated", "Detail": "{}"});
        edit(&mut entry);
        entry
    }

    #[test]
    fn invalid_entries_are_refused_by_code() {
        assert_eq!(check(&entry(|_| {})), None);
        let code = |edit: &dyn Fn(&mut Value)| check(&entry(|e| edit(e))).unwrap().0;
        assert_eq!(code(&|e| e["Source"] = Value::Null), "InvalidArgument");
        assert_eq!(code(&|e| e["DetailType"] = "".into()), "InvalidArgument");
        assert_eq!(code(&|e| e["DetailType"] = "x".repeat(129).into()), "InvalidArgument");
        assert_eq!(code(&|e| e["Detail"] = "{\"a\":".into()), "MalformedDetail");
        assert_eq!(code(&|e| e["Detail"] = "[1]".into()), "MalformedDetail");
        let deep = format!(r#"{{"a":{}{}}}"#, "[".repeat(200), "]".repeat(200));
        assert_eq!(check(&entry(|e| e["Detail"] = deep.into())), None);
        assert_eq!(code(&|e| e["Source"] = "aws.s3".into()), "NotAuthorizedForSourceException");
    }

    #[test]
    fn invalid_requests_are_refused() {
        assert!(check_request(&[]).is_err());
        assert!(check_request(&vec![entry(|_| {}); 10]).is_ok());
        assert!(check_request(&vec![entry(|_| {}); 11]).is_err());
        let large = entry(|e| e["Detail"] = format!("\"{}\"", "x".repeat(600_000)).into());
        assert!(check_request(std::slice::from_ref(&large)).is_ok());
        assert!(check_request(&[large.clone(), large]).is_err());
    }

    #[test]
    fn results_keep_the_entries_order() {
        let refusals = vec![None, Some(("MalformedDetail", String::new())), None];
        let answer = merge(refusals, [json!({"EventId": "1"}), json!({"EventId": "2"})].into_iter());
        let answer: Value = serde_json::from_slice(&answer.body).unwrap();
        assert_eq!(answer["FailedEntryCount"], 1);
        assert_eq!(answer["Entries"][0]["EventId"], "1");
        assert_eq!(answer["Entries"][1]["ErrorCode"], "MalformedDetail");
        assert_eq!(answer["Entries"][2]["EventId"], "2");
    }
}
