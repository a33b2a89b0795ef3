//! Page after page of one shard, through expired iterators, throttling and faults of the service.

use std::time::Duration;

use aws_sdk_kinesis::Client;
use aws_sdk_kinesis::operation::get_records::GetRecordsOutput;
use aws_sdk_kinesis::primitives::DateTime as AwsTime;
use aws_sdk_kinesis::types::{Record, ShardIteratorType};
use chrono::{DateTime, Utc};

use super::{From, ShardInfo, children};
use crate::error::{AwsContext, Error, Kind, Result, sdk_code};
use crate::streams::retry;

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
    pub fn renewed(self) -> Self {
        match self {
            Self::LatestSince(opened) => Self::At(opened),
            other => other,
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
    children: Vec<ShardInfo>,
    limit: i32,
}

/// Some records, and how far they are behind the shard's tip.
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
    /// Takes the position. `limit` is the most records of a page; Kinesis takes up to 10,000.
    ///
    /// # Errors
    /// `StreamMissing` where stream or shard is not there.
    pub async fn open(client: Client, stream: String, shard: String, cursor: Cursor, limit: i32) -> Result<Self> {
        let mut pages = Self { client, stream, shard, cursor, iterator: None, children: Vec::new(), limit };
        pages.iterator = Some(pages.position().await?);
        Ok(pages)
    }

    /// The next page; None once the shard is closed and read to its end.
    ///
    /// # Errors
    /// What Kinesis goes on answering for several minutes, or at once where waiting can't help.
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

    /// The shards that go on where this one ended; known once [`Pages::next`] returned None, where Kinesis told.
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

    /// An iterator at the cursor.
    async fn position(&self) -> Result<String> {
        let mut attempt = 0;
        // Kinesis refuses a time that lies ahead of its clock. Its latest is before that time: nothing is left out.
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

/// Whether this is how Kinesis refuses the cursor's time, as a client whose clock is fast may ask for it.
fn is_ahead(cursor: &Cursor, code: &str) -> bool {
    matches!(cursor, Cursor::At(_)) && code == "InvalidArgumentException"
}

/// When the stream took a record, by its own clock.
pub fn arrival(record: &Record) -> DateTime<Utc> {
    let stamp = record.approximate_arrival_timestamp();
    // The service counts milliseconds; what is finer comes from their way through a floating point number.
    stamp
        .and_then(|t| DateTime::from_timestamp_millis((t.as_secs_f64() * 1_000.0).round() as i64))
        .unwrap_or_else(Utc::now)
}
