//! Reads the state of the deployed resources, as the services name it.

use std::sync::Arc;
use std::time::Duration;

use super::Watch;
use crate::aws::dms::SlotUse;
use crate::aws::health::{self, Health};
use crate::deployment::Deployment;
use crate::pipelines::Output;

pub async fn follow(watch: Watch, deployment: Arc<Deployment>) {
    let resources = deployment.pipeline.stops(false).flat_map(|stop| stop.resources).filter_map(|resource| {
        Some((resource.probe, resource.what, deployment.output(resource.output).ok()?.to_owned()))
    });
    let resources: Vec<_> = resources.collect();
    let existing = deployment.pipeline.stops(false).flat_map(|stop| stop.resources);
    let existing = existing.filter(|resource| deployment.is_existing(resource.output)).map(|resource| resource.what);
    let existing: Vec<_> = existing.collect();
    loop {
        let looked = async { tokio::join!(health::probe(&deployment.clients, resources.clone()), slot(&deployment)) };
        let Some((health, slot)) = watch.cancel.run_until_cancelled(looked).await else { return };
        let health = marked(health, &existing);
        {
            let mut state = watch.model.lock();
            if state.slot != slot {
                state.version += 1;
                state.slot = slot;
            }
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

/// Marks the resources that outboxctl did not create.
fn marked(mut health: Vec<Health>, existing: &[&str]) -> Vec<Health> {
    for one in health.iter_mut().filter(|one| existing.contains(&one.what)) {
        let separator = if one.detail.is_empty() { "" } else { "; " };
        one.detail.push_str(&format!("{separator}existing, left alone"));
    }
    health
}

/// Returns the slot that the capture needs; none without a capture, or if DMS does not answer, which its health shows.
async fn slot(deployment: &Deployment) -> SlotUse {
    let (Ok(task), Ok(source)) = (deployment.output(Output::TaskArn), deployment.output(Output::SourceEndpointArn))
    else {
        return SlotUse::default();
    };
    SlotUse::find(&deployment.clients, task, source).await.unwrap_or_default()
}
