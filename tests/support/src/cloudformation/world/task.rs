//! A replication task and functions, with the operations of a deployment.

use super::World;

/// Its status and tags, and the requests to it, in order.
#[derive(Debug, Clone, Default)]
pub struct Task {
    pub status: String,
    pub tags: Vec<String>,
    pub asked: Vec<String>,
}

impl World {
    /// A function, with the checksum of its code.
    pub fn function(&self) -> String {
        let newest = self.objects.values().next_back().cloned().flatten();
        let code = self.code.clone().or(newest).unwrap_or_default();
        format!(r#"{{"Configuration": {{"CodeSha256": "{code}"}}}}"#)
    }

    /// Returns Lambda's limits of the account.
    pub fn limits(&self) -> String {
        format!(r#"{{"AccountLimit": {{"UnreservedConcurrentExecutions": {}}}}}"#, self.unreserved)
    }

    /// Returns the responses of EventBridge, SQS and CloudWatch Logs about existing resources.
    pub fn answer_others(&mut self, operation: &str, body: &str) -> Option<(u16, String)> {
        let answer = match operation {
            "DescribeLogGroups" => {
                // The requested prefix is the last text of the request.
                let prefix = body.rsplit('"').nth(1).unwrap_or_default();
                let asked = |name: &&String| name.starts_with(prefix);
                let groups =
                    self.log_groups.iter().filter(asked).map(|name| format!(r#"{{"logGroupName": "{name}"}}"#));
                format!(r#"{{"logGroups": [{}]}}"#, groups.collect::<Vec<_>>().join(","))
            }
            "ListQueues" => {
                let queues = self.taps.iter().map(|name| format!(r#""https://sqs/123456789012/{name}""#));
                format!(r#"{{"QueueUrls": [{}]}}"#, queues.collect::<Vec<_>>().join(","))
            }
            "GetQueueAttributes" => match self.queues.iter().find(|(url, _)| body.contains(&format!("\"{url}\""))) {
                Some((_, messages)) => format!(r#"{{"Attributes": {{"ApproximateNumberOfMessages": "{messages}"}}}}"#),
                None => {
                    return Some((400, r#"{"__type": "QueueDoesNotExist", "message": "no such queue"}"#.to_owned()));
                }
            },
            // Of another machine, and not renewed for a long time.
            "ListQueueTags" => {
                let tags =
                    r#""outboxctl:temporary": "true", "outboxctl:owner": "m/1/1", "outboxctl:bus": "the-BusName""#;
                format!(r#"{{"Tags": {{{tags}, "outboxctl:lease": "2020-01-01T00:00:00Z"}}}}"#)
            }
            "RemoveTargets" => r#"{"FailedEntryCount": 0, "FailedEntries": []}"#.to_owned(),
            "DeleteRule" | "DeleteQueue" => {
                self.taps.retain(|name| operation == "DeleteRule" || !body.contains(name));
                "{}".to_owned()
            }
            "ListRules" => {
                let rules = self.rules.iter().map(|name| format!(r#"{{"Name": "{name}"}}"#));
                format!(r#"{{"Rules": [{}]}}"#, rules.collect::<Vec<_>>().join(","))
            }
            _ => return None,
        };
        Some((200, answer))
    }

    /// Returns the DMS API's response: HTTP status and JSON; `None` without a task, or for another operation.
    pub fn answer_dms(&mut self, operation: &str, body: &str) -> Option<(u16, String)> {
        let task = self.task.as_mut()?;
        let described = |status: &str| {
            let started = r#""ReplicationTaskStartDate": 1.0, "ReplicationTaskArn": "task""#;
            format!(r#"{{"ReplicationTaskIdentifier": "task", "Status": "{status}", {started}}}"#)
        };
        let refused = (400, r#"{"__type":"InvalidResourceStateFault","message":"in the wrong state"}"#.to_owned());
        let answer = match operation {
            "DescribeReplicationTasks" => format!(r#"{{"ReplicationTasks": [{}]}}"#, described(&task.status)),
            "StopReplicationTask" if task.status != "running" => return Some(refused),
            "StopReplicationTask" => {
                task.status = "stopped".into();
                format!(r#"{{"ReplicationTask": {}}}"#, described(&task.status))
            }
            "StartReplicationTask" if task.status == "running" => return Some(refused),
            "StartReplicationTask" => {
                assert!(body.contains("resume-processing"), "anything else makes a gap: {body}");
                task.status = "running".into();
                format!(r#"{{"ReplicationTask": {}}}"#, described(&task.status))
            }
            "AddTagsToResource" => {
                task.tags.push("outboxctl:resume".into());
                "{}".into()
            }
            "RemoveTagsFromResource" => {
                task.tags.clear();
                "{}".into()
            }
            "ListTagsForResource" => {
                let tags = task.tags.iter().map(|key| format!(r#"{{"Key": "{key}", "Value": "true"}}"#));
                format!(r#"{{"TagList": [{}]}}"#, tags.collect::<Vec<_>>().join(","))
            }
            "DescribeConnections" => {
                let of = |endpoint: &str| {
                    format!(
                        r#"{{"ReplicationInstanceArn": "the-ReplicationInstanceArn", "EndpointArn": "the-{endpoint}", "Status": "successful"}}"#
                    )
                };
                format!(r#"{{"Connections": [{}, {}]}}"#, of("SourceEndpointArn"), of("TargetEndpointArn"))
            }
            _ => return None,
        };
        task.asked.push(operation.to_owned());
        Some((200, answer))
    }
}
