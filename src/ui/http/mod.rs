//! The page's server: the embedded page, the JSON API, the live stream and the metrics. `schema/openapi-ui.json` is its
//! contract.

mod api;
mod assets;
mod guard;
mod live;
mod metrics;
mod problem;
mod redrive;
mod submit;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::{get, post};
use tokio::sync::{Mutex, Semaphore};
use tokio_util::sync::CancellationToken;

use super::Options;
use super::model::Model;
use crate::deployment::Deployment;
use crate::pipelines::Output;
use problem::Problem;

/// Maximum live connections: each takes a lock four times per second.
const LIVE: usize = 64;

/// State shared by requests.
#[derive(Clone)]
pub struct Site {
    model: Arc<Model>,
    deployment: Arc<Deployment>,
    api_url: Option<Arc<str>>,
    failure_bucket: Option<Arc<str>>,
    writable: bool,
    access: Arc<guard::Access>,
    live: Arc<Semaphore>,
    /// Held while a dead letter is sent, so that a double click sends it once.
    redrive: Arc<Mutex<()>>,
    cancel: CancellationToken,
}

impl Site {
    /// Creates the state; `port` is the one that the page is served on.
    pub fn new(
        model: Arc<Model>,
        deployment: Arc<Deployment>,
        options: &Options,
        port: u16,
        cancel: CancellationToken,
    ) -> Self {
        let output = |output: Output| deployment.output(output).ok().map(Arc::from);
        Self {
            model,
            api_url: output(Output::ApiUrl),
            failure_bucket: output(Output::FailureBucket),
            deployment,
            writable: options.writable,
            access: Arc::new(guard::Access::new(options.token.clone(), port)),
            live: Arc::new(Semaphore::new(LIVE)),
            redrive: Arc::default(),
            cancel,
        }
    }

    /// # Errors
    /// 403 if the page is read-only.
    fn may_write(&self) -> Result<(), Problem> {
        if self.writable {
            Ok(())
        } else {
            Err(Problem::forbidden("this page is read-only: start it with --allow-write"))
        }
    }
}

pub fn router(site: Site) -> Router {
    Router::new()
        .route("/api/pipeline", get(api::pipeline))
        .route("/api/traces", get(api::traces))
        .route("/api/traces/{id}", get(api::trace))
        .route("/api/outbox", get(api::outbox))
        .route("/api/people", get(api::people).merge(submit::to("/people")))
        .route("/api/cars", submit::to("/cars"))
        .route("/api/orders", submit::to("/orders"))
        .route("/api/carts", submit::to("/cart"))
        .route("/api/users", submit::to("/users"))
        .route("/api/processed", get(api::processed))
        .route("/api/dead-letters", get(api::dead_letters))
        .route("/api/dead-letters/redrive", post(redrive::redrive))
        .route("/api/dead-letters/object", get(api::dead_letter))
        .route("/api/events", get(live::events))
        .route("/healthz", get(api::health))
        .route("/metrics", get(metrics::metrics))
        .merge(assets::router())
        .fallback(|| async { Problem::not_found("not found") })
        .method_not_allowed_fallback(|| async { Problem::method_not_allowed() })
        .layer(from_fn_with_state(site.clone(), guard::guard))
        .with_state(site)
}
