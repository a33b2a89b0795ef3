//! The last delivered sequence of every aggregate, and the claim of the consumer that delivers it at the moment.
//!
//! Records of one aggregate can be on several shards, so several consumers can hold some at once. Each claims the
//! aggregate before it delivers; a second consumer waits, and then usually finds its events delivered. A claim expires
//! soon after its consumer died, and is renewed until then.
//!
//! A claim saves duplicates; the order does not depend on it. Each consumer starts after the last delivered sequence and
//! sends an event after the one before it was accepted. Two consumers of an aggregate, such as one whose claim expired
//! while it was frozen, therefore deliver some events twice, and none before its predecessor.

use std::future::Future;
use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue};
use chrono::Utc;
use uuid::Uuid;

use super::plan::Aggregate;
use crate::aws::dynamodb::attributes::{number, number_of, text};
use crate::base::error::{AwsContext, CONDITION_FAILED, Result};
use crate::outbox::derived_id;

/// Time that a position outlives its aggregate's last event. It is longer than the retention of the outbox table: once
/// a position is gone, no delivered event may be left to be read.
const RETENTION: Duration = Duration::from_secs(90 * 86_400);

/// Maximum bytes of a partition key ("Quotas in Amazon DynamoDB" in the DynamoDB developer guide).
const MAX_KEY_BYTES: usize = 2_048;

/// An exclusive claim to deliver an aggregate.
#[derive(Debug)]
pub struct Claim {
    /// The last delivered sequence; 0 if there is none.
    pub delivered: i64,
    pub owner: String,
}

/// A store of positions.
pub trait Positions: Sync {
    /// Claims the aggregate for `time`; `None` if another consumer has claimed it.
    ///
    /// # Errors
    /// The claim may have succeeded; it expires by itself.
    fn claim(&self, aggregate: &Aggregate, time: Duration) -> impl Future<Output = Result<Option<Claim>>> + Send;

    /// Extends the claim to `time` from now, unless another consumer has it.
    ///
    /// # Errors
    /// The claim may not have been extended; it may then expire while the aggregate is delivered.
    fn renew(&self, aggregate: &Aggregate, claim: &Claim, time: Duration) -> impl Future<Output = Result<()>> + Send;

    /// Releases the claim and records everything up to `delivered` as delivered.
    ///
    /// # Errors
    /// The position may not have been stored: delivered events may be delivered again.
    fn release(&self, aggregate: &Aggregate, claim: Claim, delivered: i64) -> impl Future<Output = Result<()>> + Send;
}

/// A DynamoDB table, keyed by `aggregate`.
pub struct PositionsTable {
    client: Client,
    table: String,
}

impl PositionsTable {
    pub fn new(client: Client, table: String) -> Self {
        Self { client, table }
    }
}

/// Returns the partition key. An outbox item's id may be as long as a key; if type and id do not fit, the key is a hash
/// of both.
fn key((kind, id): &Aggregate) -> AttributeValue {
    let plain = format!("{kind}#{id}");
    text(if plain.len() <= MAX_KEY_BYTES { plain } else { format!("#{}", derived_id(&[kind, id])) })
}

impl Positions for PositionsTable {
    async fn claim(&self, aggregate: &Aggregate, time: Duration) -> Result<Option<Claim>> {
        let owner = Uuid::new_v4().to_string();
        let answer = self
            .client
            .update_item()
            .table_name(&self.table)
            .key("aggregate", key(aggregate))
            .update_expression(
                "SET delivered = if_not_exists(delivered, :zero), claimed_by = :me, claimed_until = :until, expires_at = :purge",
            )
            // Already claimed by this consumer if the response to an earlier attempt of this request was lost.
            .condition_expression("attribute_not_exists(claimed_until) OR claimed_until < :now OR claimed_by = :me")
            .expression_attribute_values(":zero", number(0))
            .expression_attribute_values(":me", text(&owner))
            .expression_attribute_values(":until", number(until(time)))
            .expression_attribute_values(":now", number(Utc::now().timestamp_millis()))
            .expression_attribute_values(":purge", number(purge_at()))
            .return_values(ReturnValue::AllNew)
            .send()
            .await;
        let claimed = answer.aws_unless(CONDITION_FAILED, format!("claim an aggregate in {}", self.table))?;
        Ok(claimed.map(|answer| {
            let delivered = answer.attributes().and_then(|item| number_of(item, "delivered")).unwrap_or(0);
            Claim { delivered, owner }
        }))
    }

    async fn renew(&self, aggregate: &Aggregate, claim: &Claim, time: Duration) -> Result<()> {
        let answer = self
            .client
            .update_item()
            .table_name(&self.table)
            .key("aggregate", key(aggregate))
            .update_expression("SET claimed_until = :until")
            .condition_expression("claimed_by = :me")
            .expression_attribute_values(":me", text(&claim.owner))
            .expression_attribute_values(":until", number(until(time)))
            .send()
            .await;
        // The condition fails if the claim expired and another consumer has it, or if it was released in the meantime.
        answer.aws_unless(CONDITION_FAILED, format!("renew a claim in {}", self.table)).map(drop)
    }

    async fn release(&self, aggregate: &Aggregate, claim: Claim, delivered: i64) -> Result<()> {
        let answer = self
            .client
            .update_item()
            .table_name(&self.table)
            .key("aggregate", key(aggregate))
            .update_expression("SET delivered = :delivered, expires_at = :purge REMOVE claimed_by, claimed_until")
            .condition_expression("claimed_by = :me")
            .expression_attribute_values(":me", text(claim.owner))
            .expression_attribute_values(":delivered", number(delivered))
            .expression_attribute_values(":purge", number(purge_at()))
            .send()
            .await;
        // The condition fails if the claim expired and another consumer took it, or if an earlier attempt of this request
        // succeeded: the position is safe either way.
        answer.aws_unless(CONDITION_FAILED, format!("store a position in {}", self.table)).map(drop)
    }
}

/// Returns the end of a claim, in epoch milliseconds.
fn until(time: Duration) -> i64 {
    Utc::now().timestamp_millis().saturating_add_unsigned(u64::try_from(time.as_millis()).unwrap_or(u64::MAX))
}

fn purge_at() -> i64 {
    Utc::now().timestamp().saturating_add_unsigned(RETENTION.as_secs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_fit_the_size_limit() {
        let of = |id: &str| key(&("order".into(), id.into())).as_s().unwrap().clone();
        assert_eq!(of("o-1"), "order#o-1");
        let (long, other) = (of(&"x".repeat(MAX_KEY_BYTES)), of(&"y".repeat(MAX_KEY_BYTES)));
        assert!(long.len() <= MAX_KEY_BYTES && long != other);
    }
}
