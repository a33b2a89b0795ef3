//! The part of the DMS API that a pipeline needs, its CloudFormation types, and the runs of its tasks.
//!
//! `operations/` implements the API (JSON 1.1, target prefix `AmazonDMSv20160101`), `provider.rs` the CloudFormation
//! types, both with the shared parts of `call.rs`; `runner.rs` runs tasks on [`crate::local::capture`], and `job.rs` prepares a run. `store.rs` holds all data, on disk
//! before an operation answers. Source: AWS DMS API reference, 2016-01-01. Imports the same rooms as [`super`].

mod call;
mod endpoint;
mod enums;
mod fault;
mod input;
mod job;
mod kind;
mod operations;
mod provider;
mod runner;
mod runs;
mod store;

use std::sync::{Arc, OnceLock};

use futures_util::future::BoxFuture;

use self::call::Call;
use self::fault::{Answer, Fault};
use self::input::Input;
use self::runs::Runs;
use self::store::Store;
use super::gateway::{ApiRequest, ApiResponse, Gateway, Service};
use super::state::REGION;
use crate::base::error::{Error, Kind, Result};

/// The service. One instance serves the API and CloudFormation.
#[derive(Default)]
pub struct Dms {
    store: OnceLock<Arc<Store>>,
    runs: Arc<Runs>,
}

impl Dms {
    /// Returns the store, which the first call reads.
    fn store(&self, gateway: &Gateway) -> Result<Arc<Store>> {
        if let Some(store) = self.store.get() {
            return Ok(Arc::clone(store));
        }
        let opened = Store::open(gateway.home.file("dms.json"))?;
        Ok(Arc::clone(self.store.get_or_init(|| Arc::new(opened))))
    }

    fn call<'a>(&self, gateway: &'a Arc<Gateway>, region: &str) -> Answer<Call<'a>> {
        let store = self.store(gateway).map_err(|error| Fault::internal(error.message()))?;
        Ok(Call { gateway, region: region.to_owned(), store, runs: Arc::clone(&self.runs) })
    }
}

impl Service for Dms {
    fn name(&self) -> &'static str {
        "dms"
    }

    fn handle<'a>(&'a self, gateway: &'a Arc<Gateway>, request: &'a ApiRequest) -> BoxFuture<'a, Option<ApiResponse>> {
        Box::pin(async move {
            let body = match request.json() {
                Ok(body) => body,
                Err(refusal) => return Some(*refusal),
            };
            let call = self.call(gateway, &request.region);
            let answer = call.and_then(|call| operations::answer(&call, request.operation(), &Input(body)));
            Some(answer.map_or_else(|fault| fault.response(), |value| ApiResponse::json(&value)))
        })
    }

    fn start<'a>(&'a self, gateway: &'a Arc<Gateway>) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move {
            // Its error has hints, which a fault lacks.
            self.store(gateway)?;
            let call = self.call(gateway, REGION).map_err(|fault| Error::new(Kind::Io, fault.message))?;
            runner::resume(&call);
            Ok(())
        })
    }
}
