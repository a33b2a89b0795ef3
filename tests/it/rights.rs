//! The local stack authorizes calls by the policies that the templates give, as AWS does.

use serde_json::{Value, json};

use crate::support::pipeline::Pipeline;
use crate::support::shared::Shared;
use crate::support::signing::ec2;

/// The stack of the tests that give back every right that they take.
static STACK: Shared = Shared::new();

/// Removes an action from the inline policy of the first role that has it; the role, the policy's name and the policy as
/// it was.
async fn revoke(pipeline: &Pipeline, action: &str) -> (String, String, String) {
    let iam = pipeline.clients.iam();
    let roles = iam.list_roles().send().await.expect("the roles");
    for role in roles.roles() {
        let role = role.role_name();
        let policies = iam.list_role_policies().role_name(role).send().await.expect("its policies");
        for name in policies.policy_names() {
            let policy = iam.get_role_policy().role_name(role).policy_name(name).send().await.expect("the policy");
            let text = decoded(policy.policy_document());
            let mut document: Value = serde_json::from_str(&text).expect("JSON");
            let statements = document["Statement"].as_array_mut().expect("statements");
            let mut found = false;
            statements.retain_mut(|statement| match &mut statement["Action"] {
                Value::Array(actions) => {
                    let before = actions.len();
                    actions.retain(|name| name != action);
                    found |= actions.len() < before;
                    !actions.is_empty()
                }
                one => {
                    found |= one == action;
                    one != action
                }
            });
            if found {
                put(pipeline, role, name, &document.to_string()).await;
                return (role.to_owned(), name.clone(), text);
            }
        }
    }
    panic!("no role allows {action}");
}

async fn put(pipeline: &Pipeline, role: &str, name: &str, document: &str) {
    let request = pipeline.clients.iam().put_role_policy().role_name(role).policy_name(name);
    request.policy_document(document).send().await.expect("the policy is changed");
}

/// IAM returns documents percent-encoded (RFC 3986).
fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        match (first, tail) {
            (b'%', [high, low, tail @ ..]) => {
                let hex = [*high, *low];
                let hex = std::str::from_utf8(&hex).expect("hexadecimal digits");
                bytes.push(u8::from_str_radix(hex, 16).expect("hexadecimal digits"));
                rest = tail;
            }
            _ => {
                bytes.push(*first);
                rest = tail;
            }
        }
    }
    String::from_utf8(bytes).expect("UTF-8")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_removed_right_stops_delivery_and_is_named() {
    let pipeline = Pipeline::shared(&STACK, "rights", "dynamodb-eventbridge").await;
    let _turn = STACK.turn().await;
    pipeline.ok(&["verify", "--count", "5"]);

    let (role, name, policy) = revoke(&pipeline, "events:PutEvents").await;
    let verdict = pipeline.fails(5, &["verify", "--count", "5", "--timeout", "10"]);
    assert_eq!(verdict["error"]["code"], "verify", "{verdict}");
    let found = pipeline.fails(1, &["doctor"]);
    let findings = found["data"]["findings"].as_array().or_else(|| found["data"].as_array());
    let denied = findings.into_iter().flatten().find(|finding| finding["check"] == "function rights");
    let message = denied.unwrap_or_else(|| panic!("no finding about rights: {found}"))["message"].to_string();
    assert!(message.contains("events:PutEvents") && message.contains(&role), "{message}");
    assert!(pipeline.ok(&["status"]).to_string().contains("does not allow events:PutEvents"));

    put(&pipeline, &role, &name, &policy).await;
    pipeline.until(&["doctor"], |report| !report.to_string().contains("does not allow"));
    // Events written in the meantime are retried by the event source mapping, or are in the failure destination.
    pipeline.ok(&["verify", "--count", "5"]);
}

/// A queue, and its ARN.
async fn queue(pipeline: &Pipeline, name: &str) -> (String, String) {
    let sqs = pipeline.clients.sqs();
    let url = sqs.create_queue().queue_name(name).send().await.expect("a queue").queue_url.expect("its URL");
    let name = aws_sdk_sqs::types::QueueAttributeName::QueueArn;
    let request = sqs.get_queue_attributes().queue_url(&url).attribute_names(name.clone());
    let attributes = request.send().await.expect("its attributes").attributes.expect("attributes");
    (url, attributes[&name].clone())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_queue_without_a_policy_gets_nothing_from_the_bus() {
    let pipeline = Pipeline::shared(&STACK, "rights", "dynamodb-eventbridge").await;
    let (bus, events) = (pipeline.output("BusName"), pipeline.clients.eventbridge());
    let (target, target_arn) = queue(&pipeline, "without-policy").await;
    let (undelivered, undelivered_arn) = queue(&pipeline, "undelivered").await;
    let policy = json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow", "Resource": undelivered_arn,
        "Principal": { "Service": "events.amazonaws.com" }, "Action": "sqs:SendMessage" }] });
    let open = pipeline.clients.sqs().set_queue_attributes().queue_url(&undelivered);
    open.attributes(aws_sdk_sqs::types::QueueAttributeName::Policy, policy.to_string()).send().await.expect("a policy");
    let rule = events.put_rule().name("everything").event_bus_name(bus).event_pattern(r#"{"source":["test"]}"#);
    rule.send().await.expect("a rule");
    let dead_letters = aws_sdk_eventbridge::types::DeadLetterConfig::builder().arn(undelivered_arn).build();
    let to = aws_sdk_eventbridge::types::Target::builder().id("1").arn(target_arn).dead_letter_config(dead_letters);
    let to = to.build().expect("a target");
    events.put_targets().rule("everything").event_bus_name(bus).targets(to).send().await.expect("the target is set");
    let entry = aws_sdk_eventbridge::types::PutEventsRequestEntry::builder().event_bus_name(bus).source("test");
    let entry = entry.detail_type("Test").detail("{}").build();

    events.put_events().entries(entry).send().await.expect("the bus accepts the event");

    let sqs = pipeline.clients.sqs();
    let refused = crate::support::api::eventually("the event in the dead-letter queue", async || {
        let request = sqs.receive_message().queue_url(&undelivered).message_attribute_names("All");
        request.send().await.expect("an answer").messages.unwrap_or_default().pop()
    })
    .await;
    let attributes = refused.message_attributes.expect("attributes");
    assert_eq!(attributes["ERROR_CODE"].string_value(), Some("NO_PERMISSIONS"));
    let got = sqs.receive_message().queue_url(&target).send().await.expect("an answer");
    assert!(got.messages().is_empty(), "{:?}", got.messages());
}

#[tokio::test(flavor = "multi_thread")]
async fn dms_writes_with_the_rights_of_its_role() {
    let pipeline = Pipeline::deployed("dms-rights", "rds-kinesis").await;
    pipeline.ok(&["dms", "stop"]);
    let (role, name, policy) = revoke(&pipeline, "kinesis:PutRecords").await;

    let failed = pipeline.fails(1, &["dms", "test"]);
    assert!(failed.to_string().contains("is not authorized to perform: kinesis:"), "{failed}");
    let failed = pipeline.fails(1, &["dms", "start"]);
    assert!(failed.to_string().contains("is not authorized to perform: kinesis:"), "{failed}");

    put(&pipeline, &role, &name, &policy).await;
    pipeline.ok(&["dms", "test"]);
    pipeline.ok(&["dms", "start"]);

    // Private as the instance is, it reaches Kinesis by the VPC endpoint alone.
    delete_endpoint(&pipeline, "kinesis-streams").await;
    let failed = pipeline.fails(1, &["dms", "test"]).to_string();
    assert!(failed.contains("com.amazonaws.us-east-1.kinesis-streams"), "{failed}");
}

/// Deletes the VPC endpoint of a service.
async fn delete_endpoint(pipeline: &Pipeline, service: &str) {
    let described = ec2(&pipeline.stack, "Action=DescribeVpcEndpoints").await;
    let mut endpoints = described.split("<vpcEndpointId>").skip(1);
    let endpoint = endpoints.find(|text| text.contains(&format!(".{service}</serviceName>"))).expect("the endpoint");
    let id = endpoint.split('<').next().expect("an id");
    let answer = ec2(&pipeline.stack, &format!("Action=DeleteVpcEndpoints&VpcEndpointId.1={id}")).await;
    assert!(answer.contains("DeleteVpcEndpointsResponse"), "{answer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_running_task_writes_with_the_rights_of_its_role() {
    let pipeline = Pipeline::deployed("dms-running", "rds-kinesis").await;
    revoke(&pipeline, "kinesis:PutRecords").await;
    pipeline.ok(&["sample", "insert", "--count", "1"]);
    let status = pipeline.until(&["dms", "status"], |status| status.to_string().contains("AccessDenied"));
    assert!(status.to_string().contains("is not authorized to perform: kinesis:PutRecords"), "{status}");
}

#[tokio::test(flavor = "multi_thread")]
async fn dms_assumes_roles_that_trust_it_for_the_account() {
    let pipeline = Pipeline::deployed("dms-trust", "rds-kinesis").await;
    let iam = pipeline.clients.iam();
    let roles = iam.list_roles().send().await.expect("the roles");
    let trusting = |role: &&aws_sdk_iam::types::Role| {
        role.assume_role_policy_document().is_some_and(|document| decoded(document).contains("aws:SourceAccount"))
    };
    let role = roles.roles().iter().find(trusting).expect("the stream's role");
    let document = decoded(role.assume_role_policy_document().unwrap_or_default());
    let other = document.replace("000000000000", "111122223333");
    let change = iam.update_assume_role_policy().role_name(role.role_name()).policy_document(other);
    change.send().await.expect("the trust policy is changed");

    let failed = pipeline.fails(1, &["dms", "test"]).to_string();
    assert!(failed.contains("dms.amazonaws.com is not authorized to perform: sts:AssumeRole"), "{failed}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mapping_reads_with_the_rights_of_its_function() {
    let pipeline = Pipeline::shared(&STACK, "rights", "dynamodb-eventbridge").await;
    let _turn = STACK.turn().await;
    pipeline.ok(&["verify", "--count", "5"]);
    let (role, name, policy) = revoke(&pipeline, "dynamodb:GetRecords").await;
    let lambda = pipeline.clients.lambda();
    let result = async || {
        let id = pipeline.output("EventSourceMappingId");
        let mapping = lambda.get_event_source_mapping().uuid(id).send().await.expect("the mapping");
        mapping.last_processing_result.unwrap_or_default()
    };
    let problem = crate::support::api::eventually("the problem", async || {
        let result = result().await;
        result.starts_with("PROBLEM").then_some(result)
    })
    .await;
    assert!(problem.contains("Cannot access stream") && problem.contains("dynamodb:GetRecords"), "{problem}");

    put(&pipeline, &role, &name, &policy).await;
    pipeline.ok(&["verify", "--count", "5"]);
    assert_eq!(result().await, "OK");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_function_in_a_vpc_reaches_what_its_endpoints_allow() {
    let pipeline = Pipeline::deployed("reach", "rds-kinesis").await;
    pipeline.ok(&["db", "status"]);
    // The functions' group lets HTTPS out into the VPC, where the endpoints are.
    let rule = "IpPermissions.1.IpProtocol=tcp&IpPermissions.1.FromPort=443&IpPermissions.1.ToPort=443&\
                IpPermissions.1.IpRanges.1.CidrIp=10.42.0.0/16";
    let group = pipeline.output("FunctionSecurityGroupId");
    let change = |action: &str| format!("Action={action}SecurityGroupEgress&GroupId={group}&{rule}");
    ec2(&pipeline.stack, &change("Revoke")).await;
    let failed = pipeline.fails(1, &["db", "status"]).to_string();
    assert!(failed.contains("secret"), "{failed}");
    ec2(&pipeline.stack, &change("Authorize")).await;
    pipeline.ok(&["db", "status"]);

    delete_endpoint(&pipeline, "secretsmanager").await;
    let failed = pipeline.fails(1, &["db", "status"]).to_string();
    assert!(failed.contains("secret"), "{failed}");
}

/// Removes the rule of the database's security group that allows PostgreSQL from another group.
async fn revoke_from_database(pipeline: &Pipeline, from: &str) {
    let (group, from) = (pipeline.output("DatabaseSecurityGroupId"), pipeline.output(from));
    let filter = format!("Action=DescribeSecurityGroupRules&Filter.1.Name=group-id&Filter.1.Value.1={group}");
    let described = ec2(&pipeline.stack, &filter).await;
    let mut rules = described.split("<securityGroupRuleId>").skip(1);
    let rule = rules.find(|rule| rule.contains(from)).and_then(|rule| rule.split('<').next()).expect("the rule");
    let form = format!("Action=RevokeSecurityGroupIngress&GroupId={group}&SecurityGroupRuleId.1={rule}");
    let answer = ec2(&pipeline.stack, &form).await;
    assert!(answer.contains("<return>true</return>"), "{answer}");
}

/// Allows PostgreSQL from a group again.
async fn allow_to_database(pipeline: &Pipeline, from: &str) {
    let (group, from) = (pipeline.output("DatabaseSecurityGroupId"), pipeline.output(from));
    let form = format!(
        "Action=AuthorizeSecurityGroupIngress&GroupId={group}&IpPermissions.1.IpProtocol=tcp&IpPermissions.1.FromPort=5432&\
         IpPermissions.1.ToPort=5432&IpPermissions.1.Groups.1.GroupId={from}"
    );
    let answer = ec2(&pipeline.stack, &form).await;
    assert!(answer.contains("<return>true</return>"), "{answer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_database_accepts_what_its_security_groups_allow() {
    let pipeline = Pipeline::deployed("groups", "rds-eventbridge").await;
    revoke_from_database(&pipeline, "DmsSecurityGroupId").await;
    let failed = pipeline.fails(1, &["dms", "test"]).to_string();
    assert!(failed.contains("do not allow port 5432 from sg-"), "{failed}");
    // Existing connections remain, as security groups track connections; a new start is refused.
    pipeline.ok(&["verify", "--count", "3"]);
    pipeline.ok(&["dms", "stop"]);
    let failed = pipeline.fails(1, &["dms", "start"]).to_string();
    assert!(failed.contains("do not allow port 5432 from sg-"), "{failed}");
    allow_to_database(&pipeline, "DmsSecurityGroupId").await;
    pipeline.ok(&["dms", "start"]);

    // The writer function keeps its connection; the administrative function connects for each request.
    revoke_from_database(&pipeline, "FunctionSecurityGroupId").await;
    let failed = pipeline.fails(1, &["db", "status", "--via", "function"]).to_string();
    assert!(failed.contains("sent nothing for 20 s") && failed.contains("FunctionSecurityGroupId"), "{failed}");
    // Programs outside of the VPC are not checked.
    pipeline.ok(&["db", "status", "--via", "direct"]);
    allow_to_database(&pipeline, "FunctionSecurityGroupId").await;
    pipeline.ok(&["db", "status", "--via", "function"]);
}
