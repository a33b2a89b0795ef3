//! Events that a rule of the bus could not deliver to its target: the dead-letter queues behind the bus.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::process::Stdio;

use aws_sdk_cloudwatchlogs::types::PolicyScope;
use aws_sdk_lambda::types::Environment;
use aws_sdk_sqs::types::MessageAttributeValue;
use serde_json::{Value, json};

use crate::support::pipeline::Pipeline;

/// Lets the consumer behind the bus write to this table.
async fn inbox(pipeline: &Pipeline, table: &str) -> String {
    let function = pipeline.output("ConsumerFunction");
    let lambda = pipeline.clients.lambda();
    let now = lambda.get_function_configuration().function_name(function).send().await.expect("the function");
    let mut variables = now.environment.and_then(|environment| environment.variables).expect("variables");
    let before = variables.insert("INBOX_TABLE".into(), table.into()).expect("the table's name");
    let environment = Environment::builder().set_variables(Some(variables)).build();
    let changed = lambda.update_function_configuration().function_name(function).environment(environment).send().await;
    changed.expect("a new configuration");
    before
}

/// Puts a condition on the account into the event log's policy, for both actions: the call that creates the log's stream carries
/// no account, so that EventBridge can't write any more.
async fn close_log(pipeline: &Pipeline) {
    let logs = pipeline.clients.logs();
    let (prefix, _) = pipeline.output("BusArn").split_once(":event-bus/").expect("an ARN");
    let group = pipeline.output("EventLogGroup");
    let arn = format!("{}:log-group:{group}", prefix.replace(":events:", ":logs:"));
    let now = logs.describe_resource_policies().resource_arn(&arn).policy_scope(PolicyScope::Resource).send().await;
    let now =
        now.expect("the policies").resource_policies.and_then(|mut policies| policies.pop()).expect("the group's own");
    let account = prefix.rsplit(':').next().expect("an account");
    let document = json!({"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Resource": format!("{arn}:*"),
        "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
        "Condition": {"StringEquals": {"aws:SourceAccount": account}},
    }]});
    let put = logs.put_resource_policy().resource_arn(&arn).policy_document(document.to_string());
    put.set_expected_revision_id(now.revision_id).send().await.expect("a policy that is too narrow");
}

/// Ids of the events that the consumer took in.
async fn taken_in(pipeline: &Pipeline) -> BTreeSet<String> {
    let items = pipeline.clients.dynamodb().scan().table_name(pipeline.output("InboxTable")).send().await;
    let items = items.expect("the inbox").items.unwrap_or_default();
    items.iter().map(|item| item["event_id"].as_s().expect("an id").clone()).collect()
}

/// An event that the log refused, in the form in which EventBridge hands it to the queue.
async fn unlogged(pipeline: &Pipeline, sequence: u64) {
    let id = format!("0198a6a0-0000-7000-8000-{sequence:012}");
    let event = json!({
        "version": "0", "id": format!("bus-{sequence}"), "detail-type": "UserUpdated", "source": "outbox.user",
        "account": "000000000000", "time": "2026-11-21T06:00:00Z", "region": "us-east-1", "resources": [],
        "detail": {"specversion": "1.0", "id": id, "source": "outbox.user", "type": "UserUpdated", "subject": "u-1",
                   "time": "2026-11-21T06:00:00.000000Z", "sequence": sequence.to_string(), "data": {"n": sequence}},
    });
    let text = |text: &str| {
        MessageAttributeValue::builder().data_type("String").string_value(text).build().expect("an attribute")
    };
    let request = pipeline.clients.sqs().send_message().queue_url(pipeline.output("UnloggedQueue"));
    let sent = request
        .message_body(event.to_string())
        .message_attributes("RULE_ARN", text("arn:aws:events:us-east-1:000000000000:rule/bus/log"))
        .message_attributes("ERROR_CODE", text("NO_PERMISSIONS"))
        .message_attributes("ERROR_MESSAGE", text("the log group's policy does not admit the rule"))
        .message_attributes("RETRY_ATTEMPTS", text("2"));
    sent.send().await.expect("a message");
}

fn letter(listed: &Value, field: &str, value: &str) -> Value {
    let letters = listed["dead_letters"].as_array().expect("letters");
    letters.iter().find(|letter| letter[field] == value).unwrap_or_else(|| panic!("{field} {value}: {listed}")).clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn undelivered_events_of_a_rule_are_listed_and_redriven_to_its_target_alone() {
    let pipeline = Pipeline::deployed("queues", "dynamodb-cdc").await;
    let table = inbox(&pipeline, "no-such-table").await;
    close_log(&pipeline).await;
    pipeline.ok(&["sample", "insert", "--count", "4", "--aggregates", "2"]);
    for sequence in [3, 1, 2] {
        unlogged(&pipeline, sequence).await;
    }
    let junk = pipeline.clients.sqs().send_message().queue_url(pipeline.output("UnloggedQueue"));
    junk.message_body("no event").send().await.expect("a message");

    // Lists hide nothing from each other.
    let list = ["dlq", "list"];
    let listed = pipeline.until(&list, |data| data["total"] == 12);
    assert_eq!(listed["by_place"], json!({ "undelivered": 4, "unlogged": 8 }), "{listed}");
    assert_eq!(listed["by_cause"], json!({ "NO_PERMISSIONS": 7, "RetriesExhausted": 4, "Unknown": 1 }), "{listed}");
    for _ in 0..2 {
        let again = pipeline.ok(&list);
        assert_eq!((&again["total"], &again["held_elsewhere"]), (&12.into(), &0.into()), "{again}");
    }
    let one = letter(&pipeline.ok(&list), "cause", "RetriesExhausted");
    let shown = pipeline.ok(&["dlq", "show", one["id"].as_str().expect("an id")]);
    assert_eq!(shown["payloads"][0]["json"]["detail"]["id"], one["event_id"], "{shown}");
    assert!(shown["reason"].as_str().is_some_and(|reason| reason.contains("no-such-table")), "{shown}");
    let shown = pipeline.ok(&["dlq", "show", "0198a6a0-0000-7000-8000-000000000002"]);
    assert_eq!((&shown["part"], &shown["attempts"]), (&"rule log".into(), &3.into()), "{shown}");
    assert_eq!((&shown["aggregate_id"], &shown["sequence"]), (&"u-1".into(), &2.into()), "{shown}");
    assert_eq!(pipeline.ok(&["dlq", "list", "--place", "unlogged"])["total"], 8);
    let unknown = pipeline.fails(2, &["dlq", "list", "--place", "nowhere"]);
    assert!(unknown["error"]["hints"].to_string().contains("bucket, unlogged, undelivered"), "{unknown}");

    // As long as the consumer fails, everything stays where it is.
    let planned = pipeline.ok(&["dlq", "redrive", "--place", "undelivered", "--dry-run"]);
    assert_eq!((&planned["selected"], &planned["sent"]), (&4.into(), &0.into()), "{planned}");
    let refused = pipeline.fails(1, &["dlq", "redrive", "--place", "undelivered"]);
    assert_eq!((&refused["data"]["refused"], &refused["data"]["sent"]), (&4.into(), &0.into()), "{refused}");
    assert_eq!(pipeline.ok(&["dlq", "list", "--place", "undelivered"])["total"], 4);
    assert_eq!(taken_in(&pipeline).await, BTreeSet::new());

    // A redrive is killed: the messages that it held are visible again later, and nothing is lost.
    inbox(&pipeline, &table).await;
    let redrive = ["dlq", "redrive", "--place", "undelivered", "--rate", "1", "--output", "ndjson"];
    let mut killed = pipeline.command(&redrive).stdout(Stdio::piped()).spawn().expect("the binary starts");
    let lines = BufReader::new(killed.stdout.take().expect("stdout")).lines();
    let sent = lines.map_while(Result::ok).find(|line| line.contains("\"sent\""));
    assert!(sent.is_some(), "the redrive ended before it sent anything");
    let meanwhile = pipeline.ok(&["dlq", "list", "--place", "undelivered"]);
    assert!(meanwhile["held_elsewhere"].as_u64().is_some_and(|held| held >= 1), "it says so: {meanwhile}");
    killed.kill().expect("killed");
    killed.wait().expect("gone");
    pipeline.stack.end_visibility_timeouts();
    let left = pipeline.ok(&["dlq", "list", "--place", "undelivered"]);
    assert_eq!(left["held_elsewhere"], 0, "{left}");
    let left = left["total"].as_u64().expect("a count");
    assert!((1..=3).contains(&left), "{left} of 4 are left");

    // The rest, while SQS, Lambda and the log are throttled, break off, and answer late.
    pipeline.stack.fault(&json!([
        { "service": "sqs", "kind": "throttle", "next": 2 },
        { "service": "sqs", "operation": "DeleteMessage", "kind": "late", "next": 2 },
        { "service": "lambda", "kind": "throttle", "next": 2 },
        { "service": "lambda", "kind": "late", "next": 1 },
        { "service": "logs", "kind": "error", "next": 2 },
    ]));
    let most = pipeline.fails(1, &["dlq", "redrive", "--all"]);
    pipeline.stack.heal();
    let counts = ["selected", "sent", "unsendable", "refused", "left"].map(|name| most["data"][name].as_u64());
    assert_eq!(counts, [Some(left + 8), Some(left + 7), Some(1), Some(0), Some(0)], "{most}");
    pipeline.stack.end_visibility_timeouts();
    let rest = pipeline.ok(&list);
    assert_eq!((&rest["total"], &rest["by_cause"]), (&1.into(), &json!({ "Unknown": 1 })), "{rest}");

    // Each went to the target that had missed it, in the order of its aggregate.
    let log = pipeline.log().await;
    let late: Vec<&str> = log.iter().filter(|e| e["subject"] == "u-1").filter_map(|e| e["sequence"].as_str()).collect();
    let mut once = late.clone();
    once.dedup();
    assert_eq!(once, ["1", "2", "3"], "{late:?}");
    let written: BTreeSet<String> = log
        .iter()
        .filter(|event| event["subject"] != "u-1")
        .map(|event| event["id"].as_str().expect("an id").to_owned())
        .collect();
    assert_eq!((written.len(), taken_in(&pipeline).await), (4, written));
}
