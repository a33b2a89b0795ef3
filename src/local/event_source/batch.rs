//! State of a batch as invocations succeed and fail: pure, so that every rule can be tested.
//!
//! Source: "Configuring partial batch response with Kinesis Data Streams and Lambda" and "Retain discarded batch
//! records for a Kinesis Data Streams event source in Lambda" in the Lambda developer guide.

use std::collections::VecDeque;

use chrono::{DateTime, TimeDelta, Utc};

use super::source::Record;

/// Settings of the mapping that matter here.
#[derive(Debug, Clone, Copy)]
pub struct Rules {
    pub bisect: bool,
    /// Maximum retries; unlimited without it.
    pub retries: Option<u32>,
    pub age: Option<TimeDelta>,
}

/// Result of an invocation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    Succeeded,
    /// The function's batch response: everything before this index has succeeded.
    FailedFrom(usize),
    /// The function failed, timed out, or returned an invalid response.
    Failed,
    /// Throttled, not found, not reachable: the function did not receive the records. Retries are not used up ("Before
    /// invocation" in the guide).
    NotInvoked,
}

/// Reason why records were discarded, as the invocation record names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub enum Condition {
    RetryAttemptsExhausted,
    RecordAgeExceeded,
}

/// Discarded records.
#[derive(Debug, PartialEq)]
pub struct Discarded {
    pub records: Vec<Record>,
    pub condition: Condition,
    pub invocations: u32,
}

#[derive(Debug)]
struct Segment {
    records: Vec<Record>,
    /// Number of retries used up.
    retries: u32,
    invocations: u32,
}

/// The records that were read together; the first segment is the current one.
#[derive(Debug)]
pub struct Batch {
    segments: VecDeque<Segment>,
    rules: Rules,
}

/// Changes after an invocation.
#[derive(Debug, Default, PartialEq)]
pub struct Outcome {
    /// Must reach the failure destination before the checkpoint moves.
    pub discarded: Option<Discarded>,
    /// Everything up to this sequence number is processed or discarded.
    pub checkpoint: Option<String>,
    /// Set if the next invocation has to wait.
    pub wait: bool,
}

impl Batch {
    pub fn new(records: Vec<Record>, rules: Rules) -> Self {
        let segments = if records.is_empty() { vec![] } else { vec![Segment { records, retries: 0, invocations: 0 }] };
        Self { segments: segments.into(), rules }
    }

    /// Returns the records for the next invocation; `None` once all are processed or discarded.
    pub fn current(&self) -> Option<&[Record]> {
        self.segments.front().map(|segment| segment.records.as_slice())
    }

    /// Discards the records at the front that are too old. Call before each invocation.
    pub fn expire(&mut self, now: DateTime<Utc>) -> Option<Outcome> {
        let (age, segment) = (self.rules.age?, self.segments.front_mut()?);
        let old = segment.records.iter().take_while(|record| now - record.arrived_at > age).count();
        if old == 0 {
            return None;
        }
        let records: Vec<Record> = segment.records.drain(..old).collect();
        let invocations = segment.invocations;
        if segment.records.is_empty() {
            self.segments.pop_front();
        }
        let checkpoint = records.last().map(|record| record.sequence.clone());
        let discarded = Discarded { records, condition: Condition::RecordAgeExceeded, invocations };
        Some(Outcome { discarded: Some(discarded), checkpoint, wait: false })
    }

    /// Applies the result of the invocation with [`Batch::current`].
    pub fn apply(&mut self, verdict: &Verdict) -> Outcome {
        let Some(segment) = self.segments.front_mut() else { return Outcome::default() };
        match *verdict {
            Verdict::NotInvoked => return Outcome { wait: true, ..Outcome::default() },
            Verdict::Succeeded => {
                let checkpoint = segment.records.last().map(|record| record.sequence.clone());
                self.segments.pop_front();
                return Outcome { checkpoint, ..Outcome::default() };
            }
            Verdict::Failed | Verdict::FailedFrom(_) => segment.invocations += 1,
        }
        // "If you enabled both, the batch is bisected at the returned sequence number, and only the remaining records
        // are retried"; and splitting does not use up a retry.
        let mut split = false;
        let mut checkpoint = None;
        if let Verdict::FailedFrom(first) = *verdict
            && first > 0
        {
            checkpoint = segment.records.get(first - 1).map(|record| record.sequence.clone());
            segment.records.drain(..first);
            split = self.rules.bisect;
        }
        if *verdict == Verdict::Failed && self.rules.bisect && segment.records.len() > 1 {
            let second = segment.records.split_off(segment.records.len().div_ceil(2));
            let (retries, invocations) = (segment.retries, segment.invocations);
            self.segments.insert(1, Segment { records: second, retries, invocations });
            split = true;
        }
        self.count(split, checkpoint)
    }

    fn count(&mut self, split: bool, checkpoint: Option<String>) -> Outcome {
        let Some(segment) = self.segments.front_mut() else { return Outcome::default() };
        if !split {
            if self.rules.retries.is_some_and(|limit| segment.retries >= limit) {
                let invocations = segment.invocations;
                let records = self.segments.pop_front().map(|segment| segment.records).unwrap_or_default();
                let checkpoint = records.last().map(|record| record.sequence.clone());
                let discarded = Discarded { records, condition: Condition::RetryAttemptsExhausted, invocations };
                return Outcome { discarded: Some(discarded), checkpoint, wait: false };
            }
            segment.retries += 1;
        }
        Outcome { discarded: None, checkpoint, wait: true }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn records(count: usize) -> Vec<Record> {
        (0..count)
            .map(|n| Record {
                sequence: n.to_string(),
                arrived_at: DateTime::UNIX_EPOCH + TimeDelta::seconds(i64::try_from(n).unwrap()),
                event: serde_json::Value::Null,
                size: 1,
            })
            .collect()
    }

    fn batch(count: usize, bisect: bool, retries: Option<u32>) -> Batch {
        Batch::new(records(count), Rules { bisect, retries, age: None })
    }

    fn current(batch: &Batch) -> Vec<&str> {
        batch.current().unwrap_or_default().iter().map(|record| record.sequence.as_str()).collect()
    }

    #[test]
    fn success_moves_the_checkpoint_to_the_end() {
        let mut batch = batch(3, false, None);
        assert_eq!(batch.apply(&Verdict::Succeeded).checkpoint.as_deref(), Some("2"));
        assert_eq!(batch.current(), None);
    }

    #[test]
    fn a_partial_failure_is_retried_from_the_first_failed_record() {
        let mut batch = batch(4, false, Some(5));
        let outcome = batch.apply(&Verdict::FailedFrom(2));
        assert_eq!((outcome.checkpoint.as_deref(), outcome.wait), (Some("1"), true));
        assert_eq!(current(&batch), ["2", "3"]);
    }

    #[test]
    fn a_failure_at_the_first_record_uses_a_retry_and_keeps_the_checkpoint() {
        let mut batch = batch(2, true, Some(1));
        assert_eq!(batch.apply(&Verdict::FailedFrom(0)).checkpoint, None);
        assert_eq!(current(&batch), ["0", "1"]);
        let outcome = batch.apply(&Verdict::FailedFrom(0));
        let discarded = outcome.discarded.unwrap();
        assert_eq!((discarded.records.len(), discarded.invocations), (2, 2));
        assert_eq!(discarded.condition, Condition::RetryAttemptsExhausted);
        assert_eq!(outcome.checkpoint.as_deref(), Some("1"));
    }

    #[test]
    fn bisecting_isolates_a_failing_record_without_using_retries() {
        let mut batch = batch(5, true, Some(0));
        let (mut done, mut discarded) = (Vec::new(), Vec::new());
        while let Some(current) = batch.current() {
            let sequences: Vec<String> = current.iter().map(|record| record.sequence.clone()).collect();
            let poisoned = sequences.contains(&"3".to_owned());
            let outcome = batch.apply(if poisoned { &Verdict::Failed } else { &Verdict::Succeeded });
            if !poisoned {
                done.extend(sequences);
            }
            discarded.extend(outcome.discarded.into_iter().flat_map(|d| d.records).map(|record| record.sequence));
        }
        assert_eq!((done, discarded), (vec!["0".into(), "1".into(), "2".into(), "4".to_owned()], vec!["3".to_owned()]));
    }

    #[test]
    fn without_bisecting_the_whole_batch_is_discarded() {
        let mut batch = batch(3, false, Some(2));
        for _ in 0..2 {
            assert_eq!(batch.apply(&Verdict::Failed).discarded, None);
        }
        assert_eq!(batch.apply(&Verdict::Failed).discarded.unwrap().records.len(), 3);
    }

    #[test]
    fn a_missing_invocation_uses_no_retry() {
        let mut batch = batch(1, false, Some(0));
        for _ in 0..10 {
            assert_eq!(batch.apply(&Verdict::NotInvoked).discarded, None);
        }
        assert_eq!(current(&batch), ["0"]);
    }

    #[test]
    fn expired_records_are_discarded_before_the_invocation() {
        let mut batch =
            Batch::new(records(4), Rules { bisect: false, retries: None, age: Some(TimeDelta::seconds(60)) });
        assert_eq!(batch.expire(DateTime::UNIX_EPOCH + TimeDelta::seconds(60)), None);
        let outcome = batch.expire(DateTime::UNIX_EPOCH + TimeDelta::seconds(62)).unwrap();
        let discarded = outcome.discarded.unwrap();
        assert_eq!((discarded.records.len(), discarded.condition), (2, Condition::RecordAgeExceeded));
        assert_eq!(outcome.checkpoint.as_deref(), Some("1"));
        assert_eq!(current(&batch), ["2", "3"]);
    }
}
