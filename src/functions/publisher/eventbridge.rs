//! The EventBridge backend: one custom bus, PutEvents within its limits, error codes sorted into retry and refusal.

use std::sync::Arc;
use std::time::Duration;

use aws_config::SdkConfig;
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_sdk_eventbridge::types::{PutEventsRequestEntry, PutEventsResultEntry};
use aws_smithy_types::DateTime;
use chrono::{TimeDelta, Utc};

use super::backend::{Entry, Limits, Publisher, Reason, Verdict};
use crate::error::sdk_code;
use crate::outbox::levels;

/// PutEvents takes at most this many entries (EventBridge API reference, PutEvents).
const MAX_ENTRIES: usize = 10;
/// And, since January 2026, this many bytes a request; 262,144 before. `OUTBOX_MAX_REQUEST_BYTES` overrides it.
pub const MAX_REQUEST_BYTES: usize = 1_048_576;
const MAX_DETAIL_TYPE: usize = 128;
const MAX_SOURCE: usize = 256;
/// Levels of arrays and objects of a detail. EventBridge documents no limit; beyond this its targets' JSON parsers, and the
/// local stack's, fail in ways that would have the event tried for ever.
const MAX_LEVELS: usize = 256;

pub struct EventBridge {
    client: aws_sdk_eventbridge::Client,
    bus: String,
    max_request_bytes: usize,
}

impl EventBridge {
    /// `bus` is a name or an ARN.
    pub fn new(config: &SdkConfig, bus: String, max_request_bytes: usize) -> Self {
        // The engine retries by entry and by deadline; retries of the whole request below it would only hide time.
        let config = aws_sdk_eventbridge::config::Builder::from(config)
            .retry_config(RetryConfig::disabled())
            .timeout_config(
                TimeoutConfig::builder()
                    .connect_timeout(Duration::from_secs(3))
                    .operation_timeout(Duration::from_secs(10))
                    .build(),
            )
            .build();
        Self { client: aws_sdk_eventbridge::Client::from_conf(config), bus, max_request_bytes }
    }

    async fn put(&self, entries: &[Arc<Entry>]) -> Result<Vec<Verdict>, Failure> {
        let now = Utc::now();
        let entries = entries.iter().map(|entry| {
            PutEventsRequestEntry::builder()
                .event_bus_name(&self.bus)
                .time(DateTime::from_secs(stamp(entry.time, now).timestamp()))
                .source(&entry.source)
                .detail_type(&entry.detail_type)
                .detail(&entry.detail)
                .build()
        });
        match self.client.put_events().set_entries(Some(entries.collect())).send().await {
            Ok(answer) => Ok(answer.entries().iter().map(verdict).collect()),
            Err(error) => {
                let code = sdk_code(&error);
                let invalid =
                    matches!(code, "ValidationException" | "ValidationError" | "RequestEntityTooLargeException");
                let code = if code.is_empty() { "NoAnswer" } else { code };
                let reason =
                    Reason::new(code, aws_smithy_types::error::display::DisplayErrorContext(&error).to_string());
                Err(if invalid { Failure::Invalid(reason) } else { Failure::Unknown(reason) })
            }
        }
    }
}

/// How old a commit's time may be to be the event's `Time` on the bus, and how far ahead. The bus stamps what it writes to
/// the event log with `Time`, and a log group takes nothing that is older than its retention, of which the least is a day, or
/// more than two hours ahead (PutLogEvents in the CloudWatch Logs API reference).
const OLDEST: TimeDelta = TimeDelta::hours(12);
const AHEAD: TimeDelta = TimeDelta::hours(1);

/// The event's `Time` on the bus: when it was committed, or now where a log group would not take that. The time of the
/// commit stays in the CloudEvent.
fn stamp(committed: chrono::DateTime<Utc>, now: chrono::DateTime<Utc>) -> chrono::DateTime<Utc> {
    if (now - OLDEST..=now + AHEAD).contains(&committed) { committed } else { now }
}

/// How a whole request failed.
enum Failure {
    /// Something in it is wrong, and the answer does not say which entry.
    Invalid(Reason),
    /// Throttled, cut off, not allowed: nothing that an entry is to blame for.
    Unknown(Reason),
}

impl Publisher for EventBridge {
    fn limits(&self) -> Limits {
        Limits { entries: MAX_ENTRIES, bytes: self.max_request_bytes }
    }

    /// As "Calculating Amazon EventBridge PutEvents event entry size" in the EventBridge user guide counts: 14 bytes
    /// for the time, and the UTF-8 length of source, detail-type and detail.
    fn size(&self, entry: &Entry) -> usize {
        14 + entry.source.len() + entry.detail_type.len() + entry.detail.len()
    }

    fn check(&self, entry: &Entry) -> Result<(), Reason> {
        let size = self.size(entry);
        if size > self.max_request_bytes {
            let message = format!("the event has {size} bytes; the bus takes {}", self.max_request_bytes);
            return Err(Reason::new("EventTooLarge", message));
        }
        let levels = levels(&entry.detail);
        if levels > MAX_LEVELS {
            let message = format!("the event nests {levels} levels of JSON; {MAX_LEVELS} are delivered");
            return Err(Reason::new("NestedTooDeeply", message));
        }
        let detail_type = entry.detail_type.chars().count();
        if detail_type > MAX_DETAIL_TYPE {
            let message = format!("the event type has {detail_type} characters; the bus takes {MAX_DETAIL_TYPE}");
            return Err(Reason::new("DetailTypeTooLong", message));
        }
        if entry.source.chars().count() > MAX_SOURCE {
            return Err(Reason::new("SourceTooLong", format!("the source has more than {MAX_SOURCE} characters")));
        }
        Ok(())
    }

    async fn publish(&self, entries: &[Arc<Entry>]) -> Vec<Verdict> {
        match self.put(entries).await {
            Ok(verdicts) => verdicts,
            Err(Failure::Unknown(reason)) => vec![Verdict::Retry(reason); entries.len()],
            Err(Failure::Invalid(reason)) if entries.len() == 1 => vec![Verdict::Refused(reason)],
            // One bad entry must not take nine good ones with it: each alone tells which.
            Err(Failure::Invalid(_)) => {
                let mut verdicts = Vec::with_capacity(entries.len());
                for entry in entries {
                    verdicts.push(match self.put(std::slice::from_ref(entry)).await {
                        Ok(mut one) => one.pop().unwrap_or_else(no_verdict),
                        Err(Failure::Invalid(reason)) => Verdict::Refused(reason),
                        Err(Failure::Unknown(reason)) => Verdict::Retry(reason),
                    });
                }
                verdicts
            }
        }
    }
}

fn no_verdict() -> Verdict {
    Verdict::Retry(Reason::new("NoVerdict", "the answer is empty"))
}

/// The codes are those of the PutEventsResultEntry page of the EventBridge API reference. Only what the entry itself
/// is to blame for is refused: a missing permission or an unknown code is retried, and nothing is lost meanwhile.
fn verdict(result: &PutEventsResultEntry) -> Verdict {
    let Some(code) = result.error_code() else {
        return if result.event_id().is_some() { Verdict::Accepted } else { no_verdict() };
    };
    let reason = Reason::new(code, result.error_message().unwrap_or_default());
    match code {
        "MalformedDetail"
        | "InvalidArgument"
        | "NotAuthorizedForSourceException"
        | "NotAuthorizedForDetailTypeException"
        | "RedactionFailure" => Verdict::Refused(reason),
        _ => Verdict::Retry(reason),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn backend() -> EventBridge {
        let config = SdkConfig::builder().behavior_version(aws_config::BehaviorVersion::latest()).build();
        EventBridge::new(&config, "bus".into(), 1000)
    }

    fn entry(detail_type: &str, detail: usize) -> Entry {
        Entry {
            event_id: uuid::Uuid::nil(),
            time: chrono::DateTime::UNIX_EPOCH,
            source: "outbox.car".into(),
            detail_type: detail_type.into(),
            detail: "x".repeat(detail),
        }
    }

    #[test]
    fn counts_as_the_bus_does() {
        assert_eq!(backend().size(&entry("CarCreated", 100)), 14 + 10 + 10 + 100);
        assert_eq!(backend().size(&entry("Ž", 0)), 14 + 10 + 2);
    }

    #[test]
    fn a_time_that_no_log_group_takes_gives_way_to_the_deliverys() {
        let now = chrono::DateTime::from_timestamp(1_764_000_000, 0).expect("a time");
        for (hours, kept) in [(0, true), (-11, true), (-13, false), (-24 * 30, false), (2, false)] {
            let committed = now + TimeDelta::hours(hours);
            assert_eq!(stamp(committed, now), if kept { committed } else { now }, "{hours}");
        }
    }

    #[test]
    fn refuses_before_trying_what_can_never_fit() {
        let code = |entry: &Entry| backend().check(entry).unwrap_err().code;
        assert_eq!(code(&entry("CarCreated", 1000)), "EventTooLarge");
        assert_eq!(code(&entry(&"x".repeat(129), 1)), "DetailTypeTooLong");
        let nested = |levels: usize| Entry { detail: "[".repeat(levels) + &"]".repeat(levels), ..entry("T", 0) };
        assert_eq!(code(&nested(257)), "NestedTooDeeply");
        assert_eq!(backend().check(&nested(256)), Ok(()));
        assert_eq!(backend().check(&entry(&"ž".repeat(128), 1)), Ok(()));
        assert_eq!(backend().check(&entry("CarCreated", 1000 - 34)), Ok(()));
    }

    #[test]
    fn sorts_codes() {
        let result = |code: &str| verdict(&PutEventsResultEntry::builder().error_code(code).build());
        for code in ["ThrottlingException", "InternalFailure", "AccessDeniedException", "SomethingNew"] {
            assert!(matches!(result(code), Verdict::Retry(_)), "{code}");
        }
        for code in ["MalformedDetail", "InvalidArgument", "NotAuthorizedForSourceException"] {
            assert!(matches!(result(code), Verdict::Refused(_)), "{code}");
        }
        assert_eq!(verdict(&PutEventsResultEntry::builder().event_id("1").build()), Verdict::Accepted);
        assert!(matches!(verdict(&PutEventsResultEntry::builder().build()), Verdict::Retry(_)));
    }
}
