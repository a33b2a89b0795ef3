//! Every AWS call of the commands: its IAM actions, the resources that it acts on, and the roles that may make it.
//! `tests/it/policy.rs` compares the table with the calls in the source.

use super::Role::{self, Deployer, Operator, ReadOnly};
use crate::pipelines::{Part, Pipeline};

/// The resources that an action is allowed on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum On {
    /// All resources: the action takes none, or the names are not known before the deploy.
    Any,
    Stacks,
    Roles,
    Buckets,
    Functions,
    /// Streams and their consumers.
    Streams,
    /// Tables and their change streams.
    Tables,
    Bus,
    /// Queues of the pipeline.
    Queues,
    /// Queues and rules that `tail` and `verify` create and remove.
    Temporary,
    Logs,
    Database,
    /// Resources with generated names, by the tags that `deploy` sets on every stack.
    Tagged,
}

/// One operation of the SDK.
#[derive(Debug, Clone, Copy)]
pub struct Call {
    /// The operation as the SDK names it; empty for an action without an SDK operation.
    pub operation: &'static str,
    pub actions: &'static [&'static str],
    pub on: On,
    pub roles: &'static [Role],
}

const fn call(operation: &'static str, actions: &'static [&'static str], on: On, roles: &'static [Role]) -> Call {
    Call { operation, actions, on, roles }
}

const ALL: &[Role] = &[Deployer, Operator, ReadOnly];
const OPERATE: &[Role] = &[Operator];
const READ: &[Role] = &[Operator, ReadOnly];
/// Empty: the deployer's statements follow from the templates.
const DEPLOY: &[Role] = &[];
const DEPLOY_TOO: &[Role] = &[Operator];

#[rustfmt::skip]
pub const CALLS: &[Call] = &[
    call("get_caller_identity", &[], On::Any, ALL),
    // Stacks.
    call("describe_stacks", &["cloudformation:DescribeStacks"], On::Stacks, READ),
    call("list_stack_resources", &["cloudformation:ListStackResources"], On::Stacks, READ),
    call("describe_stack_events", &["cloudformation:DescribeStackEvents"], On::Stacks, READ),
    call("describe_events", &["cloudformation:DescribeEvents"], On::Stacks, READ),
    call("get_template", &["cloudformation:GetTemplate"], On::Stacks, DEPLOY),
    call("cancel_update_stack", &["cloudformation:CancelUpdateStack"], On::Stacks, DEPLOY),
    call("continue_update_rollback", &["cloudformation:ContinueUpdateRollback"], On::Stacks, DEPLOY),
    call("create_change_set", &["cloudformation:CreateChangeSet"], On::Stacks, DEPLOY),
    call("delete_change_set", &["cloudformation:DeleteChangeSet"], On::Stacks, DEPLOY),
    call("delete_stack", &["cloudformation:DeleteStack"], On::Stacks, DEPLOY),
    call("describe_change_set", &["cloudformation:DescribeChangeSet"], On::Stacks, DEPLOY),
    call("execute_change_set", &["cloudformation:ExecuteChangeSet"], On::Stacks, DEPLOY),
    call("list_change_sets", &["cloudformation:ListChangeSets"], On::Stacks, DEPLOY),
    call("rollback_stack", &["cloudformation:RollbackStack"], On::Stacks, DEPLOY),
    call("update_termination_protection", &["cloudformation:UpdateTerminationProtection"], On::Stacks, DEPLOY),
    // The package of the functions.
    call("get_function", &["lambda:GetFunction"], On::Functions, DEPLOY),
    call("head_object", &["s3:GetObject"], On::Buckets, DEPLOY),
    call("put_object", &["s3:PutObject"], On::Buckets, DEPLOY),
    // Calls of `doctor` and `status`.
    call("describe_account_attributes", &["dms:DescribeAccountAttributes", "rds:DescribeAccountAttributes"], On::Any, ALL),
    call("describe_alarms", &["cloudwatch:DescribeAlarms"], On::Any, ALL),
    call("describe_connections", &["dms:DescribeConnections"], On::Any, READ),
    call("describe_db_clusters", &["rds:DescribeDBClusters"], On::Database, READ),
    call("describe_db_engine_versions", &["rds:DescribeDBEngineVersions"], On::Any, ALL),
    call("describe_db_instances", &["rds:DescribeDBInstances"], On::Database, READ),
    call("describe_endpoints", &["dms:DescribeEndpoints"], On::Any, READ),
    call("describe_engine_versions", &["dms:DescribeEngineVersions"], On::Any, ALL),
    call("describe_event_bus", &["events:DescribeEventBus"], On::Bus, READ),
    call("describe_kinesis_streaming_destination", &["dynamodb:DescribeKinesisStreamingDestination"], On::Tables, READ),
    call("describe_limits", &["dynamodb:DescribeLimits", "kinesis:DescribeLimits"], On::Any, ALL),
    call("describe_log_groups", &["logs:DescribeLogGroups"], On::Any, READ),
    call("describe_orderable_db_instance_options", &["rds:DescribeOrderableDBInstanceOptions"], On::Any, ALL),
    call("describe_orderable_replication_instances", &["dms:DescribeOrderableReplicationInstances"], On::Any, ALL),
    call("describe_replication_instances", &["dms:DescribeReplicationInstances"], On::Any, READ),
    call("describe_replication_tasks", &["dms:DescribeReplicationTasks"], On::Any, READ),
    call("describe_stream_summary", &["kinesis:DescribeStreamSummary"], On::Streams, READ),
    call("describe_table", &["dynamodb:DescribeTable"], On::Tables, READ),
    call("get_account_settings", &["lambda:GetAccountSettings"], On::Any, READ),
    call("get_event_source_mapping", &["lambda:GetEventSourceMapping"], On::Any, READ),
    call("get_function_configuration", &["lambda:GetFunctionConfiguration"], On::Functions, READ),
    call("get_queue_attributes", &["sqs:GetQueueAttributes"], On::Queues, READ),
    // The handlers of the types of EC2 read with the caller's rights.
    call("get_resource", &["cloudformation:GetResource", "ec2:DescribeVpcs", "ec2:DescribeVpcAttribute", "ec2:DescribeNetworkAcls", "ec2:DescribeSecurityGroups", "ec2:DescribeSubnets", "ec2:DescribeInstances", "ec2:DescribeRouteTables", "ec2:DescribeVpcEndpoints"], On::Any, ALL),
    call("list_resources", &["cloudformation:ListResources", "ec2:DescribeRouteTables", "ec2:DescribeVpcs", "ec2:DescribeVpcEndpoints"], On::Any, ALL),
    call("get_role", &["iam:GetRole"], On::Roles, READ),
    call("get_service_quota", &["servicequotas:GetServiceQuota"], On::Any, ALL),
    call("list_attached_role_policies", &["iam:ListAttachedRolePolicies"], On::Roles, READ),
    call("list_buckets", &["s3:ListAllMyBuckets"], On::Any, ALL),
    call("list_queues", &["sqs:ListQueues"], On::Any, READ),
    call("list_rules", &["events:ListRules"], On::Bus, READ),
    call("list_event_buses", &["events:ListEventBuses"], On::Any, ALL),
    call("list_streams", &["kinesis:ListStreams"], On::Any, ALL),
    call("list_targets_by_rule", &["events:ListTargetsByRule"], On::Bus, READ),
    call("list_tables", &["dynamodb:ListTables"], On::Any, ALL),
    call("simulate_principal_policy", &["iam:SimulatePrincipalPolicy"], On::Roles, READ),
    // Streams, tables and logs, as `tail` and `reconcile` read them.
    call("describe_stream", &["dynamodb:DescribeStream"], On::Tables, READ),
    call("filter_log_events", &["logs:FilterLogEvents"], On::Logs, READ),
    call("get_records", &["dynamodb:GetRecords"], On::Tables, READ),
    call("get_records", &["kinesis:GetRecords"], On::Streams, READ),
    call("get_shard_iterator", &["dynamodb:GetShardIterator"], On::Tables, READ),
    call("get_shard_iterator", &["kinesis:GetShardIterator"], On::Streams, READ),
    call("list_shards", &["kinesis:ListShards"], On::Streams, READ),
    call("query", &["dynamodb:Query"], On::Tables, READ),
    call("scan", &["dynamodb:Scan"], On::Tables, READ),
    // The tap of `tail` and `verify` on a bus, and its consumer of a stream.
    call("create_queue", &["sqs:CreateQueue", "sqs:TagQueue"], On::Temporary, OPERATE),
    call("delete_message_batch", &["sqs:DeleteMessage"], On::Temporary, OPERATE),
    call("delete_queue", &["sqs:DeleteQueue"], On::Temporary, DEPLOY_TOO),
    call("delete_rule", &["events:DeleteRule"], On::Temporary, DEPLOY_TOO),
    call("deregister_stream_consumer", &["kinesis:DeregisterStreamConsumer"], On::Streams, DEPLOY_TOO),
    call("describe_stream_consumer", &["kinesis:DescribeStreamConsumer"], On::Streams, OPERATE),
    call("get_queue_attributes", &["sqs:GetQueueAttributes"], On::Temporary, OPERATE),
    call("list_queue_tags", &["sqs:ListQueueTags"], On::Temporary, DEPLOY_TOO),
    call("list_stream_consumers", &["kinesis:ListStreamConsumers"], On::Streams, DEPLOY_TOO),
    call("list_tags_for_resource", &["events:ListTagsForResource"], On::Temporary, DEPLOY_TOO),
    call("list_tags_for_resource", &["kinesis:ListTagsForResource"], On::Streams, DEPLOY_TOO),
    call("put_events", &["events:PutEvents"], On::Bus, OPERATE),
    call("put_rule", &["events:PutRule", "events:TagResource"], On::Temporary, OPERATE),
    call("put_targets", &["events:PutTargets"], On::Temporary, OPERATE),
    call("receive_message", &["sqs:ReceiveMessage"], On::Temporary, OPERATE),
    call("register_stream_consumer", &["kinesis:RegisterStreamConsumer", "kinesis:TagResource"], On::Streams, OPERATE),
    call("remove_targets", &["events:RemoveTargets"], On::Temporary, DEPLOY_TOO),
    call("set_queue_attributes", &["sqs:SetQueueAttributes"], On::Temporary, OPERATE),
    call("subscribe_to_shard", &["kinesis:SubscribeToShard"], On::Streams, OPERATE),
    call("tag_queue", &["sqs:TagQueue"], On::Temporary, OPERATE),
    // The capture.
    call("add_tags_to_resource", &["dms:AddTagsToResource"], On::Tagged, DEPLOY_TOO),
    call("list_tags_for_resource", &["dms:ListTagsForResource"], On::Tagged, READ),
    call("modify_endpoint", &["dms:ModifyEndpoint"], On::Tagged, DEPLOY_TOO),
    call("remove_tags_from_resource", &["dms:RemoveTagsFromResource"], On::Tagged, DEPLOY_TOO),
    call("start_replication_task", &["dms:StartReplicationTask"], On::Tagged, DEPLOY_TOO),
    call("stop_replication_task", &["dms:StopReplicationTask"], On::Tagged, DEPLOY_TOO),
    call("test_connection", &["dms:TestConnection"], On::Tagged, DEPLOY_TOO),
    // The database.
    call("describe_db_cluster_automated_backups", &["rds:DescribeDBClusterAutomatedBackups"], On::Any, DEPLOY),
    call("describe_db_cluster_snapshots", &["rds:DescribeDBClusterSnapshots"], On::Any, DEPLOY),
    call("describe_db_instance_automated_backups", &["rds:DescribeDBInstanceAutomatedBackups"], On::Any, DEPLOY),
    call("describe_db_snapshots", &["rds:DescribeDBSnapshots"], On::Any, DEPLOY),
    call("describe_secret", &["secretsmanager:DescribeSecret"], On::Tagged, DEPLOY),
    call("get_secret_value", &["secretsmanager:GetSecretValue"], On::Tagged, DEPLOY_TOO),
    call("", &["rds-db:connect"], On::Database, OPERATE),
    // Functions, and the sample's API.
    call("update_event_source_mapping", &["lambda:UpdateEventSourceMapping"], On::Any, OPERATE),
    call("invoke", &["lambda:InvokeFunction"], On::Functions, DEPLOY_TOO),
    call("", &["execute-api:Invoke"], On::Any, OPERATE),
    // Leases of consumers, and the outbox table.
    call("delete_item", &["dynamodb:DeleteItem"], On::Tables, OPERATE),
    call("put_item", &["dynamodb:PutItem"], On::Tables, OPERATE),
    call("transact_write_items", &["dynamodb:ConditionCheckItem", "dynamodb:PutItem"], On::Tables, OPERATE),
    call("update_item", &["dynamodb:UpdateItem"], On::Tables, OPERATE),
    // Dead letters, redrives and replays.
    call("change_message_visibility_batch", &["sqs:ChangeMessageVisibility"], On::Queues, OPERATE),
    call("create_log_stream", &["logs:CreateLogStream"], On::Logs, OPERATE),
    call("delete_message", &["sqs:DeleteMessage"], On::Queues, OPERATE),
    call("delete_object", &["s3:DeleteObject"], On::Buckets, DEPLOY_TOO),
    call("delete_objects", &["s3:DeleteObject"], On::Buckets, DEPLOY_TOO),
    call("get_object", &["s3:GetObject"], On::Buckets, READ),
    call("head_bucket", &["s3:ListBucket"], On::Buckets, READ),
    call("list_objects_v2", &["s3:ListBucket"], On::Buckets, READ),
    call("put_log_events", &["logs:PutLogEvents"], On::Logs, OPERATE),
    call("put_records", &["kinesis:PutRecords"], On::Streams, OPERATE),
    call("receive_message", &["sqs:ReceiveMessage"], On::Queues, OPERATE),
];

/// Returns whether the pipeline has a use for an action.
pub fn is_relevant(action: &str, pipeline: &Pipeline) -> bool {
    let consumers = pipeline.has(Part::Consumers);
    match action {
        // Only leases are written one by one; outbox items are written by PutItem alone.
        "dynamodb:UpdateItem" | "dynamodb:DeleteItem" | "rds-db:connect" => consumers,
        _ => match action.split_once(':').map_or(action, |(service, _)| service) {
            "kinesis" => pipeline.has(Part::Kinesis),
            "dms" => pipeline.has(Part::Capture),
            "rds" | "secretsmanager" => pipeline.has(Part::Database),
            "dynamodb" => !pipeline.has(Part::Database) || consumers,
            _ => true,
        },
    }
}
