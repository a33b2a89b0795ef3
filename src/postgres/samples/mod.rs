//! Sample events: a car or a person and its outbox row in one transaction each, with a correlation id by which to find
//! it.

mod statement;
mod writers;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use tokio_postgres::Client;
use uuid::Uuid;

use self::statement::prepare;
pub use self::writers::Writers;
use self::writers::{Part, many};
use super::fault::failed;
use crate::base::error::{Error, Kind, Result};
use crate::base::timing::RateLimit;
use crate::outbox::Layout;

/// Maximum events per request: 3 MB of answer, of the 6 MB that Lambda allows (Lambda quotas), and as many as one call
/// of the admin function writes within its time limit of 300 s, even at 100 events per second.
pub const MAX_CHUNK: u32 = 10_000;

/// The subject of the samples.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Domain {
    /// An aggregate's first event is CarCreated, later ones are CarUpdated.
    #[default]
    Cars,
    /// PersonCreated, then PersonUpdated.
    People,
    /// Only events, without a sample table: SampleCreated, then SampleUpdated.
    Outbox,
}

/// Request for `count` events of run `run`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SampleRequest {
    /// Chosen by the caller; event n gets the correlation id `{run}-{n}`.
    pub run: Uuid,
    /// Number of the first event, from 0: chunks of one run continue each other.
    pub first: u64,
    /// At most [`MAX_CHUNK`].
    pub count: u32,
    #[serde(default)]
    pub domain: Domain,
    /// Number of cars or people over which the events are distributed, in turn.
    pub aggregates: u32,
    /// Events per second; unlimited if `None`.
    pub rate: Option<f64>,
    /// Writes everything in one transaction and rolls it back: none of it may ever arrive anywhere.
    pub rollback: bool,
}

/// An event that was committed, or with `rollback` written and rolled back.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Inserted {
    pub n: u64,
    pub event_id: Uuid,
    pub aggregate_id: String,
    pub event_type: String,
    /// `None` if the outbox table has no such column.
    pub sequence: Option<i64>,
    pub correlation_id: String,
    /// By the database's clock, just before the commit of the statement.
    pub committed_at: DateTime<Utc>,
}

/// Returns the correlation id of event n.
pub fn correlation_id(run: Uuid, n: u64) -> String {
    format!("{run}-{n}")
}

/// Returns the type of event n of a run without a sample table: the first of each aggregate created it.
pub fn sample_event(n: u64, aggregates: u32) -> &'static str {
    if n < u64::from(aggregates) { "SampleCreated" } else { "SampleUpdated" }
}

/// Returns the id of an aggregate: the same in every chunk of a run.
pub fn aggregate_id(run: Uuid, aggregate: u64) -> Uuid {
    Uuid::from_u128(run.as_u128() ^ (u128::from(aggregate) + 1))
}

/// Inserts the events over one connection; with `rollback`, in a transaction that is rolled back.
pub(super) async fn insert(client: &mut Client, layout: &Layout, request: &SampleRequest) -> Result<Vec<Inserted>> {
    check(request)?;
    let statement = prepare(client, layout, request.domain).await?;
    let limit = RateLimit::start(request.rate);
    if request.rollback {
        let transaction = client.transaction().await.map_err(failed("begin"))?;
        let inserted = many(&transaction, &statement, layout, request, Part::ALL, limit).await?;
        transaction.rollback().await.map_err(failed("roll back"))?;
        return Ok(inserted);
    }
    many(client, &statement, layout, request, Part::ALL, limit).await
}

fn check(request: &SampleRequest) -> Result<()> {
    let refuse = |text: &str| Err(Error::new(Kind::Usage, text));
    match request {
        r if r.count > MAX_CHUNK => refuse("at most 10000 events are possible per request"),
        r if r.aggregates == 0 => refuse("--aggregates must be at least 1"),
        r if r.rate.is_some_and(|rate| !(rate.is_finite() && rate > 0.0)) => refuse("--rate must be above 0"),
        _ => Ok(()),
    }
}
