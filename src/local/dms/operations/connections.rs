//! Connection tests, which really connect.

use std::sync::Arc;

use serde_json::{Value, json};

use super::{Call, document, one};
use crate::local::dms::endpoint;
use crate::local::dms::fault::{Answer, Fault, one_line};
use crate::local::dms::input::Input;
use crate::local::dms::kind::Kind;
use crate::local::dms::store::{Internal, Resource};

pub(super) fn test(call: &Call<'_>, input: &Input) -> Answer<Value> {
    let instance = call.get(Kind::Instance, input.text("ReplicationInstanceArn")?)?;
    let endpoint = call.get(Kind::Endpoint, input.text("EndpointArn")?)?;
    if instance.status() != "available" {
        return Err(Fault::state(format!("replication instance {} is {}", instance.identifier(), instance.status())));
    }
    let arn = arn(&instance.arn, &endpoint.arn);
    if call.store.find(&arn).is_some_and(|known| known.status() == "testing") {
        return Err(Fault::state("The connection is being tested already"));
    }
    call.store.remove(|resource| resource.arn == arn)?;
    let document = document(json!({
        "ReplicationInstanceArn": instance.arn,
        "EndpointArn": endpoint.arn,
        "Status": "testing",
        "EndpointIdentifier": endpoint.identifier(),
        "ReplicationInstanceIdentifier": instance.identifier(),
    }));
    let hidden = Internal::default();
    let connection = Resource { kind: Kind::Connection, arn, document, tags: Default::default(), hidden };
    let connection = call.store.add(connection)?;
    let (store, gateway, arn) = (Arc::clone(&call.store), Arc::clone(call.gateway), connection.arn.clone());
    call.gateway.spawn(async move {
        let tested = tokio::select! {
            tested = endpoint::test(&gateway, &store, &instance, &endpoint) => tested,
            () = gateway.cancel.cancelled() => return,
        };
        let changed = store.change(&arn, |connection| match &tested {
            Ok(()) => connection.set_status("successful"),
            Err(error) => {
                connection.set_status("failed");
                connection.set("LastFailureMessage", one_line(error));
            }
        });
        if let Err(fault) = changed {
            tracing::debug!(fault = fault.message, "a connection was deleted while it was tested");
        }
    });
    Ok(one(connection))
}

pub(super) fn delete(call: &Call<'_>, input: &Input) -> Answer<Value> {
    let arn = arn(input.text("ReplicationInstanceArn")?, input.text("EndpointArn")?);
    let mut connection = call.get(Kind::Connection, &arn)?;
    call.store.remove(|resource| resource.arn == arn)?;
    connection.set_status("deleting");
    Ok(json!({ "Connection": connection.document }))
}

/// Returns the ARN of a connection. Connections have no ARN on AWS; this one is internal.
pub(super) fn arn(instance: &str, endpoint: &str) -> String {
    format!("connection {instance} {endpoint}")
}
