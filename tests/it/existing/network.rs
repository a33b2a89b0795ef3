//! An existing VPC in which outboxctl creates the security groups.

use std::collections::BTreeMap;
use std::time::Duration;

use aws_sdk_cloudformation::types::{Parameter, Stack as Described};
use outboxctl::internals::aws::Clients;

use super::database::{described, file, owner, replication_instance, shop};
use super::status;
use crate::support::signing::ec2;
use crate::support::stack::Stack;

const NAME: &str = "vpc";
const TEMPLATE: &str = include_str!("vpc.yaml");

/// Waits for the application's stack, and returns its outputs.
async fn complete(clients: &Clients) -> BTreeMap<String, String> {
    let client = clients.cloudformation();
    loop {
        let answer = client.describe_stacks().stack_name(NAME).send().await.expect("an answer");
        let stack: &Described = answer.stacks().first().expect("the stack");
        match stack.stack_status().map(|status| status.as_str()) {
            Some("CREATE_COMPLETE" | "UPDATE_COMPLETE") => {
                let outputs = stack.outputs().iter();
                return outputs.filter_map(|o| Some((o.output_key()?.into(), o.output_value()?.into()))).collect();
            }
            Some("CREATE_IN_PROGRESS" | "UPDATE_IN_PROGRESS" | "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS") => {
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
            other => panic!("{other:?}"),
        }
    }
}

/// Updates the VPC to other connections to the services.
async fn with_services(clients: &Clients, services: &str) {
    let parameter = Parameter::builder().parameter_key("Services").parameter_value(services).build();
    let update = clients.cloudformation().update_stack().stack_name(NAME).template_body(TEMPLATE).parameters(parameter);
    update.send().await.expect("an update");
    complete(clients).await;
}

/// Returns the security groups, subnets, endpoints, VPCs and route tables of the account.
async fn network(stack: &Stack, clients: &Clients) -> Vec<String> {
    let mut ids = Vec::new();
    for kind in ["AWS::EC2::VPC", "AWS::EC2::Subnet", "AWS::EC2::SecurityGroup", "AWS::EC2::VPCEndpoint"] {
        let listed = clients.cloud_control().list_resources().type_name(kind).send().await.expect("a list");
        ids.extend(listed.resource_descriptions().iter().filter_map(|one| one.identifier().map(str::to_owned)));
    }
    let tables = ec2(stack, "Action=DescribeRouteTables").await;
    ids.extend(tables.lines().filter(|line| !line.contains("requestId")).map(str::to_owned));
    ids.sort();
    ids
}

#[tokio::test(flavor = "multi_thread")]
async fn security_groups_are_created_in_an_existing_vpc_and_deleted_with_the_pipeline() {
    let stack = Stack::up("existing-vpc");
    let clients = stack.clients();
    clients.cloudformation().create_stack().stack_name(NAME).template_body(TEMPLATE).send().await.expect("a stack");
    let vpc = complete(&clients).await;
    stack.write("outboxctl.toml", &file(3, &vpc));

    // What the subnets do not reach is named before anything is made.
    let preview = stack.command(&["deploy", "--dry-run", "--without-sample"]).output().expect("the binary starts");
    let preview = String::from_utf8_lossy(&preview.stderr).into_owned();
    assert!(preview.contains("lead to an internet gateway"), "{preview}");
    with_services(&clients, "refusing").await;
    let refused = stack.fails(2, &["deploy", "--yes"]);
    let text = refused["error"]["message"].as_str().expect("a message");
    assert!(text.contains("refuses secretsmanager:GetSecretValue"), "{text}");
    let idle = stack.fails(2, &["deploy", "--yes", "--parameter", "VpcCidr=10.1.0.0/16"]);
    assert!(idle["error"]["message"].as_str().is_some_and(|text| text.contains("VpcCidr has no effect")), "{idle}");
    with_services(&clients, "private").await;
    let before = network(&stack, &clients).await;

    stack.ok(&["deploy", "--yes", "--without-sample"]);
    assert_eq!(network(&stack, &clients).await.len(), before.len() + 3, "three security groups and nothing else");
    assert_ne!(status(&stack, &[], "network"), "existing, left alone");
    assert!(!stack.changed(&["deploy", "--yes"]), "a second deploy changes nothing");
    let outputs = stack.ok(&["outputs"]);
    assert_eq!(outputs["VpcId"], vpc["VpcId"].as_str());
    for command in [&["db", "init"][..], &["dms", "start"], &["verify", "--count", "20"]] {
        stack.ok(command);
    }
    let report = stack.ok(&["doctor"]);
    let findings = report["findings"].as_array().expect("findings");
    assert!(findings.iter().all(|finding| finding["state"] != "failed"), "{findings:#?}");

    // Another VPC would delete this one under the pipeline.
    let mut other = vpc.clone();
    other.insert("VpcId".to_owned(), "vpc-00000000000000000".to_owned());
    stack.write("outboxctl.toml", &file(3, &other));
    let refused = stack.fails(2, &["deploy", "--yes"]);
    assert!(refused["error"]["message"].as_str().is_some_and(|text| text.contains("was deployed with")), "{refused}");

    stack.write("outboxctl.toml", &file(3, &vpc));
    stack.ok(&["destroy", "--yes"]);
    assert_eq!(network(&stack, &clients).await, before);
}

/// Sends a request to EC2, and returns the text of an element of the answer.
async fn asked(stack: &Stack, form: &str, element: &str) -> String {
    let answer = ec2(stack, form).await;
    let found = answer.split_once(&format!("<{element}>")).and_then(|(_, rest)| rest.split_once('<'));
    found.unwrap_or_else(|| panic!("{form}: {answer}")).0.to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_main_route_table_and_the_nat_gateway_decide_whether_subnets_reach_the_services() {
    let stack = Stack::up("existing-routes");
    let clients = stack.clients();
    let main = Parameter::builder().parameter_key("Services").parameter_value("main").build();
    let create = clients.cloudformation().create_stack().stack_name(NAME).template_body(TEMPLATE).parameters(main);
    create.send().await.expect("a stack");
    let vpc = complete(&clients).await;
    stack.write("outboxctl.toml", &file(3, &vpc));
    let refused = |reason: &str| {
        let refused = stack.fails(2, &["deploy", "--dry-run", "--without-sample"]);
        let text = refused["error"]["message"].as_str().expect("a message");
        assert!(text.contains("no route to the internet from") && text.contains(reason), "{reason}: {text}");
    };
    let (private, public) = (&vpc["PrivateB"], &vpc["DatabaseA"]);
    refused(&format!("{private} (no default route)"));

    let main = format!(
        "Action=DescribeRouteTables&Filter.1.Name=vpc-id&Filter.1.Value.1={}&Filter.2.Name=association.main&Filter.2.Value.1=true",
        vpc["VpcId"]
    );
    let main = asked(&stack, &main, "routeTableId").await;
    let create = format!("Action=CreateNatGateway&SubnetId={public}&ConnectivityType");
    let gateway = asked(&stack, &format!("{create}=private"), "natGatewayId").await;
    let route = format!("RouteTableId={main}&DestinationCidrBlock=0.0.0.0/0&NatGatewayId");
    assert_eq!(asked(&stack, &format!("Action=CreateRoute&{route}={gateway}"), "return").await, "true");
    refused(&format!("{private} (the NAT gateway {gateway} is private)"));

    // A public one in a subnet whose own default route leads back to it.
    let gateway = asked(&stack, &format!("{create}=public"), "natGatewayId").await;
    assert_eq!(asked(&stack, &format!("Action=ReplaceRoute&{route}={gateway}"), "return").await, "true");
    refused(&format!("{public} of the NAT gateway {gateway} has no route to an internet gateway"));

    let routes = &vpc["Routes"];
    let associate = format!("Action=AssociateRouteTable&RouteTableId={routes}&SubnetId={public}");
    asked(&stack, &associate, "associationId").await;
    let preview = stack.command(&["deploy", "--dry-run", "--without-sample"]).output().expect("the binary starts");
    let text = String::from_utf8_lossy(&preview.stderr).into_owned();
    assert!(preview.status.success() && !text.contains("existing network"), "{text}");

    asked(&stack, &format!("Action=DeleteNatGateway&NatGatewayId={gateway}"), "natGatewayId").await;
    refused(&format!("{private} (the NAT gateway {gateway} is deleted)"));
}

/// Changes rules of a security group as the commands in a remedy do.
async fn change_rules(stack: &Stack, action: &str, database: &str, group: &str, port: &str) {
    let pair = format!("IpPermissions.1.Groups.1.GroupId={group}");
    let rule = format!("IpPermissions.1.IpProtocol=tcp&IpPermissions.1.FromPort={port}&IpPermissions.1.ToPort={port}");
    let answer = ec2(stack, &format!("Action={action}SecurityGroupIngress&GroupId={database}&{rule}&{pair}")).await;
    assert!(answer.contains(&format!("{action}SecurityGroupIngressResponse")), "{answer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_existing_database_admits_the_security_groups_that_deploy_creates() {
    let stack = Stack::up("existing-groups");
    let clients = stack.clients();
    let mut shop = shop(&clients).await;
    shop.insert("ReplicationInstance".to_owned(), replication_instance(&clients, &shop).await);
    let own = ["replication_instance", "network.function_security_group", "network.dms_security_group"];
    let text = file(2, &shop);
    let text = text.lines().filter(|line| !own.iter().any(|key| line.starts_with(key)));
    stack.write("outboxctl.toml", &text.map(|line| format!("{line}\n")).collect::<String>());
    let before = described(&clients).await;

    let deployed = stack.command(&["deploy", "--yes", "--without-sample"]).output().expect("the binary starts");
    let said = String::from_utf8_lossy(&deployed.stderr).into_owned();
    assert!(deployed.status.success() && said.contains("does not admit yet"), "{said}");
    assert_eq!(status(&stack, &[], "database"), "existing, left alone");
    let outputs = stack.ok(&["outputs"]);
    let groups = ["FunctionSecurityGroupId", "DmsSecurityGroupId"].map(|name| outputs[name].as_str().expect("a group"));
    let (database, port) = (&shop["DatabaseGroup"], &shop["Port"]);

    // The remedies are the commands that allow the connections.
    let report = stack.fails(1, &["doctor"])["data"].to_string();
    for group in groups {
        let command = format!("--group-id {database} --protocol tcp --port {port} --source-group {group}");
        assert!(report.contains(&command), "{command}: {report}");
        change_rules(&stack, "Authorize", database, group, port).await;
    }
    for command in [&["db", "init"][..], &["dms", "start"], &["verify", "--count", "20"]] {
        stack.ok(command);
    }
    let report = stack.ok(&["doctor"]).to_string();
    assert!(!report.contains("authorize-security-group-ingress"), "{report}");

    // EC2 refuses to delete the groups as long as the database admits them, which DMS needs to drop its slot.
    let refused = stack.fails(1, &["destroy", "--yes"]);
    let hints = refused["error"]["hints"].to_string();
    assert_eq!(status(&stack, &[], "network"), "CREATE_COMPLETE");
    for group in groups {
        assert!(hints.contains("revoke-security-group-ingress") && hints.contains(group), "{refused}");
        change_rules(&stack, "Revoke", database, group, port).await;
    }
    stack.ok(&["destroy", "--yes"]);
    assert_eq!(described(&clients).await, before);
    let slots = owner(&stack, &clients, &shop).await.query_one("SELECT count(*) FROM pg_replication_slots", &[]).await;
    assert_eq!(slots.expect("counted").get::<_, i64>(0), 0, "no slot retains its log");
}
