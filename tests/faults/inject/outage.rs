//! A target that is down for minutes, while writes continue.

use futures_util::FutureExt;
use futures_util::future::LocalBoxFuture;
use serde_json::{Value, json};

use super::Scene;
use crate::trouble::{Result, trouble};

pub fn stream_down<'a>(scene: &'a Scene<'a>) -> LocalBoxFuture<'a, Result<u64>> {
    async move {
        let strikes = down(scene, "kinesis", "PutRecords").await?;
        let slots = scene.world.ok(&["db", "status"]).await?["slots"].take();
        scene.world.stack.clear_faults().await?;
        let [unconfirmed, retained] = ["lag_bytes", "retained_bytes"].map(|name| sum(&slots, name));
        eprintln!("    (db status during the outage: {unconfirmed} bytes of log not confirmed, {retained} retained)");
        if unconfirmed == 0 || retained < unconfirmed {
            return Err(trouble(format!("db status reports no retained log while the stream is down: {slots}")));
        }
        Ok(strikes)
    }
    .boxed_local()
}

pub fn bus_down<'a>(scene: &'a Scene<'a>) -> LocalBoxFuture<'a, Result<u64>> {
    async move {
        down(scene, "events", "PutEvents").await?;
        scene.world.stack.clear_faults().await
    }
    .boxed_local()
}

/// Every call of the operation fails from now on: waits for the length of the outage, and returns how many failed.
async fn down(scene: &Scene<'_>, service: &str, operation: &str) -> Result<u64> {
    let rule = json!([{"service": service, "operation": operation, "kind": "error", "probability": 1.0}]);
    scene.world.stack.set_faults(rule).await?;
    tokio::time::sleep(scene.outage).await;
    scene.load.continues(1).await?;
    scene.world.stack.struck().await
}

/// A figure of `db status`, of all slots.
fn sum(slots: &Value, name: &str) -> u64 {
    slots.as_array().into_iter().flatten().filter_map(|slot| slot[name].as_u64()).sum()
}
