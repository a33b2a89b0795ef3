//! Puts records into the stream: at most one of each aggregate per request, so that a later record of an aggregate
//! never overtakes a refused one.

use aws_sdk_kinesis::primitives::Blob;
use aws_sdk_kinesis::types::PutRecordsRequestEntry;
use chrono::Utc;

use super::{Record, record};
use crate::aws::Clients;
use crate::error::{AwsContext, Error, Kind, Result};
use crate::outbox::{Choice, KeyedQueue, Layout, Message, Verdict};

/// Maximum bytes of a record by default, its partition key included.
const MAX_RECORD: usize = 1 << 20;

/// Sends the records; after one that was not accepted, later ones of its aggregate are not sent.
pub(super) async fn put(clients: &Clients, stream: &str, layout: &Layout, records: &[&Record]) -> Result<Vec<Verdict>> {
    let client = clients.kinesis();
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
            let record = records[at];
            let bytes = bytes(record, layout);
            if bytes.len() + record.partition_key.len() > MAX_RECORD {
                let message = format!("the record has {} bytes; the stream's maximum is {MAX_RECORD}", bytes.len());
                verdicts[at] = Verdict::Refused { code: "RecordTooLarge".into(), message };
                queue.done(ticket);
                continue;
            }
            let entry = PutRecordsRequestEntry::builder().data(Blob::new(bytes)).partition_key(&record.partition_key);
            let entry = entry.build().map_err(|error| Error::new(Kind::Unexpected, "a record").with_source(error))?;
            sent.push((ticket, at));
            entries.push(entry);
        }
        if entries.is_empty() {
            continue;
        }
        let answer = client.put_records().stream_name(stream).set_records(Some(entries)).send().await;
        let answer = answer.aws(format!("put records into {stream}"))?;
        if answer.records().len() != sent.len() {
            return Err(Error::new(Kind::Unexpected, format!("{stream} did not report on every record")));
        }
        for ((ticket, at), result) in sent.into_iter().zip(answer.records()) {
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

fn bytes(record: &Record, layout: &Layout) -> Vec<u8> {
    let event = |message: &Message| record::of(message, layout, Utc::now());
    record.chunk.as_event().map_or_else(|| record.chunk.as_record().unwrap_or_default(), event)
}
