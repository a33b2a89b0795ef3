//! Replication instances: records only; the data plane runs in this process.

use serde_json::{Value, json};

use super::{Call, document, one};
use crate::aws::dms::versions::{CREATABLE, DEFAULT, Engine};
use crate::local::dms::fault::{Answer, Fault};
use crate::local::dms::input::Input;
use crate::local::dms::kind::Kind;
use crate::local::dms::store::now;

const COPIED: &[&str] = &[
    "AllocatedStorage",
    "AvailabilityZone",
    "PreferredMaintenanceWindow",
    "MultiAZ",
    "EngineVersion",
    "AutoMinorVersionUpgrade",
    "KmsKeyId",
    "PubliclyAccessible",
    "DnsNameServers",
    "NetworkType",
];

pub(super) fn create(call: &Call<'_>, input: &Input) -> Answer<Value> {
    let name = input.identifier("ReplicationInstanceIdentifier")?.to_lowercase();
    if name.len() > 63 {
        return Err(Fault::parameter("ReplicationInstanceIdentifier must have at most 63 characters"));
    }
    engine(input)?;
    let class = input.text("ReplicationInstanceClass")?;
    let mut document = document(json!({
        "ReplicationInstanceIdentifier": name,
        "ReplicationInstanceClass": class,
        "ReplicationInstanceStatus": "creating",
        "AllocatedStorage": 50,
        "EngineVersion": DEFAULT.to_string(),
        "MultiAZ": false,
        "AutoMinorVersionUpgrade": true,
        "PubliclyAccessible": true,
        "InstanceCreateTime": now(),
        "AvailabilityZone": format!("{}a", call.region),
        "ReplicationInstancePrivateIpAddress": "127.0.0.1",
        "ReplicationInstancePrivateIpAddresses": ["127.0.0.1"],
    }));
    input.copy(COPIED, &mut document);
    document.insert("VpcSecurityGroups".into(), groups(input));
    if let Some(group) = input.optional("ReplicationSubnetGroupIdentifier") {
        let arn = call.arn(Kind::SubnetGroup, Some(&group.to_lowercase()));
        let group = call.get(Kind::SubnetGroup, &arn)?;
        document.insert("ReplicationSubnetGroup".into(), group.document.into());
    }
    let arn = call.arn(Kind::Instance, input.optional("ResourceIdentifier"));
    let resource = call.add(Kind::Instance, arn, document, input)?;
    call.pass(&resource.arn, "creating", "available");
    Ok(one(resource))
}

pub(super) fn modify(call: &Call<'_>, input: &Input) -> Answer<Value> {
    let instance = call.get(Kind::Instance, input.text("ReplicationInstanceArn")?)?;
    if instance.status() != "available" {
        return Err(Fault::state(format!("replication instance {} is {}", instance.identifier(), instance.status())));
    }
    engine(input)?;
    let changed = call.store.change(&instance.arn, |resource| {
        input.copy(COPIED, &mut resource.document);
        input.copy(&["ReplicationInstanceClass", "ReplicationInstanceIdentifier"], &mut resource.document);
        if !input.0["VpcSecurityGroupIds"].is_null() {
            resource.set("VpcSecurityGroups", groups(input));
        }
        resource.set_status("modifying");
    })?;
    call.pass(&changed.arn, "modifying", "available");
    Ok(one(changed))
}

pub(super) fn delete(call: &Call<'_>, input: &Input) -> Answer<Value> {
    let instance = call.get(Kind::Instance, input.text("ReplicationInstanceArn")?)?;
    let tasks = call.store.list(|r| r.kind == Kind::Task && r.text("ReplicationInstanceArn") == instance.arn);
    if let Some(task) = tasks.first() {
        let text = format!("replication instance {} has task {}", instance.identifier(), task.identifier());
        return Err(Fault::state(text));
    }
    call.store.remove(|r| r.kind == Kind::Connection && r.text("ReplicationInstanceArn") == instance.arn)?;
    Ok(one(call.delete_later(&instance)?))
}

/// Checks that a requested version is available.
fn engine(input: &Input) -> Answer<()> {
    match input.optional("EngineVersion") {
        Some(version) if !Engine::parse(version).is_some_and(|engine| CREATABLE.contains(&engine)) => {
            Err(Fault::parameter(format!("No replication engine found with version: {version}")))
        }
        _ => Ok(()),
    }
}

fn groups(input: &Input) -> Value {
    let ids = input.0["VpcSecurityGroupIds"].as_array().into_iter().flatten();
    ids.map(|id| json!({"VpcSecurityGroupId": id, "Status": "active"})).collect()
}
