//! Writing sample events: into the database, or through the pipeline's HTTP API where DynamoDB is behind it. Imports
//! `aws`, `cloudformation`, `database`, `error`, `postgres`.

mod api;
mod script;

pub use api::ApiWriter;

use crate::database::Database;
use crate::error::Result;
use crate::postgres::admin::{Inserted, SampleRequest};

/// Where sample events are written.
pub enum Writer {
    Database(Database),
    Api(Box<ApiWriter>),
}

impl Writer {
    /// Writes as the request says; `told` hears of what is done. With `rollback` it is made sure that nothing is kept.
    ///
    /// # Errors
    /// What the database or the API says.
    pub async fn insert(&mut self, request: &SampleRequest, told: impl FnMut(&[Inserted])) -> Result<Vec<Inserted>> {
        match self {
            Self::Database(database) => database.insert_samples(request, told).await,
            Self::Api(api) => api.insert(request, told).await,
        }
    }
}
