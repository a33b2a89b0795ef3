//! What can be ordered.

use serde_json::{Value, json};

use super::Call;
use crate::sandbox::dms::fault::Answer;
use crate::sandbox::dms::input::Input;
use crate::sandbox::dms::kind::Kind;

/// The engine version of a new instance that names none.
pub(super) const ENGINE_VERSION: &str = "3.5.4";
const ENGINE_VERSIONS: &[&str] = &["3.5.3", ENGINE_VERSION];
const CLASSES: &[&str] =
    &["dms.t3.micro", "dms.t3.small", "dms.t3.medium", "dms.t3.large", "dms.c6i.large", "dms.r6i.large"];

pub(super) fn orderable(input: &Input) -> Answer<Value> {
    let offer = |version: &&str, class: &&str| {
        json!({
            "EngineVersion": version, "ReplicationInstanceClass": class, "StorageType": "gp2",
            "MinAllocatedStorage": 5, "MaxAllocatedStorage": 6144, "DefaultAllocatedStorage": 50,
            "IncludedAllocatedStorage": 50, "AvailabilityZones": [], "ReleaseStatus": "prod",
        })
    };
    let offers = ENGINE_VERSIONS.iter().flat_map(|version| CLASSES.iter().map(move |class| offer(version, class)));
    input.page("OrderableReplicationInstances", offers.collect(), 100)
}

pub(super) fn engine_versions(input: &Input) -> Answer<Value> {
    let version = |version: &&str| json!({"Version": version, "Lifecycle": "Full Support", "ReleaseStatus": "prod"});
    input.page("EngineVersions", ENGINE_VERSIONS.iter().map(version).collect(), 100)
}

pub(super) fn account(call: &Call<'_>) -> Value {
    let used = |kind| call.store.list(|resource| resource.kind == kind && call.sees(resource)).len();
    let quota = |name: &str, kind, most: u32| json!({"AccountQuotaName": name, "Used": used(kind), "Max": most});
    json!({
        "AccountQuotas": [
            quota("ReplicationInstances", Kind::Instance, 60),
            quota("Endpoints", Kind::Endpoint, 1000),
            quota("ReplicationSubnetGroups", Kind::SubnetGroup, 60),
            quota("Certificates", Kind::Certificate, 100),
            quota("ReplicationTasks", Kind::Task, 600),
        ],
        "UniqueAccountIdentifier": format!("{}-local", call.gateway.account),
    })
}
