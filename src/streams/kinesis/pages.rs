//! Reads the pages of one shard, through expired iterators, throttling and service errors.

use std::time::Duration;

use aws_sdk_kinesis::Client;
use aws_sdk_kinesis::operation::get_records::GetRecordsOutput;
use aws_sdk_kinesis::primitives::DateTime as AwsTime;
use aws_sdk_kinesis::types::{Record, ShardIteratorType};
use chrono::{DateTime, Utc};

use super::{ShardInfo, StartAt, children};
use crate::error::{AwsContext, Error, Kind, Result, sdk_code};
use crate::streams::retry;

/// A position that outlives an iterator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cursor {
    Oldest,
    At(DateTime<Utc>),
    /// From now on. If its iterator expires before a record was seen, reading continues from this time.
    LatestSince(DateTime<Utc>),
    After(String),
}

impl Cursor {
    /// Returns the start position in a shard that exists at the start.
    pub fn first(from: StartAt, opened: DateTime<Utc>) -> Self {
        match from {
            StartAt::Latest => Self::LatestSince(opened),
            StartAt::Start => Self::Oldest,
            StartAt::At(at) => Self::At(at),
        }
    }

    /// Returns the position for another iterator, after the first one was lost.
    pub fn renewed(self) -> Self {
        match self {
            Self::LatestSince(opened) => Self::At(opened),
            other => other,
        }
    }
}

/// The pages of one shard, each record once.
pub struct Pages {
    client: Client,
    stream: String,
    shard: String,
    cursor: Cursor,
    /// `None` at the end of a closed shard.
    iterator: Option<String>,
    children: Vec<ShardInfo>,
    limit: i32,
}

/// Records, and their lag behind the shard's tip.
#[derive(Debug)]
pub struct Page {
    pub records: Vec<Record>,
    pub behind: Duration,
}

impl Page {
    pub fn new(records: Vec<Record>, millis_behind: i64) -> Self {
        Self { records, behind: Duration::from_millis(u64::try_from(millis_behind).unwrap_or(0)) }
    }
}

impl Pages {
    /// Takes the position. `limit` is the maximum records per page; Kinesis allows 10,000.
    ///
    /// # Errors
    /// `StreamMissing` if stream or shard does not exist.
    pub async fn open(client: Client, stream: String, shard: String, cursor: Cursor, limit: i32) -> Result<Self> {
        let mut pages = Self { client, stream, shard, cursor, iterator: None, children: Vec::new(), limit };
        pages.iterator = Some(pages.position().await?);
        Ok(pages)
    }

    /// Reads the next page; `None` once the shard is closed and read to its end.
    ///
    /// # Errors
    /// Errors of Kinesis that last several minutes, or at once those for which waiting does not help.
    pub async fn next(&mut self) -> Result<Option<Page>> {
        let Some(mut iterator) = self.iterator.clone() else { return Ok(None) };
        let mut attempt = 0;
        loop {
            let error = match self.client.get_records().shard_iterator(&iterator).limit(self.limit).send().await {
                Ok(page) => return Ok(Some(self.take(page))),
                Err(error) => error,
            };
            if sdk_code(&error) == "ExpiredIteratorException" && retry::pause(&mut attempt).await {
                self.cursor = self.cursor.clone().renewed();
                iterator = self.position().await?;
            } else if !retry::again(&error, &mut attempt).await {
                return match self.missing(sdk_code(&error)) {
                    Some(missing) => Err(missing),
                    None => Err(error).aws(format!("read shard {} of {}", self.shard, self.stream)),
                };
            }
        }
    }

    /// Returns the child shards; known once [`Pages::next`] returned `None`, if Kinesis named them.
    pub fn children(self) -> Vec<ShardInfo> {
        self.children
    }

    fn take(&mut self, page: GetRecordsOutput) -> Page {
        if let Some(last) = page.records.last() {
            self.cursor = Cursor::After(last.sequence_number.clone());
        }
        self.children = children(page.child_shards());
        self.iterator = page.next_shard_iterator;
        Page::new(page.records, page.millis_behind_latest.unwrap_or(0))
    }

    fn missing(&self, code: &str) -> Option<Error> {
        let text = || format!("stream {} has no shard {}", self.stream, self.shard);
        (code == "ResourceNotFoundException").then(|| Error::new(Kind::StreamMissing, text()))
    }

    /// Returns an iterator at the cursor.
    async fn position(&self) -> Result<String> {
        let mut attempt = 0;
        // Kinesis refuses a time ahead of its clock. Its latest position is before that time, so no record is missed.
        let mut ahead = false;
        let answer = loop {
            let request = self.client.get_shard_iterator().stream_name(&self.stream).shard_id(&self.shard);
            let request = match &self.cursor {
                Cursor::Oldest => request.shard_iterator_type(ShardIteratorType::TrimHorizon),
                Cursor::LatestSince(_) => request.shard_iterator_type(ShardIteratorType::Latest),
                Cursor::At(_) if ahead => request.shard_iterator_type(ShardIteratorType::Latest),
                Cursor::At(at) => request
                    .shard_iterator_type(ShardIteratorType::AtTimestamp)
                    .timestamp(AwsTime::from_millis(at.timestamp_millis())),
                Cursor::After(sequence) => request
                    .shard_iterator_type(ShardIteratorType::AfterSequenceNumber)
                    .starting_sequence_number(sequence),
            };
            match request.send().await {
                Ok(answer) => break answer,
                Err(error) if !ahead && is_ahead(&self.cursor, sdk_code(&error)) => ahead = true,
                Err(error) if retry::again(&error, &mut attempt).await => {}
                Err(error) => {
                    if let Some(missing) = self.missing(sdk_code(&error)) {
                        return Err(missing);
                    }
                    return Err(error).aws(format!("take a position on shard {} of {}", self.shard, self.stream));
                }
            }
        };
        let none = || Error::new(Kind::Unexpected, format!("shard {} of {} gave no iterator", self.shard, self.stream));
        answer.shard_iterator.ok_or_else(none)
    }
}

/// Returns whether Kinesis refused the cursor's time because the client's clock is fast.
fn is_ahead(cursor: &Cursor, code: &str) -> bool {
    matches!(cursor, Cursor::At(_)) && code == "InvalidArgumentException"
}

/// Returns the time of a record's arrival in the stream, by its clock.
pub fn arrival(record: &Record) -> DateTime<Utc> {
    let stamp = record.approximate_arrival_timestamp();
    // The service counts milliseconds; finer digits are rounding errors of a floating point number.
    stamp
        .and_then(|t| DateTime::from_timestamp_millis((t.as_secs_f64() * 1_000.0).round() as i64))
        .unwrap_or_else(Utc::now)
}
