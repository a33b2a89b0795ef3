//! The state of the deployed resources, in their services' own words.

use std::sync::Arc;
use std::time::Duration;

use super::Watch;
use crate::aws::Clients;
use crate::aws::health::{self, Probe};
use crate::cloudformation::Deployment;

/// Label, the output that names it, how to ask.
const RESOURCES: &[(&str, &str, Probe)] = &[
    ("database", "DatabaseIdentifier", Probe::Database),
    ("outbox table", "OutboxTable", Probe::Table),
    ("table", "AggregateTable", Probe::Table),
    ("table's stream", "OutboxStreamArn", Probe::TableStream),
    ("table's stream", "UsersStreamArn", Probe::TableStream),
    ("capture task", "TaskArn", Probe::Task),
    ("stream", "StreamName", Probe::Stream),
    ("publisher", "PublisherFunction", Probe::Function),
    ("publisher's source", "EventSourceMappingId", Probe::EventSource),
    ("bus", "BusName", Probe::Bus),
];

pub async fn follow(watch: Watch, clients: Clients, deployment: Arc<Deployment>) {
    let resources: Vec<_> = RESOURCES
        .iter()
        .filter_map(|(what, output, probe)| Some((*probe, *what, deployment.output(output).ok()?.to_owned())))
        .collect();
    loop {
        let health = tokio::select! {
            health = health::probe(&clients, resources.clone()) => health,
            () = watch.cancel.cancelled() => return,
        };
        {
            let mut state = watch.model.lock();
            if state.health != health {
                state.version += 1;
                state.health = health;
            }
        }
        if !watch.pause(Duration::from_secs(2), Duration::from_secs(20)).await {
            return;
        }
    }
}
