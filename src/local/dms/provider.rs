//! CloudFormation's AWS::DMS::* types, implemented by the API's operations.
//! Source: CloudFormation resource reference, AWS::DMS.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use serde_json::{Map, Value, json};

use super::call::Call;
use super::input::Input;
use super::kind::Kind;
use super::{Dms, operations, store};
use crate::base::timing::Wait;
use crate::local::gateway::{Gateway, Made, Resource, ResourceProvider, ResourceRequest};

/// Time limit for a resource to become ready.
const PATIENCE: Duration = Duration::from_secs(60);

const TYPES: &[&str] = &[
    "AWS::DMS::ReplicationSubnetGroup",
    "AWS::DMS::ReplicationInstance",
    "AWS::DMS::Endpoint",
    "AWS::DMS::ReplicationTask",
    "AWS::DMS::Certificate",
    "AWS::DMS::EventSubscription",
];

fn kind(resource_type: &str) -> Result<Kind, String> {
    let name = resource_type.strip_prefix("AWS::DMS::");
    let found = Kind::ALL.into_iter().find(|kind| name == Some(kind.names().one));
    found.ok_or_else(|| format!("the local stack has no resource type {resource_type}"))
}

/// Returns the property that names a new resource.
fn identifier(kind: Kind) -> &'static str {
    if kind == Kind::Subscription { "SubscriptionName" } else { kind.names().identifier }
}

/// Returns the member that names the resource in Modify and Delete.
fn key(kind: Kind) -> &'static str {
    let arn = kind.names().arn;
    if arn.is_empty() { identifier(kind) } else { arn }
}

/// Properties whose change replaces the resource.
fn replacing(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::SubnetGroup => &["ReplicationSubnetGroupIdentifier"],
        Kind::Instance => &[
            "AvailabilityZone",
            "KmsKeyId",
            "PubliclyAccessible",
            "ReplicationSubnetGroupIdentifier",
            "ResourceIdentifier",
        ],
        Kind::Endpoint => &["KmsKeyId", "ResourceIdentifier"],
        Kind::Task => &["ReplicationInstanceArn", "SourceEndpointArn", "TargetEndpointArn", "ResourceIdentifier"],
        Kind::Certificate => &["CertificateIdentifier", "CertificatePem", "CertificateWallet"],
        Kind::Subscription => {
            &["SubscriptionName", "SnsTopicArn", "SourceType", "SourceIds", "EventCategories", "Enabled"]
        }
        Kind::Connection => &[],
    }
}

/// Converts properties to the API's parameters: settings under the API's names, text to numbers and booleans where
/// needed.
fn body(kind: Kind, request: &ResourceRequest) -> Map<String, Value> {
    const FLAGS: &[&str] = &["MultiAZ", "AutoMinorVersionUpgrade", "PubliclyAccessible", "Enabled"];
    const COUNTS: &[&str] = &["AllocatedStorage", "Port"];
    let mut body = Map::new();
    for (name, value) in request.properties.as_object().into_iter().flatten() {
        let flag = FLAGS.contains(&name.as_str()).then(|| value.as_str()?.parse::<bool>().ok()).flatten();
        let count = COUNTS.contains(&name.as_str()).then(|| value.as_str()?.parse::<i64>().ok()).flatten();
        let value = match (flag, count) {
            (Some(flag), _) => flag.into(),
            (_, Some(count)) => count.into(),
            _ => value.clone(),
        };
        match name.as_str() {
            // CloudFormation spells it differently.
            "PostgreSqlSettings" => body.insert("PostgreSQLSettings".into(), typed(value)),
            "KinesisSettings" => body.insert(name.clone(), typed(value)),
            _ => body.insert(name.clone(), value),
        };
    }
    body.entry(identifier(kind)).or_insert_with(|| generated_name(request).into());
    body
}

/// Settings whose text is true, false or a number.
fn typed(settings: Value) -> Value {
    let Value::Object(mut settings) = settings else { return settings };
    let value = |name: &str, value: Value| match value.as_str() {
        Some("true") => Value::Bool(true),
        Some("false") => Value::Bool(false),
        Some(digits) if ["HeartbeatFrequency", "ExecuteTimeout", "MaxFileSize", "Port"].contains(&name) => {
            digits.parse::<i64>().map_or_else(|_| digits.into(), Value::from)
        }
        _ => value,
    };
    for (name, setting) in &mut settings {
        *setting = value(name, setting.take());
    }
    Value::Object(settings)
}

/// Returns a generated name of up to 63 characters as AWS does: stack, logical id and a random suffix.
fn generated_name(request: &ResourceRequest) -> String {
    let random: String = uuid::Uuid::new_v4().simple().to_string().chars().take(12).collect();
    let mut name = format!("{}-{}", request.stack_name, request.logical_id).to_lowercase();
    name.retain(|c| c.is_ascii_alphanumeric() || c == '-');
    name.truncate(63 - random.len() - 1);
    format!("{}-{random}", name.trim_end_matches('-'))
}

/// Asks the API.
fn ask(call: &Call<'_>, operation: &str, body: Map<String, Value>) -> Result<Value, String> {
    let answer = operations::answer(call, operation, &Input(Value::Object(body)));
    answer.map_err(|fault| format!("{} (Service: DatabaseMigrationService, Code: {})", fault.message, fault.code))
}

impl Dms {
    async fn make(&self, gateway: &Arc<Gateway>, request: &ResourceRequest) -> Result<Resource, String> {
        let call = self.call(gateway, &request.region).map_err(|fault| fault.message)?;
        let kind = kind(&request.resource_type)?;
        let verb = if kind == Kind::Certificate { "Import" } else { "Create" };
        let body = body(kind, request);
        let answer = ask(&call, &format!("{verb}{}", kind.names().one), body)?;
        let names = kind.names();
        let document = &answer[names.one];
        if !names.arn.is_empty() {
            wait_until_ready(&call, document[names.arn].as_str().unwrap_or("")).await?;
        }
        Ok(resource(kind, document))
    }

    async fn change(&self, gateway: &Arc<Gateway>, request: &ResourceRequest) -> Result<Resource, String> {
        let kind = kind(&request.resource_type)?;
        let differs = |name: &str| request.properties[name] != request.old_properties[name];
        if replacing(kind).iter().any(|name| differs(name)) {
            // CloudFormation deletes the old one when the stack's update is complete.
            return self.make(gateway, request).await;
        }
        let call = self.call(gateway, &request.region).map_err(|fault| fault.message)?;
        let id = request.physical_id.clone().unwrap_or_default();
        let names = kind.names();
        let mut changed = body(kind, request);
        if request.properties[names.identifier].is_null() {
            changed.remove(names.identifier);
        }
        changed.insert(key(kind).into(), id.as_str().into());
        let answer = ask(&call, &format!("Modify{}", names.one), changed)?;
        if !names.arn.is_empty() {
            wait_until_ready(&call, &id).await?;
        }
        Ok(resource(kind, &answer[names.one]))
    }

    async fn remove(&self, gateway: &Arc<Gateway>, request: &ResourceRequest) -> Result<(), String> {
        let call = self.call(gateway, &request.region).map_err(|fault| fault.message)?;
        let kind = kind(&request.resource_type)?;
        let id = request.physical_id.clone().unwrap_or_default();
        let named = |r: &store::Resource| r.kind == kind && (r.arn == id || r.identifier() == id);
        let known = call.store.list(|resource| call.is_visible(resource) && named(resource));
        let Some(known) = known.first() else { return Ok(()) };
        if kind == Kind::Task {
            stop(&call, &id).await?;
        }
        let body = Map::from_iter([(key(kind).to_owned(), id.as_str().into())]);
        ask(&call, &format!("Delete{}", kind.names().one), body)?;
        until(|| call.store.find(&known.arn).is_none(), &format!("{id} is still being deleted")).await
    }
}

/// Stops a task before it is deleted. Changing a running task is refused, as on AWS: CloudFormation does not stop it
/// ("The task must be stopped before you can modify it", ModifyReplicationTask).
async fn stop(call: &Call<'_>, arn: &str) -> Result<(), String> {
    let status = || call.store.find(arn).map_or(String::new(), |task| task.status().to_owned());
    until(
        || !["starting", "creating", "modifying"].contains(&status().as_str()),
        "the task stays in a transitional state",
    )
    .await?;
    if status() == "running" {
        let body = Map::from_iter([("ReplicationTaskArn".to_owned(), arn.into())]);
        ask(call, "StopReplicationTask", body)?;
    }
    until(|| status() != "stopping" && !call.runs.is_running(arn), "the task does not stop").await
}

/// Waits until the resource is in no transitional state.
async fn wait_until_ready(call: &Call<'_>, arn: &str) -> Result<(), String> {
    let passing = || call.store.find(arn).is_some_and(|r| ["creating", "modifying"].contains(&r.status()));
    until(|| !passing(), &format!("{arn} does not become ready")).await
}

async fn until(done: impl Fn() -> bool, otherwise: &str) -> Result<(), String> {
    let wait = Wait::new(Duration::from_millis(20), PATIENCE);
    if wait.until(done).await { Ok(()) } else { Err(otherwise.to_owned()) }
}

/// Returns the values of `Ref` and `Fn::GetAtt`.
fn resource(kind: Kind, document: &Value) -> Resource {
    let names = kind.names();
    let by = if names.arn.is_empty() { names.identifier } else { names.arn };
    let attributes = match kind {
        Kind::Instance => json!({
            "ReplicationInstancePublicIpAddresses": "",
            "ReplicationInstancePrivateIpAddresses": "127.0.0.1",
        }),
        Kind::Endpoint => json!({"ExternalId": document["ExternalId"].as_str().unwrap_or("")}),
        _ => json!({}),
    };
    Resource {
        physical_id: document[by].as_str().unwrap_or("").to_owned(),
        attributes: attributes.as_object().cloned().unwrap_or_default(),
    }
}

impl ResourceProvider for Dms {
    fn types(&self) -> &'static [&'static str] {
        TYPES
    }

    fn create<'a>(&'a self, gateway: &'a Arc<Gateway>, request: ResourceRequest) -> Made<'a> {
        Box::pin(async move { self.make(gateway, &request).await })
    }

    fn update<'a>(&'a self, gateway: &'a Arc<Gateway>, request: ResourceRequest) -> Made<'a> {
        Box::pin(async move { self.change(gateway, &request).await })
    }

    fn delete<'a>(&'a self, gateway: &'a Arc<Gateway>, request: ResourceRequest) -> BoxFuture<'a, Result<(), String>> {
        Box::pin(async move { self.remove(gateway, &request).await })
    }
}
