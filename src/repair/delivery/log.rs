//! Writes events into the log group behind a rule, in the form that the bus uses.

use aws_sdk_cloudwatchlogs::types::InputLogEvent;
use chrono::Utc;

use super::Record;
use crate::aws::Clients;
use crate::error::{AwsContext, Error, Kind, RESOURCE_MISSING, Result, sdk_code};
use crate::outbox::Verdict;

/// The log stream that redrives write to.
const STREAM: &str = "outboxctl-redrive";
/// Maximum bytes of a request, each event's [`OVERHEAD`] included; also the maximum of one event (PutLogEvents).
const REQUEST: usize = 1 << 20;
const OVERHEAD: usize = 26;

/// Writes the events in order; a request is accepted as a whole or not at all.
pub(super) async fn put(clients: &Clients, group: &str, records: &[&Record]) -> Result<Vec<Verdict>> {
    let mut verdicts = vec![Verdict::Accepted; records.len()];
    let (mut requests, mut bytes) = (vec![Vec::new()], 0);
    for (at, record) in records.iter().enumerate() {
        let text = record.chunk.as_record().and_then(|event| String::from_utf8(event).ok()).unwrap_or_default();
        let size = text.len() + OVERHEAD;
        if size > REQUEST {
            let message = format!("the event has {} bytes; the maximum is {}", text.len(), REQUEST - OVERHEAD);
            verdicts[at] = Verdict::Refused { code: "EventTooLarge".into(), message };
            continue;
        }
        if bytes + size > REQUEST {
            requests.push(Vec::new());
            bytes = 0;
        }
        bytes += size;
        if let Some(request) = requests.last_mut() {
            request.push(text);
        }
    }
    for request in requests.into_iter().filter(|request| !request.is_empty()) {
        write(clients, group, request).await?;
    }
    Ok(verdicts)
}

async fn write(clients: &Clients, group: &str, texts: Vec<String>) -> Result<()> {
    let now = Utc::now().timestamp_millis();
    let events: std::result::Result<Vec<_>, _> =
        texts.into_iter().map(|text| InputLogEvent::builder().timestamp(now).message(text).build()).collect();
    let events = events.map_err(|error| Error::new(Kind::Unexpected, "a log event").with_source(error))?;
    let logs = clients.logs();
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
