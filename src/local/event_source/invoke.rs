//! Invoking the function with a batch, and reading its response.

use std::time::Duration;

use aws_config::SdkConfig;
use aws_config::retry::RetryConfig;
use aws_config::stalled_stream_protection::StalledStreamProtectionConfig;
use aws_sdk_lambda::Client;
use aws_sdk_lambda::primitives::Blob;
use serde_json::{Value, json};

use super::batch::Verdict;
use super::source::Record;
use crate::base::error::sdk_code;

/// Result of an invocation, with the details for an invocation record.
#[derive(Debug)]
pub struct Invoked {
    pub verdict: Verdict,
    pub executed_version: Option<String>,
    /// "Unhandled" if the function failed.
    pub function_error: Option<String>,
}

pub struct Invoker {
    client: Client,
    function_arn: String,
    reports_failures: bool,
}

impl Invoker {
    pub fn new(config: &SdkConfig, function_arn: String, reports_failures: bool) -> Self {
        // The batch does the retries; a function may take 15 minutes.
        let config = aws_sdk_lambda::config::Builder::from(config)
            .retry_config(RetryConfig::disabled())
            .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
            .timeout_config(
                aws_config::timeout::TimeoutConfig::builder()
                    .connect_timeout(Duration::from_secs(5))
                    .operation_timeout(Duration::from_secs(16 * 60))
                    .build(),
            )
            .build();
        Self { client: Client::from_conf(config), function_arn, reports_failures }
    }

    pub async fn invoke(&self, records: &[Record]) -> Invoked {
        let payload = event(records).to_string();
        let answer = self.client.invoke().function_name(&self.function_arn).payload(Blob::new(payload)).send().await;
        match answer {
            Ok(answer) => {
                let payload = answer.payload().map_or(&[][..], AsRef::as_ref);
                let verdict = match (answer.function_error(), self.reports_failures) {
                    (Some(_), _) => Verdict::Failed,
                    (None, true) => partial(payload, records),
                    (None, false) => Verdict::Succeeded,
                };
                if verdict != Verdict::Succeeded {
                    let text = String::from_utf8_lossy(&payload[..payload.len().min(500)]);
                    tracing::warn!(function = self.function_arn, records = records.len(), %text, "batch failed");
                }
                let function_error = answer.function_error().map(str::to_owned);
                Invoked { verdict, executed_version: answer.executed_version, function_error }
            }
            Err(error) => {
                let code = sdk_code(&error).to_owned();
                let text = aws_smithy_types::error::display::DisplayErrorContext(&error);
                tracing::warn!(function = self.function_arn, code, "function not invoked: {text}");
                Invoked { verdict: Verdict::NotInvoked, executed_version: None, function_error: None }
            }
        }
    }
}

/// Returns the event for the function.
pub fn event(records: &[Record]) -> Value {
    json!({ "Records": records.iter().map(|record| &record.event).collect::<Vec<_>>() })
}

/// Reads a batch response by "Success and failure conditions" of "Configuring partial batch response with Kinesis Data
/// Streams and Lambda" in the Lambda developer guide: null, an empty object and an empty or null list are success;
/// anything that names no record of the batch is a complete failure; else the lowest sequence number counts.
fn partial(payload: &[u8], records: &[Record]) -> Verdict {
    if payload.is_empty() {
        return Verdict::Succeeded;
    }
    let Ok(answer) = serde_json::from_slice::<Value>(payload) else { return Verdict::Failed };
    let failures = match answer.get("batchItemFailures") {
        None | Some(Value::Null) => return Verdict::Succeeded,
        Some(Value::Array(failures)) => failures,
        Some(_) => return Verdict::Failed,
    };
    let positions = failures.iter().map(|failure| {
        let identifier = failure.get("itemIdentifier")?.as_str()?;
        records.iter().position(|record| record.sequence == identifier)
    });
    match positions.collect::<Option<Vec<_>>>() {
        Some(positions) => positions.into_iter().min().map_or(Verdict::Succeeded, Verdict::FailedFrom),
        None => Verdict::Failed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn batch_responses_are_read_as_in_the_guide() {
        let records: Vec<Record> = ["7", "8", "9"]
            .map(|sequence| Record {
                sequence: sequence.into(),
                arrived_at: chrono::DateTime::UNIX_EPOCH,
                event: Value::Null,
                size: 0,
            })
            .into();
        for (payload, verdict) in [
            ("", Verdict::Succeeded),
            ("null", Verdict::Succeeded),
            ("{}", Verdict::Succeeded),
            (r#"{"batchItemFailures":null}"#, Verdict::Succeeded),
            (r#"{"batchItemFailures":[]}"#, Verdict::Succeeded),
            (r#"{"batchItemFailures":[{"itemIdentifier":"9"},{"itemIdentifier":"8"}]}"#, Verdict::FailedFrom(1)),
            (r#"{"batchItemFailures":[{"itemIdentifier":""}]}"#, Verdict::Failed),
            (r#"{"batchItemFailures":[{"itemIdentifier":null}]}"#, Verdict::Failed),
            (r#"{"batchItemFailures":[{"wrongKey":"7"}]}"#, Verdict::Failed),
            (r#"{"batchItemFailures":[{"itemIdentifier":"10"}]}"#, Verdict::Failed),
            ("nonsense", Verdict::Failed),
        ] {
            assert_eq!(partial(payload.as_bytes(), &records), verdict, "{payload}");
        }
    }
}
