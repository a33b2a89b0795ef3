//! Reads the pages of one shard, through expired iterators, throttling and service errors.

use aws_sdk_dynamodbstreams::Client;
use aws_sdk_dynamodbstreams::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodbstreams::types::{Record, ShardIteratorType};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use chrono::{DateTime, SubsecRound, TimeDelta, Utc};

use super::shard::created;
use crate::error::{AwsContext, Error, Kind, Result, sdk_code};
use crate::streams::Warnings;
use crate::streams::retry::{ATTEMPTS, BACKOFF, is_passing};

/// Tolerance in age for records before a start that is known by our clock only.
const CLOCKS: TimeDelta = TimeDelta::seconds(5);

/// A position that outlives an iterator, which is valid for 15 minutes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cursor {
    Oldest,
    /// From now on. DynamoDB has no positions by time: if the iterator expires before a record was seen, the shard is
    /// read from its oldest record, and records made before this time are skipped.
    LatestSince(DateTime<Utc>),
    /// The same, after that iterator was lost.
    OldestSince(DateTime<Utc>),
    After(String),
}

impl Cursor {
    /// Returns the position for another iterator, after the first one was lost.
    fn renewed(self) -> Self {
        match self {
            Self::LatestSince(opened) => Self::OldestSince(opened),
            other => other,
        }
    }
}

/// The pages of one shard, each record once.
pub struct Pages {
    client: Client,
    stream_arn: String,
    shard: String,
    cursor: Cursor,
    /// Records made before this time are not returned.
    since: Option<DateTime<Utc>>,
    /// `None` at the end of a closed shard.
    iterator: Option<String>,
    warnings: Warnings,
}

impl Pages {
    /// Takes the position.
    ///
    /// # Errors
    /// `StreamMissing` if stream or shard does not exist, and those of DynamoDB.
    pub async fn open(
        client: Client,
        stream_arn: String,
        shard: String,
        cursor: Cursor,
        warnings: Warnings,
    ) -> Result<Self> {
        let mut pages = Self { client, stream_arn, shard, cursor, since: None, iterator: None, warnings };
        pages.iterator = Some(pages.position().await?);
        Ok(pages)
    }

    pub fn shard(&self) -> &str {
        &self.shard
    }

    pub fn stream_arn(&self) -> &str {
        &self.stream_arn
    }

    /// Reads the next page, which may be empty; `None` once the shard is closed and read to its end. Records that were
    /// trimmed before they were read are reported as a warning, and reading continues with the remaining ones.
    ///
    /// # Errors
    /// `StreamMissing` if the shard no longer exists, and errors of DynamoDB that last several minutes.
    pub async fn next(&mut self) -> Result<Option<Vec<Record>>> {
        let Some(mut iterator) = self.iterator.clone() else { return Ok(None) };
        let mut attempt = 0;
        let page = loop {
            attempt += 1;
            let error = match self.client.get_records().shard_iterator(&iterator).send().await {
                Ok(page) => break page,
                Err(error) => error,
            };
            match sdk_code(&error) {
                "ExpiredIteratorException" if attempt < ATTEMPTS => {
                    self.cursor = self.cursor.clone().renewed();
                    iterator = self.position().await?;
                }
                "TrimmedDataAccessException" if attempt < ATTEMPTS => {
                    self.trimmed();
                    iterator = self.position().await?;
                }
                _ => self.again(error, attempt, "read").await?,
            }
        };
        let mut records = page.records.unwrap_or_default();
        if let Some(last) = records.last().and_then(|record| record.dynamodb()?.sequence_number()) {
            self.cursor = Cursor::After(last.to_owned());
        }
        if let Some(since) = self.since {
            records.retain(|record| created(record).is_none_or(|created| created >= since));
        }
        self.iterator = page.next_shard_iterator;
        Ok(Some(records))
    }

    /// Continues with the oldest remaining record. Returns false after a second attempt: no record of the shard is
    /// left.
    fn trimmed(&mut self) -> bool {
        let cursor = match &self.cursor {
            Cursor::OldestSince(_) | Cursor::Oldest => return false,
            Cursor::LatestSince(opened) => Cursor::OldestSince(*opened),
            Cursor::After(sequence) => {
                self.warnings.warn(format!(
                    "records of shard {} after {sequence} have expired before they were read",
                    self.shard
                ));
                Cursor::Oldest
            }
        };
        self.cursor = cursor;
        true
    }

    /// Pauses before a retry, if one can help.
    async fn again<E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static>(
        &self,
        error: SdkError<E, HttpResponse>,
        attempt: u32,
        action: &str,
    ) -> Result<()> {
        let (shard, arn) = (&self.shard, &self.stream_arn);
        // The oldest record of a completely trimmed shard can't be read either.
        if matches!(sdk_code(&error), "ResourceNotFoundException" | "TrimmedDataAccessException") {
            return Err(Error::new(Kind::StreamMissing, format!("stream {arn} has no shard {shard}")));
        }
        if attempt < ATTEMPTS && is_passing(&error) {
            tracing::debug!(shard, attempt, code = sdk_code(&error), "retrying");
            tokio::time::sleep(BACKOFF.wait(attempt)).await;
            return Ok(());
        }
        Err(error).aws(format!("{action} shard {shard} of {arn}"))
    }

    /// Returns an iterator at the cursor.
    async fn position(&mut self) -> Result<String> {
        let mut attempt = 0;
        let answer = loop {
            attempt += 1;
            let request = self.client.get_shard_iterator().stream_arn(&self.stream_arn).shard_id(&self.shard);
            let request = match &self.cursor {
                Cursor::Oldest => request.shard_iterator_type(ShardIteratorType::TrimHorizon),
                Cursor::OldestSince(opened) => {
                    self.since = Some(opened.trunc_subsecs(0) - CLOCKS);
                    request.shard_iterator_type(ShardIteratorType::TrimHorizon)
                }
                Cursor::LatestSince(_) => request.shard_iterator_type(ShardIteratorType::Latest),
                Cursor::After(sequence) => {
                    request.shard_iterator_type(ShardIteratorType::AfterSequenceNumber).sequence_number(sequence)
                }
            };
            match request.send().await {
                Ok(answer) => break answer,
                Err(error) if sdk_code(&error) == "TrimmedDataAccessException" && self.trimmed() => {}
                Err(error) => self.again(error, attempt, "take a position on").await?,
            }
        };
        let (shard, arn) = (&self.shard, &self.stream_arn);
        answer
            .shard_iterator
            .ok_or_else(|| Error::new(Kind::Unexpected, format!("shard {shard} of {arn} gave no iterator")))
    }
}
