//! Checks of a deployment: the stacks, every stop of an event, dead letters and alarms.

mod bus;
mod capture;
mod cluster;
mod consumer;
mod database;
mod failures;
mod functions;
mod rights;
mod stacks;
mod stream;
mod tables;

use std::fmt::Display;

use super::run::{Check, OnFinding, run};
use super::{Context, Finding};
use crate::deployment::Deployment;
use crate::pipelines::{Output, Part, Stop};

/// The deployment that the checks in this folder are about, with their context.
#[derive(Clone, Copy)]
struct Subject<'a> {
    context: &'a Context<'a>,
    deployment: &'a Deployment,
}

impl<'a> Subject<'a> {
    /// Returns an output of any stack; None while the stack is not deployed.
    fn output(&self, name: Output) -> Option<&'a str> {
        self.deployment.output(name).ok()
    }

    /// Returns the remedy for a missing resource that this output names.
    fn restore(&self, name: Output) -> &'static str {
        match self.deployment.is_existing(name) {
            true => {
                "it was not found where [existing] in outboxctl.toml expects it: correct the name, the region or the account"
            }
            false => DELETED,
        }
    }

    /// Returns the remedy for a missing resource with data that this output names.
    fn restore_data(&self, name: Output) -> &'static str {
        match self.deployment.is_existing(name) {
            true => self.restore(name),
            false => "restore it from a backup or a snapshot, or run `outboxctl destroy`, then `outboxctl deploy`",
        }
    }

    /// Returns the checks of a stop.
    fn checks(self, stop: &'a Stop) -> Vec<Check<'a>> {
        let hop = stop.part.hop();
        match stop.part {
            Part::Api => vec![Check::at(hop, "writer", functions::writer(self))],
            Part::Database => vec![
                Check::at(hop, "database", database::server(self)),
                Check::at(hop, "database schema", database::inside(self)),
            ],
            Part::OutboxTable | Part::Table => vec![Check::at(hop, "table", tables::table(self, stop))],
            Part::Capture => vec![
                Check::at(hop, "capture task", capture::task(self)),
                Check::at(hop, "capture connections", capture::connections(self)),
            ],
            Part::KinesisDestination => {
                vec![Check::at(hop, tables::DESTINATION, tables::destination(self, stop))]
            }
            Part::Kinesis => vec![Check::at(hop, "stream", stream::kinesis(self, stop))],
            Part::TableStream => vec![Check::at(hop, "stream", stream::of_table(self, stop))],
            Part::Publisher => vec![
                Check::at(hop, "publisher", functions::function(self, "publisher", Output::PublisherFunction, "")),
                Check::at(hop, "event source mapping", consumer::mapping(self)),
            ],
            Part::Consumers => vec![Check::at(hop, "consumer", consumer::leases(self))],
            Part::Bus => vec![Check::at(hop, "bus", bus::bus(self, stop))],
            Part::EventLog => vec![Check::at(hop, "event log", bus::log(self, stop))],
            // The database's own check reads it.
            Part::ProcessedLog => Vec::new(),
            Part::Receiver => {
                vec![Check::at(hop, "receiver", functions::function(self, "receiver", Output::ConsumerFunction, ""))]
            }
        }
    }
}

/// Marks a finding of an existing resource.
fn marked(deployment: &Deployment, mut finding: Finding) -> Finding {
    let mut stops = deployment.stops().filter(|stop| Some(stop.part.hop()) == finding.hop);
    if stops.any(|stop| deployment.is_existing_stop(stop)) {
        finding.message.push_str(" (existing, left alone)");
    }
    finding
}

/// Remedy for a resource that a stack still lists.
const DELETED: &str =
    "it was deleted outside of CloudFormation, which can't restore it: `outboxctl destroy`, then `outboxctl deploy`";

/// Returns the finding for a resource that does not exist any more.
fn gone(check: &str, subject: impl Display, remedy: impl Into<String>) -> Vec<Finding> {
    vec![Finding::failed(check, format!("{subject} is gone"), remedy).word("gone")]
}

/// Returns the finding for a stop whose stack is not deployed.
fn missing(check: &str) -> Vec<Finding> {
    vec![Finding::failed(check, "its stack is not deployed", "run `outboxctl deploy`").word("missing")]
}

/// Runs every check of a deployment; a single finding where nothing is deployed.
pub async fn examine(context: &Context<'_>, deployment: &Deployment) -> Vec<Finding> {
    if !deployment.is_known() {
        let text = format!("{} is not deployed in stage {}", deployment.pipeline.name, deployment.stage);
        let finding = Finding::ok("stacks", text);
        (context.on_finding)(&finding);
        return vec![finding];
    }
    let on_finding: OnFinding<'_> = &|finding: &Finding| (context.on_finding)(&marked(deployment, finding.clone()));
    let subject = Subject { context, deployment };
    let mut checks = vec![Check::new("stacks", async move { Ok(stacks::examine(subject).await) })];
    deployment.stops().for_each(|stop| checks.extend(subject.checks(stop)));
    checks.push(Check::new("function rights", rights::rights(subject)));
    checks.push(Check::new("dead letters", failures::failure_bucket(subject)));
    checks.push(Check::new("dead-letter queues", failures::queues(subject)));
    checks.push(Check::new("alarms", failures::alarms(subject)));
    let findings = run(checks, context.limit, on_finding).await;
    findings.into_iter().map(|finding| marked(deployment, finding)).collect()
}
