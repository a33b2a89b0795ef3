//! The targets to which records and events are redelivered.

use std::time::Duration;

use aws_sdk_lambda::operation::invoke::InvokeOutput;

use super::{Record, consumer, log, stream};
use crate::aws::{Clients, function};
use crate::deployment::Deployment;
use crate::error::{Error, Kind, OrFail, Result};
use crate::outbox::{Chunk, Layout, Redelivered, Redelivery, Verdict};
use crate::pipelines::Target;

/// The function's time limit is 60 s (its template); the client waits longer than that.
const TIME_LIMIT: Duration = Duration::from_secs(70);

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
            Self::Function { clients, name } => invoke(clients, name, records).await,
            Self::Stream { clients, name, layout } => stream::put(clients, name, layout, records).await,
            Self::Consumer { clients, name } => consumer::deliver(clients, name, records).await,
            Self::Log { clients, group } => log::put(clients, group, records).await,
        }
    }
}

async fn invoke(clients: &Clients, name: &str, records: &[&Record]) -> Result<Vec<Verdict>> {
    let chunks: Vec<Chunk> = records.iter().map(|record| record.chunk.clone()).collect();
    let payload = serde_json::to_vec(&Redelivery { redeliver: chunks });
    let payload = payload.or_fail(Kind::Unexpected, || "the request can't be written as JSON".into())?;
    let answer = call(clients, name, payload).await?;
    let payload = answer.payload().map(|blob| blob.as_ref()).unwrap_or_default();
    let shown = || String::from_utf8_lossy(&payload[..payload.len().min(300)]).into_owned();
    if answer.function_error().is_some() {
        return Err(Error::new(Kind::Failed, format!("{name} failed: {}", shown()))
            .hint(format!("its log group is {}", function::log_group(clients, name).await))
            .hint("a function of an older version does not know the request: run `outboxctl deploy`"));
    }
    let Redelivered { redelivered } = serde_json::from_slice(payload).map_err(|error| {
        Error::new(Kind::Unexpected, format!("{name} answered {:?}", shown()))
            .with_source(error)
            .hint("run `outboxctl deploy`, so that the function is as new as this executable")
    })?;
    if redelivered.len() != records.len() {
        let (asked, reported) = (records.len(), redelivered.len());
        return Err(Error::new(
            Kind::Unexpected,
            format!("{name} received {asked} records and reported on {reported}"),
        ));
    }
    Ok(redelivered)
}

/// Invokes a function once and waits for its answer. The sender of batches decides about retries and counts them.
pub(super) async fn call(clients: &Clients, name: &str, payload: Vec<u8>) -> Result<InvokeOutput> {
    function::invoke(clients, name, payload, TIME_LIMIT).await
}
