//! The tasks that fill the model, each at its own interval and with its state shown on the page.

mod consumers;
mod database;
mod dead_letters;
mod health;
mod items;
mod observations;
mod readers;
mod resume;

use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::Options;
use super::model::Model;
use crate::deployment::Deployment;
use crate::pipelines::{Part, Store};

/// Data shared by all tasks.
#[derive(Clone)]
struct Watch {
    model: Arc<Model>,
    cancel: CancellationToken,
    local: bool,
}

/// Starts the tasks; they end when cancelled.
pub fn start(deployment: Arc<Deployment>, model: &Arc<Model>, options: &Options, cancel: &CancellationToken) {
    let watch = Watch { model: model.clone(), cancel: cancel.clone(), local: options.local };
    for stop in deployment.pipeline.stops(false) {
        let Ok(name) = deployment.output(stop.output).map(str::to_owned) else { continue };
        let (watch, clients) = (watch.clone(), deployment.clients.clone());
        match stop.part {
            Part::Database => drop(tokio::spawn(database::follow(watch, deployment.clone()))),
            Part::OutboxTable => drop(tokio::spawn(items::follow(watch, clients, name))),
            Part::Kinesis | Part::TableStream | Part::EventLog => {
                tokio::spawn(readers::follow(watch, deployment.clone(), stop, options.from));
            }
            Part::Consumers => drop(tokio::spawn(consumers::follow(watch, clients, name))),
            _ => {}
        }
    }
    let buckets = deployment.pipeline.route.failures.iter().filter_map(|place| match place.store {
        Store::Bucket(output) => deployment.output(output).ok().map(str::to_owned),
        _ => None,
    });
    for bucket in buckets {
        tokio::spawn(dead_letters::follow(watch.clone(), bucket, deployment.clone()));
    }
    tokio::spawn(health::follow(watch, deployment));
}

impl Watch {
    /// Pauses; returns false when it is time to end.
    async fn pause(&self, local: Duration, remote: Duration) -> bool {
        let pause = tokio::time::sleep(if self.local { local } else { remote });
        self.cancel.run_until_cancelled(pause).await.is_some()
    }
}
