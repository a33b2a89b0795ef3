//! The statement that inserts a sample and its event, and its values.

use tokio_postgres::{Client, GenericClient, Statement};
use uuid::Uuid;

use super::super::fault::failed;
use super::super::names::insert_sample;
use super::{Domain, Inserted, SampleRequest, aggregate_id, correlation_id, sample_event};
use crate::base::error::Result;
use crate::outbox::Layout;

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

pub(super) async fn prepare(client: &Client, layout: &Layout, domain: Domain) -> Result<Statement> {
    let mapped = (!layout.is_own()).then(|| insert_sample(layout));
    let statement = client.prepare(match (&mapped, domain) {
        (Some(statement), _) => statement,
        (None, Domain::Cars) => INSERT_CAR,
        (None, Domain::People) => INSERT_PERSON,
        (None, Domain::Outbox) => INSERT_EVENT,
    });
    statement.await.map_err(failed("prepare the insert"))
}

/// Writes the event with number `n`, in a transaction of its own.
pub(super) async fn one(
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
