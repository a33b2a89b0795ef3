//! Forms. They are sent like those of any other client: as a request to the pipeline's own API, which validates them
//! and writes row and outbox row in one transaction.

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, post};
use uuid::Uuid;

use super::Site;
use super::problem::Problem;
use crate::aws::api_gateway::Api;

/// Maximum bytes of a form.
const LIMIT: usize = 16 * 1024;

/// Returns the handler that sends a form to this path of the pipeline's API.
pub fn to(path: &'static str) -> MethodRouter<Site> {
    post(move |State(site): State<Site>, body: Bytes| async move { pass_on(&site, path, body).await })
}

/// Returns the API's answer unchanged; its problems name the invalid field.
async fn pass_on(site: &Site, path: &str, body: Bytes) -> Result<Response, Problem> {
    site.may_write()?;
    if body.len() > LIMIT {
        return Err(Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "a form has at most 16 KiB"));
    }
    let api = site.api_url.as_deref();
    let api = api.ok_or_else(|| Problem::not_found("this pipeline was deployed without its API"))?;
    let api = Api::new(&site.deployment.clients, api)?;
    // Forms are never sent a second time: each is a separate request.
    let key = Uuid::new_v4().to_string();
    let answer = api.send(Method::POST, path, &[("idempotency-key", &key)], body.to_vec()).await?;
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::BAD_GATEWAY);
    let kind = if status.is_success() { "application/json" } else { "application/problem+json" };
    let mut response = (status, answer.body).into_response();
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    Ok(response)
}
