//! The connections from an existing network to the services of AWS: VPC endpoints, their policies and security groups, and
//! routes.

use std::collections::BTreeMap;

use aws_sdk_cloudcontrol::Client;
use futures_util::future::try_join_all;
use serde_json::Value;

use super::reach::{self, CHECK, Found, Peer, ids};
use super::{Finding, Subject};
use crate::doctor::cloud_control::{AT_ONCE, get, list};
use crate::doctor::endpoint_policy;
use crate::error::Result;
use crate::pipelines::Output;

const ENDPOINT: &str = "AWS::EC2::VPCEndpoint";
const ASSOCIATION: &str = "AWS::EC2::SubnetRouteTableAssociation";
const ROUTE: &str = "AWS::EC2::Route";
/// The destination of a default route.
const EVERYWHERE: &str = "0.0.0.0/0";
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

/// The target of a subnet's default route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Exit {
    /// A NAT gateway, a transit gateway, a firewall, or another router that may lead to the internet.
    Router,
    /// An internet gateway, which serves public addresses only. Functions in a VPC have none, and DMS gets none.
    InternetGateway,
    /// There is no default route.
    None,
    /// The subnet has no route table of its own, or the routes can't be read.
    Unknown,
}

/// Checks that each service is reachable by a VPC endpoint that allows the calls, or else by a route.
pub async fn services(subject: Subject<'_>, vpc: &str, network: &Found) -> Result<Vec<Finding>> {
    let client = &subject.deployment.clients.cloud_control();
    let endpoints = of_type(client, ENDPOINT, |_| true).await?;
    let endpoints: Vec<_> =
        endpoints.into_iter().filter(|(_, endpoint)| endpoint[Output::VpcId.name()] == vpc).collect();
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
        let subnets = ids(subject.deployment.output(Output::PrivateSubnetIds).unwrap_or_default());
        let exits = exits(client, &subnets).await.unwrap_or_default();
        findings.extend(judge(vpc, &without.join(" and "), &subnets, &exits));
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

/// Returns the finding for services without an endpoint.
fn judge(vpc: &str, services: &str, subnets: &[String], exits: &BTreeMap<String, Exit>) -> Option<Finding> {
    let exit = |subnet: &&String| exits.get(*subnet).copied().unwrap_or(Exit::Unknown);
    let with = |wanted: Exit| {
        let subnets: Vec<_> = subnets.iter().filter(|subnet| exit(subnet) == wanted).map(String::as_str).collect();
        (!subnets.is_empty()).then(|| subnets.join(" and "))
    };
    let endpoints = "create the endpoints with private DNS";
    if let Some(subnets) = with(Exit::None) {
        let text = format!("{vpc} has no VPC endpoint for {services}, and {subnets} no default route");
        return Some(Finding::failed(CHECK, text, format!("{endpoints}, or route the subnets to a NAT gateway")));
    }
    if let Some(subnets) = with(Exit::InternetGateway) {
        let text = format!(
            "{vpc} has no VPC endpoint for {services}, and {subnets} lead to an internet gateway, which the functions and \
             DMS cannot use: they have no public address"
        );
        let remedy = format!("{endpoints}, or name private subnets with a route to a NAT gateway");
        return Some(Finding::warning(CHECK, text, remedy));
    }
    with(Exit::Unknown)?;
    let text = format!("{vpc} has no VPC endpoint for {services}");
    let remedy = "DMS and the functions need one, or a route from the private subnets to a NAT gateway, which can't be checked here";
    Some(Finding::warning(CHECK, text, remedy))
}

/// Returns the exits of subnets with a route table of their own.
async fn exits(client: &Client, subnets: &[String]) -> Result<BTreeMap<String, Exit>> {
    let associations = of_type(client, ASSOCIATION, |_| true).await?;
    let table = |subnet: &String| {
        let own = associations.iter().find(|(_, one)| one["SubnetId"] == subnet.as_str());
        own.and_then(|(_, one)| one["RouteTableId"].as_str())
    };
    let tables: BTreeMap<&String, &str> = subnets.iter().filter_map(|subnet| Some((subnet, table(subnet)?))).collect();
    // The identifier of a route consists of its table and its destination.
    let is_default = |id: &str| {
        let parts = id.split_once('|');
        parts.is_some_and(|(table, to)| to == EVERYWHERE && tables.values().any(|known| *known == table))
    };
    let routes = of_type(client, ROUTE, is_default).await?;
    let exit = |table: &str| {
        let route = routes.iter().find(|(_, route)| route["RouteTableId"] == table);
        match route.map(|(_, route)| route["GatewayId"].as_str().unwrap_or_default()) {
            None => Exit::None,
            Some(gateway) if gateway.starts_with("igw-") => Exit::InternetGateway,
            Some(_) => Exit::Router,
        }
    };
    Ok(tables.into_iter().map(|(subnet, table)| (subnet.clone(), exit(table))).collect())
}

/// Returns identifier and properties of the resources of a type whose identifier is wanted.
async fn of_type(client: &Client, kind: &str, wanted: impl Fn(&str) -> bool) -> Result<Vec<(String, Value)>> {
    let listed = list(client, kind).await?.into_iter().filter_map(|one| one.identifier);
    let listed: Vec<_> = listed.filter(|id| wanted(id)).collect();
    let mut found = Vec::new();
    for some in listed.chunks(AT_ONCE) {
        let properties = try_join_all(some.iter().map(|id| get(client, kind, id))).await?;
        found.extend(some.iter().cloned().zip(properties).filter_map(|(id, properties)| Some((id, properties?))));
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::State;

    #[test]
    fn subnets_without_a_way_to_a_service_are_named() {
        let subnets = ["subnet-a".to_owned(), "subnet-b".to_owned()];
        let judged = |exits: &[(&str, Exit)]| {
            let exits = exits.iter().map(|(subnet, exit)| ((*subnet).to_owned(), *exit)).collect();
            judge("vpc-1", "kinesis", &subnets, &exits).map(|finding| (finding.state, finding.message))
        };
        assert_eq!(judged(&[("subnet-a", Exit::Router), ("subnet-b", Exit::Router)]), None);
        let (state, text) = judged(&[("subnet-a", Exit::Router), ("subnet-b", Exit::None)]).expect("a finding");
        assert!(state == State::Failed && text.contains("subnet-b") && !text.contains("subnet-a"), "{text}");
        let public = [("subnet-a", Exit::InternetGateway), ("subnet-b", Exit::InternetGateway)];
        let (state, text) = judged(&public).expect("a finding");
        assert!(
            state == State::Warning && text.contains("subnet-a and subnet-b lead to an internet gateway"),
            "{text}"
        );
        assert_eq!(judged(&[("subnet-a", Exit::Router)]).expect("a finding").0, State::Warning, "one is not known");
    }
}
