//! Reads resources of EC2 through Cloud Control, because the SDK of EC2 is larger than all others together.

use aws_sdk_cloudcontrol::Client;
use aws_sdk_cloudcontrol::types::ResourceDescription;
use serde_json::Value;

use crate::base::error::{AwsContext, Kind, OrFail, RESOURCE_MISSING, Result};

/// Maximum concurrent requests.
pub const AT_ONCE: usize = 8;

/// Returns the resources of a type in the region. A list has identifiers, and for most types nothing else.
pub async fn list(client: &Client, kind: &str) -> Result<Vec<ResourceDescription>> {
    let pages = client.list_resources().type_name(kind).into_paginator().items().send();
    let found: std::result::Result<Vec<_>, _> = pages.collect().await;
    found.aws(format!("list resources of type {kind} (cloudformation:ListResources, and Describe calls of EC2)"))
}

/// Returns the properties of a resource; None if it does not exist.
pub async fn get(client: &Client, kind: &str, id: &str) -> Result<Option<Value>> {
    let found = client.get_resource().type_name(kind).identifier(id).send().await;
    let action = format!("look at {id} (cloudformation:GetResource, and Describe calls of EC2)");
    let Some(found) = found.aws_unless(RESOURCE_MISSING, action)? else { return Ok(None) };
    let properties = found.resource_description.and_then(|found| found.properties).unwrap_or_default();
    serde_json::from_str(&properties)
        .map(Some)
        .or_fail(Kind::Unexpected, || format!("Cloud Control describes {id} as {properties:?}"))
}
