//! Orderable replication instances and other catalog data.

use serde_json::{Value, json};

use super::Call;
use crate::aws::dms::versions::{CREATABLE, Engine};
use crate::local::dms::fault::Answer;
use crate::local::dms::input::Input;
use crate::local::dms::kind::Kind;
use crate::local::state::ACCOUNT;

const CLASSES: &[&str] =
    &["dms.t3.micro", "dms.t3.small", "dms.t3.medium", "dms.t3.large", "dms.c6i.large", "dms.r6i.large"];

pub(super) fn orderable(input: &Input) -> Answer<Value> {
    let offer = |version: &Engine, class: &&str| {
        json!({
            "EngineVersion": version.to_string(), "ReplicationInstanceClass": class, "StorageType": "gp2",
            "MinAllocatedStorage": 5, "MaxAllocatedStorage": 6144, "DefaultAllocatedStorage": 50,
            "IncludedAllocatedStorage": 50, "AvailabilityZones": [], "ReleaseStatus": "prod",
        })
    };
    let offers = CREATABLE.iter().flat_map(|version| CLASSES.iter().map(move |class| offer(version, class)));
    input.page("OrderableReplicationInstances", offers.collect(), 100)
}

pub(super) fn engine_versions(input: &Input) -> Answer<Value> {
    let version = |version: &Engine| json!({"Version": version.to_string(), "Lifecycle": "Full Support", "ReleaseStatus": "prod"});
    input.page("EngineVersions", CREATABLE.iter().map(version).collect(), 100)
}

pub(super) fn account(call: &Call<'_>) -> Value {
    let used = |kind| call.store.list(|resource| resource.kind == kind && call.is_visible(resource)).len();
    let quota = |name: &str, kind, most: u32| json!({"AccountQuotaName": name, "Used": used(kind), "Max": most});
    json!({
        "AccountQuotas": [
            quota("ReplicationInstances", Kind::Instance, 60),
            quota("Endpoints", Kind::Endpoint, 1000),
            quota("ReplicationSubnetGroups", Kind::SubnetGroup, 60),
            quota("Certificates", Kind::Certificate, 100),
            quota("ReplicationTasks", Kind::Task, 600),
        ],
        "UniqueAccountIdentifier": format!("{ACCOUNT}-local"),
    })
}
