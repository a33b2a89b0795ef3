//! The local stack refuses the same templates as CloudFormation on AWS, in the same words.

use std::sync::Arc;

use aws_sdk_cloudformation::Client;
use aws_sdk_cloudformation::error::ProvideErrorMetadata;
use aws_sdk_cloudformation::types::{Capability, ChangeSetType, Parameter, StackEvent, StackStatus};
use aws_sdk_eventbridge::primitives::DateTime;
use aws_sdk_eventbridge::types::{DeadLetterConfig, InputTransformer, PutEventsRequestEntry, Target};
use aws_sdk_sqs::types::QueueAttributeName;
use serde_json::{Value, json};

use crate::support::api::eventually;
use crate::support::shared::Shared;
use crate::support::stack::Stack;

static STACK: Shared = Shared::new();

/// Returns the stack of these tests. Their CloudFormation stacks and resources have names of their own.
fn stack() -> Arc<Stack> {
    STACK.up("strict", |_| ())
}

const VPC: &str = r#"{"Parameters":{"Range":{"Type":"String"}},
    "Resources":{"Vpc":{"Type":"AWS::EC2::VPC","Properties":{"CidrBlock":{"Ref":"Range"}}}}}"#;
const ROLE: &str = r#"{"Resources":{"Role":{"Type":"AWS::IAM::Role","Properties":{"RoleName":"named",
    "AssumeRolePolicyDocument":{"Version":"2012-10-17","Statement":[]}}}}}"#;

fn parameter(name: &str, value: &str) -> Parameter {
    Parameter::builder().parameter_key(name).parameter_value(value).build()
}

/// Creates a stack; why it is refused, where it is.
async fn create(client: &Client, name: &str, template: &str, parameters: &[Parameter]) -> Option<String> {
    let request = client.create_stack().stack_name(name).template_body(template);
    let answer = request.set_parameters(Some(parameters.to_vec())).send().await;
    answer.err().map(|error| format!("{}: {}", error.code().unwrap_or_default(), error.message().unwrap_or_default()))
}

#[tokio::test(flavor = "multi_thread")]
async fn cloudformation_refuses_like_aws() {
    let stack = stack();
    let clients = stack.clients();
    let client = clients.cloudformation();
    let range = parameter("Range", "10.0.0.0/16");

    let unknown = create(&client, "unknown", VPC, &[range.clone(), parameter("Nope", "1")]).await;
    assert_eq!(unknown.as_deref(), Some("ValidationError: Parameters: [Nope] do not exist in the template"));
    let missing = create(&client, "without-range", VPC, &[]).await;
    assert_eq!(missing.as_deref(), Some("ValidationError: Parameters: [Range] must have values"));
    let named = create(&client, "unacknowledged", ROLE, &[]).await;
    assert_eq!(
        named.as_deref(),
        Some("InsufficientCapabilitiesException: Requires capabilities : [CAPABILITY_NAMED_IAM]")
    );
    let request = client.create_stack().stack_name("acknowledged").template_body(ROLE);
    request.capabilities(Capability::CapabilityNamedIam).send().await.expect("accepted with the capability");

    // The default VPC is the first of five.
    let mut outcomes = Vec::new();
    for number in 0..5 {
        let name = format!("vpc-{number}");
        assert_eq!(create(&client, &name, VPC, std::slice::from_ref(&range)).await, None);
        outcomes.push(
            eventually("the stack's end", async || {
                let found = client.describe_stacks().stack_name(&name).send().await.expect("the stack");
                let status = found.stacks()[0].stack_status().expect("a status").clone();
                (!status.as_str().ends_with("IN_PROGRESS")).then_some(status)
            })
            .await,
        );
    }
    let created = outcomes.iter().filter(|status| **status == StackStatus::CreateComplete).count();
    assert_eq!((created, outcomes.last()), (4, Some(&StackStatus::RollbackComplete)), "{outcomes:?}");
}

/// A template with one resource.
fn one(kind: &str, properties: &Value) -> String {
    json!({ "Resources": { "It": { "Type": kind, "Properties": properties } } }).to_string()
}

/// Waits for the end of a stack's operation; returns the reason of the first failed resource, or "" without one.
async fn reason(client: &Client, name: &str) -> String {
    eventually("the stack's end", async || {
        let found = client.describe_stacks().stack_name(name).send().await.expect("the stack");
        let status = found.stacks()[0].stack_status().expect("a status").clone();
        (!status.as_str().ends_with("IN_PROGRESS")).then_some(())
    })
    .await;
    let events = client.describe_stack_events().stack_name(name).send().await.expect("its events");
    let failed =
        |event: &&StackEvent| event.resource_status().is_some_and(|status| status.as_str().ends_with("_FAILED"));
    let first = events.stack_events().iter().rev().find(failed);
    first.and_then(|event| event.resource_status_reason()).unwrap_or_default().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn properties_are_those_of_the_registry() {
    let stack = stack();
    let client = stack.clients().cloudformation();
    for (name, kind, properties, expected) in [
        ("missing", "AWS::EC2::RouteTable", json!({}), "It with message: #: required key [VpcId] not found"),
        (
            "extra",
            "AWS::SQS::Queue",
            json!({"Name": "q"}),
            "It with message: #: extraneous key [Name] is not permitted",
        ),
        ("fine", "AWS::SQS::Queue", json!({"QueueName": "q"}), ""),
    ] {
        assert_eq!(create(&client, name, &one(kind, &properties), &[]).await, None);
        let found = reason(&client, name).await;
        assert!(found.ends_with(expected) && found.is_empty() == expected.is_empty(), "{name}: {found}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_is_taken_once() {
    let stack = stack();
    let clients = stack.clients();
    let client = clients.cloudformation();
    let group = |name: &str| one("AWS::Logs::LogGroup", &json!({ "LogGroupName": name }));
    assert_eq!(create(&client, "first", &group("/taken"), &[]).await, None);
    assert_eq!(reason(&client, "first").await, "");
    assert_eq!(create(&client, "second", &group("/taken"), &[]).await, None);
    let found = reason(&client, "second").await;
    assert!(
        found.contains("/taken already exists in stack arn:aws:cloudformation:") && found.contains("/first/"),
        "{found}"
    );

    clients.logs().create_log_group().log_group_name("/by-hand").send().await.expect("a log group");
    assert_eq!(create(&client, "third", &group("/by-hand"), &[]).await, None);
    let found = reason(&client, "third").await;
    assert!(found.contains("'AWS::Logs::LogGroup' with identifier '/by-hand' already exists"), "{found}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_named_resource_is_not_replaced() {
    let stack = stack();
    let client = stack.clients().cloudformation();
    let certificate = |region: &str| {
        let pem = outboxctl::internals::postgres::tls::regional_root(region).expect("a certificate");
        one("AWS::DMS::Certificate", &json!({ "CertificateIdentifier": "one", "CertificatePem": pem }))
    };
    assert_eq!(create(&client, "named", &certificate("eu-west-1"), &[]).await, None);
    assert_eq!(reason(&client, "named").await, "");
    client.update_stack().stack_name("named").template_body(certificate("eu-west-2")).send().await.expect("accepted");
    let refused = reason(&client, "named").await;
    let expected = "CloudFormation cannot update a stack when a custom-named resource requires replacing. Rename one and \
                    update the stack again.";
    assert!(refused.ends_with(expected), "{refused}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_has_ten_resource_policies_of_cloudwatch_logs() {
    let stack = stack();
    // The SDK takes this code for throttling: with its usual retries the refusal takes minutes.
    let logs = stack.clients().fail_fast().logs();
    let statement = json!({ "Effect": "Allow", "Principal": { "Service": "events.amazonaws.com" },
        "Action": "logs:PutLogEvents", "Resource": "*" });
    let document = json!({ "Version": "2012-10-17", "Statement": [statement] }).to_string();
    let put =
        |number: u32| logs.put_resource_policy().policy_name(format!("p{number}")).policy_document(&document).send();
    for number in 0..10 {
        put(number).await.expect("one of ten");
    }
    let refused = put(10).await.expect_err("the eleventh");
    assert_eq!(refused.code(), Some("LimitExceededException"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_to_a_bus_has_one_to_ten_events() {
    let stack = stack();
    let events = stack.clients().eventbridge();
    let entry = PutEventsRequestEntry::builder().source("shop").detail_type("Sold").detail("{}").build();
    let put = async |count: usize| events.put_events().set_entries(Some(vec![entry.clone(); count])).send().await;
    for count in [0, 11] {
        assert_eq!(put(count).await.expect_err("refused").code(), Some("ValidationException"), "{count} events");
    }
    let answer = put(10).await.expect("ten events");
    assert_eq!((answer.entries().len(), answer.failed_entry_count()), (10, 0));
}

/// A queue that may get events only once its policy allows a rule's.
#[tokio::test(flavor = "multi_thread")]
async fn a_dead_letter_queue_needs_a_policy_for_the_rule() {
    let stack = stack();
    let clients = stack.clients();
    let (events, sqs) = (clients.eventbridge(), clients.sqs());
    let arn = |queue: &str| format!("arn:aws:sqs:us-east-1:000000000000:{queue}");
    let queues = ["lost-closed", "lost-open"];
    let mut urls = Vec::new();
    for queue in queues {
        let made = sqs.create_queue().queue_name(queue).send().await.expect("a queue");
        urls.push(made.queue_url.expect("a URL"));
    }
    let open = async |at: usize| {
        let policy = json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow", "Resource": arn(queues[at]),
            "Principal": { "Service": "events.amazonaws.com" }, "Action": "sqs:SendMessage" }] });
        let set = sqs.set_queue_attributes().queue_url(&urls[at]);
        set.attributes(QueueAttributeName::Policy, policy.to_string()).send().await.expect("a policy");
    };
    open(1).await;
    events.put_rule().name("lost").event_pattern(r#"{"source": ["lost"]}"#).send().await.expect("a rule");
    // No log group has this name: the events are never delivered. The one with the closed queue comes first.
    let target = |queue: &str| {
        let dead_letters = DeadLetterConfig::builder().arn(arn(queue)).build();
        let target = Target::builder().id(queue).arn("arn:aws:logs:us-east-1:000000000000:log-group:/aws/events/none");
        target.dead_letter_config(dead_letters).build().expect("a target")
    };
    let put = events.put_targets().rule("lost").targets(target(queues[0])).targets(target(queues[1]));
    put.send().await.expect("two targets");
    let entry = PutEventsRequestEntry::builder().source("lost").detail_type("Sold").detail("{}").build();
    let received = async |at: usize| {
        let request = sqs.receive_message().queue_url(&urls[at]).message_attribute_names("All").visibility_timeout(0);
        request.send().await.expect("an answer").messages.unwrap_or_default().pop()
    };
    let arrives = async |at: usize| {
        eventually(queues[at], async || {
            events.put_events().entries(entry.clone()).send().await.expect("an event");
            received(at).await
        })
        .await
    };
    let message = arrives(1).await;
    let code = message.message_attributes().and_then(|all| all.get("ERROR_CODE")?.string_value());
    assert_eq!(code, Some("NO_RESOURCE"));
    assert_eq!(received(0).await, None, "its policy does not allow the rule");
    open(0).await;
    arrives(0).await;
}

/// Name of the log group of [`a_log_group_is_a_target_with_its_own_form_of_input`], and of its rule.
const AUDIT: &str = "audit";

/// Returns a target for the log group, with a template that has the event's time as `at` and its type as `kind`.
fn audit(template: Option<&str>) -> Target {
    let transformer = template.map(|template| {
        let paths =
            InputTransformer::builder().input_paths_map("at", "$.time").input_paths_map("kind", "$.detail-type");
        paths.input_template(template).build().expect("a transformer")
    });
    let target = Target::builder().id("1").arn(format!("arn:aws:logs:us-east-1:000000000000:log-group:{AUDIT}"));
    target.set_input_transformer(transformer).build().expect("a target")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_group_is_a_target_with_its_own_form_of_input() {
    const FORM: &str = r#"{"timestamp": <at>, "message": "sold: <kind>"}"#;
    let stack = stack();
    let clients = stack.clients();
    let (events, logs) = (clients.eventbridge(), clients.logs());
    events.put_rule().name(AUDIT).event_pattern(r#"{"source": ["audited"]}"#).send().await.expect("a rule");
    let put = async |target: Target| events.put_targets().rule(AUDIT).targets(target).send().await;
    for template in
        ["\"<kind>\"", r#"{"message": <kind>}"#, r#"{"timestamp": <at>, "message": <kind>, "more": 1}"#, "{"]
    {
        assert_eq!(put(audit(Some(template))).await.expect_err(template).code(), Some("ValidationException"));
        let rule = json!({ "EventPattern": { "source": ["audited"] }, "Targets": [{
            "Id": "1", "Arn": audit(None).arn(),
            "InputTransformer": { "InputPathsMap": { "at": "$.time", "kind": "$.detail-type" }, "InputTemplate": template },
        }] });
        let client = clients.cloudformation();
        let name = format!("audit-{}", template.len());
        assert_eq!(create(&client, &name, &one("AWS::Events::Rule", &rule), &[]).await, None);
        let found = reason(&client, &name).await;
        assert!(found.contains("InputTemplate for target 1 is not supported"), "{template}: {found}");
    }
    let path = Target::builder().id("1").arn(audit(None).arn()).input_path("$.detail").build().expect("a target");
    assert_eq!(put(path).await.expect_err("a path").code(), Some("ValidationException"));

    logs.create_log_group().log_group_name(AUDIT).send().await.expect("a log group");
    put(audit(Some(FORM))).await.expect("accepted");
    let policy = json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow", "Resource": "*",
        "Principal": { "Service": "events.amazonaws.com" }, "Action": ["logs:CreateLogStream", "logs:PutLogEvents"] }] });
    let group = format!("arn:aws:logs:us-east-1:000000000000:log-group:{AUDIT}");
    let allow = logs.put_resource_policy().policy_name(AUDIT).policy_document(policy.to_string()).resource_arn(group);
    allow.send().await.expect("a policy");
    let time = DateTime::from_secs(chrono::Utc::now().timestamp() - 60);
    let entry = PutEventsRequestEntry::builder().source("audited").detail_type("Sold").detail("{}").time(time).build();
    // A new rule takes effect after a pause.
    let written = eventually("an event in the log", async || {
        events.put_events().entries(entry.clone()).send().await.expect("an event");
        let found = logs.filter_log_events().log_group_name(AUDIT).send().await.expect("the log");
        found.events.unwrap_or_default().pop()
    })
    .await;
    assert_eq!((written.message(), written.timestamp()), (Some("sold: Sold"), Some(time.secs() * 1000)));
}

/// Two deploys at the same time prepare the same new stack.
#[tokio::test(flavor = "multi_thread")]
async fn change_sets_of_a_new_stack_belong_to_one_stack() {
    let stack = stack();
    let client = stack.clients().cloudformation();
    let mut ids = Vec::new();
    for name in ["one", "other"] {
        let request = client.create_change_set().stack_name("reviewed").change_set_name(name);
        let request = request.change_set_type(ChangeSetType::Create).template_body(VPC);
        let answer = request.parameters(parameter("Range", "10.9.0.0/16")).send().await.expect("a change set");
        ids.push(answer.stack_id.expect("the stack's id"));
    }
    assert_eq!(ids[0], ids[1]);
    let listed = client.list_change_sets().stack_name("reviewed").send().await.expect("change sets");
    assert_eq!(listed.summaries().len(), 2);
    client.delete_stack().stack_name(&ids[0]).send().await.expect("the deletion");
}
