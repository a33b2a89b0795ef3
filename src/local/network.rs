//! Reachability of an AWS service from a place in a VPC. The rules are in `launcher/network.py`, beside the emulator's
//! EC2; calls to unreachable services time out.

use http::{HeaderMap, HeaderValue};
use serde_json::json;

use super::gateway::{Gateway, SERVICE_HEADER, UNREACHABLE_HEADER, as_header};
use super::query;
use super::roles::Place;
use crate::error::{Error, Kind, Result};

/// Checks that the service is reachable from this place. Services are named by the last part of their endpoint service
/// name, like `kinesis-streams`.
///
/// # Errors
/// `EndpointFailed`, with the VPC and the missing endpoint (DMS user guide, "Configuring VPC endpoints for AWS DMS":
/// since 3.4.7 a replication instance needs them, or a way out of the VPC), or the reason why the connection fails.
pub async fn reaches(gateway: &Gateway, region: &str, place: &Place, service: &str) -> Result<()> {
    let question = as_header(&json!({ "place": place, "reach": service, "region": region }))?;
    let headers = HeaderMap::from_iter([(SERVICE_HEADER, question)]);
    let answer = query::ask(&gateway.emulator, region, "ec2", "", headers).await?;
    let reason = answer.headers().get(UNREACHABLE_HEADER).map(HeaderValue::to_str);
    let Some(reason) = reason else { return Ok(()) };
    Err(Error::new(Kind::EndpointFailed, reason.unwrap_or_default())
        .hint(format!("the stack `network` has the VPC endpoint com.amazonaws.{region}.{service}: deploy it again")))
}
