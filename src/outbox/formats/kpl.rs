//! Splits records that the Kinesis Producer Library aggregated. Pure; accepts any bytes.
//!
//! Format: "KPL Aggregated Record Format" in the amazon-kinesis-producer repository: four magic bytes, a protobuf
//! message, and the MD5 of that message.

use std::sync::Arc;

use md5::{Digest, Md5};
use prost::encoding::{DecodeContext, decode_key, skip_field};
use prost::{DecodeError, Message};

const MAGIC: [u8; 4] = [0xf3, 0x89, 0x9a, 0xc2];
const CHECKSUM: usize = 16;
/// Maximum records of an aggregate. By default the KPL packs 50 KB of them (`AggregationMaxSize` in its
/// default_config.properties); a malicious record of 1 MB can name 300,000 empty ones.
const MAX_RECORDS: usize = 10_000;

#[derive(Clone, PartialEq, Message)]
struct AggregatedRecord {
    #[prost(string, repeated, tag = "1")]
    partition_keys: Vec<String>,
    #[prost(string, repeated, tag = "2")]
    explicit_hash_keys: Vec<String>,
    #[prost(message, repeated, tag = "3")]
    records: Vec<Record>,
}

/// Keys are indices into the tables. Tags (field 4) were never used.
#[derive(Clone, PartialEq, Message)]
struct Record {
    #[prost(uint64, tag = "1")]
    partition_key: u64,
    #[prost(uint64, optional, tag = "2")]
    explicit_hash_key: Option<u64>,
    #[prost(bytes = "vec", tag = "3")]
    data: Vec<u8>,
}

/// One record as its producer put it. Records of one aggregate share the key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserRecord {
    pub partition_key: Arc<str>,
    pub data: Vec<u8>,
}

/// The reason why bytes that begin like an aggregate are not one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AggregateError {
    #[error("a KPL aggregate has a wrong checksum")]
    Checksum,
    #[error("a KPL aggregate can't be read: {0}")]
    Message(String),
    #[error("a KPL aggregate refers to partition key {0}, but has {1}")]
    Key(u64, usize),
    #[error("a KPL aggregate has no records")]
    Empty,
    #[error("a KPL aggregate has {0} records; at most {MAX_RECORDS} are read")]
    Records(usize),
    #[error("a KPL aggregate unpacks to more than {0} bytes")]
    Bytes(usize),
}

/// Returns the records inside an aggregate; `None` if the bytes are not an aggregate. `most_bytes` limits the total
/// size of keys and data of all records, counted per record.
///
/// # Errors
/// The bytes begin like an aggregate but can't be read as one, or exceed a limit.
pub fn split(bytes: &[u8], most_bytes: usize) -> Option<Result<Vec<UserRecord>, AggregateError>> {
    let rest = bytes.strip_prefix(&MAGIC)?;
    let Some(at) = rest.len().checked_sub(CHECKSUM) else { return Some(Err(AggregateError::Checksum)) };
    let (message, checksum) = rest.split_at(at);
    if Md5::digest(message).as_slice() != checksum {
        return Some(Err(AggregateError::Checksum));
    }
    Some(records(message, most_bytes))
}

fn records(message: &[u8], most_bytes: usize) -> Result<Vec<UserRecord>, AggregateError> {
    let unreadable = |error: DecodeError| AggregateError::Message(error.to_string());
    // Checked before any allocation.
    let count = count(message).map_err(unreadable)?;
    if count > MAX_RECORDS {
        return Err(AggregateError::Records(count));
    }
    let aggregate = AggregatedRecord::decode(message).map_err(unreadable)?;
    if aggregate.records.is_empty() {
        return Err(AggregateError::Empty);
    }
    let keys: Vec<Arc<str>> = aggregate.partition_keys.into_iter().map(Arc::from).collect();
    let mut bytes = 0_usize;
    let record = |record: Record| {
        let key = usize::try_from(record.partition_key).ok().and_then(|index| keys.get(index));
        let key = key.ok_or(AggregateError::Key(record.partition_key, keys.len()))?;
        bytes = bytes.saturating_add(key.len() + record.data.len());
        if bytes > most_bytes {
            return Err(AggregateError::Bytes(most_bytes));
        }
        Ok(UserRecord { partition_key: key.clone(), data: record.data })
    };
    aggregate.records.into_iter().map(record).collect()
}

/// Returns the number of records in the message.
fn count(mut message: &[u8]) -> Result<usize, DecodeError> {
    let mut count = 0;
    while !message.is_empty() {
        let (tag, wire_type) = decode_key(&mut message)?;
        count += usize::from(tag == 3);
        skip_field(wire_type, tag, &mut message, DecodeContext::default())?;
    }
    Ok(count)
}

/// Packs records as the KPL does.
#[cfg(any(test, fuzzing))]
pub fn join(records: &[UserRecord]) -> Vec<u8> {
    let mut aggregate = AggregatedRecord::default();
    for record in records {
        let known = aggregate.partition_keys.iter().position(|key| **key == *record.partition_key);
        let index = known.unwrap_or_else(|| {
            aggregate.partition_keys.push(record.partition_key.to_string());
            aggregate.partition_keys.len() - 1
        });
        let record = Record { partition_key: index as u64, explicit_hash_key: None, data: record.data.clone() };
        aggregate.records.push(record);
    }
    let message = aggregate.encode_to_vec();
    [&MAGIC[..], &message, Md5::digest(&message).as_slice()].concat()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const MAX_BYTES: usize = 1 << 20;

    fn user(key: &str, data: &[u8]) -> UserRecord {
        UserRecord { partition_key: key.into(), data: data.into() }
    }

    #[test]
    fn a_handmade_aggregate_is_read() {
        // Field 1 "k"; field 3: partition key index 0, data "hi".
        let message = b"\x0a\x01k\x1a\x06\x08\x00\x1a\x02hi";
        let bytes = [&MAGIC[..], message, Md5::digest(message).as_slice()].concat();
        assert_eq!(split(&bytes, MAX_BYTES), Some(Ok(vec![user("k", b"hi")])));
    }

    #[test]
    fn other_records_and_broken_aggregates_are_distinguished() {
        assert_eq!(split(b"{}", MAX_BYTES), None);
        assert_eq!(split(&MAGIC, MAX_BYTES), Some(Err(AggregateError::Checksum)));
        let mut bytes = join(&[user("k", b"hi")]);
        *bytes.last_mut().expect("a byte") ^= 1;
        assert_eq!(split(&bytes, MAX_BYTES), Some(Err(AggregateError::Checksum)));
        assert_eq!(split(&join(&[]), MAX_BYTES), Some(Err(AggregateError::Empty)));
        let message = b"\x1a\x04\x08\x07\x1a\x00";
        let bytes = [&MAGIC[..], message, Md5::digest(message).as_slice()].concat();
        assert_eq!(split(&bytes, MAX_BYTES), Some(Err(AggregateError::Key(7, 0))));
    }

    #[test]
    fn shared_keys_count_for_each_record() {
        let key = "k".repeat(1_000);
        let many = |count: usize| join(&vec![user(&key, b""); count]);
        let Some(Ok(records)) = split(&many(1_000), MAX_BYTES) else { panic!("the aggregate is valid") };
        assert!(records.iter().all(|record| Arc::ptr_eq(&record.partition_key, &records[0].partition_key)));
        assert_eq!(split(&many(2_000), MAX_BYTES), Some(Err(AggregateError::Bytes(MAX_BYTES))));
        // A small record that names more records than any producer packs.
        assert_eq!(split(&join(&vec![user("", b""); 10_001]), MAX_BYTES), Some(Err(AggregateError::Records(10_001))));
        assert!(matches!(split(&join(&vec![user("", b""); 10_000]), MAX_BYTES), Some(Ok(all)) if all.len() == 10_000));
    }

    proptest! {
        #[test]
        fn packed_records_are_read_back(records in prop::collection::vec(("[a-c]{0,2}", any::<Vec<u8>>()), 1..20)) {
            let records: Vec<UserRecord> = records.iter().map(|(key, data)| user(key, data)).collect();
            prop_assert_eq!(split(&join(&records), MAX_BYTES), Some(Ok(records)));
        }

        #[test]
        fn no_bytes_panic(bytes: Vec<u8>) {
            let _ = records(&bytes, MAX_BYTES);
            let _ = split(&[&MAGIC[..], &bytes, Md5::digest(&bytes).as_slice()].concat(), MAX_BYTES);
        }
    }
}
