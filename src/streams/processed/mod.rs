//! The reader of the processed log: the marks of a consumer group, each once.

mod item;
#[cfg(test)]
mod tests;

use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use self::item::item;
use super::failures::Failures;
use super::{Sink, StartAt, read_into};
use crate::base::error::Result;
use crate::outbox::Recent;
use crate::postgres::admin::{LogPosition, LogRow, ProcessedPage, ProcessedRequest};

/// A database with a processed log.
pub trait Log: Send + 'static {
    /// Returns the rows after a position.
    fn page(&mut self, request: &ProcessedRequest) -> impl Future<Output = Result<ProcessedPage>> + Send;
}

/// Options of a reader.
#[derive(Debug, Clone)]
pub struct Options {
    /// The consumer group.
    pub group: String,
    pub from: StartAt,
    pub until: Option<DateTime<Utc>>,
    /// Interval of queries.
    pub pause: Duration,
}

/// Maximum marks that are kept to recognise one that is read again: 16 bytes each, twice.
const KEPT: usize = 500_000;

/// Takes its position, then follows the log in the background until cancelled, failed, or a pass
/// that began after `until` is read.
pub async fn open(database: impl Log, options: Options, sink: Sink, cancel: CancellationToken) -> Result<()> {
    let since = if let StartAt::At(at) = options.from { Some(at) } else { None };
    let request = ProcessedRequest {
        consumer: options.group.clone(),
        after: Some(LogPosition::default()),
        since,
        visible: true,
        snapshot: None,
    };
    let mut follower = Follower { database, request, seen: Recent::new(KEPT), settled: None };
    if options.from == StartAt::Latest {
        follower.skip().await?;
    }
    tokio::spawn(async move {
        read_into(&sink, &cancel, follower.follow(&options, &sink)).await;
    });
    Ok(())
}

/// Reads the log in passes. A pass has the rows that are visible in the snapshot of its first page, in the order of their
/// transactions. The next one begins at the oldest transaction that was open then, because the rows of that one come
/// later, and skips what was seen before: a transaction that stays open does not delay the marks of the others.
///
/// The marks of an aggregate are in order: a consumer writes the next one after the previous one was committed, so no
/// snapshot has it alone.
struct Follower<D> {
    database: D,
    request: ProcessedRequest,
    /// Positions of the marks that were read.
    seen: Recent,
    /// The beginning of the next pass.
    settled: Option<LogPosition>,
}

impl<D: Log> Follower<D> {
    /// Marks what is in the log as seen.
    async fn skip(&mut self) -> Result<()> {
        let end = ProcessedRequest { after: None, ..self.request.clone() };
        self.request.after = Some(self.database.page(&end).await?.next);
        while self.page().await?.is_some() {}
        Ok(())
    }

    /// Returns the marks of the next page that were not seen before; `None` at the end of a pass.
    async fn page(&mut self) -> Result<Option<Vec<LogRow>>> {
        let page = self.database.page(&self.request).await?;
        if self.request.snapshot.is_none() {
            self.settled = page.settled();
        }
        if page.rows.is_empty() {
            self.request.snapshot = None;
            self.request.after = self.settled.take().or(Some(page.next));
            return Ok(None);
        }
        (self.request.after, self.request.snapshot) = (Some(page.next), page.snapshot);
        Ok(Some(page.rows.into_iter().filter(|row| self.seen.is_new(row.position)).collect()))
    }

    async fn follow(mut self, options: &Options, sink: &Sink) -> Result<()> {
        let (mut failures, mut begun) = (Failures::default(), (Instant::now(), Utc::now()));
        loop {
            let rows = match self.page().await {
                Ok(rows) => rows,
                Err(error) => {
                    failures.pause(error).await?;
                    continue;
                }
            };
            failures.reset();
            let idle = rows.is_none();
            // Times are not in the order of transactions: an earlier one may follow.
            let wanted = |row: &LogRow| options.until.is_none_or(|until| row.processed_at <= until);
            for row in rows.into_iter().flatten().filter(wanted) {
                if sink.send(Ok(item(row, &options.group))).await.is_err() {
                    return Ok(());
                }
            }
            if idle {
                let (started, at) = begun;
                // A pass lacks what was committed after it had begun.
                if sink.is_closed() || options.until.is_some_and(|until| at > until) {
                    return Ok(());
                }
                // A long pass is not repeated all the time.
                tokio::time::sleep(options.pause.max(started.elapsed())).await;
                begun = (Instant::now(), Utc::now());
            }
        }
    }
}
