//! The forwarder of `dynamodb-eventbridge`: publishes new items of an outbox table, as its stream shows them, to the
//! bus.

use std::time::SystemTime;

use super::{StreamEvent, handle};
use crate::aws::Clients;
use crate::base::error::Result;
use crate::functions::publisher::{Answer, Engine, Invocation};
use crate::outbox::formats::dynamodb::Change;

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
        handle(&self.engine, invocation, deadline, Change::appended).await
    }
}
