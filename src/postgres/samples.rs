//! Sample events: a car or a person and its outbox row in one transaction each, with a correlation id by which to find
//! it.

use chrono::{DateTime, Utc};
use futures_util::future::try_join_all;
use futures_util::stream::{self, StreamExt, TryStreamExt};
use serde::{Deserialize, Serialize};
use tokio_postgres::{Client, GenericClient, Statement};
use uuid::Uuid;

use super::connect::{Target, connect};
use super::fault::failed;
use super::names::insert_sample;
use crate::error::{Error, Kind, Result};
use crate::outbox::Layout;
use crate::timing::RateLimit;

/// Maximum events per request: 3 MB of answer, of the 6 MB that Lambda allows (Lambda quotas), and as many as one call
/// of the admin function writes within its time limit of 300 s, even at 100 events per second.
pub const MAX_CHUNK: u32 = 10_000;

/// Maximum connections that write concurrently. A commit waits until its write-ahead log is on the disk, which takes
/// milliseconds; PostgreSQL writes the log of all waiting commits with one flush.
const WRITERS: usize = 32;
/// Number of events that justifies another connection.
const EVENTS_PER_WRITER: u32 = 50;
/// Events per second that one connection writes anywhere.
const RATE_PER_WRITER: f64 = 100.0;

const CARS: &[(&str, &str)] = &[
    ("Skoda", "Octavia"),
    ("Toyota", "Corolla"),
    ("Volvo", "240"),
    ("Fiat", "Panda"),
    ("Saab", "900"),
    ("Mazda", "MX-5"),
];

const PEOPLE: &[(&str, &str)] = &[
    ("Ada Lovelace", "ada@example.org"),
    ("Grace Hopper", "grace@example.org"),
    ("Zoë Ōno", "zoe@example.org"),
    ("Edsger Dijkstra", "edsger@example.org"),
];

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

/// Inserts the event alone. One statement is one transaction.
const INSERT_EVENT: &str = "
    SELECT event.event_id, event.sequence, $2::text, clock_timestamp()
    FROM public.outbox_append('sample', $1::text, $2::text, jsonb_build_object(
        'id', $1::text, 'n', $3::bigint, 'correlationId', $4::text)) AS event";

/// Inserts the person, and the event with the aggregate's next sequence. One statement is one transaction.
const INSERT_PERSON: &str = "
    WITH person AS (
        INSERT INTO public.people AS person (id, name, email) VALUES ($1, $2, $3)
        ON CONFLICT (id) DO UPDATE SET revision = person.revision + 1, updated_at = now()
        RETURNING *, CASE revision WHEN 1 THEN 'PersonCreated' ELSE 'PersonUpdated' END AS event_type
    )
    SELECT event.event_id, event.sequence, person.event_type, clock_timestamp()
    FROM person, LATERAL public.outbox_append('person', person.id::text, person.event_type, jsonb_build_object(
        'id', person.id, 'name', person.name, 'email', person.email, 'revision', person.revision,
        'correlationId', $4::text)) AS event";

/// Inserts the car, and its event with the aggregate's next sequence. One statement is one transaction.
const INSERT_CAR: &str = "
    WITH car AS (
        INSERT INTO public.cars AS car (id, make, model, year) VALUES ($1, $2, $3, $4)
        ON CONFLICT (id) DO UPDATE SET mileage = car.mileage + 100, updated_at = now()
        RETURNING *, CASE mileage WHEN 0 THEN 'CarCreated' ELSE 'CarUpdated' END AS event_type
    )
    SELECT event.event_id, event.sequence, car.event_type, clock_timestamp()
    FROM car, LATERAL public.outbox_append('car', car.id::text, car.event_type, jsonb_build_object(
        'id', car.id, 'make', car.make, 'model', car.model, 'year', car.year, 'mileage', car.mileage,
        'correlationId', $5::text)) AS event";

/// Statements sent before their answers, on one connection: the server executes them one after the other.
const IN_FLIGHT: usize = 16;

/// Connections for writing sample events. Each aggregate is written by one of them, in the order of its events.
pub struct Writers {
    target: Target,
    /// Further connections besides that of the request.
    further: Vec<Client>,
}

impl Writers {
    pub fn new(target: Target) -> Self {
        Self { target, further: Vec::new() }
    }

    /// Writes over `client` and as many further connections as are useful. They stay open for the next request.
    pub(super) async fn insert(
        &mut self,
        client: &mut Client,
        layout: &Layout,
        request: &SampleRequest,
    ) -> Result<Vec<Inserted>> {
        check(request)?;
        let wanted = if request.rollback { 1 } else { connections(request) };
        let writers = if wanted > 1 { wanted.min(share(client).await?) } else { wanted };
        if writers <= 1 {
            return insert(client, layout, request).await;
        }
        let missing = (writers - 1).saturating_sub(self.further.len());
        self.further.extend(try_join_all((0..missing).map(|_| connect(&self.target))).await?);
        let client: &Client = client;
        let clients = std::iter::once(client).chain(&self.further).take(writers).enumerate();
        let limit = RateLimit::start(request.rate);
        let parts = clients.map(|(writer, client)| async move {
            let statement = prepare(client, layout, request.domain).await?;
            let part = Part { writer: writer as u64, of: writers as u64 };
            many(client, &statement, layout, request, part, limit).await
        });
        let mut inserted = try_join_all(parts).await?.concat();
        inserted.sort_unstable_by_key(|event| event.n);
        Ok(inserted)
    }
}

/// The aggregates that one of several connections writes.
#[derive(Debug, Clone, Copy)]
struct Part {
    writer: u64,
    of: u64,
}

impl Part {
    const ALL: Self = Self { writer: 0, of: 1 };

    fn has(self, aggregate: u64) -> bool {
        aggregate % self.of == self.writer
    }
}

/// Returns the number of useful connections.
fn connections(request: &SampleRequest) -> usize {
    let by_rate = request.rate.map_or(WRITERS, |rate| (rate / RATE_PER_WRITER).ceil() as usize);
    let by_count = request.count.div_ceil(EVENTS_PER_WRITER) as usize;
    WRITERS.min(by_rate).min(by_count).min(request.aggregates as usize).max(1)
}

/// Returns the maximum number of connections for samples: a quarter of the server's, so that applications and functions
/// keep theirs.
async fn share(client: &Client) -> Result<usize> {
    let row = client.query_one("SHOW max_connections", &[]).await.map_err(failed("read max_connections"))?;
    Ok(row.get::<_, &str>(0).parse::<usize>().map_or(1, |most| most / 4))
}

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

async fn prepare(client: &Client, layout: &Layout, domain: Domain) -> Result<Statement> {
    let mapped = (!layout.is_own()).then(|| insert_sample(layout));
    let statement = client.prepare(match (&mapped, domain) {
        (Some(statement), _) => statement,
        (None, Domain::Cars) => INSERT_CAR,
        (None, Domain::People) => INSERT_PERSON,
        (None, Domain::Outbox) => INSERT_EVENT,
    });
    statement.await.map_err(failed("prepare the insert"))
}

/// Writes the events of a part, each in a separate transaction.
async fn many(
    client: &impl GenericClient,
    statement: &Statement,
    layout: &Layout,
    request: &SampleRequest,
    part: Part,
    limit: RateLimit,
) -> Result<Vec<Inserted>> {
    let aggregate = |i: u32| (request.first + u64::from(i)) % u64::from(request.aggregates);
    let events = (0..request.count).filter(|i| part.has(aggregate(*i))).map(|i| async move {
        limit.wait(i.into()).await;
        one(client, statement, layout, request, request.first + u64::from(i)).await
    });
    stream::iter(events).buffered(IN_FLIGHT).try_collect().await
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

async fn one(
    client: &impl GenericClient,
    statement: &Statement,
    layout: &Layout,
    request: &SampleRequest,
    n: u64,
) -> Result<Inserted> {
    let aggregate = n % u64::from(request.aggregates);
    let id = aggregate_id(request.run, aggregate);
    let correlation_id = correlation_id(request.run, n);
    let number = i64::try_from(n).unwrap_or(i64::MAX);
    let row = match request.domain {
        _ if !layout.is_own() => {
            let (event, event_type) = (Uuid::now_v7().to_string(), sample_event(n, request.aggregates));
            client.query_one(statement, &[&event, &id.to_string(), &event_type, &number, &correlation_id]).await
        }
        Domain::Cars => {
            let (make, model) = CARS[aggregate as usize % CARS.len()];
            let year = 1990 + i32::try_from(n % 30).unwrap_or(0);
            client.query_one(statement, &[&id, &make, &model, &year, &correlation_id]).await
        }
        Domain::People => {
            let (name, email) = PEOPLE[aggregate as usize % PEOPLE.len()];
            client.query_one(statement, &[&id, &name, &email, &correlation_id]).await
        }
        Domain::Outbox => {
            let event_type = sample_event(n, request.aggregates);
            client.query_one(statement, &[&id.to_string(), &event_type, &number, &correlation_id]).await
        }
    };
    let row = row.map_err(failed("insert a sample and its event"))?;
    Ok(Inserted {
        n,
        event_id: row.get(0),
        aggregate_id: id.to_string(),
        event_type: row.get(2),
        sequence: row.get(1),
        correlation_id,
        committed_at: row.get(3),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(count: u32, aggregates: u32, rate: Option<f64>) -> SampleRequest {
        let run = Uuid::nil();
        SampleRequest { run, first: 0, count, domain: Domain::Cars, aggregates, rate, rollback: false }
    }

    #[test]
    fn few_events_and_low_rates_take_one_connection() {
        assert_eq!(connections(&request(10, 10, None)), 1);
        assert_eq!(connections(&request(10_000, 1, None)), 1, "an aggregate is written in order");
        assert_eq!(connections(&request(10_000, 100, Some(50.0))), 1);
        assert_eq!(connections(&request(10_000, 100, Some(1_000.0))), 10);
        assert_eq!(connections(&request(10_000, 100, None)), WRITERS);
    }

    #[test]
    fn every_aggregate_is_written_by_exactly_one_connection() {
        for aggregate in 0..100 {
            let writers = (0..7).filter(|writer| Part { writer: *writer, of: 7 }.has(aggregate)).count();
            assert_eq!(writers, 1, "{aggregate}");
        }
        assert!((0..100).all(|aggregate| Part::ALL.has(aggregate)));
    }
}
