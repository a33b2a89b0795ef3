//! Resources that other tools made: `deploy` uses them and adds the missing ones, and `destroy` does not change them.

mod database;
mod network;
mod outbox;
mod reachable;

use aws_sdk_eventbridge::types::{RuleState, Target};
use outboxctl::internals::aws::Clients;
use serde_json::{Value, json};

use crate::support::blocks;
use crate::support::stack::Stack;

/// Creates a stream that is active.
async fn create_stream(clients: &Clients, name: &str) {
    let kinesis = clients.kinesis();
    kinesis.create_stream().stream_name(name).shard_count(2).send().await.expect("a stream");
    let increase = kinesis.increase_stream_retention_period().stream_name(name).retention_period_hours(72);
    // The stream must be active first.
    while let Err(error) = increase.clone().send().await {
        let code = outboxctl::internals::error::sdk_code(&error).to_owned();
        assert_eq!(code, "ResourceInUseException", "{error:?}");
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
}

/// Returns everything about stream and bus that a command could change.
async fn described(clients: &Clients, stream: &str, bus: &str) -> Value {
    let kinesis = clients.kinesis();
    let summary = kinesis.describe_stream_summary().stream_name(stream).send().await.expect("the stream");
    let summary = summary.stream_description_summary.expect("a summary");
    let tags = kinesis.list_tags_for_stream().stream_name(stream).send().await.expect("its tags").tags;
    let consumers = kinesis.list_stream_consumers().stream_arn(&summary.stream_arn).send().await.expect("consumers");
    let events = clients.eventbridge();
    let described = events.describe_event_bus().name(bus).send().await.expect("the bus");
    let rules = events.list_rules().event_bus_name(bus).send().await.expect("its rules");
    json!({
        "stream": format!("{summary:?} {tags:?} {:?}", consumers.consumers),
        "bus": format!("{:?} {:?} {:?}", described.arn, described.policy, described.description),
        "rules": format!("{:?}", rules.rules),
    })
}

/// Returns the status of a stack.
fn status(stack: &Stack, args: &[&str], name: &str) -> String {
    let status = stack.ok(&[args, &["status"]].concat());
    let stacks = status["stacks"].as_array().expect("stacks").clone();
    let found = stacks.into_iter().find(|stack| stack["stack"] == name).unwrap_or_else(|| panic!("{name}: {status}"));
    found["status"].as_str().expect("a status").to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_existing_stream_and_bus_are_used_and_left_as_they_were() {
    let stack = Stack::up("existing-stream");
    let clients = stack.clients();

    // Nothing is made before all of it is there.
    stack.write("outboxctl.toml", &blocks("existing", "toml")[0]);
    let refused = stack.fails(2, &["deploy", "--yes"]);
    let text = refused["error"].to_string();
    assert!(text.contains("stream orders was not found") && text.contains("bus shop was not found"), "{refused}");
    let made = clients.cloudformation().describe_stacks().send().await.expect("an answer");
    assert!(made.stacks().is_empty(), "{made:?}");

    create_stream(&clients, "orders").await;
    clients.eventbridge().create_event_bus().name("shop").send().await.expect("a bus");
    let rule = clients.eventbridge().put_rule().name("audit").event_bus_name("shop");
    rule.event_pattern(r#"{"source": ["audit"]}"#).send().await.expect("a rule of another application");
    // The last one is on the second page of ListRules.
    for number in 0..100 {
        let rule = clients.eventbridge().put_rule().name(format!("other-{number:02}")).event_bus_name("shop");
        let state = if number == 99 { RuleState::Disabled } else { RuleState::Enabled };
        rule.event_pattern(r#"{"source": ["other"]}"#).state(state).send().await.expect("a further rule");
    }
    let before = described(&clients, "orders", "shop").await;

    let preview = stack.ok(&["deploy", "--dry-run"]);
    let actions = preview["stacks"].as_array().expect("stacks");
    assert!(actions.iter().any(|one| one["stack"] == "stream" && one["action"] == "existing"), "{preview}");
    let idle = stack.fails(2, &["deploy", "--yes", "--parameter", "Shards=2"]);
    assert!(idle["error"]["message"].as_str().is_some_and(|text| text.contains("Shards has no effect")), "{idle}");

    stack.follow(&blocks("existing", "sh")[0]);
    assert_eq!(status(&stack, &[], "stream"), "existing, left alone");
    let outputs = stack.ok(&["outputs"]);
    assert_eq!((&outputs["StreamName"], &outputs["BusName"]), (&json!("orders"), &json!("shop")));
    assert!(!stack.changed(&["deploy", "--yes"]), "a second deploy changes nothing");
    let report = stack.ok(&["doctor"]);
    let findings = report["findings"].as_array().expect("findings");
    assert!(findings.iter().all(|finding| finding["state"] != "failed"), "{findings:#?}");
    assert!(findings.iter().any(|finding| finding["check"] == "existing stream"), "{findings:#?}");
    let bus = findings.iter().find(|finding| finding["check"] == "bus").expect("the check of the bus");
    assert_eq!(
        (&bus["state"], &bus["message"]),
        (&json!("warning"), &json!("disabled rules: other-99 (existing, left alone)"))
    );

    stack.ok(&["destroy", "--yes"]);
    assert_eq!(described(&clients, "orders", "shop").await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_existing_event_log_replaces_the_stack_of_the_bus() {
    let stack = Stack::up("existing-log");
    let clients = stack.clients();
    let on = |args: &[&'static str]| [&["--pipeline", "dynamodb-eventbridge"], args].concat();
    let (events, group) = (clients.eventbridge(), "/aws/events/shop");
    let bus = events.create_event_bus().name("shop").send().await.expect("a bus").event_bus_arn.expect("its ARN");
    clients.logs().create_log_group().log_group_name(group).send().await.expect("a log group");
    stack.write("outboxctl.toml", &blocks("existing", "toml")[1]);
    let refused = stack.fails(2, &on(&["deploy", "--yes"]));
    assert!(refused["error"]["message"].as_str().is_some_and(|text| text.contains("no rule of bus shop")), "{refused}");

    let rule = events.put_rule().name("log").event_bus_name("shop").event_pattern(r#"{"source": [{"prefix": ""}]}"#);
    rule.send().await.expect("a rule");
    let arn = bus.replace(":events:", ":logs:").replace("event-bus/shop", &format!("log-group:{group}"));
    let statement = json!({
        "Effect": "Allow", "Principal": { "Service": ["events.amazonaws.com", "delivery.logs.amazonaws.com"] },
        "Action": ["logs:CreateLogStream", "logs:PutLogEvents"], "Resource": format!("{arn}:*"),
    });
    let policy = json!({ "Version": "2012-10-17", "Statement": [statement] }).to_string();
    let put = clients.logs().put_resource_policy().policy_name("events").policy_document(policy);
    put.send().await.expect("a policy that admits EventBridge");
    let target = Target::builder().id("log").arn(&arn).build().expect("complete");
    events.put_targets().rule("log").event_bus_name("shop").targets(target).send().await.expect("a target");

    stack.ok(&on(&["deploy", "--yes"]));
    assert_eq!(status(&stack, &["--pipeline", "dynamodb-eventbridge"], "bus"), "existing, left alone");
    stack.ok(&on(&["verify", "--count", "20"]));
    // Flags name the same resources as the file.
    stack.write("outboxctl.toml", "");
    let flags = [
        "--pipeline",
        "dynamodb-eventbridge",
        "--existing",
        "bus=shop",
        "--existing",
        "event_log_group=/aws/events/shop",
    ];
    assert!(!stack.changed(&[&flags[..], &["deploy", "--yes"]].concat()), "the deploy is the same");
    assert_eq!(status(&stack, &flags, "bus"), "existing, left alone");
    stack.ok(&[&flags[..], &["destroy", "--yes"]].concat());
    let rules = events.list_rules().event_bus_name("shop").send().await.expect("the bus is there").rules;
    assert_eq!(rules.map(|rules| rules.len()), Some(1));
    let groups = clients.logs().describe_log_groups().log_group_name_prefix(group).send().await.expect("an answer");
    assert_eq!(groups.log_groups().len(), 1);
}
