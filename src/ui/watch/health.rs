//! Reads the state of the deployed resources, as the services name it.

use std::sync::Arc;
use std::time::Duration;

use super::Watch;
use crate::aws::health;
use crate::deployment::Deployment;

pub async fn follow(watch: Watch, deployment: Arc<Deployment>) {
    let resources = deployment.pipeline.stops(false).flat_map(|stop| stop.resources).filter_map(|resource| {
        Some((resource.probe, resource.what, deployment.output(resource.output).ok()?.to_owned()))
    });
    let resources: Vec<_> = resources.collect();
    loop {
        let health = tokio::select! {
            health = health::probe(&deployment.clients, resources.clone()) => health,
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
