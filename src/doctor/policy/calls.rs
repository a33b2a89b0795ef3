//! Every AWS call of the commands: its IAM actions, the resources that it acts on, the roles that may make it, and whether a
//! deploy makes it.
//! `tests/it/policy.rs` compares the table with the calls in the source.

use std::collections::BTreeSet;

use super::Role::{self, Deployer, Operator, Preview, ReadOnly};
use crate::pipelines::templates::resources;
use crate::pipelines::{Part, Pipeline, registry};

/// The resources that an action is allowed on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum On {
    /// All resources: the action takes none, or the names are not known before the deploy.
    Any,
    Stacks,
    /// Stacks and the macro of their templates.
    ChangeSets,
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
    /// KMS keys of the user's own that encrypt streams and secrets, through Kinesis and Secrets Manager.
    Keys,
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
    /// The roles whose statements follow from this table. Those of the deployer follow from the templates and from `deploy`.
    pub roles: &'static [Role],
    /// Stacks with which `deploy`, `destroy`, `recover` or a command that controls the capture makes the call; empty for every
    /// pipeline, `None` if they do not make it.
    deploy: Option<&'static [&'static str]>,
}

impl Call {
    /// Returns the call as one of a deploy of every pipeline.
    const fn in_deploy(self) -> Self {
        self.in_deploy_of(&[])
    }

    /// Returns the call as one of a deploy of a pipeline with one of these stacks.
    const fn in_deploy_of(self, stacks: &'static [&'static str]) -> Self {
        Self { deploy: Some(stacks), ..self }
    }

    /// Returns whether a deploy of the pipeline makes the call.
    pub fn is_in_deploy(&self, pipeline: &Pipeline) -> bool {
        let has_one = |stacks: &[&str]| stacks.iter().any(|stack| pipeline.stack(stack).is_some());
        self.deploy.is_some_and(|stacks| stacks.is_empty() || has_one(stacks))
    }
}

const fn call(operation: &'static str, actions: &'static [&'static str], on: On, roles: &'static [Role]) -> Call {
    Call { operation, actions, on, roles, deploy: None }
}

const ALL: &[Role] = &[Deployer, Operator, ReadOnly];
const OPERATE: &[Role] = &[Operator];
const READ: &[Role] = &[Operator, ReadOnly];
/// Reads of `deploy --dry-run`.
const LOOK: &[Role] = &[Operator, ReadOnly, Preview];
const PREVIEW: &[Role] = &[Preview];
const DEPLOYER_ALONE: &[Role] = &[];

#[rustfmt::skip]
pub const CALLS: &[Call] = &[
    call("get_caller_identity", &[], On::Any, ALL),
    // Stacks.
    call("describe_stacks", &["cloudformation:DescribeStacks"], On::Stacks, LOOK).in_deploy(),
    call("list_stack_resources", &["cloudformation:ListStackResources"], On::Stacks, READ).in_deploy(),
    call("describe_stack_events", &["cloudformation:DescribeStackEvents"], On::Stacks, READ).in_deploy(),
    call("describe_events", &["cloudformation:DescribeEvents"], On::Stacks, READ).in_deploy(),
    call("get_template", &["cloudformation:GetTemplate"], On::ChangeSets, PREVIEW).in_deploy(),
    call("cancel_update_stack", &["cloudformation:CancelUpdateStack"], On::Stacks, DEPLOYER_ALONE).in_deploy(),
    call("continue_update_rollback", &["cloudformation:ContinueUpdateRollback"], On::Stacks, DEPLOYER_ALONE).in_deploy(),
    call("create_change_set", &["cloudformation:CreateChangeSet"], On::ChangeSets, PREVIEW).in_deploy(),
    // CloudFormation checks the parameters that are ids of EC2 with the caller's rights.
    call("create_change_set", &["ec2:DescribeSecurityGroups", "ec2:DescribeSubnets"], On::Any, PREVIEW),
    call("delete_change_set", &["cloudformation:DeleteChangeSet"], On::ChangeSets, PREVIEW).in_deploy(),
    call("delete_stack", &["cloudformation:DeleteStack"], On::Stacks, DEPLOYER_ALONE).in_deploy(),
    call("describe_change_set", &["cloudformation:DescribeChangeSet"], On::ChangeSets, PREVIEW).in_deploy(),
    call("execute_change_set", &["cloudformation:ExecuteChangeSet"], On::Stacks, DEPLOYER_ALONE).in_deploy(),
    call("list_change_sets", &["cloudformation:ListChangeSets"], On::ChangeSets, PREVIEW).in_deploy(),
    call("rollback_stack", &["cloudformation:RollbackStack"], On::Stacks, DEPLOYER_ALONE).in_deploy(),
    call("update_termination_protection", &["cloudformation:UpdateTerminationProtection"], On::Stacks, DEPLOYER_ALONE).in_deploy(),
    // The package of the functions.
    call("get_function", &["lambda:GetFunction"], On::Functions, DEPLOYER_ALONE).in_deploy(),
    call("head_object", &["s3:GetObject"], On::Buckets, DEPLOYER_ALONE).in_deploy(),
    call("put_object", &["s3:PutObject"], On::Buckets, DEPLOYER_ALONE).in_deploy(),
    // Calls of `doctor` and `status`.
    call("describe_account_attributes", &["dms:DescribeAccountAttributes", "rds:DescribeAccountAttributes"], On::Any, ALL),
    call("describe_alarms", &["cloudwatch:DescribeAlarms"], On::Any, ALL),
    call("describe_connections", &["dms:DescribeConnections"], On::Any, READ).in_deploy_of(&["dms"]),
    call("describe_db_clusters", &["rds:DescribeDBClusters"], On::Database, READ).in_deploy_of(&["database"]),
    call("describe_db_engine_versions", &["rds:DescribeDBEngineVersions"], On::Any, ALL),
    call("describe_db_instances", &["rds:DescribeDBInstances"], On::Database, READ).in_deploy_of(&["database"]),
    call("describe_endpoints", &["dms:DescribeEndpoints"], On::Any, READ),
    call("describe_engine_versions", &["dms:DescribeEngineVersions"], On::Any, ALL),
    call("describe_event_bus", &["events:DescribeEventBus"], On::Bus, READ),
    call("describe_kinesis_streaming_destination", &["dynamodb:DescribeKinesisStreamingDestination"], On::Tables, READ),
    call("describe_limits", &["dynamodb:DescribeLimits", "kinesis:DescribeLimits"], On::Any, ALL),
    call("describe_log_groups", &["logs:DescribeLogGroups"], On::Any, READ).in_deploy(),
    call("describe_orderable_db_instance_options", &["rds:DescribeOrderableDBInstanceOptions"], On::Any, ALL),
    call("describe_orderable_replication_instances", &["dms:DescribeOrderableReplicationInstances"], On::Any, ALL),
    call("describe_replication_instances", &["dms:DescribeReplicationInstances"], On::Any, READ),
    call("describe_replication_tasks", &["dms:DescribeReplicationTasks"], On::Any, READ).in_deploy_of(&["dms"]),
    call("describe_stream_summary", &["kinesis:DescribeStreamSummary"], On::Streams, LOOK).in_deploy_of(&["stream"]),
    call("describe_table", &["dynamodb:DescribeTable"], On::Tables, READ),
    call("get_account_settings", &["lambda:GetAccountSettings"], On::Any, LOOK).in_deploy(),
    call("get_event_source_mapping", &["lambda:GetEventSourceMapping"], On::Any, READ),
    call("get_function_configuration", &["lambda:GetFunctionConfiguration"], On::Functions, READ),
    call("get_queue_attributes", &["sqs:GetQueueAttributes"], On::Queues, READ),
    // The handlers of the types of EC2 read with the caller's rights.
    call("get_resource", &["cloudformation:GetResource", "ec2:DescribeVpcs", "ec2:DescribeVpcAttribute", "ec2:DescribeNetworkAcls", "ec2:DescribeSecurityGroups", "ec2:DescribeSubnets", "ec2:DescribeInstances", "ec2:DescribeVpcEndpoints"], On::Any, ALL),
    call("list_resources", &["cloudformation:ListResources", "ec2:DescribeSecurityGroups", "ec2:DescribeVpcs", "ec2:DescribeVpcEndpoints"], On::Any, ALL),
    // EC2 without its SDK.
    call("", &["ec2:DescribeNatGateways", "ec2:DescribeRouteTables"], On::Any, ALL),
    call("get_role", &["iam:GetRole"], On::Roles, LOOK).in_deploy(),
    call("get_service_quota", &["servicequotas:GetServiceQuota"], On::Any, ALL),
    call("list_attached_role_policies", &["iam:ListAttachedRolePolicies"], On::Roles, READ),
    call("list_buckets", &["s3:ListAllMyBuckets"], On::Any, ALL),
    call("list_queues", &["sqs:ListQueues"], On::Any, READ).in_deploy_of(&["bus"]),
    call("list_rules", &["events:ListRules"], On::Bus, READ).in_deploy_of(&["bus"]),
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
    call("delete_queue", &["sqs:DeleteQueue"], On::Temporary, OPERATE).in_deploy_of(&["bus"]),
    call("delete_rule", &["events:DeleteRule"], On::Temporary, OPERATE).in_deploy_of(&["bus"]),
    call("deregister_stream_consumer", &["kinesis:DeregisterStreamConsumer"], On::Streams, OPERATE).in_deploy_of(&["stream"]),
    call("describe_stream_consumer", &["kinesis:DescribeStreamConsumer"], On::Streams, OPERATE),
    call("get_queue_attributes", &["sqs:GetQueueAttributes"], On::Temporary, OPERATE),
    call("list_queue_tags", &["sqs:ListQueueTags"], On::Temporary, OPERATE).in_deploy_of(&["bus"]),
    call("list_stream_consumers", &["kinesis:ListStreamConsumers"], On::Streams, OPERATE).in_deploy_of(&["stream"]),
    call("list_tags_for_resource", &["events:ListTagsForResource"], On::Temporary, OPERATE).in_deploy_of(&["bus"]),
    call("list_tags_for_resource", &["kinesis:ListTagsForResource"], On::Streams, OPERATE),
    call("put_events", &["events:PutEvents"], On::Bus, OPERATE),
    call("put_rule", &["events:PutRule", "events:TagResource"], On::Temporary, OPERATE),
    call("put_targets", &["events:PutTargets"], On::Temporary, OPERATE),
    call("receive_message", &["sqs:ReceiveMessage"], On::Temporary, OPERATE),
    call("register_stream_consumer", &["kinesis:RegisterStreamConsumer", "kinesis:TagResource"], On::Streams, OPERATE),
    call("remove_targets", &["events:RemoveTargets"], On::Temporary, OPERATE).in_deploy_of(&["bus"]),
    call("set_queue_attributes", &["sqs:SetQueueAttributes"], On::Temporary, OPERATE),
    call("subscribe_to_shard", &["kinesis:SubscribeToShard"], On::Streams, OPERATE),
    call("tag_queue", &["sqs:TagQueue"], On::Temporary, OPERATE),
    // The capture.
    call("add_tags_to_resource", &["dms:AddTagsToResource"], On::Tagged, OPERATE).in_deploy_of(&["dms"]),
    call("list_tags_for_resource", &["dms:ListTagsForResource"], On::Tagged, READ).in_deploy_of(&["dms"]),
    call("modify_endpoint", &["dms:ModifyEndpoint"], On::Tagged, OPERATE),
    call("remove_tags_from_resource", &["dms:RemoveTagsFromResource"], On::Tagged, OPERATE).in_deploy_of(&["dms"]),
    call("start_replication_task", &["dms:StartReplicationTask"], On::Tagged, OPERATE).in_deploy_of(&["dms"]),
    call("stop_replication_task", &["dms:StopReplicationTask"], On::Tagged, OPERATE).in_deploy_of(&["dms"]),
    call("test_connection", &["dms:TestConnection"], On::Tagged, OPERATE).in_deploy_of(&["dms"]),
    // The database.
    call("describe_db_cluster_automated_backups", &["rds:DescribeDBClusterAutomatedBackups"], On::Any, DEPLOYER_ALONE).in_deploy_of(&["database"]),
    call("describe_db_cluster_snapshots", &["rds:DescribeDBClusterSnapshots"], On::Any, DEPLOYER_ALONE).in_deploy_of(&["database"]),
    call("describe_db_instance_automated_backups", &["rds:DescribeDBInstanceAutomatedBackups"], On::Any, DEPLOYER_ALONE).in_deploy_of(&["database"]),
    call("describe_db_snapshots", &["rds:DescribeDBSnapshots"], On::Any, DEPLOYER_ALONE).in_deploy_of(&["database"]),
    call("describe_secret", &["secretsmanager:DescribeSecret"], On::Tagged, DEPLOYER_ALONE),
    call("get_secret_value", &["secretsmanager:GetSecretValue"], On::Tagged, OPERATE),
    call("", &["rds-db:connect"], On::Database, OPERATE),
    // Kinesis and Secrets Manager call KMS with the rights of the caller.
    call("", &["kms:Decrypt"], On::Keys, READ),
    call("", &["kms:GenerateDataKey"], On::Keys, OPERATE),
    // Functions, and the sample's API.
    call("update_event_source_mapping", &["lambda:UpdateEventSourceMapping"], On::Any, OPERATE),
    call("invoke", &["lambda:InvokeFunction"], On::Functions, OPERATE).in_deploy_of(&["functions", "people"]),
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
    call("delete_object", &["s3:DeleteObject"], On::Buckets, OPERATE).in_deploy(),
    call("delete_objects", &["s3:DeleteObject"], On::Buckets, OPERATE).in_deploy(),
    call("get_object", &["s3:GetObject"], On::Buckets, READ),
    call("get_bucket_tagging", &["s3:GetBucketTagging"], On::Buckets, ALL),
    call("head_bucket", &["s3:ListBucket"], On::Buckets, READ).in_deploy(),
    call("list_objects_v2", &["s3:ListBucket"], On::Buckets, READ).in_deploy(),
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
            "kms" => pipeline.has(Part::Kinesis) || pipeline.has(Part::Database),
            "rds" | "secretsmanager" => pipeline.has(Part::Database),
            "dynamodb" => !pipeline.has(Part::Database) || consumers,
            _ => true,
        },
    }
}

/// Returns every action that is needed to deploy, update and delete the pipeline: those of the resource types in its templates
/// (each type's handler permissions in the CloudFormation registry, see `pipelines::registry`), and those of the calls.
pub fn deploy_actions(pipeline: &Pipeline) -> Vec<&'static str> {
    // The templates are valid: tests read them.
    let resources = pipeline.stacks.iter().flat_map(|stack| resources(stack.template).unwrap_or_default());
    let of_types = resources.filter_map(|(_, kind)| registry::actions(&kind)).flatten();
    let of_calls = CALLS.iter().filter(|call| call.is_in_deploy(pipeline)).flat_map(|call| call.actions);
    let all: BTreeSet<_> = of_types.chain(of_calls.copied()).collect();
    all.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pipelines;

    #[test]
    fn every_resource_type_of_every_template_has_its_actions() {
        for pipeline in pipelines::ALL {
            for stack in pipeline.stacks {
                let resources = resources(stack.template).expect("YAML");
                assert!(!resources.is_empty(), "{}: no resource found", stack.name);
                for (_, kind) in resources {
                    assert!(registry::actions(&kind).is_some(), "{}: {kind}: run .ci/registry.py", stack.name);
                }
            }
            let actions = deploy_actions(pipeline);
            assert!(actions.iter().all(|action| action.split_once(':').is_some_and(|(_, verb)| !verb.is_empty())));
            assert_eq!(actions.contains(&"rds:CreateDBInstance"), pipeline.stack("database").is_some());
            // Actions that were once missing, so that a deploy failed halfway.
            let has_api = ["api", "functions", "people"].iter().any(|stack| pipeline.stack(stack).is_some());
            for (action, needed) in [
                ("cloudformation:UpdateTerminationProtection", true),
                ("iam:TagRole", true),
                ("iam:DetachRolePolicy", true),
                ("logs:CreateLogDelivery", has_api),
                ("lambda:PutFunctionConcurrency", has_api),
                ("rds:ModifyDBInstance", pipeline.stack("database").is_some()),
                ("rds:CreateDBCluster", pipeline.stack("database").is_some()),
                ("rds:CreateDBClusterSnapshot", pipeline.stack("database").is_some()),
                ("rds:ModifyDBClusterParameterGroup", pipeline.stack("database").is_some()),
                ("secretsmanager:GetSecretValue", pipeline.stack("database").is_some()),
                ("dms:ModifyReplicationTask", pipeline.stack("dms").is_some()),
                ("dms:ModifyReplicationInstance", pipeline.stack("dms").is_some()),
                ("ec2:AuthorizeSecurityGroupEgress", pipeline.stack("network").is_some()),
                ("ec2:CreateTags", pipeline.stack("network").is_some()),
                ("kinesis:IncreaseStreamRetentionPeriod", pipeline.stack("stream").is_some()),
                ("kinesis:UpdateShardCount", pipeline.stack("stream").is_some()),
            ] {
                assert_eq!(actions.contains(&action), needed, "{}: {action}", pipeline.name);
            }
        }
    }
}
