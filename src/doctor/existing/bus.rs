//! The existing bus, and the log group that has its events.

use super::{Finding, Subject, not_found};
use crate::aws::log_groups;
use crate::base::error::{AwsContext, RESOURCE_MISSING, Result};
use crate::streams::bus as tap;

pub const BUS: &str = "existing bus";
pub const LOG: &str = "existing event log";

pub async fn bus(subject: Subject<'_>, name: &str) -> Result<Vec<Finding>> {
    let answer = subject.deployment.clients.eventbridge().describe_event_bus().name(name).send().await;
    Ok(vec![match answer.aws_unless(RESOURCE_MISSING, format!("look at bus {name}"))? {
        Some(_) => Finding::ok(BUS, name),
        None => not_found(BUS, &format!("bus {name}")),
    }])
}

/// Checks that the log group exists, and that a rule of the bus writes to it.
pub async fn log(subject: Subject<'_>, bus: &str, group: &str) -> Result<Vec<Finding>> {
    let clients = &subject.deployment.clients;
    if log_groups::find(clients, group).await?.is_none() {
        return Ok(vec![not_found(LOG, &format!("log group {group}"))]);
    }
    let rules = tap::rules(clients, bus, None).await?.unwrap_or_default();
    for rule in rules.iter().filter_map(|rule| rule.name()) {
        let targets = clients.eventbridge().list_targets_by_rule().event_bus_name(bus).rule(rule).send().await;
        let targets = targets.aws(format!("list the targets of rule {rule}"))?;
        if targets.targets().iter().any(|target| is_group(target.arn(), group)) {
            return Ok(vec![Finding::ok(LOG, format!("{group}, written by rule {rule}"))]);
        }
    }
    let text = format!("no rule of bus {bus} writes to log group {group}");
    let remedy = "add a rule with the source prefix `outbox.` and the log group as its target, or remove event_log_group from \
                  [existing]: outboxctl then creates log group and rule";
    Ok(vec![Finding::failed(LOG, text, remedy)])
}

/// Returns whether the ARN of a target is that of the log group.
fn is_group(arn: &str, group: &str) -> bool {
    arn.split_once(":log-group:").is_some_and(|(_, name)| name.trim_end_matches(":*") == group)
}

#[cfg(test)]
mod tests {
    use super::is_group;

    #[test]
    fn a_log_group_is_recognised_by_its_whole_name() {
        let arn = "arn:aws:logs:eu-west-1:111122223333:log-group:/aws/events/shop";
        assert!(is_group(arn, "/aws/events/shop") && is_group(&format!("{arn}:*"), "/aws/events/shop"));
        assert!(!is_group(arn, "/aws/events/sho") && !is_group(&format!("{arn}-2"), "/aws/events/shop"));
    }
}
