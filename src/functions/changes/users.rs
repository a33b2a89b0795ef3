//! The mapper of `dynamodb-cdc`: publishes changes of the `users` table as domain events without personal fields.

use std::time::SystemTime;

use super::{StreamEvent, handle};
use crate::aws::Clients;
use crate::base::error::Result;
use crate::functions::environment::optional;
use crate::functions::publisher::{Answer, Engine, Invocation};
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
        handle(&self.engine, invocation, deadline, |change| self.mapping.message(change)).await
    }
}
