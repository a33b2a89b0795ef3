//! The table of operations; one file per kind of resource.

mod catalog;
mod certificates;
pub(super) mod connections;
mod endpoints;
mod instances;
mod subnet_groups;
mod subscriptions;
mod tags;
pub(super) mod tasks;

use std::time::Duration;

use serde_json::{Map, Value, json};

use super::Call;
use super::enums;
use super::fault::{Answer, Fault};
use super::input::Input;
use super::kind::Kind;
use super::store::{Internal, Resource};

/// Duration of a transitional state. AWS takes seconds to minutes; callers poll the same way.
pub(super) const TRANSITION: Duration = Duration::from_millis(250);

pub(super) async fn answer(call: &Call<'_>, operation: &str, input: &Input) -> Answer<Value> {
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

/// Returns seconds since 1970, the time format of JSON 1.1.
pub(super) fn seconds(time: chrono::DateTime<chrono::Utc>) -> Value {
    (time.timestamp_millis() as f64 / 1000.0).into()
}

pub(super) fn now() -> Value {
    seconds(chrono::Utc::now())
}

impl Call<'_> {
    /// Returns whether a resource is in the caller's region.
    fn is_visible(&self, resource: &Resource) -> bool {
        resource.region() == self.region
    }

    /// Returns the resource of this kind with this ARN, if it is in the caller's region.
    pub(super) fn get(&self, kind: Kind, arn: &str) -> Answer<Resource> {
        let found = self.store.get(kind, arn)?;
        match self.is_visible(&found) {
            true => Ok(found),
            false => Err(Fault::not_found(format!("{} {arn} not found", kind.names().one))),
        }
    }

    /// Returns a new ARN; with `id` where AWS takes it from the caller, else a random one like those of AWS.
    fn arn(&self, kind: Kind, id: Option<&str>) -> String {
        let random = || uuid::Uuid::new_v4().simple().to_string().to_uppercase().chars().take(26).collect();
        let id = id.map_or_else(random, str::to_owned);
        format!("arn:aws:dms:{}:{}:{}:{id}", self.region, self.gateway.account, kind.names().word)
    }

    /// Adds a resource under a new identifier.
    fn add(&self, kind: Kind, arn: String, mut document: Map<String, Value>, input: &Input) -> Answer<Resource> {
        let names = kind.names();
        if !names.arn.is_empty() {
            document.insert(names.arn.into(), arn.clone().into());
        }
        self.store.add(Resource { kind, arn, document, tags: input.tags(), hidden: Internal::default() })
    }

    /// Changes the status of a resource from `from` to `to` after a while.
    pub(super) fn pass(&self, arn: &str, from: &'static str, to: &'static str) {
        let (store, arn, cancel) = (std::sync::Arc::clone(&self.store), arn.to_owned(), self.gateway.cancel.clone());
        self.gateway.spawn(async move {
            tokio::select! {
                () = tokio::time::sleep(TRANSITION) => {}
                // The transition completes at the next start of the stack.
                () = cancel.cancelled() => return,
            }
            let changed = store.change(&arn, |resource| {
                if resource.status() == from {
                    resource.set_status(to);
                }
                Ok(())
            });
            if let Err(fault) = changed {
                tracing::debug!(arn, fault = fault.message, "gone before it became {to}");
            }
        });
    }

    /// Marks the resource as being deleted, and removes it after a while.
    fn delete_later(&self, resource: &Resource) -> Answer<Resource> {
        let answer = self.store.change(&resource.arn, |resource| {
            resource.set_status("deleting");
            Ok(resource.clone())
        })?;
        let (store, arn, cancel) =
            (std::sync::Arc::clone(&self.store), resource.arn.clone(), self.gateway.cancel.clone());
        self.gateway.spawn(async move {
            tokio::select! {
                () = tokio::time::sleep(TRANSITION) => {}
                () = cancel.cancelled() => return,
            }
            if let Err(fault) = store.remove(|other| other.arn == arn) {
                tracing::warn!(fault = fault.message, "a deleted DMS resource is still on disk");
            }
        });
        Ok(answer)
    }
}
