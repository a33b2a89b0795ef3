//! The two forms of an object in a failure bucket: the publisher's own (`functions/publisher/failures.rs`) and the
//! invocation record of a batch that Lambda failed to process ("Retain discarded batch records for a Kinesis Data
//! Streams event source in Lambda" in the Lambda developer guide). Pure and tolerant: an unknown form is shown as it
//! is.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Utc};
use serde_json::Value;

use super::letter::{Arrival, DeadLetter, Opened, Record};
use super::view::View;
use crate::outbox::Layout;

/// Reads an object that was written at `modified`; `layout` has the table of its records.
pub fn read(key: &str, modified: DateTime<Utc>, bytes: &[u8], layout: &Layout) -> Opened {
    let mut document: Value = serde_json::from_slice(bytes).unwrap_or(Value::Null);
    let payload = document.as_object_mut().and_then(|fields| fields.remove("payload"));
    let of_lambda = document.get("requestContext").is_some();
    let found = match payload {
        Some(payload) if of_lambda => batch(&payload, layout),
        Some(Value::String(text)) => single(&document, &text, modified, layout),
        _ => Vec::new(),
    };
    let word =
        |path: &str| document.pointer(path).and_then(Value::as_str).filter(|text| !text.is_empty()).map(str::to_owned);
    let time = |path: &str| word(path).and_then(|at| at.parse().ok());
    let condition = word("/requestContext/condition");
    let cause = word("/reason/code").or_else(|| condition.clone());
    let error = word("/responseContext/functionError").map(|error| format!("the function failed: {error}"));
    let mut event = found.first().map(|(arrival, _)| arrival.view.clone()).unwrap_or_default();
    event.event_id = event.event_id.or_else(|| word("/eventId"));
    let attempts = document.pointer("/requestContext/approximateInvokeCount").and_then(Value::as_u64);
    let (arrivals, records): (Vec<Arrival>, Vec<Record>) = found.into_iter().unzip();
    let letter = DeadLetter {
        at: time("/failedAt").or_else(|| time("/timestamp")).unwrap_or(modified),
        part: if of_lambda { "lambda" } else { "publisher" }.to_owned(),
        cause: cause.unwrap_or_else(|| "Unknown".into()),
        reason: word("/reason/message").or(error).or(condition).unwrap_or_else(|| "not a failure document".into()),
        attempts: attempts.unwrap_or(1),
        event,
        records: records.len(),
        bytes: bytes.len() as u64,
        excerpt: records.first().and_then(|record| DeadLetter::excerpt_of(&record.data)),
        arrivals,
        ..DeadLetter::new("bucket", key, modified)
    };
    Opened { letter, records, document }
}

/// Returns the record of the publisher's own document.
fn single(document: &Value, payload: &str, modified: DateTime<Utc>, layout: &Layout) -> Vec<(Arrival, Record)> {
    let Ok(data) = STANDARD.decode(payload) else { return Vec::new() };
    let word = |name: &str| document["source"][name].as_str().unwrap_or_default().to_owned();
    let arrival = Arrival {
        arrived_at: word("arrivedAt").parse().unwrap_or(modified),
        sequence_number: word("sequenceNumber"),
        view: View::of(&data, layout),
    };
    vec![(arrival, Record { data, partition_key: word("partitionKey") })]
}

/// Returns the records of an invocation: from text, which Lambda writes, or from JSON.
fn batch(payload: &Value, layout: &Layout) -> Vec<(Arrival, Record)> {
    let parsed = payload.as_str().and_then(|text| serde_json::from_str::<Value>(text).ok());
    let event = parsed.as_ref().unwrap_or(payload);
    event["Records"].as_array().into_iter().flatten().filter_map(|value| record(value, layout)).collect()
}

fn record(value: &Value, layout: &Layout) -> Option<(Arrival, Record)> {
    let word = |path: &str| value.pointer(path).and_then(Value::as_str).unwrap_or_default().to_owned();
    let time = |path: &str| {
        let seconds = value.pointer(path).and_then(Value::as_f64)?;
        // A float saturates.
        DateTime::from_timestamp_micros((seconds * 1e6) as i64)
    };
    let (data, partition_key, sequence_number, at) = match value.get("kinesis") {
        Some(_) => (
            STANDARD.decode(word("/kinesis/data")).ok()?,
            word("/kinesis/partitionKey"),
            word("/kinesis/sequenceNumber"),
            time("/kinesis/approximateArrivalTimestamp"),
        ),
        None => (
            value.to_string().into_bytes(),
            String::new(),
            word("/dynamodb/SequenceNumber"),
            time("/dynamodb/ApproximateCreationDateTime"),
        ),
    };
    let arrival = Arrival { arrived_at: at.unwrap_or_default(), sequence_number, view: View::of(&data, layout) };
    Some((arrival, Record { data, partition_key }))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn at() -> DateTime<Utc> {
        "2026-11-21T06:00:00Z".parse().unwrap()
    }

    #[test]
    fn the_publishers_own_document() {
        let document = json!({
            "version": "1", "reason": {"code": "EventTooLarge", "message": "too large"}, "eventId": "e-1",
            "source": {"streamArn": "a", "shardId": "s", "sequenceNumber": "49", "partitionKey": "c-1",
                       "arrivedAt": "2026-11-21T05:59:00Z"},
            "failedAt": "2026-11-21T05:59:01.000Z", "payload": "/3s=",
        });
        let opened = read("publisher/2026/11/21/e-1.json", at(), document.to_string().as_bytes(), Layout::own());
        let letter = &opened.letter;
        assert_eq!((letter.cause.as_str(), letter.part.as_str(), letter.records), ("EventTooLarge", "publisher", 1));
        assert!(letter.is_called("e-1") && letter.is_called(&letter.id) && !letter.is_called("publisher"));
        assert_eq!(opened.records, [Record { data: b"\xff{".to_vec(), partition_key: "c-1".into() }]);
        assert_eq!(opened.document["reason"]["code"], "EventTooLarge");
    }

    #[test]
    fn a_batch_that_lambda_discarded() {
        let batch = json!({"Records": [
            {"kinesis": {"data": "e30=", "partitionKey": "p", "sequenceNumber": "7", "approximateArrivalTimestamp": 1.5}},
            {"eventID": "x", "eventName": "INSERT", "eventSourceARN": "arn:aws:dynamodb:r:0:table/t/stream/s",
             "dynamodb": {"SequenceNumber": "8", "ApproximateCreationDateTime": 2, "Keys": {"id": {"S": "k"}}}},
        ]});
        for payload in [json!(batch.to_string()), batch.clone()] {
            let document = json!({
                "requestContext": {"condition": "RetryAttemptsExhausted", "approximateInvokeCount": 4},
                "responseContext": {"functionError": "Unhandled"}, "version": "1.0",
                "timestamp": "2026-11-21T05:00:00.000Z", "payload": payload,
            });
            let opened = read("aws/lambda/x", at(), document.to_string().as_bytes(), Layout::own());
            let letter = &opened.letter;
            assert_eq!((letter.attempts, letter.records, letter.part.as_str()), (4, 2, "lambda"));
            assert_eq!(
                (letter.cause.as_str(), letter.reason.as_str()),
                ("RetryAttemptsExhausted", "the function failed: Unhandled")
            );
            assert_eq!(opened.records[0].data, b"{}");
            assert_eq!(letter.arrivals[0].arrived_at.timestamp_millis(), 1_500);
            assert_eq!(letter.arrivals[1].view.aggregate(), "t/k");
        }
    }

    #[test]
    fn every_event_of_a_discarded_batch_is_a_dead_letter() {
        let [first, second] = [1, 2].map(|n| uuid::Uuid::from_u128(n).to_string());
        let record = |id: &str| {
            let row = json!({
                "data": {"id": id, "aggregate_type": "car", "aggregate_id": "c", "event_type": "T", "sequence": 1},
                "metadata": {"record-type": "data", "operation": "insert", "table-name": "outbox"},
            });
            json!({"kinesis": {"data": STANDARD.encode(row.to_string()), "partitionKey": "p", "sequenceNumber": "7"}})
        };
        let batch = json!({"Records": [record(&first), record(&second)]}).to_string();
        let document = json!({"requestContext": {"condition": "RetryAttemptsExhausted"}, "payload": batch});
        let letter = read("aws/lambda/x", at(), document.to_string().as_bytes(), Layout::own()).letter;
        assert_eq!(letter.event_ids().collect::<Vec<_>>(), [first.as_str(), second.as_str()]);
        assert!(letter.is_called(&second));
    }

    #[test]
    fn other_objects_are_shown_and_can_not_be_sent() {
        for bytes in [&b"\xff"[..], b"{}", b"[]", br#"{"payload": "?"}"#] {
            let letter = read("k", at(), bytes, Layout::own()).letter;
            assert_eq!((letter.cause.as_str(), letter.records, letter.at), ("Unknown", 0, at()));
        }
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_accepted(bytes: Vec<u8>) {
            read("k", at(), &bytes, Layout::own());
        }
    }
}
