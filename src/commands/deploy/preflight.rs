//! Checks before the first stack changes: changes that AWS does not make in one step, and quotas of the account.

use std::collections::BTreeMap;

use super::existing;
use crate::aws::account::{self, UNRESERVED};
use crate::aws::databases::Server;
use crate::aws::{Clients, stream};
use crate::base::error::{Error, Kind, Result};
use crate::commands::Context;
use crate::deployment::Deployment;
use crate::pipelines::{self, AURORA, DATABASE, ENGINE, Output, POSTGRES, Pipeline};

/// The parameter with the reserved executions of the API's writer.
const RESERVATION: &str = "WriterConcurrency";

/// Rejects changes that AWS would reject after minutes, and adapts defaults to the account.
///
/// # Errors
/// `Usage` with the steps to take instead.
pub async fn check(
    ctx: &Context,
    clients: &Clients,
    deployment: &Deployment,
    overrides: &mut BTreeMap<String, String>,
) -> Result<()> {
    let deployed = |name: &str| deployed(deployment, name);
    if let (Some(before), Some(after)) = (deployed("DatabaseVersion"), overrides.get("DatabaseVersion"))
        && before != after
        && !deployment.replaces(&DATABASE)
    {
        let is_aurora = matches!(deployment.server(), Some(Server::Cluster(_)));
        return Err(other_version(ctx, is_aurora, before, after));
    }
    accepted(deployment.pipeline, overrides)?;
    let values = consistent(deployment, overrides)?;
    existing::check(ctx, deployment, overrides, &values).await?;
    engine(ctx, deployment, overrides, &values)?;
    if let (Some(before), Some(after)) =
        (number(deployed("Shards")), number(overrides.get("Shards").map(String::as_str)))
        && before != after
        && after != 0
    {
        // An on-demand stream that becomes provisioned keeps its current shards.
        let open = match before {
            0 => stream::open_shards(clients, deployment.output(Output::StreamName)?).await?,
            shards => shards,
        };
        reshard(ctx, open, after)?;
    }
    if !ctx.settings.local && deployed(RESERVATION).is_none() {
        reserve(ctx, clients, deployment.pipeline, overrides).await?;
    }
    Ok(())
}

/// Returns the value of a parameter in the deployed stacks.
fn deployed<'a>(deployment: &'a Deployment, name: &str) -> Option<&'a str> {
    deployment.stacks.iter().find_map(|view| view.parameter(name))
}

/// Checks that the database that outboxctl creates keeps its engine, and that each of the user's parameters has an effect
/// with it.
fn engine(
    ctx: &Context,
    deployment: &Deployment,
    overrides: &BTreeMap<String, String>,
    values: &BTreeMap<String, String>,
) -> Result<()> {
    if deployment.replaces(&DATABASE) {
        return Ok(());
    }
    if let Some(text) = pipelines::of_other_engine(overrides, values) {
        return Err(Error::new(Kind::Usage, text).hint("remove it from [parameters] and from the flags"));
    }
    let wanted = overrides.get(ENGINE).map(String::as_str);
    // A stack of an earlier version has RDS for PostgreSQL, and no parameter for it.
    let before = deployment.server().and_then(|server| match server {
        _ if deployment.is_existing(Output::DatabaseEndpoint) => None,
        Server::Instance(_) => Some(POSTGRES),
        Server::Cluster(_) => Some(AURORA),
    });
    match (before.or(deployed(deployment, ENGINE)), wanted) {
        (Some(before), Some(after)) if before != after => Err(other_engine(ctx, before, after)),
        _ => Ok(()),
    }
}

fn other_engine(ctx: &Context, before: &str, after: &str) -> Error {
    let message = format!(
        "{ENGINE} is {before}, and a deploy can't make it {after}: the database would be deleted and another one created"
    );
    Error::new(Kind::Usage, message)
        .hint(format!("keep the database as it is: leave {ENGINE} = {before} in outboxctl.toml"))
        .hint(format!(
            "to move to {after}: {}",
            move_to_another_stage(ctx, &format!("--stage NAME --parameter {ENGINE}={after}"))
        ))
}

/// Returns the steps from the database of one stage to that of another one.
fn move_to_another_stage(ctx: &Context, flags: &str) -> String {
    format!(
        "deploy another stage with it ({flags}); stop the writers; wait until `{}` finds nothing missing; copy your tables \
         with pg_dump and pg_restore; point the writers to the other stage",
        ctx.settings.command("reconcile")
    )
}

/// Checks that the parameters of the stacks, including those of earlier deploys, are consistent. Returns them, with the
/// templates' defaults.
fn consistent(deployment: &Deployment, overrides: &BTreeMap<String, String>) -> Result<BTreeMap<String, String>> {
    let parameters = pipelines::parameters(deployment.pipeline)?;
    let before =
        parameters.iter().filter_map(|one| Some((one.name.clone(), deployed(deployment, &one.name)?.to_owned())));
    let values = before.chain(overrides.clone()).collect();
    match pipelines::contradiction(&parameters, &values) {
        None => {
            let defaults = parameters.into_iter().filter_map(|parameter| Some((parameter.name, parameter.default?)));
            Ok(defaults.chain(values).collect())
        }
        Some(text) => Err(Error::new(Kind::Usage, text).hint("set both, in outboxctl.toml or with --parameter")),
    }
}

/// Checks the user's values, as CloudFormation does for each stack: the first stacks would be created before it reaches a
/// wrong value.
fn accepted(pipeline: &Pipeline, overrides: &BTreeMap<String, String>) -> Result<()> {
    let parameters = pipelines::parameters(pipeline)?;
    let objections = parameters.iter().filter_map(|one| one.objection(overrides.get(&one.name)?));
    let objections: Vec<_> = objections.collect();
    match objections.is_empty() {
        true => Ok(()),
        false => Err(Error::new(Kind::Usage, objections.join("; "))
            .hint("correct it in [parameters] of outboxctl.toml, or in --parameter; nothing was deployed")),
    }
}

fn number(text: Option<&str>) -> Option<u32> {
    text?.parse().ok()
}

/// Returns the error for another major version of the database: RDS refuses an upgrade while the capture's slot exists,
/// and has no downgrade ("Choosing a major version for an RDS for PostgreSQL upgrade" in the RDS user guide).
fn other_version(ctx: &Context, is_aurora: bool, before: &str, after: &str) -> Error {
    let keep = format!("keep the database as it is: set DatabaseVersion = \"{before}\" in outboxctl.toml");
    if number(Some(after)) < number(Some(before)) {
        let message = format!(
            "DatabaseVersion is {before}, and can't become {after}: RDS does not downgrade a database to another major version"
        );
        return Error::new(Kind::Usage, message).hint(keep).hint(format!(
            "to go back to {after}: deploy another stage with it (--stage NAME --parameter DatabaseVersion={after}), or \
             restore the snapshot from before the upgrade; neither has the rows that were written since"
        ));
    }
    let message = format!(
        "DatabaseVersion is {before}, and a deploy can't make it {after}: RDS refuses a major upgrade while the capture's \
         replication slot exists"
    );
    let error = Error::new(Kind::Usage, message).hint(keep);
    match is_aurora {
        true => error.hint(format!(
            "to move to {after}: {}; or upgrade the cluster by hand (`outboxctl explain upgrades`)",
            move_to_another_stage(ctx, &format!("--stage NAME --parameter DatabaseVersion={after}"))
        )),
        false => error.hint(format!(
            "to upgrade: `{}`, which also delivers the events that are written during the upgrade",
            ctx.settings.command(&format!("db upgrade --to {after}"))
        )),
    }
}

/// Checks the shard count: UpdateShardCount takes up to double the open shards and down to half of them (Kinesis API
/// reference).
fn reshard(ctx: &Context, open: u32, wanted: u32) -> Result<()> {
    let steps = steps(open, wanted);
    if steps.len() <= 1 {
        return Ok(());
    }
    let steps: Vec<_> = steps.iter().map(u32::to_string).collect();
    let message =
        format!("the stream has {open} shards and can't have {wanted} at once: Kinesis doubles or halves them at most");
    Err(Error::new(Kind::Usage, message).hint(format!(
        "change it in steps, each with a `{}`: Shards = {}; Kinesis allows ten such changes a day",
        ctx.settings.command("deploy --parameter Shards=N"),
        steps.join(", ")
    )))
}

/// Returns the shard counts of the steps.
fn steps(open: u32, wanted: u32) -> Vec<u32> {
    let (mut steps, mut now) = (Vec::new(), open.max(1));
    while now != wanted {
        now = if wanted > now { wanted.min(now.saturating_mul(2)) } else { wanted.max(now.div_ceil(2)) };
        steps.push(now);
    }
    steps
}

/// Reserves no executions on a first deploy if the account's quota is too low for the default.
async fn reserve(
    ctx: &Context,
    clients: &Clients,
    pipeline: &Pipeline,
    overrides: &mut BTreeMap<String, String>,
) -> Result<()> {
    let parameters = pipelines::parameters(pipeline)?;
    let Some(parameter) = parameters.iter().find(|parameter| parameter.name == RESERVATION) else { return Ok(()) };
    let wanted = overrides.get(RESERVATION).or(parameter.default.as_ref());
    let wanted: i64 = wanted.and_then(|text| text.parse().ok()).unwrap_or(0);
    if wanted == 0 {
        return Ok(());
    }
    let free = match account::unreserved(clients).await {
        Ok(Some(free)) => free,
        Ok(None) => return Ok(()),
        Err(error) => {
            ctx.console.detail(format!("the account's limits of Lambda can't be read: {error}"));
            return Ok(());
        }
    };
    if free - wanted >= UNRESERVED {
        return Ok(());
    }
    if overrides.contains_key(RESERVATION) {
        let message = format!(
            "{RESERVATION} is {wanted}, and the account has {free} executions, of which Lambda keeps {UNRESERVED} unreserved"
        );
        return Err(Error::new(Kind::Usage, message)
            .hint(format!("set {RESERVATION} = 0, or ask for a higher limit in the Service Quotas console")));
    }
    ctx.console.note(format!(
        "the account has {free} executions of functions, too few to reserve {wanted} for the API's writer: {RESERVATION} is 0"
    ));
    overrides.insert(RESERVATION.to_owned(), "0".to_owned());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::steps;

    #[test]
    fn shard_counts_change_by_at_most_a_factor_of_two() {
        assert_eq!(steps(1, 2), [2]);
        assert_eq!(steps(1, 10), [2, 4, 8, 10]);
        assert_eq!(steps(4, 1), [2, 1]);
        assert_eq!(steps(5, 3), [3]);
        assert_eq!(steps(5, 2), [3, 2]);
        assert_eq!(steps(4, 3), [3]);
        assert_eq!(steps(3, 3), [0u32; 0]);
    }
}
