//! Decides where each read of a log starts, and which of its events are new. Pure.
//!
//! CloudWatch Logs returns events by their own time. An event that EventBridge could not deliver to the log is
//! retried for up to 24 hours ("Event retry policy" in the EventBridge user guide), and comes with the time of its
//! first attempt: among events that were read before.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use tokio::time::Instant;

use crate::outbox::Window;

/// Log events become visible late and unordered: a read starts this long before the newest event seen.
const LOOK_BACK: TimeDelta = TimeDelta::seconds(2);
/// Initial and minimum range of a wide read, which finds what became visible later. If every read had this range, a busy
/// log would need more requests than CloudWatch Logs answers (quota "FilterLogEvents requests per second"; an answer
/// has up to 10,000 events or 1 MB).
const MIN_RANGE: TimeDelta = TimeDelta::seconds(60);
/// Maximum range: the time for which EventBridge retries by default.
const MAX_RANGE: TimeDelta = TimeDelta::hours(24);
/// A wide read of at most so many pages doubles the range of the next one.
const FEW_PAGES: u32 = 5;
/// A wide read of more pages halves the range of the next one.
const MANY_PAGES: u32 = 20;
/// Maximum ids remembered, about 9 MB. No read returns to a time of which ids are forgotten.
const REMEMBERED: usize = 200_000;

/// The position of a reader in a log.
#[derive(Debug)]
pub struct Search {
    /// Events that arrived before are not items.
    since: Option<DateTime<Utc>>,
    newest: Option<DateTime<Utc>>,
    /// Range of the next wide read. A quiet log is read far back, a busy one less far.
    range: TimeDelta,
    /// Minimum interval of wide reads.
    interval: Duration,
    /// Time of the next wide read; `None` before the first one.
    due: Option<Instant>,
    /// The events that a later read may return again.
    seen: Window,
    /// Time of the oldest event whose id is still remembered, once ids were forgotten.
    remembered_since: Option<DateTime<Utc>>,
}

/// Reads of a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Read {
    /// Of the newest events.
    Narrow,
    Wide,
    /// The last one, as far back as an event may be missed.
    Last,
}

impl Search {
    /// Starts with events that arrived at `since`, or with the oldest one. `interval` is the minimum interval of wide
    /// reads.
    pub fn new(since: Option<DateTime<Utc>>, interval: Duration) -> Self {
        let seen = Window::default();
        Self { since, newest: None, range: MIN_RANGE, interval, due: None, seen, remembered_since: None }
    }

    /// Returns the time of the newest event seen.
    pub fn newest(&self) -> Option<DateTime<Utc>> {
        self.newest
    }

    /// Returns the kind of the read at this time.
    pub fn next(&self, last: bool, now: Instant) -> Read {
        match self.due {
            _ if last => Read::Last,
            Some(due) if now < due => Read::Narrow,
            _ => Read::Wide,
        }
    }

    /// Returns the time from which this read starts; `None` is the beginning of the log.
    pub fn start(&self, read: Read) -> Option<DateTime<Utc>> {
        let newest = self.newest.or(self.since)?;
        let start = match read {
            Read::Narrow => newest - LOOK_BACK,
            Read::Wide => newest - self.range,
            Read::Last => {
                let first = self.since.map_or(newest - MAX_RANGE, |since| since - MIN_RANGE);
                first.max(newest - MAX_RANGE).min(newest - self.range)
            }
        };
        Some(self.remembered_since.map_or(start, |since| start.max(since)))
    }

    /// Adapts the next wide read to the pages of this read, which ended now.
    pub fn done(&mut self, read: Read, pages: u32, now: Instant) {
        if read == Read::Narrow {
            return;
        }
        if pages <= FEW_PAGES {
            self.range = (self.range * 2).min(MAX_RANGE);
        } else if pages > MANY_PAGES {
            self.range = (self.range / 2).max(MIN_RANGE);
        }
        // On average, at most as many wide pages as a log with few of them causes.
        self.due = Some(now + self.interval * pages.div_ceil(FEW_PAGES).max(1));
    }

    /// Returns whether the event of this id is a new one. `stamp` is its own time, and `arrived` that of its arrival in
    /// the log, if it is known.
    pub fn is_new(&mut self, id: &str, stamp: DateTime<Utc>, arrived: Option<DateTime<Utc>>) -> bool {
        // The stamp is the publisher's `Time`, which may be ahead of the present. Events after it must be read, too.
        let present = arrived.unwrap_or_else(Utc::now);
        self.newest = self.newest.max(Some(stamp.min(present)));
        if self.since.is_some_and(|since| arrived.unwrap_or(stamp).max(stamp) < since) {
            return false;
        }
        if id.is_empty() {
            return true;
        }
        let is_new = self.seen.is_new(id, stamp.timestamp_millis());
        if self.seen.len() > REMEMBERED {
            let since = self.seen.keep_newest(REMEMBERED / 2);
            self.remembered_since = self.remembered_since.max(DateTime::from_timestamp_millis(since));
        }
        is_new
    }
}

#[cfg(test)]
#[path = "search_tests.rs"]
mod tests;
