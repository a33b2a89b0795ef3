//! What others plug into the gateway.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use serde_json::{Map, Value};

use super::{ApiRequest, ApiResponse, Gateway};
use crate::error::Result;

/// A service of which we answer some or all operations.
pub trait Service: Send + Sync {
    /// The signing name ("dms"); only requests to this service are offered, their bodies read whole.
    fn name(&self) -> &'static str;

    /// Returns whether every request that this service lets succeed reaches the emulator, which judges the caller's rights.
    /// Requests of roles are not offered to other services: the emulator refuses what it does not have.
    fn leaves_judgement(&self) -> bool {
        false
    }

    /// None passes the request through to the emulator.
    fn handle<'a>(&'a self, gateway: &'a Arc<Gateway>, request: &'a ApiRequest) -> BoxFuture<'a, Option<ApiResponse>>;

    /// Once, when the gateway answers: take up again what was going on before the stack went down.
    ///
    /// # Errors
    /// Any: the stack does not come up then.
    fn start<'a>(&'a self, _gateway: &'a Arc<Gateway>) -> BoxFuture<'a, Result<()>> {
        Box::pin(async { Ok(()) })
    }
}

/// What CloudFormation asks of a resource.
#[derive(Debug, Clone, serde::Deserialize)]
pub struct ResourceRequest {
    pub resource_type: String,
    pub logical_id: String,
    pub stack_name: String,
    pub region: String,
    /// None on create.
    #[serde(default)]
    pub physical_id: Option<String>,
    /// Resolved properties: no intrinsic functions are left in them.
    #[serde(default)]
    pub properties: Value,
    /// On update: the properties before.
    #[serde(default)]
    pub old_properties: Value,
}

/// What CloudFormation keeps of a resource.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Resource {
    /// What `Ref` gives. An update that answers another id has replaced the resource.
    pub physical_id: String,
    /// What `Fn::GetAtt` gives, by attribute name ("Endpoint.Port" is one name).
    pub attributes: Map<String, Value>,
}

/// Resources of CloudFormation types that the emulator lacks. An error's text becomes the resource's status reason.
pub trait ResourceProvider: Send + Sync {
    fn types(&self) -> &'static [&'static str];

    fn create<'a>(
        &'a self,
        gateway: &'a Arc<Gateway>,
        request: ResourceRequest,
    ) -> BoxFuture<'a, Result<Resource, String>>;

    fn update<'a>(
        &'a self,
        gateway: &'a Arc<Gateway>,
        request: ResourceRequest,
    ) -> BoxFuture<'a, Result<Resource, String>>;

    /// Deleting what is already gone is success.
    fn delete<'a>(&'a self, gateway: &'a Arc<Gateway>, request: ResourceRequest) -> BoxFuture<'a, Result<(), String>>;
}
