//! Reachability of an AWS service or a database from a place in a VPC. The rules are in `launcher/network.py`, beside
//! the emulator's EC2; calls to unreachable services and connections to unreachable databases time out.

use std::net::SocketAddr;

use http::{HeaderMap, HeaderValue};
use serde::Deserialize;
use serde_json::json;

use super::gateway::{Emulator, SERVICE_HEADER, UNREACHABLE_HEADER, as_header};
use super::postgres_server::instance::Instance;
use super::query;
use super::roles::Place;
use crate::base::error::{Error, Kind, Result};

/// Checks that the service is reachable from this place. Services are named by the last part of their endpoint service
/// name, like `kinesis-streams`.
///
/// # Errors
/// `EndpointFailed`, with the VPC and the missing endpoint (DMS user guide, "Configuring VPC endpoints for AWS DMS":
/// since 3.4.7 a replication instance needs them, or a way out of the VPC), or the reason why the connection fails.
pub async fn reaches(emulator: &Emulator, region: &str, place: &Place, service: &str) -> Result<()> {
    let question = as_header(&json!({ "place": place, "reach": service, "region": region }))?;
    let headers = HeaderMap::from_iter([(SERVICE_HEADER, question)]);
    let answer = query::ask(emulator, region, "ec2", "", headers).await?;
    let reason = answer.headers().get(UNREACHABLE_HEADER).map(HeaderValue::to_str);
    let Some(reason) = reason else { return Ok(()) };
    Err(Error::new(Kind::EndpointFailed, reason.unwrap_or_default())
        .hint(format!("the stack `network` has the VPC endpoint com.amazonaws.{region}.{service}: deploy it again")))
}

/// Checks that the security groups of a place and of a database instance or cluster allow connections to it.
///
/// # Errors
/// `DatabaseUnreachable`, with the groups that do not allow it.
pub async fn reaches_database(emulator: &Emulator, place: &Place, instance: &Instance) -> Result<()> {
    #[derive(Deserialize)]
    struct Answer {
        unreachable: Option<String>,
    }
    let Instance { region, identifier, is_cluster } = instance;
    let question = json!({ "place": place, "region": region, "instance": identifier, "is_cluster": is_cluster });
    let answer: Answer = emulator.ask("/_outboxctl/database", &question).await?;
    answer.unreachable.map_or(Ok(()), |reason| Err(Error::new(Kind::DatabaseUnreachable, reason)))
}

/// Returns the place of the function that holds the client's end of a connection on this machine; `None` for other
/// programs, and on systems that do not show the owner of a connection. A function without a VPC has no subnets.
///
/// # Errors
/// `Unreachable` if the emulator does not answer.
pub async fn visitor(emulator: &Emulator, client: SocketAddr, server: SocketAddr) -> Result<Option<Place>> {
    #[derive(Deserialize)]
    struct Answer {
        place: Option<Place>,
    }
    let end = |address: SocketAddr| json!([address.ip(), address.port()]);
    let question = json!({ "client": end(client), "server": end(server) });
    let answer: Answer = emulator.ask("/_outboxctl/visitor", &question).await?;
    Ok(answer.place)
}
