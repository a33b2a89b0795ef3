//! Puts records into the stream: one of each aggregate in a request, so that a record that is refused is never overtaken
//! by a later one of its aggregate.

use aws_sdk_kinesis::primitives::Blob;
use aws_sdk_kinesis::types::PutRecordsRequestEntry;
use chrono::Utc;

use super::{Parcel, record};
use crate::aws::Clients;
use crate::error::{AwsContext, Error, Kind, Result};
use crate::outbox::{Choice, Fate, KeyedQueue, Message};

/// A record holds so much by default, its partition key included.
const MAX_RECORD: usize = 1 << 20;

/// Sends what it can: an aggregate's records end with the first one that was not accepted.
pub(super) async fn put(clients: &Clients, stream: &str, parcels: &[&Parcel]) -> Result<Vec<Fate>> {
    let client = clients.kinesis();
    let unfinished = |code: &str, message: &str| Fate::Unfinished { code: code.into(), message: message.into() };
    let mut fates = vec![unfinished("Held", "an earlier record of its aggregate was not taken"); parcels.len()];
    let mut queue = KeyedQueue::default();
    for (at, parcel) in parcels.iter().enumerate() {
        queue.push(Some(parcel.key.as_str()), at, 0);
    }
    loop {
        let mut request = Vec::new();
        let tickets = queue.take(|_, at| {
            request.push(*at);
            Choice::Take
        });
        if tickets.is_empty() {
            return Ok(fates);
        }
        let (mut sent, mut entries) = (Vec::new(), Vec::new());
        for (ticket, at) in tickets.into_iter().zip(request) {
            let parcel = parcels[at];
            let bytes = bytes(parcel);
            if bytes.len() + parcel.partition_key.len() > MAX_RECORD {
                let message = format!("the record has {} bytes; the stream takes {MAX_RECORD}", bytes.len());
                fates[at] = Fate::Refused { code: "RecordTooLarge".into(), message };
                queue.done(ticket);
                continue;
            }
            let entry = PutRecordsRequestEntry::builder().data(Blob::new(bytes)).partition_key(&parcel.partition_key);
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
                    fates[at] = Fate::Accepted;
                    queue.done(ticket);
                }
                Some(code) => fates[at] = unfinished(code, result.error_message().unwrap_or_default()),
            }
        }
    }
}

fn bytes(parcel: &Parcel) -> Vec<u8> {
    let event = |message: &Message| record::of(message, Utc::now());
    parcel.piece.as_event().map_or_else(|| parcel.piece.as_record().unwrap_or_default(), event)
}
