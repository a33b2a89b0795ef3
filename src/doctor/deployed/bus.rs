//! The event bus and its log.

use aws_sdk_eventbridge::types::RuleState;

use super::{Finding, Subject, gone, missing};
use crate::aws::log_groups;
use crate::base::error::Result;
use crate::base::report::count;
use crate::pipelines::Stop;
use crate::streams::bus as tap;

pub async fn bus(subject: Subject<'_>, stop: &Stop) -> Result<Vec<Finding>> {
    const CHECK: &str = "bus";
    let Some(name) = subject.output(stop.output) else { return Ok(missing(CHECK)) };
    let Some(rules) = tap::rules(&subject.context.clients, name, None).await? else {
        return Ok(gone(CHECK, format!("bus {name}"), subject.restore(stop.output)));
    };
    let off = rules.iter().filter(|rule| rule.state() == Some(&RuleState::Disabled));
    let off: Vec<_> = off.filter_map(|rule| rule.name()).collect();
    if off.is_empty() {
        return Ok(vec![Finding::ok(CHECK, format!("{name}, {}", count(rules.len(), "rule"))).word("active")]);
    }
    let text = format!("disabled rules: {}", off.join(", "));
    let command = format!("`aws events enable-rule --event-bus-name {name} --name NAME`");
    // Other applications may have disabled their rules on a bus that they share.
    Ok(vec![match subject.deployment.is_existing(stop.output) {
        true => Finding::warning(CHECK, text, format!("enable those that receive events of this pipeline: {command}")),
        false => Finding::failed(CHECK, text, format!("enable each: {command}")).word("disabled"),
    }])
}

pub async fn log(subject: Subject<'_>, stop: &Stop) -> Result<Vec<Finding>> {
    const CHECK: &str = "event log";
    let Some(name) = subject.output(stop.output) else { return Ok(missing(CHECK)) };
    let Some(group) = log_groups::find(&subject.context.clients, name).await? else {
        let remedy = format!("create it again: `aws logs create-log-group --log-group-name {name}`");
        return Ok(gone(CHECK, format!("log group {name}"), remedy));
    };
    let kept = group.retention_in_days().map_or("for ever".to_owned(), |days| count(days, "day"));
    Ok(vec![Finding::ok(CHECK, format!("{name}, kept {kept}")).word("active")])
}
