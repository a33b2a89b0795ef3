//! Event source mappings: streams polled and functions invoked as Lambda does it, which the emulator does not.
//!
//! `mapping.rs` is a mapping's configuration, `api.rs` and `provider.rs` its two ways in (Lambda API, CloudFormation),
//! `registry.rs` keeps mappings and checkpoints on disk. `poller.rs` runs a mapping, `shard.rs` one shard of it,
//! `batch.rs` decides what a failure means (pure), `filter.rs` and `invoke.rs` do what they say, `discarded.rs` fills
//! failure destinations. `source.rs` is the seam to streams, `kinesis.rs` and `dynamodb.rs` are what it leads to.
//! May import what [`super`] may.

mod api;
mod batch;
mod discarded;
mod dynamodb;
mod filter;
mod invoke;
mod kinesis;
mod mapping;
mod poller;
mod provider;
mod registry;
mod shard;
mod source;

use std::sync::Arc;

use futures_util::future::BoxFuture;

use self::registry::Registry;
use super::gateway::{ApiRequest, ApiResponse, Gateway, Service};
use crate::error::Result;

/// The Lambda API's event source mappings, and the CloudFormation resource; both see the same mappings.
#[derive(Clone, Default)]
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
