//! Parameters that admit consumers and applications outside of the pipeline.

use outboxctl::internals::aws::Clients;
use serde_json::{Value, json};

use crate::support::stack::Stack;

/// Returns the policy of the bus; null if it has none.
async fn policy(clients: &Clients, bus: &str) -> Value {
    let bus = clients.eventbridge().describe_event_bus().name(bus).send().await.expect("the bus");
    bus.policy().map_or(Value::Null, |text| serde_json::from_str(text).expect("JSON"))
}

#[tokio::test(flavor = "multi_thread")]
async fn another_account_may_create_rules_on_the_bus_and_put_no_events() {
    let mut stack = Stack::up("consumer-account");
    stack.set("OUTBOXCTL_PIPELINE", "dynamodb-eventbridge");
    let clients = stack.clients();
    let deploy = |account: &str, organization: &str| {
        let (account, organization) =
            (format!("ConsumerAccountId={account}"), format!("ConsumerOrganizationId={organization}"));
        stack.ok(&["deploy", "--yes", "--without-sample", "--parameter", &account, "--parameter", &organization])
    };
    deploy("", "");
    let bus = stack.ok(&["outputs"])["BusName"].as_str().expect("a bus").to_owned();
    assert_eq!(policy(&clients, &bus).await, Value::Null, "no other account by default");

    deploy("444455556666", "");
    let one = policy(&clients, &bus).await;
    let statement = &one["Statement"][0];
    assert_eq!(one["Statement"].as_array().map(Vec::len), Some(1), "{one}");
    assert_eq!(statement["Principal"], json!({ "AWS": "arn:aws:iam::444455556666:root" }));
    assert_eq!(
        statement["Condition"],
        json!({ "StringEqualsIfExists": { "events:creatorAccount": "${aws:PrincipalAccount}" } })
    );
    let resource = statement["Resource"].as_str().expect("a resource");
    assert!(resource.ends_with(&format!(":rule/{bus}/*")), "{resource}");
    let actions = statement["Action"].as_array().expect("actions");
    assert!(actions.contains(&"events:PutRule".into()) && actions.contains(&"events:PutTargets".into()), "{actions:?}");
    assert!(!actions.contains(&"events:PutEvents".into()), "a consumer publishes nothing: {actions:?}");

    deploy("444455556666", "o-abcdefghij");
    let both = policy(&clients, &bus).await;
    let of_organization = both["Statement"].as_array().expect("statements").iter().find(|one| one["Principal"] == "*");
    let condition = &of_organization.unwrap_or_else(|| panic!("{both}"))["Condition"];
    assert_eq!(condition["StringEquals"], json!({ "aws:PrincipalOrgID": "o-abcdefghij" }), "{both}");
    deploy("777788889999", "");
    let changed = policy(&clients, &bus).await;
    assert!(
        !changed.to_string().contains("444455556666") && !changed.to_string().contains("o-abcdefghij"),
        "{changed}"
    );
    deploy("", "");
    assert_eq!(policy(&clients, &bus).await, Value::Null, "taken away again");
    let refused = stack.fails(2, &["deploy", "--yes", "--without-sample", "--parameter", "ConsumerAccountId=12"]);
    assert!(refused["error"]["message"].to_string().contains("ConsumerAccountId"), "{refused}");
    stack.ok(&["destroy", "--yes"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn another_account_may_read_the_stream_and_decrypt_it_with_a_key_of_its_own() {
    let mut stack = Stack::up("consumer-of-stream");
    stack.set("OUTBOXCTL_PIPELINE", "rds-kinesis");
    let clients = stack.clients();
    let deploy = ["deploy", "--yes", "--without-sample", "--parameter", "ConsumerAccountId=444455556666"];
    let refused = stack.fails(2, &deploy);
    assert!(refused["error"].to_string().contains("StreamKeyArn"), "{refused}");
    let key = "arn:aws:kms:us-east-1:111122223333:key/0a1b2c3d";
    stack.ok(&[&deploy[..], &["--parameter", &format!("StreamKeyArn={key}")]].concat());
    let stream = stack.ok(&["outputs"])["StreamArn"].as_str().expect("a stream").to_owned();
    let policy = async || {
        let answer = clients.kinesis().get_resource_policy().resource_arn(&stream).send().await.expect("the policy");
        serde_json::from_str::<Value>(&answer.policy).expect("JSON")
    };
    let statement = policy().await["Statement"][0].clone();
    assert_eq!(statement["Principal"], json!({ "AWS": "arn:aws:iam::444455556666:root" }));
    assert_eq!(statement["Resource"], stream.as_str());
    let actions = statement["Action"].as_array().expect("actions");
    assert!(actions.contains(&"kinesis:GetRecords".into()) && !actions.iter().any(|one| one == "kinesis:PutRecord"));
    let printed = stack.ok(&["policy", "--consumer", "444455556666", "--account", "000000000000"]);
    let read = &printed["consumer_policy"]["Statement"][0];
    assert_eq!(read["Action"], statement["Action"], "both accounts allow the same");
    // Region and account are placeholders unless they are set.
    let (_, pattern) = read["Resource"].as_str().expect("a pattern").split_once(":stream/").expect("a stream");
    let (_, name) = stream.split_once(":stream/").expect("a stream");
    assert!(name.starts_with(pattern.trim_end_matches('*')), "{pattern}: {name}");
    stack.ok(&["deploy", "--yes", "--parameter", "ConsumerAccountId="]);
    assert_eq!(policy().await, json!({}), "taken away again");
    stack.ok(&["destroy", "--yes"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_applications_range_and_security_group_are_admitted_to_the_database_only() {
    let mut stack = Stack::up("application-network");
    stack.set("OUTBOXCTL_PIPELINE", "rds-eventbridge");
    let group = "sg-0123456789abcdef0";
    let (range, of_group) = ("ApplicationCidr=10.7.0.0/16", format!("ApplicationSecurityGroupId={group}"));
    stack.ok(&["deploy", "--yes", "--without-sample", "--parameter", range, "--parameter", &of_group]);
    let clients = stack.clients();
    let outputs = stack.ok(&["outputs"]);
    let database = outputs["DatabaseSecurityGroupId"].as_str().expect("a group").to_owned();
    let kind = "AWS::EC2::SecurityGroup";
    let listed = clients.cloud_control().list_resources().type_name(kind).send().await.expect("the groups");
    let mut admitted = Vec::new();
    for one in listed.resource_descriptions() {
        let id = one.identifier().unwrap_or_default().to_owned();
        let found = clients.cloud_control().get_resource().type_name(kind).identifier(&id).send().await.expect("it");
        let text = found.resource_description.and_then(|it| it.properties).unwrap_or_default();
        if text.contains("10.7.0.0/16") || text.contains(group) {
            assert!(text.contains("10.7.0.0/16") && text.contains(group) && text.contains("5432"), "{text}");
            admitted.push(id);
        }
    }
    assert_eq!(admitted, [database]);
}
