//! The table of operations; one file per kind of resource.

mod catalog;
mod certificates;
mod connections;
mod endpoints;
mod instances;
mod subnet_groups;
mod subscriptions;
mod tags;
mod tasks;

use serde_json::{Map, Value, json};

use super::call::Call;
use super::enums;
use super::fault::{Answer, Fault};
use super::input::Input;
use super::kind::Kind;
use super::store::Resource;

pub(super) fn answer(call: &Call<'_>, operation: &str, input: &Input) -> Answer<Value> {
    enums::check(&input.0)?;
    match operation {
        "CreateReplicationSubnetGroup" => subnet_groups::create(call, input),
        "ModifyReplicationSubnetGroup" => subnet_groups::modify(call, input),
        "DeleteReplicationSubnetGroup" => subnet_groups::delete(call, input),
        "DescribeReplicationSubnetGroups" => describe(call, input, Kind::SubnetGroup),
        "CreateReplicationInstance" => instances::create(call, input),
        "ModifyReplicationInstance" => instances::modify(call, input),
        "DeleteReplicationInstance" => instances::delete(call, input),
        "DescribeReplicationInstances" => describe(call, input, Kind::Instance),
        "CreateEndpoint" => endpoints::create(call, input),
        "ModifyEndpoint" => endpoints::modify(call, input),
        "DeleteEndpoint" => endpoints::delete(call, input),
        "DescribeEndpoints" => describe(call, input, Kind::Endpoint),
        "TestConnection" => connections::test(call, input),
        "DeleteConnection" => connections::delete(call, input),
        "DescribeConnections" => describe(call, input, Kind::Connection),
        "CreateReplicationTask" => tasks::create(call, input),
        "ModifyReplicationTask" => tasks::modify(call, input),
        "DeleteReplicationTask" => tasks::delete(call, input),
        "DescribeReplicationTasks" => tasks::describe(call, input),
        "StartReplicationTask" => tasks::start(call, input),
        "StopReplicationTask" => tasks::stop(call, input),
        "DescribeTableStatistics" => tasks::statistics(call, input),
        "ImportCertificate" => certificates::import(call, input),
        "DeleteCertificate" => certificates::delete(call, input),
        "DescribeCertificates" => describe(call, input, Kind::Certificate),
        "CreateEventSubscription" => subscriptions::create(call, input),
        "DeleteEventSubscription" => subscriptions::delete(call, input),
        "DescribeEventSubscriptions" => describe(call, input, Kind::Subscription),
        "DescribeOrderableReplicationInstances" => catalog::orderable(input),
        "DescribeEngineVersions" => catalog::engine_versions(input),
        "DescribeAccountAttributes" => Ok(catalog::account(call)),
        "AddTagsToResource" => tags::add(call, input),
        "RemoveTagsFromResource" => tags::remove(call, input),
        "ListTagsForResource" => tags::list(call, input),
        _ => Err(Fault {
            code: "UnknownOperationException",
            message: format!("the local stack has no DMS operation {operation}"),
        }),
    }
}

/// Describes resources, filtered and paged. An empty result under a filter is a fault, as on AWS.
fn describe(call: &Call<'_>, input: &Input, kind: Kind) -> Answer<Value> {
    let found = input.filtered(kind, call.store.list(|resource| resource.kind == kind && call.is_visible(resource)))?;
    if found.is_empty() && !input.filters().is_empty() {
        return Err(Fault::not_found(format!("No {} found matching provided filters", kind.names().many)));
    }
    let documents = found.into_iter().map(|resource| Value::Object(resource.document)).collect();
    input.page(kind.names().many, documents, 100)
}

/// Returns the response with one resource.
fn one(resource: Resource) -> Value {
    json!({ resource.kind.names().one: resource.document })
}

/// Returns a document from a JSON object.
fn document(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(members) => members,
        _ => Map::new(),
    }
}
