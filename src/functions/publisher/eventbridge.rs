//! The EventBridge backend: one custom bus, PutEvents within its limits, error codes classified as retryable or final.

use std::sync::Arc;
use std::time::Duration;

use aws_config::SdkConfig;
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_sdk_eventbridge::types::{PutEventsRequestEntry, PutEventsResultEntry};
use aws_smithy_types::DateTime;
use chrono::Utc;

use super::backend::{Entry, Limits, Publisher, Reason, Verdict};
use crate::base::error::sdk_code;
use crate::outbox::levels;

/// Maximum entries of PutEvents (EventBridge API reference, PutEvents).
const MAX_ENTRIES: usize = 10;
/// Maximum bytes of a request since January 2026; 262,144 before. `OUTBOX_MAX_REQUEST_BYTES` overrides it.
pub const MAX_REQUEST_BYTES: usize = 1_048_576;
const MAX_DETAIL_TYPE: usize = 128;
const MAX_SOURCE: usize = 256;
/// Maximum levels of arrays and objects in a detail. EventBridge documents no limit; beyond this the JSON parsers of
/// its targets and of the local stack fail in ways that would cause endless retries.
const MAX_LEVELS: usize = 256;

pub struct EventBridge {
    client: aws_sdk_eventbridge::Client,
    bus: String,
    max_request_bytes: usize,
}

impl EventBridge {
    /// Returns a backend; `bus` is a name or an ARN.
    pub fn new(config: &SdkConfig, bus: String, max_request_bytes: usize) -> Self {
        // The engine retries by entry and by deadline; the SDK's retries of whole requests would only add delay.
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

    /// Returns the entry of a request. The bus stamps its entries in the event log with `Time`, and readers of the log
    /// ask for the time of delivery; the CloudEvent has the time of the commit.
    fn request(&self, entry: &Entry, now: chrono::DateTime<Utc>) -> PutEventsRequestEntry {
        PutEventsRequestEntry::builder()
            .event_bus_name(&self.bus)
            .time(DateTime::from_secs(now.timestamp()))
            .source(&entry.source)
            .detail_type(&entry.detail_type)
            .detail(&entry.detail)
            .build()
    }

    async fn put(&self, entries: &[Arc<Entry>]) -> Result<Vec<Verdict>, Failure> {
        let now = Utc::now();
        let entries = entries.iter().map(|entry| self.request(entry, now));
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

/// A failure of a whole request.
enum Failure {
    /// Some entry is invalid, and the answer does not say which one.
    Invalid(Reason),
    /// Throttled, disconnected or denied: no entry caused it.
    Unknown(Reason),
}

impl Publisher for EventBridge {
    fn limits(&self) -> Limits {
        Limits { entries: MAX_ENTRIES, bytes: self.max_request_bytes }
    }

    /// Returns the size as "Calculating Amazon EventBridge PutEvents event entry size" in the EventBridge user guide
    /// counts it: 14 bytes for the time, and the UTF-8 length of source, detail-type and detail.
    fn size(&self, entry: &Entry) -> usize {
        14 + entry.source.len() + entry.detail_type.len() + entry.detail.len()
    }

    fn check(&self, entry: &Entry) -> Result<(), Reason> {
        let size = self.size(entry);
        if size > self.max_request_bytes {
            let message = format!("the event has {size} bytes; the bus accepts at most {}", self.max_request_bytes);
            return Err(Reason::new("EventTooLarge", message));
        }
        let levels = levels(&entry.detail);
        if levels > MAX_LEVELS {
            let message = format!("the event nests {levels} levels of JSON; at most {MAX_LEVELS} are delivered");
            return Err(Reason::new("NestedTooDeeply", message));
        }
        let detail_type = entry.detail_type.chars().count();
        if detail_type > MAX_DETAIL_TYPE {
            let message =
                format!("the event type has {detail_type} characters; the bus accepts at most {MAX_DETAIL_TYPE}");
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
            // One invalid entry must not fail the others: each is sent alone.
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
    Verdict::Retry(Reason::new("NoVerdict", "the response is empty"))
}

/// Classifies a code of the PutEventsResultEntry page of the EventBridge API reference. Only errors of the entry itself
/// are final; a missing permission or an unknown code is retried, so that no event is lost.
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
        Entry::sample(detail_type, "x".repeat(detail))
    }

    #[test]
    fn sizes_are_those_of_the_bus() {
        assert_eq!(backend().size(&entry("CarCreated", 100)), 14 + 10 + 10 + 100);
        assert_eq!(backend().size(&entry("Ž", 0)), 14 + 10 + 2);
    }

    #[test]
    fn an_event_that_is_delivered_late_has_the_time_of_delivery() {
        let committed = r#"{"time":"2026-01-01T00:00:00Z"}"#;
        let late = Entry { detail: committed.into(), ..entry("CarCreated", 0) };
        let now = chrono::DateTime::from_timestamp(1_800_000_000, 5).expect("a time");
        let request = backend().request(&late, now);
        assert_eq!(request.time().map(DateTime::secs), Some(1_800_000_000));
        assert_eq!(request.detail(), Some(committed));
    }

    #[test]
    fn oversized_entries_are_rejected_before_sending() {
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
    fn error_codes_are_classified() {
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
