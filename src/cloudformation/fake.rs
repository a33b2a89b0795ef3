//! The engine with the scripted CloudFormation of the binary's tests.

use std::time::Duration;

use super::Engine;
use super::engine::client;
use super::rate_limiter::RateLimiter;
use crate::aws::{AccessKey, Clients, LocalEndpoint};
use crate::base::report::Silent;

pub use outboxctl_test_support::cloudformation::{Detail, Fault, Server, Step, World, step};

pub const NAME: &str = "outboxctl-dev-x-database";
pub const ID: &str = "arn:aws:cloudformation:eu-central-1:123456789012:stack/outboxctl-dev-x-database/0";

/// Serves the world; the engine sends its requests there, faster than to AWS.
pub fn serve(world: World) -> (Server, Engine) {
    serve_at(world, None)
}

/// Serves the world with the rate limits of the test.
pub fn serve_at(world: World, limiter: Option<RateLimiter>) -> (Server, Engine) {
    let server = Server::start(world);
    let endpoint =
        LocalEndpoint { url: server.url.clone(), region: "eu-central-1".into(), key: AccessKey::new("test", "test") };
    let clients = Clients::for_local(endpoint);
    let mut engine = Engine::new(&clients, &Silent);
    engine.client = client(&clients.config_of("CloudFormation"), Duration::from_secs(2));
    if let Some(limiter) = limiter {
        engine.limiter = limiter;
    }
    (server, engine)
}
