//! What is asked of a publisher function beside its batches, and what it answers: deliver these, in this order.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use super::Message;

/// The request.
#[derive(Debug, Serialize, Deserialize)]
pub struct Redelivery {
    /// In their order; those of one aggregate are delivered one after the other.
    pub redeliver: Vec<Piece>,
}

/// A record of the stream as it was captured, or an event as it was committed: one of the two.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Piece {
    /// The record's bytes, base64.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    record: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    event: Option<Message>,
}

impl Piece {
    pub fn record(bytes: &[u8]) -> Self {
        Self { record: Some(STANDARD.encode(bytes)), event: None }
    }

    pub fn event(message: Message) -> Self {
        Self { record: None, event: Some(message) }
    }

    /// The event where it is one.
    pub fn as_event(&self) -> Option<&Message> {
        self.event.as_ref()
    }

    /// The record's bytes where it is one.
    pub fn as_record(&self) -> Option<Vec<u8>> {
        STANDARD.decode(self.record.as_ref()?).ok()
    }

    /// Bytes of the piece in a request, about.
    pub fn size(&self) -> usize {
        let event = self.event.as_ref().map_or(0, |event| event.payload.get().len() + 600);
        self.record.as_ref().map_or(0, String::len) + event + 50
    }
}

/// The answer: one fate a piece, in the order of the request.
#[derive(Debug, Serialize, Deserialize)]
pub struct Redelivered {
    pub redelivered: Vec<Fate>,
}

/// What became of a piece.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "fate", rename_all = "lowercase")]
pub enum Fate {
    /// It is where it should go.
    Accepted,
    /// It is nothing that has to go anywhere: a control record, a change of another table.
    Nothing,
    /// It can't be delivered as it is. It was kept nowhere: whoever asked still has it.
    Refused { code: String, message: String },
    /// Not in time. Nor was any later piece of its aggregate.
    Unfinished { code: String, message: String },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_keeps_payloads_to_the_byte() {
        let event = Message::from_cloud_event(
            r#"{"specversion":"1.0","id":"0198a6a0-0000-7000-8000-000000000001","source":"outbox.car","type":"T","subject":"c","time":"2026-11-21T06:14:00Z","sequence":"1","data":{"n": 1.10}}"#,
        );
        let request = Redelivery { redeliver: vec![Piece::record(b"\xff{"), Piece::event(event.expect("an event"))] };
        let text = serde_json::to_string(&request).expect("JSON");
        let read: Redelivery = serde_json::from_str(&text).expect("the same");
        assert_eq!(read.redeliver[0].as_record().as_deref(), Some(&b"\xff{"[..]));
        assert_eq!(read.redeliver[1].as_event().map(|event| event.payload.get()), Some("{\"n\": 1.10}"));
    }
}
