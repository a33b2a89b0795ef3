//! Calls to AWS that fail, by the gateway's faults.

use futures_util::FutureExt;
use futures_util::future::LocalBoxFuture;
use serde_json::{Value, json};

use crate::trouble::{Result, until};

use super::Scene;

/// Sets rules, waits until they struck as often as wanted while the load goes on, and removes them.
fn during_load<'a>(scene: &'a Scene<'a>, rules: Value, strikes: u64) -> LocalBoxFuture<'a, Result<u64>> {
    async move {
        scene.world.stack.set_faults(rules).await?;
        let struck = async {
            scene.load.continues(20).await?;
            until("the fault strikes", async || Ok((scene.world.stack.struck().await? >= strikes).then_some(()))).await
        };
        let struck = struck.await;
        let count = scene.world.stack.clear_faults().await?;
        struck.map(|()| count)
    }
    .boxed_local()
}

/// PutEvents fails in this way.
pub fn on_bus<'a>(scene: &'a Scene<'a>, kind: &str) -> LocalBoxFuture<'a, Result<u64>> {
    on_operation(scene, "events", "PutEvents", kind)
}

/// PutRecords fails in this way.
pub fn on_stream<'a>(scene: &'a Scene<'a>, kind: &str) -> LocalBoxFuture<'a, Result<u64>> {
    on_operation(scene, "kinesis", "PutRecords", kind)
}

fn on_operation<'a>(
    scene: &'a Scene<'a>,
    service: &str,
    operation: &str,
    kind: &str,
) -> LocalBoxFuture<'a, Result<u64>> {
    // Partial leaves every other one through by itself; the others strike two of three requests.
    let probability = if kind == "partial" { 1.0 } else { 0.66 };
    let rule = json!([{"service": service, "operation": operation, "kind": kind, "probability": probability}]);
    during_load(scene, rule, 6)
}

/// A third of the requests each.
fn mixed(service: &str, operation: Option<&str>, kinds: [&str; 3]) -> Value {
    let rule = |kind: &str| match operation {
        Some(operation) => json!({"service": service, "operation": operation, "kind": kind, "probability": 0.25}),
        None => json!({"service": service, "kind": kind, "probability": 0.25}),
    };
    kinds.map(rule).into_iter().collect()
}

pub fn read_fails<'a>(scene: &'a Scene<'a>) -> LocalBoxFuture<'a, Result<u64>> {
    during_load(scene, mixed("kinesis", Some("GetRecords"), ["throttle", "error", "drop"]), 20)
}

pub fn leases_fail<'a>(scene: &'a Scene<'a>) -> LocalBoxFuture<'a, Result<u64>> {
    during_load(scene, mixed("dynamodb", Some("UpdateItem"), ["throttle", "error", "late"]), 6)
}
