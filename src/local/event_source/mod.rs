//! Event source mappings: polls streams and invokes functions as Lambda does; the emulator does not.
//!
//! `mapping.rs` is a mapping's configuration, `api.rs` and `provider.rs` its two interfaces (Lambda API,
//! CloudFormation), `registry.rs` keeps mappings and checkpoints on disk. `poller.rs` runs a mapping, `shard.rs` one
//! shard of it, `batch.rs` decides the effect of a failure (pure), `filter.rs` filters records, `function.rs` looks up the
//! function and its role, `invoke.rs` invokes it, `discarded.rs` writes to failure destinations, and `refusal.rs` has the
//! errors of the API. `streams::shards` reads the streams; `source.rs` is their
//! interface to mappings, with an implementation in `kinesis.rs` and in `dynamodb.rs`. Imports the same rooms as
//! [`super`].

mod api;
mod batch;
mod discarded;
mod dynamodb;
mod filter;
mod function;
mod invoke;
mod kinesis;
mod mapping;
mod poller;
mod provider;
mod refusal;
mod registry;
mod shard;
mod source;

use std::sync::Arc;

use futures_util::future::BoxFuture;

use self::registry::Registry;
use super::gateway::{ApiRequest, ApiResponse, Gateway, Service};
use crate::base::error::Result;

/// The Lambda API's event source mappings, and the CloudFormation resource; both share the mappings.
#[derive(Default)]
pub struct EventSources(Arc<Registry>);

impl Service for EventSources {
    fn name(&self) -> &'static str {
        "lambda"
    }

    fn handle<'a>(&'a self, gateway: &'a Arc<Gateway>, request: &'a ApiRequest) -> BoxFuture<'a, Option<ApiResponse>> {
        Box::pin(api::handle(&self.0, gateway, request))
    }

    fn start<'a>(&'a self, gateway: &'a Arc<Gateway>) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move {
            for tracked in self.0.load(&gateway.home)? {
                poller::start(gateway, &self.0, &tracked);
            }
            Ok(())
        })
    }
}
