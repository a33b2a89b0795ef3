//! Replication subnet groups.

use serde_json::{Value, json};

use super::{Call, document, one};
use crate::local::dms::fault::{Answer, Fault};
use crate::local::dms::input::Input;
use crate::local::dms::kind::Kind;

pub(super) fn create(call: &Call<'_>, input: &Input) -> Answer<Value> {
    // Names of subnet groups are stored in lower case.
    let name = input.text("ReplicationSubnetGroupIdentifier")?.to_lowercase();
    let document = document(json!({
        "ReplicationSubnetGroupIdentifier": name,
        "ReplicationSubnetGroupDescription": input.text("ReplicationSubnetGroupDescription")?,
        "SubnetGroupStatus": "Complete",
        "SupportedNetworkTypes": ["IPV4"],
        "Subnets": subnets(call, input)?,
    }));
    let resource = call.add(Kind::SubnetGroup, call.arn(Kind::SubnetGroup, Some(&name)), document, input)?;
    Ok(one(resource))
}

pub(super) fn modify(call: &Call<'_>, input: &Input) -> Answer<Value> {
    let arn = find(call, input)?;
    let subnets = subnets(call, input)?;
    let changed = call.store.change(&arn, |resource| {
        resource.set("Subnets", subnets);
        input.copy(&["ReplicationSubnetGroupDescription"], &mut resource.document);
    })?;
    Ok(one(changed))
}

pub(super) fn delete(call: &Call<'_>, input: &Input) -> Answer<Value> {
    let arn = find(call, input)?;
    let name = input.text("ReplicationSubnetGroupIdentifier")?.to_lowercase();
    let user = call.store.list(|resource| {
        resource.kind == Kind::Instance
            && call.is_visible(resource)
            && resource.document["ReplicationSubnetGroup"]["ReplicationSubnetGroupIdentifier"] == name.as_str()
    });
    if let Some(instance) = user.first() {
        let text = format!("subnet group {name} is in use by replication instance {}", instance.identifier());
        return Err(Fault::state(text));
    }
    call.store.remove(|resource| resource.arn == arn)?;
    Ok(json!({}))
}

fn find(call: &Call<'_>, input: &Input) -> Answer<String> {
    let name = input.text("ReplicationSubnetGroupIdentifier")?.to_lowercase();
    let arn = call.arn(Kind::SubnetGroup, Some(&name));
    Ok(call.get(Kind::SubnetGroup, &arn)?.arn)
}

/// Checks for at least two subnets; each counts as a separate zone.
fn subnets(call: &Call<'_>, input: &Input) -> Answer<Value> {
    let ids: Vec<&str> = input.0["SubnetIds"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    if ids.len() < 2 {
        return Err(Fault {
            code: "ReplicationSubnetGroupDoesNotCoverEnoughAZs",
            message: "The replication subnet group should cover at least two availability zones".into(),
        });
    }
    let zone = |at: usize| format!("{}{}", call.region, char::from(b'a' + (at % 3) as u8));
    let subnet = |(at, id): (usize, &&str)| json!({"SubnetIdentifier": id, "SubnetAvailabilityZone": {"Name": zone(at)}, "SubnetStatus": "Active"});
    Ok(ids.iter().enumerate().map(subnet).collect())
}
