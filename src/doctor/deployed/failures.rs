//! Checks beside the path of an event: queues of undelivered events, and alarms.

use aws_sdk_cloudwatch::types::{AlarmType, StateValue};
use aws_sdk_sqs::types::QueueAttributeName;

use super::{DELETED, Finding, Subject, gone};
use crate::aws::buckets;
use crate::base::error::{AwsContext, Result, sdk_code};
use crate::base::report::count;
use crate::pipelines::{Output, Store};
use crate::streams::bus::is_missing_queue;

pub async fn failure_bucket(subject: Subject<'_>) -> Result<Vec<Finding>> {
    const CHECK: &str = "dead letters";
    let Some(bucket) = subject.output(Output::FailureBucket) else { return Ok(Vec::new()) };
    let waiting = buckets::list(&subject.context.clients, bucket).await?;
    Ok(vec![match waiting.iter().max_by_key(|object| object.modified) {
        None => Finding::ok(CHECK, "none"),
        Some(newest) => Finding::warning(
            CHECK,
            format!("{} in bucket {bucket}; the newest is {}", waiting.len(), newest.key),
            "`outboxctl dlq list` shows them with their reasons",
        ),
    }])
}

/// Checks the pipeline's queues, which are those of undelivered events. The outputs name them: a generated name does not
/// begin with the whole name of its stack if that is long.
pub async fn queues(subject: Subject<'_>) -> Result<Vec<Finding>> {
    const CHECK: &str = "dead-letter queues";
    let sqs = subject.context.clients.sqs();
    let stores = subject.deployment.pipeline.route.failures.iter();
    let outputs = stores.filter_map(|store| if let Store::Queue(output) = store.store { Some(output) } else { None });
    let urls: Vec<_> = outputs.filter_map(|output| subject.output(output)).collect();
    let mut findings = Vec::new();
    for url in &urls {
        let name = url.rsplit('/').next().unwrap_or(url);
        let attribute = QueueAttributeName::ApproximateNumberOfMessages;
        let found = sqs.get_queue_attributes().queue_url(*url).attribute_names(attribute.clone()).send().await;
        let found = match found {
            Err(error) if is_missing_queue(sdk_code(&error)) => {
                findings.extend(gone(CHECK, format!("queue {name}"), DELETED));
                continue;
            }
            found => found.aws(format!("look into queue {name}"))?,
        };
        let waiting = found.attributes().and_then(|all| all.get(&attribute)?.parse().ok()).unwrap_or(0_u64);
        if waiting > 0 {
            let waiting = count(waiting, "message");
            let remedy =
                "each is an event that its target rejected: `outboxctl dlq list` shows them with their reasons";
            findings.push(Finding::warning(CHECK, format!("about {waiting} in {name}"), remedy));
        }
    }
    if findings.is_empty() {
        let text = if urls.is_empty() { "none".to_owned() } else { format!("{}, empty", count(urls.len(), "queue")) };
        findings.push(Finding::ok(CHECK, text));
    }
    Ok(findings)
}

pub async fn alarms(subject: Subject<'_>) -> Result<Vec<Finding>> {
    const CHECK: &str = "alarms";
    // CloudFormation names an alarm after its stack.
    let prefix = format!("{}-", subject.context.prefix());
    let request = subject.context.clients.cloudwatch().describe_alarms().alarm_name_prefix(&prefix);
    let mut pages = request.alarm_types(AlarmType::MetricAlarm).into_paginator().send();
    let (mut looked_at, mut findings) = (0, Vec::new());
    while let Some(page) = pages.next().await {
        let page = page.aws("look at the pipeline's alarms")?;
        for alarm in page.metric_alarms() {
            looked_at += 1;
            if alarm.state_value() == Some(&StateValue::Alarm) {
                let name = alarm.alarm_name().unwrap_or_default();
                let short = name.strip_prefix(&prefix).unwrap_or(name);
                let what = alarm.alarm_description().unwrap_or("it has no description");
                let why = alarm.state_reason().unwrap_or("CloudWatch gives no reason").to_owned();
                findings.push(Finding::failed(format!("alarm {short}"), what, why).word("alarm"));
            }
        }
    }
    if findings.is_empty() {
        findings.push(Finding::ok(CHECK, format!("{}, none in ALARM", count(looked_at, "alarm"))));
    }
    Ok(findings)
}
