//! Consumers of captured streams: publish the events of a batch to the bus.
//!
//! `Engine` is the common part, `Handler` the consumer of DMS records. `decode.rs` recognises events, `backlog.rs`
//! keeps the order per aggregate (pure), `delivery.rs` sends requests and retries, `memory.rs` remembers delivered
//! records that Lambda sends again, `backend.rs` has the traits of the target (`eventbridge.rs`), `failures.rs` stores
//! undeliverable records, `redelivery.rs` delivers an operator's request again (`invocation.rs` distinguishes such a
//! request from a batch).

pub mod backend;
pub mod backlog;
pub mod decode;
mod delivery;
mod eventbridge;
mod failures;
mod invocation;
mod memory;
mod redelivery;
#[cfg(test)]
mod tests;

use std::time::{Duration, Instant, SystemTime};

use aws_lambda_events::event::kinesis::{KinesisEvent, KinesisEventRecord};

use self::backend::Publisher;
use self::backlog::Item;
use self::decode::Decoded;
use self::delivery::Policy;
pub use self::delivery::Report;
use self::eventbridge::{EventBridge, MAX_REQUEST_BYTES};
use self::failures::S3Failures;
pub use self::failures::{Origin, Source};
pub use self::invocation::{Answer, BatchResponse, Invocation, ItemFailure};
use self::memory::Memory;
use super::environment::{optional, optional_as, required};
use crate::aws::Clients;
use crate::base::error::Result;
use crate::outbox::{Chunk, Layout};

/// The delivery engine of every consumer: the bus, and the bucket for undeliverable events.
pub struct Engine {
    pub publisher: EventBridge,
    s3: aws_sdk_s3::Client,
    failure_bucket: String,
    failure_bucket_owner: Option<String>,
    memory: Memory,
}

impl Engine {
    /// Reads `OUTBOX_BUS_NAME`, `FAILURE_BUCKET` and, optionally, `FAILURE_BUCKET_OWNER` and
    /// `OUTBOX_MAX_REQUEST_BYTES`.
    ///
    /// # Errors
    /// `Config` if a variable is missing or malformed.
    pub fn from_environment(clients: &Clients) -> Result<Self> {
        let max_request_bytes = optional_as("OUTBOX_MAX_REQUEST_BYTES")?.unwrap_or(MAX_REQUEST_BYTES);
        Ok(Self {
            publisher: EventBridge::new(clients.config(), required("OUTBOX_BUS_NAME")?, max_request_bytes),
            s3: clients.s3(),
            failure_bucket: required("FAILURE_BUCKET")?,
            failure_bucket_owner: optional("FAILURE_BUCKET_OWNER"),
            memory: Memory::default(),
        })
    }

    /// Delivers `items`, whose positions point into `batch`, until `deadline`.
    pub async fn deliver(&self, batch: &[Source], items: Vec<Item>, deadline: Instant) -> Report {
        let owner = self.failure_bucket_owner.as_deref();
        let failures = S3Failures { client: &self.s3, bucket: &self.failure_bucket, owner, batch };
        delivery::deliver(&self.publisher, &failures, items, deadline, Policy::default()).await
    }

    /// Runs an operator's redelivery request; `read` decodes a record of the function's stream.
    pub async fn redeliver(
        &self,
        chunks: &[Chunk],
        deadline: SystemTime,
        read: impl Fn(usize, &[u8]) -> Decoded,
    ) -> Answer {
        let policy = Policy::default();
        Answer::Redelivered(redelivery::redeliver(&self.publisher, chunks, last_attempt(deadline), policy, read).await)
    }

    /// Delivers a batch, which `read` returns with its items, or runs an operator's request, of which `read_record`
    /// decodes a record. The answer to a batch names the first record that was neither delivered nor stored, from which
    /// Lambda continues ("Configuring partial batch response" for Kinesis and for DynamoDB in the Lambda developer
    /// guide).
    pub async fn handle<E>(
        &self,
        invocation: Invocation<E>,
        deadline: SystemTime,
        read: impl FnOnce(E) -> (Vec<Source>, Vec<Item>),
        read_record: impl Fn(usize, &[u8]) -> Decoded,
    ) -> Answer {
        let event = match invocation {
            Invocation::Batch(event) => event,
            Invocation::Redelivery(chunks) => return self.redeliver(&chunks, deadline, read_record).await,
        };
        let (batch, items) = read(event);
        let items = self.memory.outstanding(&batch, items);
        let report = self.deliver(&batch, items, last_attempt(deadline)).await;
        self.memory.keep(&batch, &report);
        Answer::Batch(respond(&batch, batch.len(), &report))
    }
}

/// Logs the outcome of the batch's first `records`, and names the first unfinished one.
pub fn respond(batch: &[Source], records: usize, report: &Report) -> BatchResponse {
    let (accepted, kept, unfinished) = (report.accepted, report.kept, report.unfinished.len());
    tracing::info!(records, accepted, kept, unfinished, "batch");
    let mut response = BatchResponse::default();
    if let Some(first) = report.unfinished.first().and_then(|&position| batch.get(position)) {
        let problem = report.last_problem.as_ref().map(|reason| format!("{}: {}", reason.code, reason.message));
        let from = first.origin.sequence_number.clone();
        tracing::error!(from, "not delivered in time: {}", problem.unwrap_or_default());
        response.batch_item_failures.push(ItemFailure { item_identifier: from });
    }
    response
}

/// The publisher function: publishes rows of the outbox table as captured by DMS. It lives as long as its execution
/// environment.
pub struct Handler {
    engine: Engine,
    layout: Layout,
}

impl Handler {
    /// Reads the engine's variables, and the optional `OUTBOX_LAYOUT`.
    ///
    /// # Errors
    /// `Config` if a variable is missing or malformed.
    pub fn from_environment(clients: &Clients) -> Result<Self> {
        Ok(Self {
            engine: Engine::from_environment(clients)?,
            layout: optional_as("OUTBOX_LAYOUT")?.unwrap_or_default(),
        })
    }

    /// Delivers one batch; `deadline` is the time at which Lambda ends the invocation.
    pub async fn handle(&self, invocation: Invocation<KinesisEvent>, deadline: SystemTime) -> Answer {
        let (publisher, layout) = (&self.engine.publisher, &self.layout);
        let record = |position, data: &[u8]| decode::decode(publisher, position, data, layout);
        self.engine.handle(invocation, deadline, |event| read(publisher, event, layout), record).await
    }
}

/// Returns the batch as it arrived, and its items to deliver.
fn read<P: Publisher>(publisher: &P, event: KinesisEvent, layout: &Layout) -> (Vec<Source>, Vec<Item>) {
    let mut batch: Vec<Source> = event.records.into_iter().map(source).collect();
    let mut items = Vec::with_capacity(batch.len());
    for (position, source) in batch.iter_mut().enumerate() {
        if let Decoded::Item { item, event_id } = decode::decode(publisher, position, &source.data, layout) {
            source.event_id = event_id;
            items.push(item);
        }
    }
    (batch, items)
}

/// Returns the source of a record of a Kinesis batch.
pub fn source(record: KinesisEventRecord) -> Source {
    // `eventID` is the shard's id, a colon, and the sequence number.
    let shard_id = record.event_id.as_deref().and_then(|id| id.split_once(':')).map_or("", |(shard, _)| shard);
    Source {
        origin: Origin {
            stream_arn: record.event_source_arn.unwrap_or_default(),
            shard_id: shard_id.to_owned(),
            sequence_number: record.kinesis.sequence_number,
            partition_key: record.kinesis.partition_key,
            arrived_at: record.kinesis.approximate_arrival_timestamp.0,
        },
        data: record.kinesis.data.0,
        event_id: None,
    }
}

/// Returns the time of the last attempt: early enough to answer before `deadline`, at which Lambda ends the invocation,
/// and fails the whole batch.
pub fn last_attempt(deadline: SystemTime) -> Instant {
    stop_at(Instant::now(), deadline.duration_since(SystemTime::now()).unwrap_or_default())
}

fn stop_at(now: Instant, left: Duration) -> Instant {
    now + left - Duration::from_secs(1).min(left / 4)
}
