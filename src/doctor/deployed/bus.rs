//! The event bus and its log.

use aws_sdk_eventbridge::types::RuleState;

use super::{Finding, Scene, missing};
use crate::error::{AwsContext, Result, sdk_code};
use crate::pipelines::Stop;
use crate::report::count;

pub async fn bus(scene: Scene<'_>, stop: &Stop) -> Result<Vec<Finding>> {
    const CHECK: &str = "bus";
    let Some(name) = scene.output(stop.output) else { return Ok(missing(CHECK)) };
    let events = scene.ground.clients.eventbridge();
    let rules = match events.list_rules().event_bus_name(name).send().await {
        Err(error) if sdk_code(&error) == "ResourceNotFoundException" => {
            let remedy = scene.restore(stop.output);
            return Ok(vec![Finding::failed(CHECK, format!("bus {name} is gone"), remedy).word("gone")]);
        }
        answer => answer.aws(format!("list the rules of bus {name}"))?,
    };
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

pub async fn log(scene: Scene<'_>, stop: &Stop) -> Result<Vec<Finding>> {
    const CHECK: &str = "event log";
    let Some(name) = scene.output(stop.output) else { return Ok(missing(CHECK)) };
    let answer = scene.ground.clients.logs().describe_log_groups().log_group_name_prefix(name).send().await;
    let answer = answer.aws(format!("look for log group {name}"))?;
    let found = answer.log_groups().iter().find(|group| group.log_group_name() == Some(name));
    Ok(vec![match found {
        Some(group) => {
            let kept = group.retention_in_days().map_or("for ever".to_owned(), |days| format!("{days} days"));
            Finding::ok(CHECK, format!("{name}, kept {kept}")).word("active")
        }
        None => Finding::failed(
            CHECK,
            format!("log group {name} is gone"),
            format!("create it again: `aws logs create-log-group --log-group-name {name}`"),
        )
        .word("gone"),
    }])
}
