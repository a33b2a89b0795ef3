//! Interfaces for services and resource types in the gateway.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use serde_json::{Map, Value};

use super::{ApiRequest, ApiResponse, Gateway};
use crate::base::error::Result;

/// A service, some or all of whose operations are answered here.
pub trait Service: Send + Sync {
    /// Returns the signing name ("dms"); only requests to this service are offered, their bodies read whole.
    fn name(&self) -> &'static str;

    /// Returns whether every request that this service lets succeed reaches the emulator, which checks the caller's
    /// rights. Requests of roles are not offered to other services: the emulator refuses operations that it does not
    /// have.
    fn defers_authorization(&self) -> bool {
        false
    }

    /// Answers a request. `None` passes it through to the emulator.
    fn handle<'a>(&'a self, gateway: &'a Arc<Gateway>, request: &'a ApiRequest) -> BoxFuture<'a, Option<ApiResponse>>;

    /// Continues the work that was in progress when the stack stopped. Called once, when the gateway answers.
    ///
    /// # Errors
    /// Any error prevents the stack from starting.
    fn start<'a>(&'a self, _gateway: &'a Arc<Gateway>) -> BoxFuture<'a, Result<()>> {
        Box::pin(async { Ok(()) })
    }
}

/// CloudFormation's request to a resource.
#[derive(Debug, Clone, serde::Deserialize)]
pub struct ResourceRequest {
    pub resource_type: String,
    pub logical_id: String,
    pub stack_name: String,
    pub region: String,
    /// Absent on create.
    #[serde(default)]
    pub physical_id: Option<String>,
    /// Resolved properties, without intrinsic functions.
    #[serde(default)]
    pub properties: Value,
    /// On update: the properties before.
    #[serde(default)]
    pub old_properties: Value,
}

/// The part of a resource that CloudFormation keeps.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Resource {
    /// The value of `Ref`. An update that returns another id has replaced the resource.
    pub physical_id: String,
    /// Values of `Fn::GetAtt`, by attribute name ("Endpoint.Port" is one name).
    pub attributes: Map<String, Value>,
}

/// A resource to come, or the reason why it can't be created or updated.
pub type Made<'a> = BoxFuture<'a, Result<Resource, String>>;

/// Resources of CloudFormation types that the emulator lacks. An error's text becomes the resource's status reason.
pub trait ResourceProvider: Send + Sync {
    fn types(&self) -> &'static [&'static str];

    fn create<'a>(&'a self, gateway: &'a Arc<Gateway>, request: ResourceRequest) -> Made<'a>;

    fn update<'a>(&'a self, gateway: &'a Arc<Gateway>, request: ResourceRequest) -> Made<'a>;

    /// Deletes a resource. Succeeds if it is gone already.
    fn delete<'a>(&'a self, gateway: &'a Arc<Gateway>, request: ResourceRequest) -> BoxFuture<'a, Result<(), String>>;
}
