//! The position at which a failed reader starts again. Pure.

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};

use crate::streams::{Item, Origin, StartAt};

/// A reader fails after several minutes without an answer. A shard from which no item came for longer was read up to
/// this time before the failure.
const PATIENCE: TimeDelta = TimeDelta::minutes(10);

/// The arrival of the last item of a shard, and the time at which it was received.
struct Last {
    arrived: DateTime<Utc>,
    received: DateTime<Utc>,
}

/// The items of a reader. Shards are read independently of each other: one may be hours behind another.
pub struct Resume {
    /// Where the next reader starts.
    from: StartAt,
    /// The position by time for the latest one.
    since: DateTime<Utc>,
    opened: DateTime<Utc>,
    /// By shard; an event log counts as one.
    last: HashMap<String, Last>,
}

impl Resume {
    /// Starts at `from`; the latest position is that of now.
    pub fn new(from: StartAt, now: DateTime<Utc>) -> Self {
        Self { from, since: now, opened: now, last: HashMap::new() }
    }

    /// Returns the position of the next reader, which opens now.
    pub fn open(&mut self, now: DateTime<Utc>) -> StartAt {
        self.opened = now;
        self.last.clear();
        // A later reader must not skip what arrived since then.
        let next = self.from.since(self.since).map_or(StartAt::Start, StartAt::At);
        std::mem::replace(&mut self.from, next)
    }

    /// Records an item that was received now.
    pub fn take(&mut self, item: &Item, now: DateTime<Utc>) {
        let shard = if let Origin::Shard { shard, .. } = &item.origin { shard.as_str() } else { "" };
        let last = Last { arrived: item.at, received: now };
        match self.last.get_mut(shard) {
            Some(known) => *known = last,
            None => drop(self.last.insert(shard.to_owned(), last)),
        }
    }

    /// Records that the reader failed now: the next one starts before every item that may not have been read. Some items
    /// are read again.
    pub fn fail(&mut self, now: DateTime<Utc>) {
        if now - self.opened < PATIENCE {
            // Some shards may not have been read at all.
            return;
        }
        let recent = self.last.values().filter(|last| now - last.received < PATIENCE);
        let unread = recent.map(|last| last.arrived).fold(now - PATIENCE, DateTime::min);
        self.from = StartAt::At(self.from.since(self.since).map_or(unread, |from| unread.max(from)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pipelines::Hop;
    use crate::streams::{Body, Content, EventView, Json};

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000 + seconds, 0).expect("a time")
    }

    fn item(shard: &str, arrived: i64) -> Item {
        Item {
            hop: Hop::Stream,
            at: at(arrived),
            content: Content::Other,
            summary: String::new(),
            event: EventView::default(),
            origin: Origin::Shard {
                shard: shard.into(),
                sequence_number: String::new(),
                partition_key: String::new(),
                sub_sequence_number: None,
            },
            body: Body::Record(Json::from(serde_json::Value::Null)),
        }
    }

    #[test]
    fn a_reader_resumes_at_the_shard_that_is_furthest_behind() {
        let mut resume = Resume::new(StartAt::Start, at(0));
        assert_eq!(resume.open(at(0)), StartAt::Start);
        for (shard, arrived, received) in
            [("a", 9_000, 9_990), ("b", 5_000, 9_991), ("b", 5_001, 9_992), ("a", 9_900, 9_993)]
        {
            resume.take(&item(shard, arrived), at(received));
        }
        resume.fail(at(10_000));
        assert_eq!(resume.open(at(20_000)), StartAt::At(at(5_001)));
        // The second shard was read up to its tip before.
        resume.take(&item("b", 19_000), at(20_010));
        resume.take(&item("a", 29_999), at(29_999));
        resume.fail(at(30_000));
        assert_eq!(resume.open(at(30_001)), StartAt::At(at(30_000) - PATIENCE));
    }

    #[test]
    fn a_reader_that_fails_soon_resumes_where_it_started() {
        for (from, first) in [(StartAt::Latest, at(100)), (StartAt::At(at(50)), at(50))] {
            let mut resume = Resume::new(from, at(100));
            assert_eq!(resume.open(at(100)), from);
            // Hours without an answer, and then a failure while it catches up.
            for hour in 1..5 {
                assert_eq!(resume.open(at(3_600 * hour)), StartAt::At(first));
                resume.take(&item("a", 190), at(3_600 * hour + 2));
                resume.fail(at(3_600 * hour + 3));
            }
        }
        let mut resume = Resume::new(StartAt::Start, at(100));
        resume.fail(at(200));
        assert_eq!(resume.open(at(200)), StartAt::Start);
    }
}
