//! Reads the state of the deployed resources, as the services name it.

use std::sync::Arc;
use std::time::Duration;

use super::Watch;
use crate::aws::dms::SlotUse;
use crate::deployment::Deployment;
use crate::pipelines::Output;

const SOURCE: &str = "AWS services";

pub async fn follow(watch: Watch, deployment: Arc<Deployment>) {
    loop {
        watch.model.lock().ask(SOURCE);
        let looked = async { tokio::join!(deployment.health(), slot(&deployment)) };
        let Some((health, slot)) = watch.cancel.run_until_cancelled(looked).await else { return };
        {
            let mut state = watch.model.lock();
            // A service without an answer has an error in its own line.
            state.source(SOURCE, None);
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

/// Returns the slot that the capture needs; none without a capture, or if DMS does not answer, which its health shows.
async fn slot(deployment: &Deployment) -> SlotUse {
    let (Ok(task), Ok(source)) = (deployment.output(Output::TaskArn), deployment.output(Output::SourceEndpointArn))
    else {
        return SlotUse::default();
    };
    SlotUse::find(&deployment.clients, task, source).await.unwrap_or_default()
}
