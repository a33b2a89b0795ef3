//! Endpoints: PostgreSQL as a source, Kinesis as a target.

use serde_json::{Map, Value, json};

use super::{Call, one};
use crate::local::dms::fault::{Answer, Fault};
use crate::local::dms::input::Input;
use crate::local::dms::kind::Kind;
use crate::local::dms::store::Resource;

const COPIED: &[&str] = &[
    "EndpointIdentifier",
    "EndpointType",
    "EngineName",
    "Username",
    "ServerName",
    "Port",
    "DatabaseName",
    "ExtraConnectionAttributes",
    "KmsKeyId",
    "CertificateArn",
    "SslMode",
    "ServiceAccessRoleArn",
];

pub(super) fn create(call: &Call<'_>, input: &Input) -> Answer<Value> {
    input.identifier("EndpointIdentifier")?;
    let mut document = Map::new();
    document.insert("SslMode".into(), "none".into());
    document.insert("Status".into(), "active".into());
    write(call, input, &mut document)?;
    let arn = call.arn(Kind::Endpoint, input.optional("ResourceIdentifier"));
    let resource = call.add(Kind::Endpoint, arn, document, input)?;
    keep_password(call, input, resource).map(one)
}

pub(super) fn modify(call: &Call<'_>, input: &Input) -> Answer<Value> {
    let endpoint = call.get(Kind::Endpoint, input.text("EndpointArn")?)?;
    if let Some(task) = users(call, &endpoint.arn).iter().find(|t| ["running", "starting"].contains(&t.status())) {
        return Err(Fault::state(format!(
            "endpoint {} is in use by task {}",
            endpoint.identifier(),
            task.identifier()
        )));
    }
    let changed = call.store.try_change(&endpoint.arn, |resource| write(call, input, &mut resource.document))?;
    // The test results are for the old settings.
    call.store.remove(|r| r.kind == Kind::Connection && r.text("EndpointArn") == endpoint.arn)?;
    keep_password(call, input, changed).map(one)
}

pub(super) fn delete(call: &Call<'_>, input: &Input) -> Answer<Value> {
    let endpoint = call.get(Kind::Endpoint, input.text("EndpointArn")?)?;
    if let Some(task) = users(call, &endpoint.arn).first() {
        let text = format!("endpoint {} is in use by task {}", endpoint.identifier(), task.identifier());
        return Err(Fault::state(text));
    }
    call.store.remove(|r| r.kind == Kind::Connection && r.text("EndpointArn") == endpoint.arn)?;
    Ok(one(call.delete_later(&endpoint)?))
}

fn users(call: &Call<'_>, arn: &str) -> Vec<Resource> {
    let uses = |r: &Resource| r.text("SourceEndpointArn") == arn || r.text("TargetEndpointArn") == arn;
    call.store.list(|resource| resource.kind == Kind::Task && uses(resource))
}

fn write(call: &Call<'_>, input: &Input, document: &mut Map<String, Value>) -> Answer<()> {
    input.copy(COPIED, document);
    let text = |document: &Map<String, Value>, member: &str| {
        document.get(member).and_then(Value::as_str).unwrap_or("").to_lowercase()
    };
    let (role, engine) = (text(document, "EndpointType"), text(document, "EngineName"));
    let (settings, name) = match (role.as_str(), engine.as_str()) {
        ("source", "postgres") => ("PostgreSQLSettings", "PostgreSQL"),
        ("source", "aurora-postgresql") => ("PostgreSQLSettings", "Amazon Aurora PostgreSQL"),
        ("target", "kinesis") => ("KinesisSettings", "Amazon Kinesis"),
        _ => {
            let text = format!(
                "the local stack has no {role} endpoint for engine {engine:?}: postgres or aurora-postgresql as source, \
                 kinesis as target"
            );
            return Err(Fault::parameter(text));
        }
    };
    document.insert("EngineDisplayName".into(), name.into());
    if let Some(arn) = input.optional("CertificateArn") {
        call.get(Kind::Certificate, arn)?;
    }
    // Settings that a change does not name stay unchanged.
    if let Some(given) = input.0[settings].as_object() {
        let entry = document.entry(settings).or_insert_with(|| json!({}));
        if let Some(known) = entry.as_object_mut() {
            known.extend(given.iter().filter(|(k, _)| *k != "Password").map(|(k, v)| (k.clone(), v.clone())));
        }
    }
    if settings == "KinesisSettings" && document.get(settings).is_none_or(|s| s["StreamArn"].as_str().is_none()) {
        return Err(Fault::parameter("KinesisSettings.StreamArn must not be empty"));
    }
    Ok(())
}

fn keep_password(call: &Call<'_>, input: &Input, resource: Resource) -> Answer<Resource> {
    let password = input.optional("Password").or_else(|| input.0["PostgreSQLSettings"]["Password"].as_str());
    match password {
        None => Ok(resource),
        Some(password) => call.store.change(&resource.arn, |resource| {
            resource.hidden.password = Some(password.to_owned());
        }),
    }
}
