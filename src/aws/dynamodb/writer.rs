//! The outbox writer: commits the caller's writes and the event's item in one transaction.

use std::time::{Duration, Instant};

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{Put, TransactWriteItem};
use uuid::Uuid;

use super::item::item;
use crate::base::error::{AwsContext, Error, Kind, Result, sdk_code};
use crate::base::timing::Backoff;
use crate::outbox::Message;

/// Delay before each retry of a transaction that conflicted with others.
const BACKOFF: Backoff = Backoff::new(Duration::from_millis(10), Duration::from_millis(500));

/// The outcome of a transaction that DynamoDB evaluated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Commit {
    Done,
    /// Nothing was written: the condition of a write, or of the event's own item, did not hold.
    Refused,
}

/// An outbox table.
#[derive(Debug, Clone)]
pub struct Outbox {
    client: Client,
    table: String,
    retention: Duration,
}

impl Outbox {
    /// Returns a writer; `retention` is the time that an item is kept after its commit.
    pub fn new(client: Client, table: String, retention: Duration) -> Self {
        Self { client, table, retention }
    }

    /// Commits `writes` (at most 99) together with `event`, whose sequence must be free in its aggregate. Conflicts
    /// with other transactions are retried until `deadline`.
    ///
    /// # Errors
    /// `Unreachable` if conflicts persisted until the deadline or no answer came; otherwise DynamoDB's error.
    pub async fn commit(
        &self,
        mut writes: Vec<TransactWriteItem>,
        event: &Message,
        deadline: Instant,
    ) -> Result<Commit> {
        let put = Put::builder()
            .table_name(&self.table)
            .set_item(Some(item(event, self.retention)))
            // Two writers used the same sequence: one of them has read an outdated aggregate.
            .condition_expression("attribute_not_exists(aggregate_id)")
            .build()
            .map_err(|error| Error::new(Kind::Unexpected, "the outbox item is incomplete").with_source(error))?;
        writes.push(TransactWriteItem::builder().put(put).build());
        // One token for all attempts: a committed attempt whose answer was lost is not repeated.
        let token = Uuid::new_v4().to_string();
        let mut attempt = 0;
        loop {
            attempt += 1;
            let wait = BACKOFF.wait(attempt);
            let request = self.client.transact_write_items().set_transact_items(Some(writes.clone()));
            let error = match request.client_request_token(&token).send().await {
                Ok(_) => return Ok(Commit::Done),
                Err(error) => error,
            };
            match classify(&error) {
                Failure::Refused => return Ok(Commit::Refused),
                Failure::Contended if Instant::now() + wait < deadline => {
                    tokio::time::sleep(wait).await;
                }
                Failure::Contended => {
                    return Err(Error::new(Kind::Unreachable, "transaction conflicts persisted until the deadline")
                        .with_source(error));
                }
                Failure::Other => return Err(error).aws(format!("write to {}", self.table)),
            }
        }
    }
}

enum Failure {
    Refused,
    Contended,
    Other,
}

fn classify<R>(error: &SdkError<TransactWriteItemsError, R>) -> Failure {
    let reasons = match error.as_service_error() {
        Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) => cancelled.cancellation_reasons(),
        Some(_) if is_contention(sdk_code(error)) => return Failure::Contended,
        _ => return Failure::Other,
    };
    let codes: Vec<&str> = reasons.iter().map(|reason| reason.code().unwrap_or("None")).collect();
    if codes.contains(&"ConditionalCheckFailed") {
        return Failure::Refused;
    }
    let passes = |code: &&str| *code == "None" || is_contention(code);
    if !codes.is_empty() && codes.iter().all(passes) { Failure::Contended } else { Failure::Other }
}

/// Returns whether a retry of the same request may succeed (TransactWriteItems in the DynamoDB API reference).
pub fn is_contention(code: &str) -> bool {
    matches!(
        code,
        "TransactionConflict"
            | "TransactionConflictException"
            | "TransactionInProgressException"
            | "ThrottlingError"
            | "ThrottlingException"
            | "ProvisionedThroughputExceeded"
            | "ProvisionedThroughputExceededException"
    )
}
