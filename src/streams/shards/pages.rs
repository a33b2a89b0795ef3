//! Reads the pages of one shard, through expired iterators, trimmed records, throttling and service errors.

use chrono::{DateTime, SubsecRound, Utc};

use super::retry;
use super::source::{Answer, Cursor, Failure, Feed, Page, Reason, ShardInfo, Source};
use crate::base::error::{Error, Kind, Result};
use crate::streams::Warnings;

/// Failed attempts in a row after which a warning shows the reason: some seconds, during which nothing is read.
const WARNED: u32 = 5;

/// The pages of one shard, each record once.
pub struct Pages<S: Source> {
    source: S,
    shard: String,
    cursor: Cursor,
    /// Records that arrived before this time are not returned, in a stream without positions by time.
    since: Option<DateTime<Utc>>,
    /// `None` before the position is taken, and after an iterator was lost.
    iterator: Option<String>,
    ended: bool,
    children: Vec<ShardInfo>,
    warnings: Warnings,
}

impl<S: Source> Pages<S> {
    /// Returns the pages from a position, which the first read takes.
    pub fn new(source: S, shard: &str, cursor: Cursor, warnings: Warnings) -> Self {
        let (shard, children) = (shard.to_owned(), Vec::new());
        Self { source, shard, cursor, since: None, iterator: None, ended: false, children, warnings }
    }

    /// Takes the position.
    ///
    /// # Errors
    /// `StreamMissing` if stream or shard does not exist, and those of the service.
    pub async fn open(source: S, shard: &str, cursor: Cursor, warnings: Warnings) -> Result<Self> {
        let mut pages = Self::new(source, shard, cursor, warnings);
        pages.iterator = Some(pages.position().await?);
        Ok(pages)
    }

    /// Returns the position after the last page.
    pub fn cursor(&self) -> &Cursor {
        &self.cursor
    }

    /// Returns whether the shard is closed and read to its end.
    pub fn is_ended(&self) -> bool {
        self.ended
    }

    /// Reads the next page of at most `limit` records, which may be empty; `None` once the shard is closed and read to
    /// its end. Records that expired before they were read are reported as a warning, and reading continues with the
    /// remaining ones.
    ///
    /// # Errors
    /// `StreamMissing` if the shard no longer exists; service errors that last several minutes, or at once those for
    /// which waiting does not help. A later call tries again.
    pub async fn read(&mut self, limit: i32) -> Result<Option<Page<S::Record>>> {
        let mut attempt = 0;
        while !self.ended {
            let iterator = match &self.iterator {
                Some(iterator) => iterator.clone(),
                None => {
                    let iterator = self.position().await?;
                    self.iterator.insert(iterator).clone()
                }
            };
            let failure = match self.source.read(&self.shard, &iterator, limit).await {
                Ok(answer) => return Ok(Some(self.take(answer))),
                Err(failure) => failure,
            };
            match failure.reason {
                Reason::Expired if retry::pause(&mut attempt).await => self.cursor = self.cursor.clone().renewed(),
                Reason::Trimmed if retry::pause(&mut attempt).await => drop(self.skip_trimmed()),
                _ => {
                    self.again(failure, &mut attempt).await?;
                    continue;
                }
            }
            self.iterator = None;
        }
        Ok(None)
    }

    fn take(&mut self, answer: Answer<S::Record>) -> Page<S::Record> {
        if let Some(last) = answer.records.last().and_then(S::sequence) {
            self.cursor = Cursor::After(last.to_owned());
        }
        self.ended = answer.next.is_none();
        self.iterator = answer.next;
        self.children = answer.children;
        let mut page = Page::new(answer.records, answer.behind, self.ended);
        if let Some(since) = self.since {
            page.records.retain(|record| S::arrived(record).is_none_or(|arrived| arrived >= since));
        }
        page
    }

    /// Continues with the oldest remaining record. Returns false if that was the position already: no record of the
    /// shard is left.
    fn skip_trimmed(&mut self) -> bool {
        let cursor = match self.cursor.clone() {
            Cursor::Oldest | Cursor::At(_) => return false,
            cursor @ Cursor::LatestSince(_) => cursor.renewed(),
            Cursor::After(sequence) => {
                let shard = &self.shard;
                self.warnings
                    .warn(format!("records of shard {shard} after {sequence} have expired before they were read"));
                Cursor::Oldest
            }
        };
        self.cursor = cursor;
        true
    }

    /// Pauses before a retry, if one can help.
    async fn again(&self, failure: Failure, attempt: &mut u32) -> Result<()> {
        match failure.reason {
            // The oldest record of a completely trimmed shard can't be read either.
            Reason::Missing | Reason::Trimmed => {
                let text = format!("stream {} has no shard {}", self.source.name(), self.shard);
                Err(Error::new(Kind::StreamMissing, text))
            }
            Reason::Passing if retry::pause(attempt).await => {
                tracing::debug!(shard = self.shard, attempt, "retrying: {}", failure.error);
                if *attempt == WARNED {
                    let shard = &self.shard;
                    let text = format!("shard {shard} can't be read, trying again: {}", failure.error);
                    self.warnings.warn_seldom(text);
                }
                Ok(())
            }
            _ => Err(failure.error),
        }
    }

    /// Returns an iterator at the cursor.
    async fn position(&mut self) -> Result<String> {
        let mut attempt = 0;
        loop {
            if let (false, Cursor::At(at)) = (S::HAS_TIMES, &self.cursor) {
                // Its records have times in full seconds.
                self.since = Some(at.trunc_subsecs(0));
            }
            match self.source.iterator(&self.shard, &self.cursor).await {
                Ok(iterator) => return Ok(iterator),
                Err(failure) if failure.reason == Reason::Trimmed && self.skip_trimmed() => {}
                Err(failure) => self.again(failure, &mut attempt).await?,
            }
        }
    }
}

impl<S: Source> Feed for Pages<S> {
    type Record = S::Record;

    fn is_pushed(&self) -> bool {
        false
    }

    async fn next(&mut self) -> Result<Option<Page<S::Record>>> {
        self.read(S::MOST_RECORDS).await
    }

    fn children(self) -> Vec<ShardInfo> {
        self.children
    }
}
