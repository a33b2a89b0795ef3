//! Checks of the resources that `[existing]` names: they exist, and the pipeline can use them. `deploy` runs them before
//! it changes anything.

mod bus;
mod stream;

use std::collections::BTreeMap;
use std::time::Duration;

use super::Finding;
use super::run::{Check, run};
use crate::deployment::Deployment;
use crate::pipelines::Output;

/// The context of the checks.
#[derive(Clone, Copy)]
struct Scene<'a> {
    deployment: &'a Deployment,
    /// Template parameters as a deploy would set them.
    parameters: &'a BTreeMap<String, String>,
}

/// Returns the checks; none if nothing exists.
pub(super) fn checks<'a>(deployment: &'a Deployment, parameters: &'a BTreeMap<String, String>) -> Vec<Check<'a>> {
    let scene = Scene { deployment, parameters };
    let mut checks = Vec::new();
    let given = |output: Output| deployment.given().value(output);
    if let Some(name) = given(Output::StreamName) {
        checks.push(Check::new(stream::CHECK, stream::stream(scene, name)));
    }
    if let Some(name) = given(Output::BusName) {
        checks.push(Check::new(bus::BUS, bus::bus(scene, name)));
        if let Some(log) = given(Output::EventLogGroup) {
            checks.push(Check::new(bus::LOG, bus::log(scene, name, log)));
        }
    }
    checks
}

/// Runs all checks.
pub async fn examine(deployment: &Deployment, parameters: &BTreeMap<String, String>, limit: Duration) -> Vec<Finding> {
    let deployment = deployment.clone().fail_fast();
    run(checks(&deployment, parameters), limit, &|_| {}).await
}

/// Returns the finding for a resource that was not found.
fn not_found(check: &str, what: &str) -> Finding {
    let remedy = "correct the name in [existing] of outboxctl.toml, the region or the account, or create it";
    Finding::failed(check, format!("{what} was not found"), remedy)
}
