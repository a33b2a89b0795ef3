//! The targets to which records and events are redelivered.

use super::{Record, consumer, log, publisher, stream};
use crate::aws::Clients;
use crate::base::error::Result;
use crate::deployment::Deployment;
use crate::outbox::{Layout, Verdict};
use crate::pipelines::Target;

/// A target of redelivery.
#[derive(Debug, Clone)]
pub enum Destination {
    /// The function that publishes the stream's records: it delivers with its own code and under its own role.
    Function { clients: Clients, name: String },
    /// The stream itself, if the pipeline's consumers are processes that mark processed events.
    Stream { clients: Clients, name: String, layout: Box<Layout> },
    /// The function behind a rule of the bus, for events that the bus could not deliver to it.
    Consumer { clients: Clients, name: String },
    /// The log group behind a rule of the bus.
    Log { clients: Clients, group: String },
}

impl Destination {
    /// Returns the target that this pipeline uses.
    ///
    /// # Errors
    /// `NotDeployed`.
    pub fn of(deployment: &Deployment) -> Result<Self> {
        Self::to(deployment, deployment.pipeline.route.target)
    }

    /// Returns the sender for a target.
    ///
    /// # Errors
    /// `NotDeployed`.
    pub fn to(deployment: &Deployment, target: Target) -> Result<Self> {
        let (clients, name) = (deployment.clients.clone(), deployment.output(target.output())?.to_owned());
        Ok(match target {
            Target::Publisher(_) => Self::Function { clients, name },
            Target::Stream(_) => Self::Stream { clients, name, layout: Box::new(deployment.layout.clone()) },
            Target::Receiver(_) => Self::Consumer { clients, name },
            Target::Log(_) => Self::Log { clients, group: name },
        })
    }

    /// Returns a description of the target for messages.
    pub fn describe(&self) -> String {
        match self {
            Self::Function { name, .. } => format!("function {name}"),
            Self::Stream { name, .. } => format!("stream {name}"),
            Self::Consumer { name, .. } => format!("function {name}"),
            Self::Log { group, .. } => format!("log group {group}"),
        }
    }

    /// Sends one request. Returns one verdict for each record.
    pub(super) async fn send(&self, records: &[&Record]) -> Result<Vec<Verdict>> {
        match self {
            Self::Function { clients, name } => publisher::deliver(clients, name, records).await,
            Self::Stream { clients, name, layout } => stream::put(&clients.kinesis(), name, layout, records).await,
            Self::Consumer { clients, name } => consumer::deliver(clients, name, records).await,
            Self::Log { clients, group } => log::put(&clients.logs(), group, records).await,
        }
    }
}
