//! The list of AWS rules that the local stack enforces or omits, which `local status` prints.
//!
//! Each rule names the AWS documentation that it reproduces or omits. The code that enforces a rule names it, too.

use serde::Serialize;

/// Component that answers the requests to a service.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Service {
    pub name: &'static str,
    pub answered_by: &'static str,
    pub about: &'static str,
}

/// A rule of AWS.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Rule {
    pub service: &'static str,
    pub rule: &'static str,
    pub enforced: bool,
    /// The AWS documentation that states the rule.
    pub source: &'static str,
}

/// Services of the local stack. "emulator" is ministack; outboxctl's changes to it run in the emulator's process.
pub const SERVICES: &[Service] = &[
    service("RDS", "emulator", "records only; the database behind the endpoint is real, its class and storage are not"),
    service("RDS database", "PostgreSQL", "real, with TLS and its write-ahead log"),
    service("DMS", "outboxctl", "API, task states and data plane; no replication instance"),
    service(
        "Kinesis",
        "emulator, outboxctl",
        "in memory, saved every few seconds; limits and closed shards by outboxctl",
    ),
    service("Lambda", "emulator", "the executable runs on this machine, with a session of its role"),
    service("event source mappings of streams", "outboxctl", "polling, retries, bisecting and failure destinations"),
    service("DynamoDB", "emulator, outboxctl", "one shard per stream; time to live takes seconds, not days"),
    service("EventBridge", "emulator, outboxctl", "PutEvents, delivery and log-group targets by outboxctl"),
    service("CloudFormation", "emulator, outboxctl", "stacks complete at once"),
    service("API Gateway, S3, SQS, Logs, Secrets Manager", "emulator", "in memory, saved every few seconds"),
    service("IAM, STS", "emulator, outboxctl", "sessions of roles by the emulator, your own key by outboxctl"),
    service("EC2, KMS, CloudWatch alarms", "emulator", "records only"),
];

/// Rules that concern a pipeline.
pub const RULES: &[Rule] = &[
    enforced(
        "IAM",
        "calls of functions are evaluated by the policies of their roles",
        "IAM user guide: Policy evaluation logic",
    ),
    enforced(
        "IAM",
        "requests are signed, within 15 minutes",
        "IAM user guide: AWS Signature Version 4 for API requests",
    ),
    enforced(
        "IAM",
        "DMS and event source mappings use sessions of their roles, by the roles' trust policies and rights",
        "DMS user guide: IAM permissions needed to use AWS DMS; Lambda developer guide: Execution role permissions",
    ),
    left_out(
        "IAM",
        "rights of the principal that deploys: your own key may do everything",
        "IAM user guide: Policy evaluation logic",
    ),
    enforced(
        "DMS",
        "from a private subnet, Kinesis and Secrets Manager are reached through VPC endpoints or a NAT gateway only",
        "DMS user guide: Configuring VPC endpoints for AWS DMS",
    ),
    enforced("DMS", "a running task and its endpoints are not modified", "DMS API reference: ModifyReplicationTask"),
    enforced("EventBridge", "entries and size of PutEvents", "EventBridge API reference: PutEvents"),
    enforced(
        "EventBridge",
        "targets need a resource policy for the rule; otherwise the event goes to the dead-letter queue",
        "EventBridge user guide: Using resource-based policies for Amazon EventBridge",
    ),
    enforced(
        "EventBridge",
        "the input of a log group's target is an object with `timestamp` and `message`",
        "CDK reference: LogGroupTargetInput",
    ),
    enforced(
        "EventBridge",
        "deliveries are unordered, and some are duplicated (1 in 100)",
        "EventBridge user guide: Event delivery level",
    ),
    enforced(
        "EventBridge",
        "a new, changed or deleted rule takes effect after a pause (1 to 3 seconds; on AWS up to a minute)",
        "EventBridge API reference: PutRule, PutTargets, DeleteRule",
    ),
    enforced(
        "EventBridge",
        "an event has the time of its entry, also in a log group",
        "EventBridge API reference: PutEventsRequestEntry",
    ),
    left_out(
        "EventBridge",
        "the policy of a bus for other accounts is stored and not evaluated: the stack has one account",
        "EventBridge user guide: Permissions for event buses in Amazon EventBridge",
    ),
    left_out("EventBridge", "requests and invocations per second", "EventBridge user guide: Quotas"),
    enforced(
        "DynamoDB",
        "records for a Kinesis stream are unordered, with duplicates (1 in 100), in the precision of the destination",
        "DynamoDB developer guide: Using Kinesis Data Streams to capture changes to DynamoDB",
    ),
    left_out("DynamoDB", "capacity, and two readers per shard of a stream", "DynamoDB developer guide: Service quotas"),
    enforced(
        "Kinesis",
        "a shard accepts 1 MiB and 1,000 records a second, and refuses single records above that",
        "Kinesis developer guide: Quotas and limits",
    ),
    enforced(
        "Kinesis",
        "a shard returns 2 MiB a second, in 5 calls of GetRecords with up to 10 MiB each",
        "Kinesis API reference: GetRecords",
    ),
    enforced(
        "Kinesis",
        "shards that were split or merged stay readable until their records expire, and name their children",
        "Kinesis developer guide: Resharding a stream",
    ),
    enforced(
        "Kinesis",
        "an on-demand stream starts with four shards and doubles them if writes require it, once in 15 minutes",
        "Kinesis developer guide: Choose the right mode to stream in",
    ),
    enforced(
        "Kinesis",
        "a stream is switched between on-demand and provisioned mode twice in 24 hours at most",
        "Kinesis developer guide: Switch between capacity modes",
    ),
    left_out(
        "Kinesis",
        "an on-demand stream removes shards again when writes decrease",
        "Kinesis developer guide: Choose the right mode to stream in",
    ),
    left_out(
        "Kinesis",
        "2 MiB a second per consumer with enhanced fan-out",
        "Kinesis developer guide: Quotas and limits",
    ),
    enforced(
        "Lambda",
        "event source mappings retry, bisect, filter and use failure destinations",
        "Lambda developer guide: Process Amazon Kinesis Data Streams records with Lambda",
    ),
    enforced(
        "Lambda",
        "asynchronous invocations are retried twice (after 1 and 2 seconds instead of minutes)",
        "Lambda developer guide: How Lambda handles errors and retries with asynchronous invocation",
    ),
    left_out(
        "Lambda",
        "a mapping with a parallelization factor has several batches of a shard in flight: here one at a time",
        "Lambda developer guide: Polling and batching streams",
    ),
    left_out(
        "Lambda",
        "a mapping that starts at LATEST can miss records of its first minutes: here it reads all since its creation",
        "Lambda API reference: CreateEventSourceMapping, StartingPosition",
    ),
    left_out("Lambda", "memory and concurrency", "Lambda developer guide: Lambda quotas"),
    enforced(
        "CloudFormation",
        "unknown and missing parameters, capabilities",
        "CloudFormation API reference: CreateStack, CreateChangeSet",
    ),
    enforced(
        "CloudFormation",
        "unknown and missing properties, duplicate names, replacement of named resources",
        "CloudFormation user guide: Update behaviors of stack resources",
    ),
    enforced(
        "CloudWatch Logs",
        "ten resource policies per region",
        "CloudWatch Logs user guide: CloudWatch Logs quotas",
    ),
    enforced(
        "CloudWatch Logs",
        "a group refuses log events older than 14 days or its retention, and more than 2 hours ahead",
        "CloudWatch Logs API reference: PutLogEvents",
    ),
    enforced("CloudFormation", "five VPCs per region", "Amazon VPC user guide: Amazon VPC quotas"),
    left_out("CloudFormation", "other quotas, and the time that operations take", "CloudFormation user guide: Quotas"),
    left_out(
        "SQS",
        "standard queues deliver duplicates, and out of order",
        "SQS developer guide: At-least-once delivery",
    ),
    enforced(
        "VPC",
        "from a VPC, functions and DMS reach a service only through its endpoint (with its policy) or a public NAT gateway, \
         as security groups allow",
        "Amazon VPC user guide: Security in Amazon VPC",
    ),
    enforced(
        "VPC",
        "the database is reached by DMS and, on Linux, by functions only if security groups allow it",
        "RDS user guide: Controlling access with security groups",
    ),
    left_out(
        "VPC",
        "programs on this machine that are not functions connect to the database regardless of its security groups",
        "RDS user guide: Controlling access with security groups",
    ),
    enforced(
        "RDS",
        "tokens of IAM database authentication are verified, with rds-db:connect of the role",
        "RDS user guide: IAM database authentication",
    ),
    enforced(
        "RDS",
        "properties, classes and capacity range of Aurora clusters and their instances; a cluster needs a writer",
        "Aurora user guide: Requirements and limitations for Aurora Serverless v2",
    ),
    left_out(
        "RDS",
        "Aurora is a plain PostgreSQL server: no failover, no scaling, and the reader endpoint leads to the writer",
        "Aurora user guide: Amazon Aurora storage; High availability for Amazon Aurora",
    ),
    left_out(
        "RDS",
        "parameter groups: the server always has logical replication and TLS",
        "RDS user guide: Parameter groups for Amazon RDS",
    ),
    enforced(
        "RDS",
        "a major upgrade needs AllowMajorVersionUpgrade, a valid target, a parameter group of its family, and no \
         logical slots before version 17; the database is unavailable during the upgrade",
        "RDS user guide: How to perform a major version upgrade for RDS for PostgreSQL",
    ),
    left_out(
        "RDS",
        "the version in a template: if this machine does not have it, its newest one runs, and RDS shows the running \
         version",
        "RDS API reference: CreateDBInstance",
    ),
    left_out("RDS", "snapshots before and after an upgrade", "RDS user guide: Upgrades of the PostgreSQL DB engine"),
    left_out("KMS", "nothing is encrypted with keys of KMS", "KMS developer guide: Concepts"),
];

const fn service(name: &'static str, answered_by: &'static str, about: &'static str) -> Service {
    Service { name, answered_by, about }
}

const fn enforced(service: &'static str, rule: &'static str, source: &'static str) -> Rule {
    Rule { service, rule, enforced: true, source }
}

const fn left_out(service: &'static str, rule: &'static str, source: &'static str) -> Rule {
    Rule { service, rule, enforced: false, source }
}
