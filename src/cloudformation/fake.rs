//! The engine with the scripted CloudFormation of the binary's tests.

use std::time::Duration;

use super::Engine;
use super::engine::client;
use super::rate_limiter::RateLimiter;
use crate::aws::{AccessKey, Clients, LocalEndpoint};
use crate::report::Silent;
use crate::settings::{ConfigFile, GlobalArgs, Settings, Variables};

pub use outboxctl_test_support::cloudformation::{Detail, Fault, Server, Step, World, step};

pub const NAME: &str = "outboxctl-dev-x-database";
pub const ID: &str = "arn:aws:cloudformation:eu-central-1:123456789012:stack/outboxctl-dev-x-database/0";

/// Serves the world; the engine sends its requests there, faster than to AWS.
pub async fn serve(world: World) -> (Server, Engine) {
    serve_at(world, None).await
}

/// Serves the world with the rate limits of the test.
pub async fn serve_at(world: World, limiter: Option<RateLimiter>) -> (Server, Engine) {
    let server = Server::start(world);
    let settings = Settings::merge(arguments(), Variables::default(), ConfigFile::default()).unwrap();
    let endpoint =
        LocalEndpoint { url: server.url.clone(), region: "eu-central-1".into(), key: AccessKey::new("test", "test") };
    let clients = Clients::load(&settings, Some(endpoint)).await.unwrap();
    let mut engine = Engine::new(&clients, &Silent);
    engine.client = client(&clients.config_of("CloudFormation"), Duration::from_secs(2));
    if let Some(limiter) = limiter {
        engine.limiter = limiter;
    }
    (server, engine)
}

fn arguments() -> GlobalArgs {
    #[derive(clap::Parser)]
    struct Only {
        #[command(flatten)]
        global: GlobalArgs,
    }
    <Only as clap::Parser>::parse_from(["test"]).global
}
