//! The tasks that fill the model, each with its own pace, each telling on the page when it gets no answer.

mod consumers;
mod database;
mod dead_letters;
mod health;
mod items;
mod readers;
mod sightings;

use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::model::Model;
use super::{Options, Pipeline};
use database::Access;

/// What every task has.
#[derive(Clone)]
struct Watch {
    model: Arc<Model>,
    cancel: CancellationToken,
    local: bool,
}

/// Starts them; they end when cancelled.
pub fn start(pipeline: Pipeline, model: &Arc<Model>, options: &Options, cancel: &CancellationToken) {
    let watch = Watch { model: model.clone(), cancel: cancel.clone(), local: options.local };
    let Pipeline { deployment, clients, via, roots } = pipeline;
    let output = |name: &str| deployment.output(name).ok().map(str::to_owned);
    if let Some(stream) = output("StreamName") {
        tokio::spawn(readers::stream(watch.clone(), clients.clone(), stream, options.from));
    }
    if let Some(arn) = output("OutboxStreamArn").or_else(|| output("UsersStreamArn")) {
        tokio::spawn(readers::table_stream(watch.clone(), clients.clone(), arn, options.from));
    }
    if let Some(table) = output("OutboxTable") {
        tokio::spawn(items::follow(watch.clone(), clients.clone(), table));
    }
    if let Some(table) = output("LeaseTable") {
        tokio::spawn(consumers::follow(watch.clone(), clients.clone(), table));
    }
    if let Some(group) = output("EventLogGroup") {
        tokio::spawn(readers::log(watch.clone(), clients.clone(), group, options.from));
    }
    if let Some(bucket) = output("FailureBucket") {
        tokio::spawn(dead_letters::follow(watch.clone(), clients.clone(), bucket, deployment.clone()));
    }
    if output("DatabaseSecretArn").is_some() {
        let access = Access { clients: clients.clone(), deployment: deployment.clone(), via, roots };
        tokio::spawn(database::follow(watch.clone(), access));
    }
    tokio::spawn(health::follow(watch, clients, deployment));
}

impl Watch {
    /// Waits; false once it is time to end.
    async fn pause(&self, local: Duration, remote: Duration) -> bool {
        tokio::select! {
            () = tokio::time::sleep(if self.local { local } else { remote }) => true,
            () = self.cancel.cancelled() => false,
        }
    }
}
