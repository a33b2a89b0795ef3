//! The event bus and its log.

use aws_sdk_eventbridge::types::RuleState;

use super::{Finding, Subject, gone, missing};
use crate::aws::log_groups;
use crate::error::{AwsContext, RESOURCE_MISSING, Result};
use crate::pipelines::Stop;
use crate::report::count;

pub async fn bus(subject: Subject<'_>, stop: &Stop) -> Result<Vec<Finding>> {
    const CHECK: &str = "bus";
    let Some(name) = subject.output(stop.output) else { return Ok(missing(CHECK)) };
    let events = subject.context.clients.eventbridge();
    let rules = events.list_rules().event_bus_name(name).send().await;
    let rules = rules.aws_unless(RESOURCE_MISSING, format!("list the rules of bus {name}"))?;
    let Some(rules) = rules else { return Ok(gone(CHECK, format!("bus {name}"), subject.restore(stop.output))) };
    let off: Vec<_> = rules
        .rules()
        .iter()
        .filter(|rule| rule.state() == Some(&RuleState::Disabled))
        .filter_map(|rule| rule.name())
        .collect();
    Ok(vec![match off.as_slice() {
        [] => Finding::ok(CHECK, format!("{name}, {}", count(rules.rules().len(), "rule"))).word("active"),
        off => Finding::failed(
            CHECK,
            format!("disabled rules: {}", off.join(", ")),
            format!("enable each: `aws events enable-rule --event-bus-name {name} --name NAME`"),
        )
        .word("disabled"),
    }])
}

pub async fn log(subject: Subject<'_>, stop: &Stop) -> Result<Vec<Finding>> {
    const CHECK: &str = "event log";
    let Some(name) = subject.output(stop.output) else { return Ok(missing(CHECK)) };
    let Some(group) = log_groups::find(&subject.context.clients, name).await? else {
        let remedy = format!("create it again: `aws logs create-log-group --log-group-name {name}`");
        return Ok(gone(CHECK, format!("log group {name}"), remedy));
    };
    let kept = group.retention_in_days().map_or("for ever".to_owned(), |days| format!("{days} days"));
    Ok(vec![Finding::ok(CHECK, format!("{name}, kept {kept}")).word("active")])
}
