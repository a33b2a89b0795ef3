//! Whether a private subnet reaches an AWS service: by a VPC endpoint, or by a NAT gateway. Security groups and the policies of
//! endpoints are not evaluated.

use http::{HeaderMap, HeaderValue, Method, header};

use super::gateway::{ApiRequest, Gateway};
use crate::error::{Error, Kind, OrFail, Result};

/// Checks that something without a public address in one of these subnets reaches the service, by the last part of its
/// endpoint service name, like `kinesis-streams`. Subnets that EC2 does not have are not checked.
///
/// # Errors
/// `EndpointFailed`, naming the VPC and the endpoint that is missing (DMS user guide, "Configuring VPC endpoints for AWS DMS": since
/// 3.4.7 a replication instance needs them, or a way out of the VPC).
pub async fn reaches(gateway: &Gateway, region: &str, subnets: &[&str], service: &str) -> Result<()> {
    let described = describe(gateway, region, "DescribeSubnets").await?;
    let mut found = items(&described, "subnetId");
    let Some(vpc) = found.find_map(|(id, item)| subnets.contains(&id).then(|| text(item, "vpcId")).flatten()) else {
        return Ok(());
    };
    let name = format!("com.amazonaws.{region}.{service}");
    let endpoints = describe(gateway, region, "DescribeVpcEndpoints").await?;
    let serves = |item: &str| text(item, "vpcId") == Some(vpc) && text(item, "serviceName") == Some(&name);
    if items(&endpoints, "vpcEndpointId").any(|(_, item)| serves(item)) {
        return Ok(());
    }
    let tables = describe(gateway, region, "DescribeRouteTables").await?;
    let leads_out = |item: &str| text(item, "vpcId") == Some(vpc) && text(item, "natGatewayId").is_some();
    if items(&tables, "routeTableId").any(|(_, item)| leads_out(item)) {
        return Ok(());
    }
    Err(Error::new(
        Kind::EndpointFailed,
        format!("the connection to {name} timed out: {vpc} has neither a VPC endpoint for it nor a NAT gateway"),
    )
    .hint(format!("create the VPC endpoint {name} in {vpc}; the stack `network` has it")))
}

/// The answer of EC2, asked by the gateway itself.
async fn describe(gateway: &Gateway, region: &str, action: &str) -> Result<String> {
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"));
    let scope = format!("AWS4-HMAC-SHA256 Credential=test/20260101/{region}/ec2/aws4_request");
    let scope = HeaderValue::from_str(&scope).or_fail(Kind::Unexpected, || format!("{region} is not a region"))?;
    headers.insert(header::AUTHORIZATION, scope);
    let request = ApiRequest {
        service: "ec2".into(),
        target: Some(action.into()),
        method: Method::POST,
        path: "/".into(),
        query: String::new(),
        headers,
        body: format!("Action={action}&Version=2016-11-15").into(),
        region: region.to_owned(),
        account: gateway.account.to_owned(),
        by_role: false,
        // Not signed at all: the gateway itself asks.
        changed: true,
    };
    let answer = gateway.emulator.send(&request).await?;
    Ok(String::from_utf8_lossy(answer.body()).into_owned())
}

/// The described things, each by its id and with the XML behind the id up to the next one.
fn items<'a>(xml: &'a str, id: &str) -> impl Iterator<Item = (&'a str, &'a str)> {
    let open = format!("<{id}>");
    let chunks: Vec<&str> = xml.split(open.as_str()).skip(1).collect();
    chunks.into_iter().filter_map(|chunk| chunk.split_once('<'))
}

/// The text of the first element of this name.
fn text<'a>(xml: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = xml.split_once(&format!("<{name}>"))?;
    rest.split('<').next().filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn described_things_are_read_one_by_one() {
        let xml = "<set><item><subnetId>subnet-1</subnetId><vpcId>vpc-1</vpcId></item>\
                   <item><subnetId>subnet-2</subnetId><vpcId/></item></set>";
        let found: Vec<_> = items(xml, "subnetId").map(|(id, item)| (id, text(item, "vpcId"))).collect();
        assert_eq!(found, [("subnet-1", Some("vpc-1")), ("subnet-2", None)]);
    }
}
