//! The mapper of `dynamodb-cdc`: publishes changes of the `users` table as domain events without personal fields.

use std::time::SystemTime;

use super::{StreamEvent, decode_change, read};
use crate::aws::Clients;
use crate::error::Result;
use crate::functions::environment::optional;
use crate::functions::publisher::{Answer, Engine, Invocation};
use crate::outbox::formats::dynamodb::Change;
use crate::outbox::formats::dynamodb::users::Mapping;

pub struct Handler {
    engine: Engine,
    mapping: Mapping,
}

impl Handler {
    /// Reads the engine's variables and `PERSONAL_FIELDS`: names of attributes, separated by commas.
    ///
    /// # Errors
    /// `Config` if a variable is missing or malformed.
    pub fn from_environment(clients: &Clients) -> Result<Self> {
        let mapping = Mapping::new(&optional("PERSONAL_FIELDS").unwrap_or_default());
        Ok(Self { engine: Engine::from_environment(clients)?, mapping })
    }

    /// Delivers one batch; `deadline` is the time at which Lambda ends the invocation.
    pub async fn handle(&self, invocation: Invocation<StreamEvent>, deadline: SystemTime) -> Answer {
        let publisher = &self.engine.publisher;
        let to_message = |change: &Change| self.mapping.message(change);
        match invocation {
            Invocation::Batch(event) => {
                let (batch, items) = read(publisher, event, to_message);
                Answer::Batch(self.engine.answer(&batch, items, deadline).await)
            }
            Invocation::Redelivery(chunks) => {
                let read = |position, data: &[u8]| decode_change(publisher, position, Change::parse(data), to_message);
                self.engine.redeliver(&chunks, deadline, read).await
            }
        }
    }
}
