//! The queue and the rule of a tap: creating, finding leftovers, and removing.

use std::collections::HashMap;

use aws_sdk_eventbridge::types::{Rule, Tag, Target};
use aws_sdk_sqs::types::QueueAttributeName;
use chrono::Utc;
use serde_json::json;

use crate::aws::Clients;
use crate::base::error::{AwsContext, Error, Kind, RESOURCE_MISSING, Result, sdk_code};
use crate::streams::owner;

/// Prefix of the name that queue and rule share.
pub const PREFIX: &str = "outboxctl-tap-";
const TARGET: &str = "queue";

/// The queue and rule of a tap.
#[derive(Debug, Clone)]
pub struct Resources {
    pub name: String,
    pub bus: String,
    pub queue_url: String,
}

/// Tag with the bus that a tap listens to.
const BUS: &str = "outboxctl:bus";

fn tags(bus: &str) -> HashMap<String, String> {
    owner::tags().into_iter().chain([(BUS.to_owned(), bus.to_owned())]).collect()
}

/// Creates the queue; later steps find it by its name and tags.
pub async fn create_queue(clients: &Clients, bus: &str, name: &str) -> Result<Resources> {
    let answer = clients
        .sqs()
        .create_queue()
        .queue_name(name)
        .attributes(QueueAttributeName::MessageRetentionPeriod, "3600")
        .attributes(QueueAttributeName::SqsManagedSseEnabled, "true")
        .set_tags(Some(tags(bus)))
        .send()
        .await
        .aws(format!("create queue {name}"))?;
    let queue_url = answer.queue_url.unwrap_or_default();
    Ok(Resources { name: name.to_owned(), bus: bus.to_owned(), queue_url })
}

impl Resources {
    /// Creates the rule that sends every event of the bus to the queue.
    pub async fn connect(&self, clients: &Clients) -> Result<()> {
        let action = |what: &str| format!("{what} {}", self.name);
        let arn = QueueAttributeName::QueueArn;
        let attributes =
            clients.sqs().get_queue_attributes().queue_url(&self.queue_url).attribute_names(arn.clone()).send().await;
        let attributes = attributes.aws(action("read attributes of queue"))?;
        let queue_arn = attributes.attributes().and_then(|found| found.get(&arn)).cloned().unwrap_or_default();

        let events = clients.eventbridge();
        let tags = tags(&self.bus).into_iter().map(|(key, value)| Tag::builder().key(key).value(value).build());
        let tags: std::result::Result<Vec<Tag>, _> = tags.collect();
        let rule = events
            .put_rule()
            .name(&self.name)
            .event_bus_name(&self.bus)
            .description("Temporary rule of outboxctl, removed with its queue.")
            .event_pattern(json!({ "source": [{ "prefix": "" }] }).to_string())
            .set_tags(Some(tags.map_err(|e| Error::new(Kind::Unexpected, "the rule's tags").with_source(e))?))
            .send()
            .await
            .aws(action("create rule"))?;
        let policy = json!({
            "Version": "2012-10-17",
            "Statement": [{
                "Effect": "Allow",
                "Principal": { "Service": "events.amazonaws.com" },
                "Action": "sqs:SendMessage",
                "Resource": queue_arn,
                "Condition": { "ArnEquals": { "aws:SourceArn": rule.rule_arn } },
            }],
        });
        let allowed = clients
            .sqs()
            .set_queue_attributes()
            .queue_url(&self.queue_url)
            .attributes(QueueAttributeName::Policy, policy.to_string());
        allowed.send().await.aws(action("let the bus write to queue"))?;
        let target = Target::builder().id(TARGET).arn(queue_arn).build();
        let target = target.map_err(|e| Error::new(Kind::Unexpected, "the rule's target").with_source(e))?;
        let put = events.put_targets().rule(&self.name).event_bus_name(&self.bus).targets(target).send().await;
        match put.aws(action("set the queue as target of rule"))?.failed_entries().first() {
            None => Ok(()),
            Some(entry) => {
                let (code, text) = (entry.error_code().unwrap_or("?"), entry.error_message().unwrap_or(""));
                Err(Error::new(Kind::Aws, format!("set the target of rule {}: {code}: {text}", self.name)))
            }
        }
    }

    /// Removes rule and queue, each even if removing the other fails; missing ones are not an error.
    pub async fn remove(&self, clients: &Clients) -> Result<()> {
        let rule = remove_rule(clients, &self.bus, &self.name).await;
        let queue = match clients.sqs().delete_queue().queue_url(&self.queue_url).send().await {
            Err(error) if is_missing_queue(sdk_code(&error)) => Ok(()),
            answer => answer.aws(format!("delete queue {}", self.name)).map(drop),
        };
        let hint = format!("delete the remaining queue and rule {} manually", self.name);
        rule.and(queue).map_err(|error| error.hint(hint))
    }

    /// Extends the lease, so that processes on other machines do not remove a long-lived tap as an orphan.
    pub async fn renew(&self, clients: &Clients) -> Result<()> {
        let request = clients.sqs().tag_queue().queue_url(&self.queue_url).set_tags(Some(tags(&self.bus)));
        request.send().await.aws(format!("renew queue {}", self.name)).map(drop)
    }
}

/// Returns whether this is a code of SQS for a queue that does not exist.
pub fn is_missing_queue(code: &str) -> bool {
    code == "QueueDoesNotExist" || code == "AWS.SimpleQueueService.NonExistentQueue"
}

async fn remove_rule(clients: &Clients, bus: &str, name: &str) -> Result<()> {
    let events = clients.eventbridge();
    let removed = events.remove_targets().rule(name).event_bus_name(bus).ids(TARGET).send().await;
    if removed.aws_unless(RESOURCE_MISSING, format!("remove the target of rule {name}"))?.is_none() {
        return Ok(());
    }
    events.delete_rule().name(name).event_bus_name(bus).send().await.aws(format!("delete rule {name}")).map(drop)
}

/// Returns the rules of the bus whose names begin with `prefix`; `None` if the bus does not exist.
///
/// # Errors
/// Those of EventBridge.
pub async fn rules(clients: &Clients, bus: &str, prefix: Option<&str>) -> Result<Option<Vec<Rule>>> {
    let (mut rules, mut token) = (Vec::new(), None);
    // A page has at most 100 rules ("ListRules" in the EventBridge API reference).
    loop {
        let request = clients.eventbridge().list_rules().event_bus_name(bus).set_name_prefix(prefix.map(str::to_owned));
        let page = request.set_next_token(token).send().await;
        let page = page.aws_unless(RESOURCE_MISSING, format!("list the rules of bus {bus}"))?;
        let Some(page) = page else { return Ok(None) };
        rules.extend(page.rules.unwrap_or_default());
        token = page.next_token;
        if token.is_none() {
            return Ok(Some(rules));
        }
    }
}

/// Returns the queues that killed processes left behind, by name, with their bus.
pub async fn orphans(clients: &Clients) -> Result<Vec<String>> {
    let found = orphaned_queues(clients).await?;
    Ok(found.into_iter().map(|orphan| format!("{} of bus {}", orphan.name, orphan.bus)).collect())
}

/// Returns the queues that killed processes left behind; the bus is "?" if it is not known.
async fn orphaned_queues(clients: &Clients) -> Result<Vec<Resources>> {
    let mut found = Vec::new();
    // Without a maximum, SQS returns the first 1,000 queues and no token.
    let queues = clients.sqs().list_queues().queue_name_prefix(PREFIX).max_results(1_000);
    let mut queues = queues.into_paginator().items().send();
    while let Some(queue_url) = queues.next().await {
        let queue_url = queue_url.aws("list the temporary queues")?;
        let tags = match clients.sqs().list_queue_tags().queue_url(&queue_url).send().await {
            // Its owner removed it in the meantime.
            Err(error) if is_missing_queue(sdk_code(&error)) => continue,
            answer => answer.aws("read a temporary queue's tags")?.tags.unwrap_or_default(),
        };
        if owner::is_orphan(&tags, Utc::now()) {
            let name = queue_url.rsplit('/').next().unwrap_or(&queue_url).to_owned();
            let bus = tags.get(BUS).map_or_else(|| "?".to_owned(), String::clone);
            found.push(Resources { name, bus, queue_url });
        }
    }
    Ok(found)
}

/// Removes the queues and rules that killed processes left on this bus; returns their names.
pub async fn remove_orphans(clients: &Clients, bus: &str) -> Result<Vec<String>> {
    let mut removed = Vec::new();
    for orphan in orphaned_queues(clients).await?.into_iter().filter(|orphan| orphan.bus == bus) {
        orphan.remove(clients).await?;
        removed.push(orphan.name);
    }
    // A rule without its queue: its owner was killed between removing the two.
    let events = clients.eventbridge();
    // The rules of a deleted bus are deleted with it.
    for rule in rules(clients, bus, Some(PREFIX)).await?.unwrap_or_default() {
        let (Some(name), Some(arn)) = (rule.name(), rule.arn()) else { continue };
        let tags = events.list_tags_for_resource().resource_arn(arn).send().await;
        let Some(tags) = tags.aws_unless(RESOURCE_MISSING, "read a temporary rule's tags")? else { continue };
        let tags = tags.tags.unwrap_or_default().into_iter().map(|tag| (tag.key, tag.value)).collect();
        if owner::is_orphan(&tags, Utc::now()) {
            remove_rule(clients, bus, name).await?;
            removed.push(name.to_owned());
        }
    }
    removed.dedup();
    Ok(removed)
}
