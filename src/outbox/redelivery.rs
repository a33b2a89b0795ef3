//! The request of an operator to a publisher function to deliver records again, and its answer.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use super::Message;

/// The request.
#[derive(Debug, Serialize, Deserialize)]
pub struct Redelivery {
    /// In order; those of one aggregate are delivered in sequence.
    pub redeliver: Vec<Chunk>,
}

/// Either a record of the stream as it was captured, or an event as it was committed.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Chunk {
    /// The record's bytes, base64.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    record: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    event: Option<Message>,
}

impl Chunk {
    pub fn record(bytes: &[u8]) -> Self {
        Self { record: Some(STANDARD.encode(bytes)), event: None }
    }

    pub fn event(message: Message) -> Self {
        Self { record: None, event: Some(message) }
    }

    /// Returns the event, if the chunk is one.
    pub fn as_event(&self) -> Option<&Message> {
        self.event.as_ref()
    }

    /// Returns the record's bytes, if the chunk is one.
    pub fn as_record(&self) -> Option<Vec<u8>> {
        STANDARD.decode(self.record.as_ref()?).ok()
    }

    /// Returns the approximate bytes of the chunk in a request.
    pub fn size(&self) -> usize {
        let event = self.event.as_ref().map_or(0, |event| event.payload.get().len() + 600);
        self.record.as_ref().map_or(0, String::len) + event + 50
    }
}

/// The answer: one verdict for each chunk, in the order of the request.
#[derive(Debug, Serialize, Deserialize)]
pub struct Redelivered {
    pub redelivered: Vec<Verdict>,
}

/// The outcome of a chunk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "verdict", rename_all = "lowercase")]
pub enum Verdict {
    /// The target accepted it.
    Accepted,
    /// Not an event: a control record, or a change of another table.
    Nothing,
    /// Undeliverable. It was not stored: the caller still has it.
    Refused { code: String, message: String },
    /// Not delivered in time, nor was any later chunk of its aggregate.
    Unfinished { code: String, message: String },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn payloads_are_kept_byte_for_byte() {
        let event = Message::from_cloud_event(
            r#"{"specversion":"1.0","id":"0198a6a0-0000-7000-8000-000000000001","source":"outbox.car","type":"T","subject":"c","time":"2026-11-21T06:14:00Z","sequence":"1","data":{"n": 1.10}}"#,
        );
        let request = Redelivery { redeliver: vec![Chunk::record(b"\xff{"), Chunk::event(event.expect("an event"))] };
        let text = serde_json::to_string(&request).expect("JSON");
        let read: Redelivery = serde_json::from_str(&text).expect("the same");
        assert_eq!(read.redeliver[0].as_record().as_deref(), Some(&b"\xff{"[..]));
        assert_eq!(read.redeliver[1].as_event().map(|event| event.payload.get()), Some("{\"n\": 1.10}"));
    }
}
