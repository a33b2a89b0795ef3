//! What is deployed: the stacks, every place on an event's way, what was given up, and what raises an alarm.

mod aside;
mod bus;
mod capture;
mod consumer;
mod database;
mod functions;
mod rights;
mod stacks;
mod stream;
mod tables;

use super::run::{Check, run};
use super::{Finding, Ground};
use crate::cloudformation::Deployment;
use crate::pipelines::Hop;

/// What every check here has.
#[derive(Clone, Copy)]
struct Scene<'a> {
    ground: &'a Ground<'a>,
    deployment: &'a Deployment,
}

impl<'a> Scene<'a> {
    /// An output of whichever stack has it; None while that stack is not there.
    fn output(&self, name: &str) -> Option<&'a str> {
        self.deployment.output(name).ok()
    }
}

/// The stack of this place is not deployed.
fn missing(check: &str) -> Vec<Finding> {
    vec![Finding::failed(check, "its stack is not deployed", "run `outboxctl deploy`").word("missing")]
}

/// Everything about what is deployed; nothing but a word where nothing is.
pub async fn examine(ground: &Ground<'_>, deployment: &Deployment) -> Vec<Finding> {
    if !deployment.exists() {
        let text = format!("{} is not deployed in stage {}", deployment.pipeline.name, deployment.stage);
        let finding = Finding::ok("stacks", text);
        (ground.told)(&finding);
        return vec![finding];
    }
    let scene = Scene { ground, deployment };
    let has = |stack: &str| ground.pipeline.stack(stack).is_some();
    let mut checks = vec![Check::new("stacks", async move { Ok(stacks::examine(scene).await) })];
    if deployment.has_sample() {
        checks.push(Check::at(Hop::Api, "writer", functions::writer(scene)));
    }
    if has("database") {
        checks.push(Check::at(Hop::Database, "database", database::instance(scene)));
        checks.push(Check::at(Hop::Database, "database schema", database::inside(scene)));
        checks.push(Check::at(Hop::Capture, "capture task", capture::task(scene)));
        checks.push(Check::at(Hop::Capture, "capture connections", capture::connections(scene)));
    }
    if has("tables") {
        checks.push(Check::at(Hop::Table, "table", tables::table(scene)));
    }
    if has("stream") {
        checks.push(Check::at(Hop::Stream, "stream", stream::kinesis(scene)));
    } else {
        checks.push(Check::at(Hop::Stream, "stream", stream::of_table(scene)));
    }
    if has("leases") {
        checks.push(Check::at(Hop::Consumer, "consumer", consumer::leases(scene)));
    } else {
        checks.push(Check::at(Hop::Consumer, "publisher", functions::publisher(scene)));
        checks.push(Check::at(Hop::Consumer, "event source mapping", consumer::mapping(scene)));
        checks.push(Check::at(Hop::Bus, "bus", bus::bus(scene)));
        checks.push(Check::at(Hop::Log, "event log", bus::log(scene)));
    }
    if has("receiver") {
        checks.push(Check::at(Hop::Receiver, "receiver", functions::receiver(scene)));
    }
    checks.push(Check::new("function rights", rights::rights(scene)));
    checks.push(Check::new("dead letters", aside::failure_bucket(scene)));
    checks.push(Check::new("dead-letter queues", aside::queues(scene)));
    checks.push(Check::new("alarms", aside::alarms(scene)));
    run(checks, ground.limit, ground.told).await
}
