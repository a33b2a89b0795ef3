//! Checks of the resources that `[existing]` names: they exist, and the pipeline can use them. `deploy` runs them before
//! it changes anything.

mod bus;
pub mod candidates;
mod cluster;
mod database;
pub(super) mod inside;
mod network;
mod reach;
pub mod references;
mod replication;
mod routes;
mod services;
mod stream;
mod task;

use std::collections::BTreeMap;
use std::time::Duration;

use super::Finding;
use super::run::{Check, run};
use crate::deployment::Deployment;
use crate::pipelines::{self, Output};
use crate::settings::ExistingKey;

/// The deployment whose existing resources are checked.
#[derive(Clone, Copy)]
struct Subject<'a> {
    deployment: &'a Deployment,
    /// Template parameters as a deploy would set them.
    parameters: &'a BTreeMap<String, String>,
    /// A deploy follows.
    deploys: bool,
}

/// Returns the checks; none if nothing exists.
pub(super) fn checks<'a>(
    deployment: &'a Deployment,
    parameters: &'a BTreeMap<String, String>,
    deploys: bool,
) -> Vec<Check<'a>> {
    let subject = Subject { deployment, parameters, deploys };
    let mut checks = Vec::new();
    let given = |output: Output| deployment.given().value(output);
    if !deployment.given().is_empty() {
        checks.push(Check::new("existing resources", async move { Ok(incomplete(subject)) }));
    }
    if given(Output::VpcId).is_some() {
        checks.push(Check::new(reach::CHECK, network::network(subject)));
    }
    if let Some(endpoint) = given(Output::DatabaseEndpoint) {
        checks.push(Check::new(database::CHECK, database::instance(subject, endpoint)));
        if let Some(name) = deployment.given().existing().get(ExistingKey::DatabaseCluster) {
            checks.push(Check::new(database::CHECK, cluster::cluster(subject, name, endpoint)));
        }
        if let Some(arn) = given(Output::DatabaseSecretArn) {
            checks.push(Check::new(database::SECRET, database::secret(subject, arn, endpoint)));
            checks.push(Check::new(inside::CHECK, inside::inside(subject)));
        }
    }
    if deployment.has_secret_alone() {
        checks.push(Check::new(inside::CHECK, inside::inside(subject)));
    }
    // That of an existing task is not the user's choice here.
    if let (Some(arn), None) = (given(Output::ReplicationInstanceArn), given(Output::TaskArn)) {
        checks.push(Check::new(replication::CHECK, replication::instance(subject, arn)));
    }
    if let Some(arn) = given(Output::TaskArn) {
        checks.push(Check::new(task::CHECK, task::task(subject, arn)));
    }
    if let Some(name) = given(Output::StreamName) {
        checks.push(Check::new(stream::CHECK, stream::stream(subject, name)));
    }
    if let Some(name) = given(Output::BusName) {
        checks.push(Check::new(bus::BUS, bus::bus(subject, name)));
        if let Some(log) = given(Output::EventLogGroup) {
            checks.push(Check::new(bus::LOG, bus::log(subject, name, log)));
        }
    }
    checks
}

/// Returns a finding for each stack of which only a part is given. A pipeline of other tools, without a deployed stack,
/// needs only the resources that are followed.
fn incomplete(subject: Subject<'_>) -> Vec<Finding> {
    let deployment = subject.deployment;
    if !subject.deploys && !deployment.exists() {
        return Vec::new();
    }
    let found = pipelines::incomplete(deployment.pipeline, deployment.given().existing());
    found.into_iter().map(|one| Finding::failed(format!("existing {}", one.key.name()), one.text, one.remedy)).collect()
}

/// Runs all checks before a deploy.
pub async fn examine(deployment: &Deployment, parameters: &BTreeMap<String, String>, limit: Duration) -> Vec<Finding> {
    let deployment = deployment.clone().fail_fast();
    run(checks(&deployment, parameters, true), limit, &|_| {}).await
}

/// Returns both values if they are known and differ.
fn differing<'a>(found: Option<&'a str>, wanted: Option<&'a str>) -> Option<(&'a str, &'a str)> {
    found.zip(wanted).filter(|(found, wanted)| found != wanted)
}

/// Returns the finding for a resource that was not found.
fn not_found(check: &str, what: &str) -> Finding {
    let remedy = "correct the name in [existing] of outboxctl.toml, the region or the account, or create it";
    Finding::failed(check, format!("{what} was not found"), remedy)
}
