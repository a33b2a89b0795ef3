//! Rules of the bus, consumers of the stream and rules of security groups that are not of the stacks, and prevent their
//! deletion.
//!
//! EventBridge deletes a bus only without rules (DeleteEventBus in its API reference), and Kinesis a stream only
//! without consumers (DeleteStream). Leftovers of killed outboxctl processes are removed; anything else is reported. An
//! existing bus or stream is not deleted, and its other rules and consumers do not matter.

use std::collections::BTreeSet;

use crate::aws::Clients;
use crate::base::error::{Error, Kind, Result};
use crate::cloudformation::Engine;
use crate::commands::Context;
use crate::deployment::Deployment;
use crate::doctor::references;
use crate::pipelines::{NETWORK, Output};
use crate::streams::{bus, kinesis::fan_out};

/// Removes what killed outboxctl processes left on the bus and the stream.
///
/// # Errors
/// `Usage` with the names of foreign rules and consumers, before anything is deleted.
pub async fn check(ctx: &Context, clients: &Clients, engine: &Engine, deployment: &Deployment) -> Result<()> {
    let mut foreign = Vec::new();
    if let Ok(name) = deployment.output(Output::BusName) {
        let removed = bus::remove_orphans(clients, name).await?;
        report(ctx, &removed);
        if !deployment.is_existing(Output::BusName) {
            let own = own_rules(engine, deployment).await?;
            let rules = bus::rules(clients, name, None).await?.unwrap_or_default();
            let names = rules.into_iter().filter_map(|rule| rule.name).filter(|rule| !own.contains(rule));
            foreign.extend(names.map(|rule| format!("rule {rule} on bus {name}")));
        }
    }
    if let Ok(name) = deployment.output(Output::StreamName) {
        let consumers = fan_out::consumers(clients, name).await?;
        report(ctx, &consumers.removed);
        let kept = deployment.is_existing(Output::StreamName);
        let others = consumers.others.iter().filter(|_| !kept);
        foreign.extend(others.map(|consumer| format!("consumer {consumer} of stream {name}")));
    }
    if foreign.is_empty() {
        return Ok(());
    }
    Err(Error::new(Kind::Usage, format!("not created by this pipeline: {}", foreign.join("; "))).hint(
        "the bus and the stream can't be deleted while they exist: end every running `outboxctl tail`, and remove the \
         others with the tool that created them; nothing was deleted",
    ))
}

/// Checks that no security group of an existing VPC names a group of the stack `network`, whose deletion would fail. The
/// rules of an existing database are needed until the task is deleted: DMS drops its replication slot through them.
///
/// # Errors
/// `Failed` with the commands that remove the rules.
pub async fn check_groups(ctx: &Context, clients: &Clients, engine: &Engine, deployment: &Deployment) -> Result<()> {
    let network = deployment.own_stacks().find(|view| view.stack.name == NETWORK.name && view.described.is_some());
    let (Some(network), true) = (network, deployment.is_existing(Output::VpcId)) else { return Ok(()) };
    let own: BTreeSet<_> = engine.resources_of(&network.name, "AWS::EC2::SecurityGroup").await?.into_iter().collect();
    if own.is_empty() {
        return Ok(());
    }
    let commands = match references(clients, deployment.output(Output::VpcId)?, &own).await {
        Err(error) if error.kind() == Kind::AccessDenied => {
            ctx.console.warn(format!("can't check which security groups name those of the pipeline: {error}"));
            return Ok(());
        }
        commands => commands?,
    };
    if commands.is_empty() {
        return Ok(());
    }
    let vpc = deployment.output(Output::VpcId)?;
    let error =
        Error::new(Kind::Failed, format!("security groups of {vpc} have rules that name groups of the pipeline"));
    let error = error.hint(
        "EC2 does not delete a group that another one names: remove the rules, then run `outboxctl destroy` again",
    );
    Err(error.with_hints(commands.into_iter().map(|command| format!("`{command}`"))))
}

fn report(ctx: &Context, removed: &[String]) {
    if !removed.is_empty() {
        ctx.console.note(format!("removed leftovers of killed runs: {}", removed.join(", ")));
    }
}

/// Returns the names of the rules of the pipeline's stacks.
async fn own_rules(engine: &Engine, deployment: &Deployment) -> Result<BTreeSet<String>> {
    let mut own = BTreeSet::new();
    for view in deployment.stacks.iter().filter(|view| view.described.is_some()) {
        let ids = engine.resources_of(&view.name, "AWS::Events::Rule").await?;
        // On a custom bus the id is `bus|rule`; on the local stack it is the name.
        own.extend(ids.iter().map(|id| id.rsplit('|').next().unwrap_or(id).to_owned()));
    }
    Ok(own)
}
