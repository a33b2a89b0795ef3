//! The context of an operation, and the parts that operations share.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value};

use super::fault::{Answer, Fault};
use super::input::Input;
use super::kind::Kind;
use super::runs::Runs;
use super::store::{Internal, Resource, Store};
use crate::local::gateway::Gateway;
use crate::local::state::ACCOUNT;

/// Duration of a transitional state. AWS takes seconds to minutes; callers poll the same way.
pub(super) const TRANSITION: Duration = Duration::from_millis(250);

/// Context of an operation.
pub(super) struct Call<'a> {
    pub(super) gateway: &'a Arc<Gateway>,
    /// The caller's region; resources of other regions are invisible to it.
    pub(super) region: String,
    pub(super) store: Arc<Store>,
    pub(super) runs: Arc<Runs>,
}

impl Call<'_> {
    /// Returns whether a resource is in the caller's region.
    pub(super) fn is_visible(&self, resource: &Resource) -> bool {
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

    /// Returns the resource of any kind with this ARN, if it is in the caller's region.
    pub(super) fn find(&self, arn: &str) -> Answer<Resource> {
        let found = self.store.find(arn).filter(|resource| self.is_visible(resource));
        found.ok_or_else(|| Fault::not_found(format!("{arn} not found")))
    }

    /// Returns a new ARN; with `id` where AWS takes it from the caller, else a random one like those of AWS.
    pub(super) fn arn(&self, kind: Kind, id: Option<&str>) -> String {
        let random = || uuid::Uuid::new_v4().simple().to_string().to_uppercase().chars().take(26).collect();
        let id = id.map_or_else(random, str::to_owned);
        format!("arn:aws:dms:{}:{ACCOUNT}:{}:{id}", self.region, kind.names().word)
    }

    /// Adds a resource under a new identifier.
    pub(super) fn add(
        &self,
        kind: Kind,
        arn: String,
        mut document: Map<String, Value>,
        input: &Input,
    ) -> Answer<Resource> {
        let names = kind.names();
        if !names.arn.is_empty() {
            document.insert(names.arn.into(), arn.clone().into());
        }
        self.store.add(Resource { kind, arn, document, tags: input.tags(), hidden: Internal::default() })
    }

    /// Changes the status of a resource from `from` to `to` after a while.
    pub(super) fn pass(&self, arn: &str, from: &'static str, to: &'static str) {
        let arn = arn.to_owned();
        self.later(move |store| {
            let changed = store.change(&arn, |resource| {
                if resource.status() == from {
                    resource.set_status(to);
                }
            });
            if let Err(fault) = changed {
                tracing::debug!(arn, fault = fault.message, "gone before it became {to}");
            }
        });
    }

    /// Marks the resource as being deleted, and removes it after a while.
    pub(super) fn delete_later(&self, resource: &Resource) -> Answer<Resource> {
        let deleting = self.store.change(&resource.arn, |resource| resource.set_status("deleting"))?;
        let arn = resource.arn.clone();
        self.later(move |store| store.forget(&arn));
        Ok(deleting)
    }

    /// Ends a transitional state after a while; if the stack stops before that, at its next start (`runner::resume`).
    fn later(&self, end: impl FnOnce(&Store) + Send + 'static) {
        let (store, cancel) = (Arc::clone(&self.store), self.gateway.cancel.clone());
        self.gateway.spawn(async move {
            if cancel.run_until_cancelled(tokio::time::sleep(TRANSITION)).await.is_some() {
                end(&store);
            }
        });
    }
}
