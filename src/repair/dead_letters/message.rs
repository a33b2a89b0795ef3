//! The two forms of a message in a failure queue: an event that a rule could not deliver to its target ("Using
//! dead-letter queues to process undelivered events in EventBridge"), and the record of a failed asynchronous
//! invocation ("Capturing records of Lambda asynchronous invocations"). Both contain the whole event. Pure and
//! tolerant: an unknown form is shown as it is.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::letter::{Arrival, DeadLetter, Opened, Record};
use super::view::View;
use crate::outbox::Layout;

/// A received message.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Message {
    pub body: String,
    /// Message attributes: EventBridge puts the reason here.
    pub attributes: BTreeMap<String, String>,
    pub sent_at: DateTime<Utc>,
}

/// An asynchronous invocation whose retries are used up.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Invocation {
    #[serde(default)]
    timestamp: Option<DateTime<Utc>>,
    request_context: Value,
    request_payload: Box<RawValue>,
    #[serde(default)]
    response_context: Value,
    #[serde(default)]
    response_payload: Value,
}

/// An event as the bus sends it to its targets.
#[derive(Deserialize)]
struct BusEvent {
    #[serde(default)]
    time: Option<DateTime<Utc>>,
    detail: Box<RawValue>,
}

/// Reads a message with this key, from the place of this name.
pub fn read(place: &'static str, key: &str, message: &Message) -> Opened {
    match serde_json::from_str::<Invocation>(&message.body) {
        Ok(invocation) => of_function(place, key, message, &invocation),
        Err(_) => of_rule(place, key, message),
    }
}

fn of_rule(place: &'static str, key: &str, message: &Message) -> Opened {
    let attribute = |name: &str| message.attributes.get(name).filter(|text| !text.is_empty()).cloned();
    let rule = attribute("RULE_ARN").map(|arn| format!("rule {}", last(&arn)));
    let retries = attribute("RETRY_ATTEMPTS").and_then(|count| count.parse::<u64>().ok());
    let letter = DeadLetter {
        part: rule.unwrap_or_else(|| "unknown".into()),
        cause: attribute("ERROR_CODE").unwrap_or_else(|| "Unknown".into()),
        reason: attribute("ERROR_MESSAGE").unwrap_or_else(|| "the sender gave no reason".into()),
        attempts: retries.unwrap_or_default().saturating_add(1),
        bytes: message.body.len() as u64,
        ..DeadLetter::new(place, key, message.sent_at)
    };
    let mut document = json!({ "attributes": message.attributes });
    if serde_json::from_str::<BusEvent>(&message.body).is_err() {
        document["body"] = message.body.as_str().into();
    }
    with_event(letter, &message.body, document)
}

fn of_function(place: &'static str, key: &str, message: &Message, invocation: &Invocation) -> Opened {
    let Invocation { request_context: request, response_context: response, response_payload: answer, .. } = invocation;
    let word = |value: &Value| value.as_str().filter(|text| !text.is_empty()).map(str::to_owned);
    let condition = word(&request["condition"]);
    let error = match (word(&answer["errorType"]), word(&answer["errorMessage"])) {
        (Some(kind), Some(text)) => Some(format!("{kind}: {text}")),
        (kind, text) => kind.or(text),
    };
    let failed = word(&response["functionError"]).map(|error| format!("the function failed: {error}"));
    let function = word(&request["functionArn"]).map(|arn| format!("function {}", function_name(&arn)));
    let letter = DeadLetter {
        at: invocation.timestamp.unwrap_or(message.sent_at),
        part: function.unwrap_or_else(|| "function".into()),
        cause: condition.clone().unwrap_or_else(|| "Unknown".into()),
        reason: error.or(failed).or(condition).unwrap_or_else(|| "Lambda gave no reason".into()),
        attempts: request["approximateInvokeCount"].as_u64().unwrap_or(1),
        bytes: message.body.len() as u64,
        ..DeadLetter::new(place, key, message.sent_at)
    };
    let document = json!({
        "requestContext": request, "responseContext": response, "responsePayload": answer,
        "attributes": message.attributes,
    });
    with_event(letter, invocation.request_payload.get(), document)
}

/// Adds the record to send: the event as the bus sent it, unchanged. Other texts can only be shown.
fn with_event(mut letter: DeadLetter, text: &str, document: Value) -> Opened {
    let Ok(event) = serde_json::from_str::<BusEvent>(text) else {
        return Opened { letter, records: Vec::new(), document };
    };
    let view = View::of(event.detail.get().as_bytes(), Layout::own());
    let arrived_at = event.time.unwrap_or(letter.at);
    letter.event = view.clone();
    letter.records = 1;
    letter.arrivals = vec![Arrival { arrived_at, sequence_number: String::new(), view }];
    let record = Record { data: text.as_bytes().to_vec(), partition_key: String::new() };
    Opened { letter, records: vec![record], document }
}

/// Returns the name in `…:rule/BUS/NAME` or `…:rule/NAME`.
fn last(arn: &str) -> &str {
    arn.rsplit('/').next().unwrap_or(arn)
}

/// Returns the name in `arn:aws:lambda:REGION:ACCOUNT:function:NAME:QUALIFIER`.
fn function_name(arn: &str) -> &str {
    arn.split(':').nth(6).unwrap_or(arn)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(body: &str, attributes: &[(&str, &str)]) -> Message {
        let pair = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        let sent_at = "2026-11-21T06:00:00Z".parse().expect("a time");
        Message { body: body.into(), attributes: attributes.iter().map(pair).collect(), sent_at }
    }

    const EVENT: &str = r#"{"version":"0","id":"b","detail-type":"CarCreated","source":"outbox.car","time":"2026-11-21T05:59:58Z","detail":{"specversion":"1.0","id":"0198a6a0-0000-7000-8000-000000000001","source":"outbox.car","type":"CarCreated","subject":"c","time":"2026-11-21T05:59:57Z","sequence":"3","data":{"n": 1.10}}}"#;

    #[test]
    fn an_event_that_a_rule_could_not_deliver() {
        let attributes = [
            ("RULE_ARN", "arn:aws:events:eu-west-1:1:rule/bus/log"),
            ("TARGET_ARN", "arn:aws:logs:eu-west-1:1:log-group:/aws/events/bus"),
            ("ERROR_CODE", "NO_PERMISSIONS"),
            ("ERROR_MESSAGE", "the log group refused"),
            ("RETRY_ATTEMPTS", "4"),
        ];
        let Opened { letter, records, document } = read("unlogged", "q/1", &message(EVENT, &attributes));
        assert_eq!(
            (letter.place, letter.part.as_str(), letter.cause.as_str()),
            ("unlogged", "rule log", "NO_PERMISSIONS")
        );
        assert_eq!((letter.reason.as_str(), letter.attempts, letter.records), ("the log group refused", 5, 1));
        assert_eq!((letter.event.aggregate().as_str(), letter.event.sequence), ("car/c", Some(3)));
        assert_eq!(letter.arrivals[0].arrived_at.to_rfc3339(), "2026-11-21T05:59:58+00:00");
        assert_eq!(records[0].data, EVENT.as_bytes(), "to the byte");
        assert_eq!(document["attributes"]["TARGET_ARN"], attributes[1].1);
    }

    #[test]
    fn an_invocation_that_lambda_discarded() {
        let body = format!(
            r#"{{"version":"1.0","timestamp":"2026-11-21T05:00:00.000Z","requestContext":{{"requestId":"r","functionArn":"arn:aws:lambda:eu-west-1:1:function:users-consumer:$LATEST","condition":"RetriesExhausted","approximateInvokeCount":3}},"requestPayload":{EVENT},"responseContext":{{"statusCode":200,"functionError":"Unhandled"}},"responsePayload":{{"errorType":"Aws","errorMessage":"no table"}}}}"#
        );
        let Opened { letter, records, document } = read("undelivered", "q/2", &message(&body, &[]));
        assert_eq!((letter.part.as_str(), letter.cause.as_str()), ("function users-consumer", "RetriesExhausted"));
        assert_eq!((letter.reason.as_str(), letter.attempts), ("Aws: no table", 3));
        assert_eq!((letter.at.to_rfc3339().as_str(), letter.records), ("2026-11-21T05:00:00+00:00", 1));
        assert_eq!(records[0].data, EVENT.as_bytes(), "to the byte");
        assert_eq!(document["responseContext"]["functionError"], "Unhandled");
        let bare = body.replace(r#"{"errorType":"Aws","errorMessage":"no table"}"#, "null");
        assert_eq!(read("undelivered", "q/2", &message(&bare, &[])).letter.reason, "the function failed: Unhandled");
    }

    #[test]
    fn other_texts_are_shown_and_can_not_be_sent() {
        for body in ["", "{}", "[]", "\u{fffd}", r#"{"requestContext":{},"requestPayload":{}}"#] {
            let Opened { letter, records, document } = read("unlogged", "q/3", &message(body, &[]));
            assert_eq!((letter.cause.as_str(), letter.records, records.len()), ("Unknown", 0, 0), "{body}");
            assert!(document["body"] == *body || document["requestContext"].is_object(), "{document}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_accepted(body: String, code: String) {
            read("unlogged", "k", &message(&body, &[("RULE_ARN", &code), ("RETRY_ATTEMPTS", &code)]));
        }
    }
}
