//! The forwarder of `dynamodb-eventbridge`: items that an outbox table's stream shows, on the bus.

use std::time::SystemTime;

use super::{StreamEvent, decode_change, read};
use crate::aws::Clients;
use crate::dynamodb::{self, Change, Operation};
use crate::error::Result;
use crate::lambda::publisher::{Answer, Engine, Invocation};
use crate::outbox::{Message, RowError};

pub struct Handler {
    engine: Engine,
}

impl Handler {
    /// # Errors
    /// `Config` when a variable is missing or malformed.
    pub fn from_environment(clients: &Clients) -> Result<Self> {
        Ok(Self { engine: Engine::from_environment(clients)? })
    }

    /// Delivers one batch; `deadline` is when Lambda ends the invocation.
    pub async fn handle(&self, invocation: Invocation<StreamEvent>, deadline: SystemTime) -> Answer {
        let publisher = &self.engine.publisher;
        match invocation {
            Invocation::Batch(event) => {
                let (batch, items) = read(publisher, event, appended);
                Answer::Batch(self.engine.answer(&batch, items, deadline).await)
            }
            Invocation::Redelivery(pieces) => {
                let read = |position, data: &[u8]| decode_change(publisher, position, Change::parse(data), appended);
                self.engine.redeliver(&pieces, deadline, read).await
            }
        }
    }
}

/// The message that a change appended to the outbox. What is removed, by its time to live or by hand, was delivered
/// long before or is none; an outbox item is never modified.
///
/// # Errors
/// The first attribute that is missing or unreadable.
pub fn appended(change: &Change) -> std::result::Result<Option<Message>, RowError> {
    match (change.operation, &change.new) {
        (Operation::Insert, Some(image)) => dynamodb::read(image).map(Some),
        (Operation::Insert, None) => Err(RowError { column: "NewImage", problem: "is missing" }),
        (Operation::Modify | Operation::Remove, _) => Ok(None),
    }
}
