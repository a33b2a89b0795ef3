//! The payload of a publisher's invocation (a batch of its stream, or an operator's request to deliver records again),
//! and the response.

use serde::de::{DeserializeOwned, Error as _};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::value::RawValue;

use crate::outbox::{Chunk, Redelivered};

/// An invocation; `E` is the batch of the function's event source.
#[derive(Debug)]
pub enum Invocation<E> {
    Batch(E),
    Redelivery(Vec<Chunk>),
}

#[derive(Deserialize)]
struct Shape<'a> {
    #[serde(borrow, default)]
    redeliver: Option<&'a RawValue>,
}

impl<'de, E: DeserializeOwned> Deserialize<'de> for Invocation<E> {
    /// Deserializes by hand: serde's untagged enums can't keep a payload as its own text.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Box::<RawValue>::deserialize(deserializer)?;
        match serde_json::from_str(text.get()) {
            Ok(Shape { redeliver: Some(chunks) }) => {
                serde_json::from_str(chunks.get()).map(Self::Redelivery).map_err(D::Error::custom)
            }
            _ => serde_json::from_str(text.get()).map(Self::Batch).map_err(D::Error::custom),
        }
    }
}

/// The response to either.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub enum Answer {
    Batch(BatchResponse),
    Redelivered(Redelivered),
}

/// The response to a batch, of a function with `ReportBatchItemFailures`; an empty list means that the whole batch is
/// done.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct BatchResponse {
    pub batch_item_failures: Vec<ItemFailure>,
}

#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ItemFailure {
    /// A sequence number: everything from the lowest one is delivered again.
    pub item_identifier: String,
}

#[cfg(test)]
mod tests {
    use aws_lambda_events::event::kinesis::KinesisEvent;

    use super::*;

    #[test]
    fn batches_and_requests_are_distinguished() {
        let read = |text: &str| serde_json::from_str::<Invocation<KinesisEvent>>(text);
        assert!(matches!(read(r#"{"Records": []}"#), Ok(Invocation::Batch(event)) if event.records.is_empty()));
        let asked = read(r#"{"redeliver": [{"record": "/3s="}]}"#);
        assert!(
            matches!(asked, Ok(Invocation::Redelivery(chunks)) if chunks[0].as_record() == Some(b"\xff{".to_vec()))
        );
        assert!(read(r#"{"redeliver": 1}"#).is_err() && read(r#"{"Records": 1}"#).is_err());
    }
}
