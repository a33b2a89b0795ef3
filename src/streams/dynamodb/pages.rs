//! Page after page of one shard, through expired iterators, throttling and faults of the service.

use std::time::Duration;

use aws_sdk_dynamodbstreams::Client;
use aws_sdk_dynamodbstreams::error::SdkError;
use aws_sdk_dynamodbstreams::operation::get_records::GetRecordsError;
use aws_sdk_dynamodbstreams::types::{Record, ShardIteratorType};

use crate::error::{AwsContext, Error, Kind, Result, sdk_code};

/// Attempts at one read while the service is throttling, failing or out of reach: several minutes.
const ATTEMPTS: u32 = 30;

/// A position that outlives an iterator, which lives for 15 minutes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cursor {
    Oldest,
    Latest,
    After(String),
}

/// One shard's pages, each record once.
pub struct Pages {
    client: Client,
    stream_arn: String,
    shard: String,
    cursor: Cursor,
    /// None at the end of a closed shard.
    iterator: Option<String>,
}

impl Pages {
    /// Takes the position.
    ///
    /// # Errors
    /// What DynamoDB answers.
    pub async fn open(client: Client, stream_arn: String, shard: String, cursor: Cursor) -> Result<Self> {
        let mut pages = Self { client, stream_arn, shard, cursor, iterator: None };
        pages.iterator = Some(pages.renew().await?);
        Ok(pages)
    }

    pub fn shard(&self) -> &str {
        &self.shard
    }

    pub fn stream_arn(&self) -> &str {
        &self.stream_arn
    }

    /// The next page, possibly an empty one; None once the shard is closed and read to its end.
    ///
    /// # Errors
    /// What DynamoDB goes on answering for several minutes, or at once where waiting can't help: above all that records
    /// were trimmed before they were read.
    pub async fn next(&mut self) -> Result<Option<Vec<Record>>> {
        let Some(mut iterator) = self.iterator.clone() else { return Ok(None) };
        let mut attempt = 0;
        let page = loop {
            attempt += 1;
            match self.client.get_records().shard_iterator(&iterator).send().await {
                Ok(page) => break page,
                Err(error) => iterator = self.again(error, iterator, attempt).await?,
            }
        };
        let last = page.records().last().and_then(|record| record.dynamodb()?.sequence_number());
        if let Some(last) = last {
            self.cursor = Cursor::After(last.to_owned());
        }
        self.iterator = page.next_shard_iterator;
        Ok(Some(page.records.unwrap_or_default()))
    }

    /// The iterator to try again with, after a pause where one helps.
    async fn again(&self, error: SdkError<GetRecordsError>, iterator: String, attempt: u32) -> Result<String> {
        if sdk_code(&error) == "ExpiredIteratorException" {
            self.renew().await
        } else if attempt < ATTEMPTS && is_passing(&error) {
            tracing::debug!(shard = self.shard, attempt, code = sdk_code(&error), "reading again");
            tokio::time::sleep(backoff(attempt)).await;
            Ok(iterator)
        } else {
            Err(error).aws(format!("read shard {} of {}", self.shard, self.stream_arn))
        }
    }

    async fn renew(&self) -> Result<String> {
        let request = self.client.get_shard_iterator().stream_arn(&self.stream_arn).shard_id(&self.shard);
        let request = match &self.cursor {
            Cursor::Oldest => request.shard_iterator_type(ShardIteratorType::TrimHorizon),
            Cursor::Latest => request.shard_iterator_type(ShardIteratorType::Latest),
            Cursor::After(sequence) => {
                request.shard_iterator_type(ShardIteratorType::AfterSequenceNumber).sequence_number(sequence)
            }
        };
        let (shard, arn) = (&self.shard, &self.stream_arn);
        let answer = request.send().await.aws(format!("take a position on shard {shard} of {arn}"))?;
        answer
            .shard_iterator
            .ok_or_else(|| Error::new(Kind::Unexpected, format!("shard {shard} of {arn} gave no iterator")))
    }
}

/// Whether trying again can help: throttling, a fault of the service, or no answer at all.
fn is_passing(error: &SdkError<GetRecordsError>) -> bool {
    match error {
        SdkError::ServiceError(service) => {
            let throttled = matches!(
                sdk_code(error),
                "LimitExceededException" | "ThrottlingException" | "ProvisionedThroughputExceededException"
            );
            throttled || service.raw().status().as_u16() >= 500
        }
        SdkError::ConstructionFailure(_) => false,
        _ => true,
    }
}

/// Doubles from 200 ms to 10 s, with up to a half taken off at random.
fn backoff(attempt: u32) -> Duration {
    let full = Duration::from_millis(200 << attempt.min(6)).min(Duration::from_secs(10));
    full.mul_f64(fastrand::f64().mul_add(0.5, 0.5))
}
