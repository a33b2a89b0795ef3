//! The forwarder of `dynamodb-eventbridge`: publishes new items of an outbox table, as its stream shows them, to the
//! bus.

use std::time::SystemTime;

use super::{StreamEvent, decode_change, read};
use crate::aws::Clients;
use crate::error::Result;
use crate::functions::publisher::{Answer, Engine, Invocation};
use crate::outbox::formats::dynamodb::{Change, appended};

pub struct Handler {
    engine: Engine,
}

impl Handler {
    /// # Errors
    /// `Config` if a variable is missing or malformed.
    pub fn from_environment(clients: &Clients) -> Result<Self> {
        Ok(Self { engine: Engine::from_environment(clients)? })
    }

    /// Delivers one batch; `deadline` is the time at which Lambda ends the invocation.
    pub async fn handle(&self, invocation: Invocation<StreamEvent>, deadline: SystemTime) -> Answer {
        let publisher = &self.engine.publisher;
        match invocation {
            Invocation::Batch(event) => {
                let (batch, items) = read(publisher, event, appended);
                Answer::Batch(self.engine.answer(&batch, items, deadline).await)
            }
            Invocation::Redelivery(chunks) => {
                let read = |position, data: &[u8]| decode_change(publisher, position, Change::parse(data), appended);
                self.engine.redeliver(&chunks, deadline, read).await
            }
        }
    }
}
