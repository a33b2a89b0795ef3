//! The local DMS API by the SDK's own client: states, faults, filters, paging, and what outlives a restart.

use std::time::{Duration, Instant};

use aws_sdk_databasemigration::config::{BehaviorVersion, Region};
use aws_sdk_databasemigration::types::{
    Filter, KinesisSettings, MessageFormatValue, MigrationTypeValue, PostgreSqlSettings, ReplicationEndpointTypeValue,
    StartReplicationTaskTypeValue, Tag,
};
use aws_sdk_databasemigration::{Client, Config};
use outboxctl::internals::error::sdk_code;
use serde_json::json;

use crate::support::api::eventually;
use crate::support::database::Database;
use crate::support::stack::Stack;

/// The code of a call that must fail.
macro_rules! fault {
    ($call:expr) => {
        sdk_code(&$call.send().await.expect_err("it must be refused")).to_owned()
    };
}

fn client(stack: &Stack) -> Client {
    let config = Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .endpoint_url(stack.state().endpoint)
        .region(Region::new("us-east-1"))
        .credentials_provider(stack.state().key.credentials())
        .build();
    Client::from_conf(config)
}

fn filter(name: &str, value: &str) -> Filter {
    Filter::builder().name(name).values(value).build().expect("a filter")
}

async fn status(client: &Client, task: &str) -> (String, String) {
    let answer = client.describe_replication_tasks().filters(filter("replication-task-arn", task)).send().await;
    let task = answer.expect("the task").replication_tasks.and_then(|mut tasks| tasks.pop()).expect("one");
    let words = format!("{} {}", task.stop_reason.unwrap_or_default(), task.last_failure_message.unwrap_or_default());
    (task.status.expect("a status"), words)
}

/// Waits for a status; answers those that were seen on the way, and the task's words at the end.
async fn until(client: &Client, task: &str, wanted: &str) -> (Vec<String>, String) {
    let (mut seen, deadline): (Vec<String>, _) = (Vec::new(), Instant::now() + Duration::from_secs(30));
    loop {
        let (now, words) = status(client, task).await;
        if seen.last() != Some(&now) {
            seen.push(now.clone());
        }
        if now == wanted {
            return (seen, words);
        }
        assert!(Instant::now() < deadline, "{wanted} is not reached: {seen:?} {words}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[test]
fn the_dms_api_as_an_sdk_sees_it() {
    let stack = Stack::up("dms-api");
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("runtime");
    let task = runtime.block_on(async {
        let client = client(&stack);
        refusals(&client).await;
        let instance = instance(&client).await;
        paging(&client).await;
        let database = Database::create(&stack.state().postgres, "api").await;
        lifecycle(&stack, &client, &instance, &database).await
    });
    let found = stack.ok(&["init", "--from-existing", "--pipeline", "rds-kinesis"]);
    assert_eq!(found["candidates"]["task"][0]["value"], task, "{found}");
    // A task that ran when the stack went down runs on by itself.
    stack.ok(&["local", "down"]);
    stack.ok(&["local", "up"]);
    runtime.block_on(async {
        let client = client(&stack);
        until(&client, &task, "running").await;
        client.stop_replication_task().replication_task_arn(&task).send().await.expect("stop");
        until(&client, &task, "stopped").await;
        client.delete_replication_task().replication_task_arn(&task).send().await.expect("delete");
        let deadline = Instant::now() + Duration::from_secs(20);
        loop {
            let look = client.describe_replication_tasks().filters(filter("replication-task-arn", &task));
            match look.send().await {
                Ok(_) => assert!(Instant::now() < deadline, "the task is still there"),
                Err(error) => break assert_eq!(sdk_code(&error), "ResourceNotFoundFault"),
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    });
}

/// A subnet group is named in its region.
#[tokio::test(flavor = "multi_thread")]
async fn a_stack_deletes_the_subnet_group_of_its_own_region() {
    let stack = Stack::up("dms-regions");
    let other = client(&stack).create_replication_subnet_group().replication_subnet_group_identifier("same");
    let other = other.replication_subnet_group_description("d").subnet_ids("subnet-1").subnet_ids("subnet-2");
    other.send().await.expect("a subnet group");
    let clients = stack.clients().in_region("eu-west-1");
    let client = clients.cloudformation();
    let template = json!({"Resources": {"Group": {"Type": "AWS::DMS::ReplicationSubnetGroup", "Properties": {
        "ReplicationSubnetGroupIdentifier": "same", "ReplicationSubnetGroupDescription": "d",
        "SubnetIds": ["subnet-1", "subnet-2"]}}}});
    let made = client.create_stack().stack_name("group").template_body(template.to_string()).send().await;
    let id = made.expect("a stack").stack_id.expect("an id");
    let ended = async |operation: &str| {
        eventually(operation, async || {
            let answer = client.describe_stacks().stack_name(&id).send().await.expect("the stack");
            let status = answer.stacks().first()?.stack_status()?.as_str().to_owned();
            (!status.ends_with("_IN_PROGRESS")).then_some(status)
        })
        .await
    };
    assert_eq!(ended("created").await, "CREATE_COMPLETE");
    client.delete_stack().stack_name(&id).send().await.expect("accepted");
    assert_eq!(ended("deleted").await, "DELETE_COMPLETE");
}

async fn refusals(client: &Client) {
    let group = || client.create_replication_subnet_group().replication_subnet_group_description("d");
    let one_zone = group().replication_subnet_group_identifier("g").subnet_ids("subnet-1");
    assert_eq!(fault!(one_zone), "ReplicationSubnetGroupDoesNotCoverEnoughAZs");
    let arn = "arn:aws:dms:us-east-1:000000000000:task:NONE";
    assert_eq!(fault!(client.stop_replication_task().replication_task_arn(arn)), "ResourceNotFoundFault");
    assert_eq!(fault!(client.describe_table_statistics().replication_task_arn(arn)), "ResourceNotFoundFault");
    let unknown = client.describe_endpoints().filters(filter("colour", "red"));
    assert_eq!(fault!(unknown), "InvalidParameterValueException");
    let pem = client.import_certificate().certificate_identifier("c").certificate_pem("not one");
    assert_eq!(fault!(pem), "InvalidCertificateFault");
    let endpoint = || client.create_endpoint().endpoint_identifier("e").engine_name("postgres");
    let underscored = PostgreSqlSettings::builder().plugin_name("test_decoding".into()).build();
    let source = endpoint().endpoint_type(ReplicationEndpointTypeValue::Source);
    let error = source.postgre_sql_settings(underscored).send().await.expect_err("the API says test-decoding");
    assert_eq!(sdk_code(&error), "InvalidParameterValueException");
    assert!(format!("{error:?}").contains("[no-preference, pglogical, test-decoding]"), "{error:?}");
    assert_eq!(fault!(endpoint().endpoint_type("SOURCE".into())), "InvalidParameterValueException");
    let old = client.create_replication_instance().replication_instance_identifier("i");
    let old = old.replication_instance_class("dms.t3.medium").engine_version("3.4.6");
    assert_eq!(fault!(old), "InvalidParameterValueException");
    assert!(client.describe_replication_tasks().send().await.expect("none").replication_tasks().is_empty());
}

async fn instance(client: &Client) -> String {
    let group = client.create_replication_subnet_group().replication_subnet_group_identifier("Group");
    let group = group.replication_subnet_group_description("d").subnet_ids("subnet-1").subnet_ids("subnet-2");
    group.clone().send().await.expect("a subnet group");
    assert_eq!(fault!(group), "ResourceAlreadyExistsFault");
    let create = client.create_replication_instance().replication_instance_identifier("instance");
    let create = create.replication_instance_class("dms.t3.medium").replication_subnet_group_identifier("group");
    // One that supports whatever PostgreSQL this machine has.
    let create = create.engine_version("3.6.1");
    let tagged = create.tags(Tag::builder().key("k").value("v").build());
    let made = tagged.send().await.expect("an instance").replication_instance.expect("one");
    assert_eq!(made.replication_instance_status.as_deref(), Some("creating"));
    let arn = made.replication_instance_arn.expect("an ARN");
    let tags = client.list_tags_for_resource().resource_arn(&arn).send().await.expect("tags");
    assert_eq!(tags.tag_list().first().and_then(Tag::value), Some("v"));
    let elsewhere = client.config().to_builder().region(Region::new("eu-west-1")).build();
    let elsewhere = Client::from_conf(elsewhere);
    assert_eq!(fault!(elsewhere.list_tags_for_resource().resource_arn(&arn)), "ResourceNotFoundFault");
    let add = elsewhere.add_tags_to_resource().resource_arn(&arn).tags(Tag::builder().key("k").value("w").build());
    assert_eq!(fault!(add), "ResourceNotFoundFault");
    let in_use = client.delete_replication_subnet_group().replication_subnet_group_identifier("group");
    assert_eq!(fault!(in_use), "InvalidResourceStateFault");
    let deadline = Instant::now() + Duration::from_secs(10);
    loop {
        let look = client.describe_replication_instances().filters(filter("replication-instance-id", "instance"));
        let seen = look.send().await.expect("the instance");
        if seen.replication_instances()[0].replication_instance_status() == Some("available") {
            return arn;
        }
        assert!(Instant::now() < deadline, "the instance does not become available");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

async fn paging(client: &Client) {
    let whole = client.describe_orderable_replication_instances().send().await.expect("offers");
    let mut pages = client.describe_orderable_replication_instances().max_records(20).into_paginator().send();
    let mut count = 0;
    while let Some(page) = pages.next().await {
        count += page.expect("a page").orderable_replication_instances().len();
    }
    assert!(count > 20);
    assert_eq!(count, whole.orderable_replication_instances().len());
}

/// From endpoints to a running task; answers its ARN.
async fn lifecycle(stack: &Stack, client: &Client, instance: &str, database: &Database) -> String {
    let target = &database.target;
    let settings = PostgreSqlSettings::builder().server_name(&target.host).port(i32::from(target.port));
    let settings = settings.username(&target.user).password(target.password.expose()).database_name(&target.database);
    let source = client.create_endpoint().endpoint_identifier("source").engine_name("postgres");
    let source = source.endpoint_type(ReplicationEndpointTypeValue::Source).postgre_sql_settings(settings.build());
    let source = source.send().await.expect("a source").endpoint.expect("one");
    assert!(source.postgre_sql_settings().is_some_and(|settings| settings.password().is_none()), "no password shown");
    let stream = "arn:aws:kinesis:us-east-1:000000000000:stream/dms-api";
    let kinesis = KinesisSettings::builder().stream_arn(stream).message_format(MessageFormatValue::JsonUnformatted);
    let endpoint = client.create_endpoint().endpoint_identifier("target").engine_name("kinesis");
    let endpoint = endpoint.endpoint_type(ReplicationEndpointTypeValue::Target).kinesis_settings(kinesis.build());
    let sink = endpoint.send().await.expect("a target").endpoint.expect("one").endpoint_arn.expect("an ARN");
    let source = source.endpoint_arn.expect("an ARN");

    let mappings = json!({"rules": [{"rule-type": "selection", "rule-id": "1", "rule-name": "1",
        "rule-action": "include", "object-locator": {"schema-name": "public", "table-name": "events"}}]});
    let create = client.create_replication_task().replication_task_identifier("task").source_endpoint_arn(&source);
    let create = create.target_endpoint_arn(&sink).replication_instance_arn(instance);
    let create = create.migration_type(MigrationTypeValue::FullLoadAndCdc);
    assert_eq!(fault!(create.clone().table_mappings("{")), "InvalidParameterValueException");
    let made = create.table_mappings(mappings.to_string()).send().await.expect("a task").replication_task;
    let task = made.and_then(|task| task.replication_task_arn).expect("an ARN");
    assert_eq!(until(client, &task, "ready").await.0, ["creating", "ready"]);
    assert_eq!(fault!(client.delete_endpoint().endpoint_arn(&source)), "InvalidResourceStateFault");
    assert_eq!(fault!(client.stop_replication_task().replication_task_arn(&task)), "InvalidResourceStateFault");

    let start = |kind| client.start_replication_task().replication_task_arn(&task).start_replication_task_type(kind);
    let first = StartReplicationTaskTypeValue::StartReplication;
    let resume = StartReplicationTaskTypeValue::ResumeProcessing;
    // Connections that were never tested.
    assert_eq!(fault!(start(first.clone())), "InvalidResourceStateFault");
    assert_eq!(test(client, instance, &source).await, ("successful".into(), String::new()));
    let (status, words) = test(client, instance, &sink).await;
    assert_eq!(status, "failed");
    assert!(words.contains("does not exist"), "{words}");
    make_stream(stack).await;
    assert_eq!(test(client, instance, &sink).await.0, "successful");
    assert_eq!(fault!(start(resume.clone())), "InvalidParameterCombinationException");
    // A position needs a slot that the endpoint names, and such a slot a position.
    let at = start(first.clone()).cdc_start_position("0/1");
    assert_eq!(fault!(at), "InvalidParameterCombinationException");
    for (slot, refused) in [("named", true), ("", false)] {
        let settings = PostgreSqlSettings::builder().slot_name(slot).build();
        let named = client.modify_endpoint().endpoint_arn(&source).postgre_sql_settings(settings);
        named.send().await.expect("another slot");
        assert_eq!(test(client, instance, &source).await.0, "successful");
        if refused {
            assert_eq!(fault!(start(first.clone())), "InvalidParameterCombinationException");
        }
    }

    database.insert(1, 1, 25, 5).await;
    start(first.clone()).send().await.expect("start");
    assert_eq!(fault!(start(first.clone())), "InvalidResourceStateFault");
    assert_eq!(until(client, &task, "running").await.0, ["starting", "running"]);
    assert_eq!(fault!(client.delete_replication_task().replication_task_arn(&task)), "InvalidResourceStateFault");
    counts(client, &task, (25, 0)).await;
    database.insert(26, 5, 1, 5).await;
    counts(client, &task, (25, 5)).await;

    client.stop_replication_task().replication_task_arn(&task).send().await.expect("stop");
    let (seen, words) = until(client, &task, "stopped").await;
    assert_eq!(seen, ["stopping", "stopped"]);
    assert!(words.contains("NORMAL"), "{words}");
    assert_eq!(fault!(start(first)), "InvalidParameterCombinationException");

    // A dropped slot: the task names the reason and the remedy.
    let drop =
        "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE database = current_database()";
    database.admin().await.batch_execute(drop).await.expect("drop the slot");
    start(resume.clone()).send().await.expect("start");
    let (_, words) = until(client, &task, "failed").await;
    assert!(words.contains("FATAL_ERROR") && words.contains("does not exist"), "{words}");
    start(StartReplicationTaskTypeValue::ReloadTarget).send().await.expect("reload");
    until(client, &task, "running").await;
    counts(client, &task, (30, 0)).await;
    task
}

async fn test(client: &Client, instance: &str, endpoint: &str) -> (String, String) {
    let request = client.test_connection().replication_instance_arn(instance).endpoint_arn(endpoint);
    let begun = request.send().await.expect("a test").connection.and_then(|connection| connection.status);
    assert_eq!(begun.as_deref(), Some("testing"));
    let deadline = Instant::now() + Duration::from_secs(20);
    loop {
        let answer = client.describe_connections().filters(filter("endpoint-arn", endpoint)).send().await;
        let connection = answer.expect("connections").connections.and_then(|mut all| all.pop()).expect("one");
        if connection.status() != Some("testing") {
            return (connection.status.expect("a status"), connection.last_failure_message.unwrap_or_default());
        }
        assert!(Instant::now() < deadline, "the test does not end");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

async fn counts(client: &Client, task: &str, wanted: (i64, i64)) {
    let deadline = Instant::now() + Duration::from_secs(20);
    loop {
        let request = client.describe_table_statistics().replication_task_arn(task);
        let answer = request.filters(filter("table-name", "events")).send().await.expect("statistics");
        let seen = answer.table_statistics().first().map(|table| (table.full_load_rows, table.inserts));
        if seen == Some(wanted) {
            return;
        }
        assert!(Instant::now() < deadline, "{seen:?} is not {wanted:?}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

async fn make_stream(stack: &Stack) {
    let config = aws_sdk_kinesis::Config::builder()
        .behavior_version(aws_sdk_kinesis::config::BehaviorVersion::latest())
        .endpoint_url(stack.state().endpoint)
        .region(aws_sdk_kinesis::config::Region::new("us-east-1"))
        .credentials_provider(stack.state().key.credentials())
        .build();
    let client = aws_sdk_kinesis::Client::from_conf(config);
    client.create_stream().stream_name("dms-api").shard_count(1).send().await.expect("a stream");
    tokio::time::sleep(Duration::from_secs(1)).await;
}
