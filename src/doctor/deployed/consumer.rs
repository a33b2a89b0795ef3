//! The reader of the stream: Lambda's event source mapping, or consumers that share leases.

use std::time::Duration;

use super::{DELETED, Finding, Subject, gone, missing};
use crate::aws::function::log_group;
use crate::base::error::{AwsContext, RESOURCE_MISSING, Result};
use crate::pipelines::Output;
use crate::settings::DEFAULT_GROUP;

/// Consumers renew their leases every quarter of the lease duration, by default every 5 s.
const RENEWAL: Duration = Duration::from_secs(7);

pub async fn mapping(subject: Subject<'_>) -> Result<Vec<Finding>> {
    const CHECK: &str = "event source mapping";
    let Some(id) = subject.output(Output::EventSourceMappingId) else { return Ok(missing(CHECK)) };
    let found = subject.context.clients.lambda().get_event_source_mapping().uuid(id).send().await;
    let found = found.aws_unless(RESOURCE_MISSING, format!("look at mapping {id}"))?;
    let Some(found) = found else { return Ok(gone(CHECK, format!("mapping {id}"), DELETED)) };
    let word = found.state().unwrap_or("unknown").to_lowercase();
    let last = found.last_processing_result().unwrap_or("nothing yet");
    let why = found.state_transition_reason().unwrap_or("Lambda gives no reason");
    let text = format!("its last result: {last}");
    let group = match subject.output(Output::PublisherFunction) {
        Some(function) if last.starts_with("PROBLEM") => log_group(&subject.context.clients, function).await,
        _ => String::new(),
    };
    Ok(vec![match word.as_str() {
        "disabled" | "disabling" => Finding::failed(
            CHECK,
            format!("the mapping is {word}: {why}"),
            format!("enable it: `aws lambda update-event-source-mapping --enabled --uuid {id}`"),
        )
        .word(word),
        "enabled" if last.starts_with("PROBLEM") => {
            Finding::failed(CHECK, text, format!("its log group has the reason: {group}")).word("failing")
        }
        "enabled" => Finding::ok(CHECK, text).word(word),
        _ => Finding::warning(CHECK, format!("the mapping is {word}"), "the change continues by itself").word(word),
    }])
}

pub async fn leases(subject: Subject<'_>) -> Result<Vec<Finding>> {
    const CHECK: &str = "consumer";
    let Ok(consumers) = subject.deployment.consumers(DEFAULT_GROUP) else { return Ok(missing(CHECK)) };
    let (held, all) = consumers.shards().await?;
    let start = "start one: `outboxctl consume --exec COMMAND`";
    if held == 0 {
        let text = format!("no consumer of group {DEFAULT_GROUP} holds a shard");
        return Ok(vec![Finding::warning(CHECK, text, start).word("none")]);
    }
    Ok(vec![match consumers.are_alive(RENEWAL).await? {
        true => Finding::ok(CHECK, format!("{held} of {all} shards are held in group {DEFAULT_GROUP}")).word("running"),
        false => {
            let text = format!("no lease of group {DEFAULT_GROUP} was renewed for {} s", RENEWAL.as_secs());
            Finding::failed(CHECK, text, start).word("silent")
        }
    }])
}
