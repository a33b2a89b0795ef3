//! Writes sample events: into a database, through the pipeline's HTTP API where DynamoDB is behind it, or into the
//! outbox table alone where the sample was left out.

mod api;
mod lanes;
mod outbox;
mod script;

use self::api::SampleApi;
use self::lanes::Lanes;
use self::outbox::SampleOutbox;
use crate::aws::Clients;
use crate::cloudformation::Deployment;
use crate::deployment::database::Database;
use crate::error::Result;
use crate::postgres::admin::{Inserted, SampleRequest};

/// Where sample events are written.
pub enum Writer {
    Database(Database),
    Api(Box<Lanes<SampleApi>>),
    Outbox(Box<Lanes<SampleOutbox>>),
}

impl Writer {
    /// For a pipeline on DynamoDB: through the API of `sample`, or without it into the outbox table.
    ///
    /// # Errors
    /// `NotDeployed`.
    pub fn dynamodb(clients: &Clients, deployment: &Deployment, sample: &str) -> Result<Self> {
        Ok(match deployment.has_sample() {
            true => Self::Api(Box::new(Lanes::new(SampleApi::open(clients, deployment, sample)?))),
            false => Self::Outbox(Box::new(Lanes::new(SampleOutbox::open(clients, deployment)?))),
        })
    }

    /// Writes as the request says; `told` hears of what is done. With `rollback` it is made sure that nothing is kept.
    ///
    /// # Errors
    /// What the database, the API or the table says.
    pub async fn insert(&mut self, request: &SampleRequest, told: impl FnMut(&[Inserted])) -> Result<Vec<Inserted>> {
        match self {
            Self::Database(database) => database.insert_samples(request, told).await,
            Self::Api(api) => api.insert(request, told).await,
            Self::Outbox(outbox) => outbox.insert(request, told).await,
        }
    }
}
