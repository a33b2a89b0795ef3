//! Sample events directly into a DynamoDB outbox table, for an application of the user's own without the sample API.

use std::time::Duration;

use aws_sdk_dynamodb::types::{AttributeValue, ConditionCheck, TransactWriteItem};
use chrono::{SubsecRound, Utc};
use serde_json::json;
use serde_json::value::to_raw_value;
use tokio::time::Instant;
use uuid::Uuid;

use super::ordered::{Single, unused_id};
use super::script::Known;
use crate::aws::Clients;
use crate::aws::dynamodb::{Commit, Outbox};
use crate::base::error::{Error, Kind, OrFail, Result};
use crate::outbox::{Message, Traceparent};
use crate::postgres::admin::{Inserted, SampleRequest, aggregate_id, correlation_id, sample_event};

/// Time to live of the items, like those of the sample API.
const RETENTION: Duration = Duration::from_secs(7 * 86_400);
/// Maximum time to retry a transaction that conflicts with others.
const PATIENCE: Duration = Duration::from_secs(30);

/// The outbox table of a deployment.
pub struct SampleOutbox {
    outbox: Outbox,
    table: String,
}

impl SampleOutbox {
    pub fn new(clients: &Clients, table: &str) -> Self {
        Self { outbox: Outbox::new(clients.dynamodb(), table.to_owned(), RETENTION), table: table.to_owned() }
    }

    async fn commit(&self, writes: Vec<TransactWriteItem>, event: &Message) -> Result<Commit> {
        self.outbox.commit(writes, event, (Instant::now() + PATIENCE).into_std()).await
    }
}

impl Single for SampleOutbox {
    async fn write(&self, request: &SampleRequest, n: u64, known: &mut Option<Known>) -> Result<Inserted> {
        let (event, version) = (event(request, n, known.as_ref())?, next(known.as_ref()));
        match self.commit(Vec::new(), &event).await? {
            Commit::Done => {}
            Commit::Refused => {
                let message = format!("sequence {version} of sample {} is taken", event.aggregate_id);
                return Err(Error::new(Kind::Unexpected, message));
            }
        }
        let inserted = inserted(request, n, &event);
        *known = Some(Known { id: event.aggregate_id, version, key: inserted.correlation_id.clone() });
        Ok(inserted)
    }

    /// Writes in one transaction with a condition that can't hold, so that nothing is stored.
    async fn refused(&self, request: &SampleRequest, n: u64, known: Option<Known>) -> Result<Inserted> {
        let event = event(request, n, known.as_ref())?;
        let check = ConditionCheck::builder()
            .table_name(&self.table)
            .key("aggregate_id", AttributeValue::S(unused_id()))
            .key("sequence", AttributeValue::N("1".into()))
            .condition_expression("attribute_exists(aggregate_id)")
            .build()
            .or_fail(Kind::Unexpected, || "the condition is incomplete".into())?;
        match self.commit(vec![TransactWriteItem::builder().condition_check(check).build()], &event).await? {
            Commit::Refused => Ok(inserted(request, n, &event)),
            Commit::Done => Err(Error::new(Kind::Verify, "a transaction whose condition does not hold was committed")),
        }
    }
}

/// Returns the sequence of the next event.
fn next(known: Option<&Known>) -> i64 {
    known.map_or(0, |known| known.version) + 1
}

fn event(request: &SampleRequest, n: u64, known: Option<&Known>) -> Result<Message> {
    let id = match known {
        Some(known) => known.id.clone(),
        None => aggregate_id(request.run, n % u64::from(request.aggregates.max(1))).to_string(),
    };
    let data = json!({ "id": id, "n": n, "correlationId": correlation_id(request.run, n) });
    Ok(Message {
        id: Uuid::now_v7(),
        aggregate_type: "sample".into(),
        aggregate_id: id,
        event_type: sample_event(n, request.aggregates).into(),
        sequence: Some(next(known)),
        payload: to_raw_value(&data).or_fail(Kind::Unexpected, || "the event can't be written as JSON".into())?,
        traceparent: Some(Traceparent::generate().as_str().to_owned()),
        schema_version: 1,
        committed_at: Utc::now().trunc_subsecs(6),
        replay: None,
    })
}

fn inserted(request: &SampleRequest, n: u64, event: &Message) -> Inserted {
    Inserted {
        n,
        event_id: event.id,
        aggregate_id: event.aggregate_id.clone(),
        event_type: event.event_type.clone(),
        sequence: event.sequence,
        correlation_id: correlation_id(request.run, n),
        committed_at: event.committed_at,
    }
}
