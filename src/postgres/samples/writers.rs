//! Writing over several connections: each aggregate over one of them.

use futures_util::future::try_join_all;
use futures_util::stream::{self, StreamExt, TryStreamExt};
use tokio_postgres::{Client, GenericClient, Statement};

use super::super::query::value;
use super::statement::{one, prepare};
use super::{Inserted, SampleRequest, check, insert};
use crate::base::error::Result;
use crate::base::timing::RateLimit;
use crate::outbox::Layout;
use crate::postgres::{Target, connect};

/// Maximum connections that write concurrently. A commit waits until its write-ahead log is on the disk, which takes
/// milliseconds; PostgreSQL writes the log of all waiting commits with one flush.
const WRITERS: usize = 32;
/// Number of events that justifies another connection.
const EVENTS_PER_WRITER: u32 = 50;
/// Events per second that one connection writes anywhere.
const RATE_PER_WRITER: f64 = 100.0;

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
    pub async fn insert(
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
pub(super) struct Part {
    writer: u64,
    of: u64,
}

impl Part {
    pub(super) const ALL: Self = Self { writer: 0, of: 1 };

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
    let most: String = value(client, "read max_connections", "SHOW max_connections", &[]).await?;
    Ok(most.parse::<usize>().map_or(1, |most| most / 4))
}

/// Writes the events of a part, each in a separate transaction.
pub(super) async fn many(
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

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::super::Domain;
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
