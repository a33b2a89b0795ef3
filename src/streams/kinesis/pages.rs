//! Page after page of one shard, through expired iterators, throttling and faults of the service.

use std::time::Duration;

use aws_sdk_kinesis::Client;
use aws_sdk_kinesis::error::SdkError;
use aws_sdk_kinesis::operation::get_records::{GetRecordsError, GetRecordsOutput};
use aws_sdk_kinesis::primitives::DateTime as AwsTime;
use aws_sdk_kinesis::types::{Record, ShardIteratorType};
use chrono::{DateTime, Utc};

use super::From;
use crate::error::{AwsContext, Error, Kind, Result, sdk_code};

/// Attempts at one read while the service is throttling, failing or out of reach: several minutes.
const ATTEMPTS: u32 = 30;

/// The most records of one read that Kinesis takes.
pub const MOST: i32 = 10_000;

/// A position that outlives an iterator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cursor {
    Oldest,
    At(DateTime<Utc>),
    /// From now on. Should its iterator expire before a record was seen, reading goes on from this time.
    LatestSince(DateTime<Utc>),
    After(String),
}

impl Cursor {
    /// Where a shard that is there at the beginning is read from.
    pub fn first(from: From, opened: DateTime<Utc>) -> Self {
        match from {
            From::Latest => Self::LatestSince(opened),
            From::Start => Self::Oldest,
            From::At(at) => Self::At(at),
        }
    }

    /// The position for another iterator, after the first one was lost.
    fn renewed(&self) -> Self {
        match self {
            Self::LatestSince(opened) => Self::At(*opened),
            other => other.clone(),
        }
    }
}

/// One shard's pages, each record once.
pub struct Pages {
    client: Client,
    stream: String,
    shard: String,
    cursor: Cursor,
    /// None at the end of a closed shard.
    iterator: Option<String>,
    limit: i32,
}

/// Some records, and how far they are behind the shard's tip.
#[derive(Debug)]
pub struct Page {
    pub records: Vec<Record>,
    pub behind: Duration,
}

impl Pages {
    /// Takes the position. `limit` is the most records of a page, up to [`MOST`].
    pub async fn open(client: Client, stream: String, shard: String, cursor: Cursor, limit: i32) -> Result<Self> {
        let iterator = Some(iterator(&client, &stream, &shard, &cursor).await?);
        Ok(Self { client, stream, shard, cursor, iterator, limit })
    }

    /// The next page; None once the shard is closed and read to its end.
    ///
    /// # Errors
    /// What Kinesis goes on answering for several minutes, or at once where waiting can't help.
    pub async fn next(&mut self) -> Result<Option<Page>> {
        let Some(mut iterator) = self.iterator.clone() else { return Ok(None) };
        let mut attempt = 0;
        let page = loop {
            attempt += 1;
            match self.client.get_records().shard_iterator(&iterator).limit(self.limit).send().await {
                Ok(page) => break page,
                Err(error) => iterator = self.again(error, iterator, attempt).await?,
            }
        };
        Ok(Some(self.take(page)))
    }

    fn take(&mut self, page: GetRecordsOutput) -> Page {
        if let Some(last) = page.records.last() {
            self.cursor = Cursor::After(last.sequence_number.clone());
        }
        self.iterator = page.next_shard_iterator;
        let behind = u64::try_from(page.millis_behind_latest.unwrap_or(0)).unwrap_or(0);
        Page { records: page.records, behind: Duration::from_millis(behind) }
    }

    /// The iterator to try again with, after a pause where one helps.
    async fn again(&self, error: SdkError<GetRecordsError>, iterator: String, attempt: u32) -> Result<String> {
        if sdk_code(&error) == "ExpiredIteratorException" {
            self::iterator(&self.client, &self.stream, &self.shard, &self.cursor.renewed()).await
        } else if attempt < ATTEMPTS && is_passing(&error) {
            tracing::debug!(shard = self.shard, attempt, code = sdk_code(&error), "reading again");
            tokio::time::sleep(backoff(attempt)).await;
            Ok(iterator)
        } else {
            Err(error).aws(format!("read shard {} of {}", self.shard, self.stream))
        }
    }
}

/// When the stream took a record, by its own clock.
pub fn arrival(record: &Record) -> DateTime<Utc> {
    let stamp = record.approximate_arrival_timestamp();
    // The service counts milliseconds; what is finer comes from their way through a floating point number.
    stamp
        .and_then(|t| DateTime::from_timestamp_millis((t.as_secs_f64() * 1_000.0).round() as i64))
        .unwrap_or_else(Utc::now)
}

/// Whether trying again can help: throttling, a fault of the service, or no answer at all.
fn is_passing(error: &SdkError<GetRecordsError>) -> bool {
    match error {
        SdkError::ServiceError(service) => {
            service.raw().status().as_u16() >= 500
                || matches!(
                    sdk_code(error),
                    "ProvisionedThroughputExceededException"
                        | "LimitExceededException"
                        | "KMSThrottlingException"
                        | "ThrottlingException"
                        | "InternalFailureException"
                )
        }
        SdkError::ConstructionFailure(_) => false,
        _ => true,
    }
}

/// Doubles from 200 ms to 10 s, with up to a half taken off at random.
fn backoff(attempt: u32) -> Duration {
    let full = Duration::from_millis(200 << attempt.min(6)).min(Duration::from_secs(10));
    let random = uuid::Uuid::new_v4().as_u128() as u8;
    full - full.mul_f64(f64::from(random) / 512.0)
}

async fn iterator(client: &Client, stream: &str, shard: &str, cursor: &Cursor) -> Result<String> {
    let request = client.get_shard_iterator().stream_name(stream).shard_id(shard);
    let request = match cursor {
        Cursor::Oldest => request.shard_iterator_type(ShardIteratorType::TrimHorizon),
        Cursor::LatestSince(_) => request.shard_iterator_type(ShardIteratorType::Latest),
        Cursor::At(at) => request
            .shard_iterator_type(ShardIteratorType::AtTimestamp)
            .timestamp(AwsTime::from_millis(at.timestamp_millis())),
        Cursor::After(sequence) => {
            request.shard_iterator_type(ShardIteratorType::AfterSequenceNumber).starting_sequence_number(sequence)
        }
    };
    let answer = request.send().await.aws(format!("take a position on shard {shard} of {stream}"))?;
    answer
        .shard_iterator
        .ok_or_else(|| Error::new(Kind::Unexpected, format!("shard {shard} of {stream} gave no iterator")))
}
