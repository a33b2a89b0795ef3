//! Writes events into the log group behind a rule, in the form that the bus uses.

use aws_sdk_cloudwatchlogs::Client;
use aws_sdk_cloudwatchlogs::types::InputLogEvent;
use chrono::Utc;

use super::Record;
use crate::base::error::{AwsContext, Error, Kind, RESOURCE_MISSING, Result, sdk_code};
use crate::outbox::Verdict;

/// The log stream that redrives write to.
const STREAM: &str = "outboxctl-redrive";
/// Maximum bytes of a request, each event's [`OVERHEAD`] included; also the maximum of one event (PutLogEvents).
const REQUEST: usize = 1 << 20;
const OVERHEAD: usize = 26;

/// Writes the events in order; a request is accepted as a whole or not at all. If one fails after others were accepted,
/// its events and the later ones are `Unfinished`.
///
/// # Errors
/// Those of CloudWatch Logs, if no request was accepted.
pub(super) async fn put(logs: &Client, group: &str, records: &[&Record]) -> Result<Vec<Verdict>> {
    let unsent = Verdict::Unfinished { code: "NotSent".into(), message: "an earlier request failed".into() };
    let mut verdicts = vec![unsent; records.len()];
    // The events of each request: their places among the records, and their texts.
    let (mut requests, mut bytes) = (Vec::<(Vec<usize>, Vec<String>)>::new(), 0);
    for (at, record) in records.iter().enumerate() {
        let text = record.chunk.as_record().and_then(|event| String::from_utf8(event).ok()).unwrap_or_default();
        let size = text.len() + OVERHEAD;
        if size > REQUEST {
            let message = format!("the event has {} bytes; the maximum is {}", text.len(), REQUEST - OVERHEAD);
            verdicts[at] = Verdict::Refused { code: "EventTooLarge".into(), message };
            continue;
        }
        match requests.last_mut() {
            Some((places, texts)) if bytes + size <= REQUEST => {
                places.push(at);
                texts.push(text);
                bytes += size;
            }
            _ => {
                requests.push((vec![at], vec![text]));
                bytes = size;
            }
        }
    }
    for (number, (places, texts)) in requests.into_iter().enumerate() {
        match write(logs, group, texts).await {
            Ok(()) => places.into_iter().for_each(|at| verdicts[at] = Verdict::Accepted),
            Err(error) if number == 0 => return Err(error),
            Err(error) => {
                let (code, message) = (error.kind().name().to_owned(), error.message().to_owned());
                places.into_iter().for_each(|at| {
                    verdicts[at] = Verdict::Unfinished { code: code.clone(), message: message.clone() };
                });
                break;
            }
        }
    }
    Ok(verdicts)
}

async fn write(logs: &Client, group: &str, texts: Vec<String>) -> Result<()> {
    let now = Utc::now().timestamp_millis();
    let events: std::result::Result<Vec<_>, _> =
        texts.into_iter().map(|text| InputLogEvent::builder().timestamp(now).message(text).build()).collect();
    let events = events.map_err(|error| Error::new(Kind::Unexpected, "a log event").with_source(error))?;
    let request = logs.put_log_events().log_group_name(group).log_stream_name(STREAM).set_log_events(Some(events));
    let mut written = request.clone().send().await;
    if written.as_ref().is_err_and(|error| sdk_code(error) == RESOURCE_MISSING) {
        let made = logs.create_log_stream().log_group_name(group).log_stream_name(STREAM).send().await;
        match made {
            Err(error) if sdk_code(&error) == "ResourceAlreadyExistsException" => {}
            made => drop(made.aws(format!("create log stream {STREAM} in {group}"))?),
        }
        written = request.send().await;
    }
    match written.aws(format!("write to log group {group}"))?.rejected_log_events_info() {
        None => Ok(()),
        Some(why) => Err(Error::new(Kind::Failed, format!("log group {group} rejects current events: {why:?}"))),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use axum::Router;
    use axum::http::StatusCode;
    use outboxctl_test_support::serve::Endpoint;

    use super::*;
    use crate::aws::Clients;
    use crate::outbox::Chunk;

    /// Returns a client of a service that accepts every request but the second one, and the number of its requests.
    async fn failing_once() -> (Client, Arc<AtomicUsize>) {
        let requests = Arc::new(AtomicUsize::new(0));
        let counted = requests.clone();
        let answer = move || {
            let number = counted.fetch_add(1, Ordering::Relaxed);
            async move { if number == 1 { (StatusCode::SERVICE_UNAVAILABLE, "{}") } else { (StatusCode::OK, "{}") } }
        };
        let url = Endpoint::serve(Router::new().fallback(answer)).await.url;
        (Clients::for_test(url).logs(), requests)
    }

    #[tokio::test]
    async fn accepted_events_are_not_sent_again_after_a_later_request_failed() {
        let (logs, requests) = failing_once().await;
        // Two of them do not fit into a request.
        let text = vec![b'x'; REQUEST * 2 / 3];
        let record = || Record { chunk: Chunk::record(&text), key: "k".into(), partition_key: "k".into() };
        let records = [record(), record(), record()];
        let records: Vec<&Record> = records.iter().collect();
        let verdicts = put(&logs, "group", &records).await.unwrap();
        assert_eq!((requests.load(Ordering::Relaxed), &verdicts[0]), (2, &Verdict::Accepted));
        assert!(verdicts[1..].iter().all(|verdict| matches!(verdict, Verdict::Unfinished { .. })), "{verdicts:?}");
        let verdicts = put(&logs, "group", &records[1..]).await.unwrap();
        assert_eq!((requests.load(Ordering::Relaxed), verdicts), (4, vec![Verdict::Accepted; 2]));
    }
}
