//! The interface for CloudFormation: the emulator's resource handlers that `launcher.py` installs post here.

use std::sync::Arc;

use http::StatusCode;
use serde_json::json;

use super::{ApiResponse, Gateway, ResourceRequest};

/// Handles POST `/_outboxctl/resources/{create|update|delete}` with a [`ResourceRequest`] in the body. Returns 200 with
/// the resource, or 422 with `{"error": reason}`.
pub async fn handle(gateway: &Arc<Gateway>, action: &str, body: &[u8]) -> ApiResponse {
    let request: ResourceRequest = match serde_json::from_slice(body) {
        Ok(request) => request,
        Err(error) => return refuse(&format!("not a resource request: {error}")),
    };
    let Some(provider) = gateway.provider(&request.resource_type) else {
        return refuse(&format!("the local stack has no resource type {}", request.resource_type));
    };
    let done = match action {
        "create" => provider.create(gateway, request).await.map(|r| json!(r)),
        "update" => provider.update(gateway, request).await.map(|r| json!(r)),
        "delete" => provider.delete(gateway, request).await.map(|()| json!({})),
        _ => return refuse("the action is create, update or delete"),
    };
    match done {
        Ok(resource) => ApiResponse::rest(StatusCode::OK, &resource),
        Err(reason) => refuse(&reason),
    }
}

fn refuse(reason: &str) -> ApiResponse {
    ApiResponse::rest(StatusCode::UNPROCESSABLE_ENTITY, &json!({ "error": reason }))
}
