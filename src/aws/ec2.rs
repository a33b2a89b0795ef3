//! Requests to EC2, whose SDK is larger than all others together: the query protocol with answers in XML.

use std::time::Duration;

use aws_sdk_rds::config::endpoint::{DefaultResolver, Params, ResolveEndpoint};
use aws_sigv4::http_request::{SignableBody, SignableRequest};
use aws_smithy_runtime_api::client::http::HttpConnector;
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::byte_stream::ByteStream;

use super::service_endpoint::EC2;
use super::xml::Element;
use super::{Clients, service_endpoint, signing, transport};
use crate::base::error::{Error, Kind, OrFail, Result, kind_of};
use crate::base::timing::Backoff;

/// The version of the API (Amazon EC2 API reference).
const VERSION: &str = "2016-11-15";
const CONTENT_TYPE: &str = "application/x-www-form-urlencoded; charset=utf-8";
/// Time limit of one attempt.
const DEADLINE: Duration = Duration::from_secs(10);
/// Attempts in all. EC2 throttles with a status of the server's errors.
const ATTEMPTS: u32 = 3;
const BACKOFF: Backoff = Backoff::new(Duration::from_millis(500), Duration::from_secs(2));

/// A route table with its routes and subnets.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RouteTable {
    /// Subnets that are associated with this table by name.
    pub subnets: Vec<String>,
    /// The main table of its VPC, which all other subnets use.
    pub is_main: bool,
    pub routes: Vec<Route>,
}

/// A route to addresses outside of the VPC.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Route {
    /// The range of IPv4 addresses; empty for other destinations.
    pub to: String,
    /// The id of the gateway, connection or interface.
    pub target: String,
    /// False for a route whose target is gone: a `blackhole`.
    pub is_active: bool,
}

/// A NAT gateway.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NatGateway {
    pub id: String,
    /// Like `available`.
    pub state: String,
    /// A private one does not lead to the internet by itself.
    pub is_private: bool,
    /// Its subnet; `None` for a regional one.
    pub subnet: Option<String>,
}

/// Returns the route tables of a VPC.
pub async fn route_tables(clients: &Clients, vpc: &str) -> Result<Vec<RouteTable>> {
    Ok(describe(clients, "DescribeRouteTables", "routeTableSet", vpc).await?.iter().map(route_table).collect())
}

/// Returns the NAT gateways of a VPC.
pub async fn nat_gateways(clients: &Clients, vpc: &str) -> Result<Vec<NatGateway>> {
    Ok(describe(clients, "DescribeNatGateways", "natGatewaySet", vpc).await?.iter().map(nat_gateway).collect())
}

fn route_table(found: &Element) -> RouteTable {
    let associations = found.list("associationSet");
    RouteTable {
        subnets: associations.iter().filter_map(|one| one.text("subnetId")).map(str::to_owned).collect(),
        is_main: associations.iter().any(|one| one.text("main") == Some("true")),
        routes: found.list("routeSet").iter().filter_map(route).collect(),
    }
}

/// Returns a route; `None` for that of the VPC itself.
fn route(found: &Element) -> Option<Route> {
    // A route has one of them (Amazon EC2 API reference, "Route").
    const TARGETS: [&str; 9] = [
        "gatewayId",
        "natGatewayId",
        "transitGatewayId",
        "vpcPeeringConnectionId",
        "networkInterfaceId",
        "instanceId",
        "localGatewayId",
        "carrierGatewayId",
        "coreNetworkArn",
    ];
    let target = TARGETS.iter().find_map(|name| found.text(name)).unwrap_or_default();
    let to = found.text("destinationCidrBlock").unwrap_or_default().to_owned();
    let route = Route { to, target: target.to_owned(), is_active: found.text("state") != Some("blackhole") };
    (target != "local").then_some(route)
}

fn nat_gateway(found: &Element) -> NatGateway {
    let text = |name: &str| found.text(name).unwrap_or_default().to_owned();
    NatGateway {
        id: text("natGatewayId"),
        state: text("state"),
        is_private: found.text("connectivityType") == Some("private"),
        subnet: found.text("subnetId").map(str::to_owned),
    }
}

/// Returns the elements of the set in the answers to `action`, of all pages, in a VPC.
async fn describe(clients: &Clients, action: &str, set: &str, vpc: &str) -> Result<Vec<Element>> {
    let mut found = Vec::new();
    let mut next: Option<String> = None;
    loop {
        let mut form = form_urlencoded(&[("Filter.1.Name", "vpc-id"), ("Filter.1.Value.1", vpc)]);
        if let Some(token) = &next {
            form.push_str(&form_urlencoded(&[("NextToken", token)]));
        }
        let body = format!("Action={action}&Version={VERSION}{form}");
        let answer = ask(clients, action, &body).await?;
        found.extend_from_slice(answer.list(set));
        next = answer.text("nextToken").map(str::to_owned);
        if next.is_none() {
            return Ok(found);
        }
    }
}

/// Returns fields of a form, each with an ampersand before it.
fn form_urlencoded(fields: &[(&str, &str)]) -> String {
    let escaped = |text: &str| -> String {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte);
        text.bytes().map(|b| if plain(b) { char::from(b).to_string() } else { format!("%{b:02X}") }).collect()
    };
    fields.iter().map(|(name, value)| format!("&{name}={}", escaped(value))).collect()
}

/// Sends a request, and again if EC2 throttles it or fails.
///
/// # Errors
/// `Credentials`, `AccessDenied` or `Aws` by EC2's code, `Unreachable` without an answer.
async fn ask(clients: &Clients, action: &str, body: &str) -> Result<Element> {
    let mut attempt = 1;
    let unreachable = || format!("ec2:{action}: no answer");
    loop {
        let answer = tokio::time::timeout(DEADLINE, send(clients, action, body)).await;
        let (status, text) = answer.or_fail(Kind::Unreachable, unreachable)??;
        if status >= 500 && attempt < ATTEMPTS {
            tokio::time::sleep(BACKOFF.wait(attempt)).await;
            attempt += 1;
            continue;
        }
        let answer = Element::parse(&text)
            .ok_or_else(|| Error::new(Kind::Aws, format!("ec2:{action}: the service's answer can't be read")))?;
        return if (200..300).contains(&status) { Ok(answer) } else { Err(refusal(action, &answer)) };
    }
}

fn refusal(action: &str, answer: &Element) -> Error {
    let error = answer.list("Errors").first();
    let text = |name: &str| error.and_then(|error| error.text(name)).unwrap_or_default();
    Error::new(kind_of(text("Code")), format!("ec2:{action}: {}: {}", text("Code"), text("Message")))
}

/// Sends a request once; returns status and body of the answer.
async fn send(clients: &Clients, action: &str, body: &str) -> Result<(u16, String)> {
    let unreachable = || format!("ec2:{action}: no answer");
    let url = format!("{}/", address(clients).await?.trim_end_matches('/'));
    let unsigned = || format!("ec2:{action}: the request could not be made");
    let parsed: http::Uri = url.parse().or_fail(Kind::Usage, unsigned)?;
    let host = parsed.authority().map(|authority| authority.as_str()).unwrap_or_default();
    let mut request = HttpRequest::new(SdkBody::from(body));
    request.set_method("POST").or_fail(Kind::Unexpected, unsigned)?;
    request.set_uri(url.as_str()).or_fail(Kind::Unexpected, unsigned)?;
    for (name, value) in [("host", host), ("content-type", CONTENT_TYPE), ("user-agent", "app/outboxctl")] {
        request.headers_mut().insert(name, value.to_owned());
    }
    let signed = [("host", host), ("content-type", CONTENT_TYPE)].into_iter();
    let signable = SignableRequest::new("POST", url.as_str(), signed, SignableBody::Bytes(body.as_bytes()));
    let signable = signable.or_fail(Kind::Unexpected, unsigned)?;
    let credentials = clients.config_of(EC2).credentials_provider();
    let signature = signing::sign(credentials, clients.region(), "ec2", signable).await?;
    for (name, value) in signature.headers() {
        request.headers_mut().insert(name.to_owned(), value.to_owned());
    }
    let answer = transport::connector(clients.trust(), &url).call(request).await;
    let answer = answer.or_fail(Kind::Unreachable, unreachable)?;
    let status = answer.status().as_u16();
    let body = ByteStream::new(answer.into_body()).collect().await.or_fail(Kind::Unreachable, unreachable)?;
    Ok((status, String::from_utf8_lossy(&body.into_bytes()).into_owned()))
}

/// Returns the address of EC2: the endpoint that is set for it, or that of AWS.
async fn address(clients: &Clients) -> Result<String> {
    let config = clients.config();
    if let Some(url) = service_endpoint::of(config, EC2) {
        return Ok(url);
    }
    let is_set = |flag: Option<bool>| flag.unwrap_or_default();
    of_aws(clients.region(), is_set(config.use_fips()), is_set(config.use_dual_stack())).await
}

/// Returns the address of EC2 in a region, of any partition. The endpoint rules of EC2 are those of RDS with another name.
async fn of_aws(region: &str, fips: bool, dual_stack: bool) -> Result<String> {
    let unknown = || format!("the address of EC2 in region {region} is not known");
    let parameters = Params::builder().region(region).use_fips(fips).use_dual_stack(dual_stack).build();
    let parameters = parameters.or_fail(Kind::Usage, unknown)?;
    let found = DefaultResolver::new().resolve_endpoint(&parameters).await.or_fail(Kind::Usage, unknown)?;
    Ok(found.url().replacen("//rds", "//ec2", 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Expected addresses: botocore's endpoint rules of EC2.
    #[tokio::test]
    async fn the_address_is_that_of_the_partition() {
        for (region, fips, dual_stack, expected) in [
            ("eu-central-1", false, false, "https://ec2.eu-central-1.amazonaws.com"),
            ("us-east-1", true, false, "https://ec2-fips.us-east-1.amazonaws.com"),
            ("us-east-1", false, true, "https://ec2.us-east-1.api.aws"),
            ("us-gov-west-1", true, false, "https://ec2.us-gov-west-1.amazonaws.com"),
            ("cn-north-1", false, false, "https://ec2.cn-north-1.amazonaws.com.cn"),
            ("eusc-de-east-1", false, false, "https://ec2.eusc-de-east-1.amazonaws.eu"),
        ] {
            assert_eq!(of_aws(region, fips, dual_stack).await.expect("an address"), expected);
        }
    }

    #[test]
    fn tables_and_gateways_are_read_from_their_elements() {
        let table = "<item><routeTableId>rtb-1</routeTableId><routeSet>\
            <item><destinationCidrBlock>10.0.0.0/16</destinationCidrBlock><gatewayId>local</gatewayId></item>\
            <item><destinationCidrBlock>0.0.0.0/0</destinationCidrBlock><natGatewayId>nat-1</natGatewayId><state>blackhole</state></item>\
            </routeSet><associationSet><item><main>true</main></item>\
            <item><main>false</main><subnetId>subnet-a</subnetId></item></associationSet></item>";
        let table = route_table(&Element::parse(table).expect("XML"));
        let routes = [Route { to: "0.0.0.0/0".into(), target: "nat-1".into(), is_active: false }];
        assert_eq!((table.is_main, table.subnets, table.routes), (true, vec!["subnet-a".to_owned()], routes.to_vec()));
        let nat = "<item><natGatewayId>nat-1</natGatewayId><state>failed</state><connectivityType>private</connectivityType></item>";
        let nat = nat_gateway(&Element::parse(nat).expect("XML"));
        assert!(nat.is_private && nat.state == "failed" && nat.subnet.is_none(), "{nat:?}");
    }

    #[test]
    fn a_denied_request_is_known_by_its_code() {
        let answer = "<Response><Errors><Error><Code>UnauthorizedOperation</Code><Message>You are not authorized</Message>\
            </Error></Errors><RequestID>1</RequestID></Response>";
        let error = refusal("DescribeRouteTables", &Element::parse(answer).expect("XML"));
        assert_eq!(error.kind(), Kind::AccessDenied);
        assert_eq!(error.message(), "ec2:DescribeRouteTables: UnauthorizedOperation: You are not authorized");
    }

    #[test]
    fn fields_are_escaped() {
        assert_eq!(form_urlencoded(&[("NextToken", "a+b/c=")]), "&NextToken=a%2Bb%2Fc%3D");
    }
}
