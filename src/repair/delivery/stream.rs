//! Putting records into the stream: one of each lane in a request, so that a record that is refused is never overtaken by
//! a later one of its aggregate.

use std::collections::HashSet;

use aws_sdk_kinesis::primitives::Blob;
use aws_sdk_kinesis::types::PutRecordsRequestEntry;
use chrono::Utc;

use super::{Parcel, record};
use crate::aws::Clients;
use crate::error::{AwsContext, Error, Kind, Result};
use crate::outbox::{Fate, Message};

/// A record holds so much by default, its partition key included.
const MAX_RECORD: usize = 1 << 20;

/// Sends what it can: a lane ends with its first record that is not taken.
pub(super) async fn put(clients: &Clients, stream: &str, parcels: &[&Parcel]) -> Result<Vec<Fate>> {
    let client = clients.kinesis();
    let unfinished = |code: &str, message: &str| Fate::Unfinished { code: code.into(), message: message.into() };
    let mut fates = vec![unfinished("Held", "an earlier record of its aggregate was not taken"); parcels.len()];
    let mut waiting: Vec<usize> = (0..parcels.len()).collect();
    while !waiting.is_empty() {
        // The head of every lane.
        let mut lanes = HashSet::new();
        let heads: Vec<usize> = waiting.iter().copied().filter(|at| lanes.insert(parcels[*at].lane.as_str())).collect();
        let (mut places, mut entries) = (Vec::new(), Vec::new());
        let mut blocked: HashSet<&str> = HashSet::new();
        for at in heads {
            let parcel = parcels[at];
            let bytes = bytes(parcel);
            if bytes.len() + parcel.partition_key.len() > MAX_RECORD {
                let message = format!("the record has {} bytes; the stream takes {MAX_RECORD}", bytes.len());
                fates[at] = Fate::Refused { code: "RecordTooLarge".into(), message };
                continue;
            }
            let entry = PutRecordsRequestEntry::builder().data(Blob::new(bytes)).partition_key(&parcel.partition_key);
            let entry = entry.build().map_err(|error| Error::new(Kind::Unexpected, "a record").with_source(error))?;
            places.push(at);
            entries.push(entry);
        }
        if !entries.is_empty() {
            let answer = client.put_records().stream_name(stream).set_records(Some(entries)).send().await;
            let answer = answer.aws(format!("put records into {stream}"))?;
            if answer.records().len() != places.len() {
                return Err(Error::new(Kind::Unexpected, format!("{stream} did not tell of every record")));
            }
            for (at, result) in places.iter().zip(answer.records()) {
                match result.error_code() {
                    None => fates[*at] = Fate::Accepted,
                    Some(code) => {
                        fates[*at] = unfinished(code, result.error_message().unwrap_or_default());
                        blocked.insert(&parcels[*at].lane);
                    }
                }
            }
        }
        waiting.retain(|at| {
            matches!(fates[*at], Fate::Unfinished { .. }) && !blocked.contains(parcels[*at].lane.as_str())
        });
    }
    Ok(fates)
}

fn bytes(parcel: &Parcel) -> Vec<u8> {
    let event = |message: &Message| record::of(message, Utc::now());
    parcel.piece.as_event().map_or_else(|| parcel.piece.as_record().unwrap_or_default(), event)
}
