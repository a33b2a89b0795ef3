//! Puts records into the stream: at most one of each aggregate per request, so that a later record of an aggregate
//! never overtakes a refused one.

use aws_sdk_kinesis::Client;
use aws_sdk_kinesis::primitives::Blob;
use aws_sdk_kinesis::types::{PutRecordsRequestEntry, PutRecordsResultEntry};
use chrono::Utc;

use super::{Record, record};
use crate::base::error::{AwsContext, Error, Kind, Result};
use crate::outbox::{Choice, KeyedQueue, Layout, Message, Verdict};

/// Maximum bytes of a record by default, its partition key included.
const MAX_RECORD: usize = 1 << 20;
/// Maximum characters of a partition key (PutRecordsRequestEntry in the Kinesis API reference).
const MAX_KEY: usize = 256;

/// Returns the entry of a request, or the verdict on a record that Kinesis would refuse.
fn entry(record: &Record, layout: &Layout) -> Result<Result<PutRecordsRequestEntry, Verdict>> {
    let bytes = bytes(record, layout);
    if let Some((code, message)) = refusal(record, bytes.len()) {
        return Ok(Err(Verdict::Refused { code: code.into(), message }));
    }
    let entry = PutRecordsRequestEntry::builder().data(Blob::new(bytes)).partition_key(&record.partition_key);
    entry.build().map(Ok).map_err(|error| Error::new(Kind::Unexpected, "a record").with_source(error))
}

/// Sends one request; returns the result of each entry.
async fn put_once(
    client: &Client,
    stream: &str,
    entries: Vec<PutRecordsRequestEntry>,
) -> Result<Vec<PutRecordsResultEntry>> {
    let count = entries.len();
    let answer = client.put_records().stream_name(stream).set_records(Some(entries)).send().await;
    let results = answer.aws(format!("put records into {stream}"))?.records;
    match results.len() == count {
        true => Ok(results),
        false => Err(Error::new(Kind::Unexpected, format!("{stream} did not report on every record"))),
    }
}

/// Sends the records; after one that was not accepted, later ones of its aggregate are not sent. If a request fails
/// after others were accepted, its records and the later ones are `Unfinished`.
///
/// # Errors
/// Those of Kinesis, if no record was accepted.
pub(super) async fn put(client: &Client, stream: &str, layout: &Layout, records: &[&Record]) -> Result<Vec<Verdict>> {
    let unfinished = |code: &str, message: &str| Verdict::Unfinished { code: code.into(), message: message.into() };
    let mut verdicts = vec![unfinished("Held", "an earlier record of its aggregate was not accepted"); records.len()];
    let mut queue = KeyedQueue::default();
    for (at, record) in records.iter().enumerate() {
        queue.push(Some(record.key.as_str()), at, 0);
    }
    loop {
        let mut request = Vec::new();
        let tickets = queue.take(|_, at| {
            request.push(*at);
            Choice::Take
        });
        if tickets.is_empty() {
            return Ok(verdicts);
        }
        let (mut sent, mut entries) = (Vec::new(), Vec::new());
        for (ticket, at) in tickets.into_iter().zip(request) {
            match entry(records[at], layout)? {
                Ok(entry) => {
                    sent.push((ticket, at));
                    entries.push(entry);
                }
                Err(refused) => {
                    verdicts[at] = refused;
                    queue.done(ticket);
                }
            }
        }
        if entries.is_empty() {
            continue;
        }
        let results = match put_once(client, stream, entries).await {
            Ok(results) => results,
            Err(error) if !verdicts.contains(&Verdict::Accepted) => return Err(error),
            Err(error) => {
                for (_, at) in sent {
                    verdicts[at] = unfinished(error.kind().name(), error.message());
                }
                return Ok(verdicts);
            }
        };
        for ((ticket, at), result) in sent.into_iter().zip(&results) {
            match result.error_code() {
                None => {
                    verdicts[at] = Verdict::Accepted;
                    queue.done(ticket);
                }
                Some(code) => verdicts[at] = unfinished(code, result.error_message().unwrap_or_default()),
            }
        }
    }
}

/// Returns the reason why Kinesis would refuse a request with this record: its other records must not fail with it.
fn refusal(record: &Record, bytes: usize) -> Option<(&'static str, String)> {
    let key = record.partition_key.chars().count();
    if !(1..=MAX_KEY).contains(&key) {
        let message = format!("the partition key has {key} characters; Kinesis accepts 1 to {MAX_KEY}");
        return Some(("PartitionKeyLength", message));
    }
    let message = || format!("the record has {bytes} bytes; the stream's maximum is {MAX_RECORD}");
    (bytes + record.partition_key.len() > MAX_RECORD).then(|| ("RecordTooLarge", message()))
}

fn bytes(record: &Record, layout: &Layout) -> Vec<u8> {
    let event = |message: &Message| record::of(message, layout, Utc::now());
    record.chunk.as_event().map_or_else(|| record.chunk.as_record().unwrap_or_default(), event)
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::http::StatusCode;
    use outboxctl_test_support::serve::Endpoint;
    use serde_json::{Value, json};

    use super::*;
    use crate::aws::Clients;
    use crate::outbox::Chunk;

    /// Returns a client of a stream that accepts the first request, and none after it.
    async fn accepting_one() -> Client {
        let requests = std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0));
        let answer = move |body: String| {
            let number = requests.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            async move {
                if number > 0 {
                    return (StatusCode::BAD_REQUEST, r#"{"__type":"AccessDeniedException"}"#.to_owned());
                }
                let request: Value = serde_json::from_str(&body).expect("JSON");
                let stored = |_: &Value| json!({ "SequenceNumber": "1", "ShardId": "s" });
                let records: Vec<Value> = request["Records"].as_array().expect("records").iter().map(stored).collect();
                (StatusCode::OK, json!({ "Records": records }).to_string())
            }
        };
        Clients::for_test(Endpoint::serve(Router::new().fallback(answer)).await.url).kinesis()
    }

    #[tokio::test]
    async fn a_record_that_kinesis_would_refuse_does_not_fail_the_others() {
        let client = accepting_one().await;
        let record =
            |key: &str, data: &[u8]| Record { chunk: Chunk::record(data), key: key.into(), partition_key: key.into() };
        let records = [
            record(&"ž".repeat(256), b"{}"),
            record(&"k".repeat(257), b"{}"),
            record("", b"{}"),
            record("a", &[0; 1 << 20]),
        ];
        let records: Vec<&Record> = records.iter().collect();
        let verdicts = put(&client, "stream", Layout::own(), &records).await.expect("verdicts");
        let code = |verdict: &Verdict| match verdict {
            Verdict::Refused { code, .. } => code.clone(),
            other => format!("{other:?}"),
        };
        let codes: Vec<String> = verdicts.iter().map(code).collect();
        assert_eq!(codes, ["Accepted", "PartitionKeyLength", "PartitionKeyLength", "RecordTooLarge"]);
    }

    #[tokio::test]
    async fn accepted_records_are_known_after_a_later_request_failed() {
        let client = accepting_one().await;
        // The second record of an aggregate is sent by a second request.
        let record = |key: &str| Record { chunk: Chunk::record(b"{}"), key: key.into(), partition_key: key.into() };
        let records = [record("a"), record("b"), record("a")];
        let records: Vec<&Record> = records.iter().collect();
        let verdicts = put(&client, "stream", Layout::own(), &records).await.expect("verdicts");
        assert_eq!(verdicts[..2], [Verdict::Accepted, Verdict::Accepted]);
        assert!(matches!(verdicts[2], Verdict::Unfinished { .. }), "{verdicts:?}");
        // Without an accepted record the error itself is the result.
        let error = put(&client, "stream", Layout::own(), &records[2..]).await.expect_err("refused");
        assert_eq!(error.kind(), Kind::AccessDenied);
    }
}
