//! Records that the Kinesis Producer Library packed into one. Pure; takes any bytes.
//!
//! Format: "KPL Aggregated Record Format" in the amazon-kinesis-producer repository: four magic bytes, a protobuf
//! message, and the MD5 of that message.

use md5::{Digest, Md5};
use prost::Message;

const MAGIC: [u8; 4] = [0xf3, 0x89, 0x9a, 0xc2];
const CHECKSUM: usize = 16;

#[derive(Clone, PartialEq, Message)]
struct AggregatedRecord {
    #[prost(string, repeated, tag = "1")]
    partition_keys: Vec<String>,
    #[prost(string, repeated, tag = "2")]
    explicit_hash_keys: Vec<String>,
    #[prost(message, repeated, tag = "3")]
    records: Vec<Record>,
}

/// Keys are indices into the tables. Tags (field 4) were never put to use.
#[derive(Clone, PartialEq, Message)]
struct Record {
    #[prost(uint64, tag = "1")]
    partition_key: u64,
    #[prost(uint64, optional, tag = "2")]
    explicit_hash_key: Option<u64>,
    #[prost(bytes = "vec", tag = "3")]
    data: Vec<u8>,
}

/// One record as its producer put it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserRecord {
    pub partition_key: String,
    pub data: Vec<u8>,
}

/// Why bytes that begin like an aggregate are none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AggregateError {
    #[error("it begins like a KPL aggregate, and its checksum is wrong")]
    Checksum,
    #[error("a KPL aggregate can't be read: {0}")]
    Message(String),
    #[error("a KPL aggregate names partition key {0} and has {1}")]
    Key(u64, usize),
    #[error("a KPL aggregate holds no records")]
    Empty,
}

/// The records inside an aggregate; None where the bytes are none.
///
/// # Errors
/// The bytes begin like an aggregate and can't be read as one.
pub fn split(bytes: &[u8]) -> Option<Result<Vec<UserRecord>, AggregateError>> {
    let rest = bytes.strip_prefix(&MAGIC)?;
    let Some(at) = rest.len().checked_sub(CHECKSUM) else { return Some(Err(AggregateError::Checksum)) };
    let (message, checksum) = rest.split_at(at);
    if Md5::digest(message).as_slice() != checksum {
        return Some(Err(AggregateError::Checksum));
    }
    Some(records(message))
}

fn records(message: &[u8]) -> Result<Vec<UserRecord>, AggregateError> {
    let aggregate = AggregatedRecord::decode(message).map_err(|error| AggregateError::Message(error.to_string()))?;
    if aggregate.records.is_empty() {
        return Err(AggregateError::Empty);
    }
    let keys = &aggregate.partition_keys;
    let record = |record: Record| {
        let key = usize::try_from(record.partition_key).ok().and_then(|index| keys.get(index));
        let key = key.ok_or(AggregateError::Key(record.partition_key, keys.len()))?;
        Ok(UserRecord { partition_key: key.clone(), data: record.data })
    };
    aggregate.records.into_iter().map(record).collect()
}

/// Packs records as the KPL does.
#[cfg(any(test, fuzzing))]
pub fn join(records: &[UserRecord]) -> Vec<u8> {
    let mut aggregate = AggregatedRecord::default();
    for record in records {
        let known = aggregate.partition_keys.iter().position(|key| *key == record.partition_key);
        let index = known.unwrap_or_else(|| {
            aggregate.partition_keys.push(record.partition_key.clone());
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

    fn user(key: &str, data: &[u8]) -> UserRecord {
        UserRecord { partition_key: key.into(), data: data.into() }
    }

    #[test]
    fn the_format_by_hand() {
        // Field 1 "k"; field 3: partition key index 0, data "hi".
        let message = b"\x0a\x01k\x1a\x06\x08\x00\x1a\x02hi";
        let bytes = [&MAGIC[..], message, Md5::digest(message).as_slice()].concat();
        assert_eq!(split(&bytes), Some(Ok(vec![user("k", b"hi")])));
    }

    #[test]
    fn what_is_none_and_what_is_broken() {
        assert_eq!(split(b"{}"), None);
        assert_eq!(split(&MAGIC), Some(Err(AggregateError::Checksum)));
        let mut bytes = join(&[user("k", b"hi")]);
        *bytes.last_mut().expect("a byte") ^= 1;
        assert_eq!(split(&bytes), Some(Err(AggregateError::Checksum)));
        assert_eq!(split(&join(&[])), Some(Err(AggregateError::Empty)));
        let message = b"\x1a\x04\x08\x07\x1a\x00";
        let bytes = [&MAGIC[..], message, Md5::digest(message).as_slice()].concat();
        assert_eq!(split(&bytes), Some(Err(AggregateError::Key(7, 0))));
    }

    proptest! {
        #[test]
        fn records_come_back(records in prop::collection::vec(("[a-c]{0,2}", any::<Vec<u8>>()), 1..20)) {
            let records: Vec<UserRecord> = records.iter().map(|(key, data)| user(key, data)).collect();
            prop_assert_eq!(split(&join(&records)), Some(Ok(records)));
        }

        #[test]
        fn no_bytes_panic(bytes: Vec<u8>) {
            let _ = records(&bytes);
            let _ = split(&[&MAGIC[..], &bytes, Md5::digest(&bytes).as_slice()].concat());
        }
    }
}
