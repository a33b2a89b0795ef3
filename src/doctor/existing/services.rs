//! The connections from an existing network to the services of AWS: VPC endpoints, their policies and security groups, and
//! routes.

use aws_sdk_cloudcontrol::Client;
use futures_util::future::try_join_all;
use serde_json::Value;

use super::reach::{self, CHECK, Found, Peer, ids};
use super::{Finding, Subject, routes};
use crate::aws::ec2;
use crate::base::error::Result;
use crate::doctor::cloud_control::{AT_ONCE, get, list};
use crate::doctor::endpoint_policy;
use crate::pipelines::Output;

const ENDPOINT: &str = "AWS::EC2::VPCEndpoint";
/// The port of HTTPS.
const HTTPS: u16 = 443;

/// A service that DMS and the functions in the private subnets call.
struct Service {
    /// Last part of the endpoint service's name.
    name: &'static str,
    /// The calls that they cannot do without.
    actions: &'static [&'static str],
    /// The resource that they call it for.
    resource: Output,
}

const SERVICES: &[Service] = &[
    Service { name: "kinesis-streams", actions: &["kinesis:PutRecords"], resource: Output::StreamArn },
    Service {
        name: "secretsmanager",
        actions: &["secretsmanager:GetSecretValue"],
        resource: Output::DatabaseSecretArn,
    },
];

/// Checks that each service is reachable by a VPC endpoint that allows the calls, or else by a route.
pub async fn services(subject: Subject<'_>, vpc: &str, network: &Found) -> Result<Vec<Finding>> {
    let client = &subject.deployment.clients.cloud_control();
    let endpoints = endpoints(client, vpc).await?;
    let region = subject.deployment.clients.region();
    let (mut findings, mut without) = (Vec::new(), Vec::new());
    for service in SERVICES {
        let name = format!("com.amazonaws.{region}.{}", service.name);
        // Without private DNS, the name of the service does not lead to the endpoint.
        let leads =
            |endpoint: &Value| endpoint["ServiceName"] == name.as_str() && endpoint["PrivateDnsEnabled"] != false;
        match endpoints.iter().find(|(_, endpoint)| leads(endpoint)) {
            Some((id, endpoint)) => {
                findings.extend(refused(subject, service, id, endpoint));
                findings.extend(closed(subject, client, network, id, endpoint).await?);
            }
            None => without.push(name),
        }
    }
    if !without.is_empty() {
        findings.extend(by_route(subject, vpc, &without.join(" and ")).await);
    }
    Ok(findings)
}

/// Finds calls that the policy of an endpoint refuses.
fn refused(subject: Subject<'_>, service: &Service, id: &str, endpoint: &Value) -> Option<Finding> {
    // The ARN of a resource that the deploy creates is not known yet.
    let resource = subject.deployment.output(service.resource).unwrap_or("*");
    let refused = |action: &&&str| endpoint_policy::refuses(&endpoint["PolicyDocument"], action, resource);
    let actions: Vec<_> = service.actions.iter().filter(refused).copied().collect();
    let text = format!("the policy of {id} refuses {} on {resource}", actions.join(", "));
    let remedy =
        "allow these calls in the policy of the VPC endpoint, which every call to the service in this VPC passes";
    (!actions.is_empty()).then(|| Finding::failed(CHECK, text, remedy))
}

/// Finds clients that the security groups of an interface endpoint do not admit.
async fn closed(
    subject: Subject<'_>,
    client: &Client,
    network: &Found,
    id: &str,
    endpoint: &Value,
) -> Result<Vec<Finding>> {
    let groups: Vec<_> =
        endpoint["SecurityGroupIds"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let Some(first) = groups.first() else { return Ok(Vec::new()) };
    let rules = try_join_all(groups.iter().map(|group| get(client, "AWS::EC2::SecurityGroup", group))).await?;
    let subnets = ids(subject.deployment.output(Output::PrivateSubnetIds).unwrap_or_default());
    let ranges = reach::ranges(&subnets, network);
    let clients = [Output::FunctionSecurityGroupId, Output::DmsSecurityGroupId];
    let clients = clients.into_iter().filter_map(|output| subject.deployment.output(output).ok());
    let admitted = |peer: Peer<'_>| {
        rules.iter().flatten().any(|group| reach::permits(&group["SecurityGroupIngress"], peer, HTTPS))
    };
    let outside = clients.filter(|client| !admitted(Peer { id: client, ranges: &ranges }));
    let finding = |from: &str| {
        let text = format!("the security groups of {id} do not admit {from} on port {HTTPS}");
        let remedy = format!(
            "allow it: `aws ec2 authorize-security-group-ingress --group-id {first} --protocol tcp --port {HTTPS} --source-group {from}`"
        );
        Finding::failed(CHECK, text, remedy)
    };
    Ok(outside.map(finding).collect())
}

/// Returns the findings for services without an endpoint, by the routes of the subnets. A request that fails leaves this
/// unchecked.
async fn by_route(subject: Subject<'_>, vpc: &str, without: &str) -> Vec<Finding> {
    let clients = &subject.deployment.clients;
    let subnets = ids(subject.deployment.output(Output::PrivateSubnetIds).unwrap_or_default());
    match tokio::try_join!(ec2::route_tables(clients, vpc), ec2::nat_gateways(clients, vpc)) {
        Ok((tables, gateways)) => routes::judge((vpc, without), &subnets, &tables, &gateways),
        Err(error) => {
            let text = format!("{vpc} has no VPC endpoint for {without}, and its routes can't be read: {error}");
            vec![Finding::not_checked(CHECK, text)]
        }
    }
}

/// Returns the VPC endpoints of a VPC, with their properties by identifier.
async fn endpoints(client: &Client, vpc: &str) -> Result<Vec<(String, Value)>> {
    let listed: Vec<_> = list(client, ENDPOINT).await?.into_iter().filter_map(|one| one.identifier).collect();
    let mut found = Vec::new();
    for some in listed.chunks(AT_ONCE) {
        let properties = try_join_all(some.iter().map(|id| get(client, ENDPOINT, id))).await?;
        found.extend(some.iter().cloned().zip(properties).filter_map(|(id, properties)| Some((id, properties?))));
    }
    found.retain(|(_, endpoint)| endpoint[Output::VpcId.name()] == vpc);
    Ok(found)
}
