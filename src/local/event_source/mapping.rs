//! Configuration of a mapping as the Lambda API shows it, with its defaults and limits.
//!
//! Source: CreateEventSourceMapping in the Lambda API reference, and "Lambda parameters for Amazon Kinesis Data Streams
//! event source mappings" and "… Amazon DynamoDB event source mappings" in the Lambda developer guide.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::filter::{FilterCriteria, Filters};
use crate::aws::arn::Arn;

/// Settings of a mapping; absent ones have Lambda's defaults.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Settings {
    /// Maximum records per invocation, 1 to 10,000.
    pub batch_size: usize,
    /// Batching window in seconds, 0 to 300.
    pub maximum_batching_window_in_seconds: u64,
    /// Batches of one shard in flight at once. Accepted and shown; here batches are always sent one by one.
    pub parallelization_factor: u32,
    pub starting_position: StartingPosition,
    /// Seconds since the epoch, for AT_TIMESTAMP.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub starting_position_timestamp: Option<f64>,
    pub bisect_batch_on_function_error: bool,
    /// Maximum retries; -1 retries until the record expires.
    pub maximum_retry_attempts: i64,
    /// Maximum age of a record in seconds; -1 means no limit.
    pub maximum_record_age_in_seconds: i64,
    pub tumbling_window_in_seconds: u64,
    pub function_response_types: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub filter_criteria: Option<FilterCriteria>,
    pub destination_config: DestinationConfig,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            batch_size: 100,
            maximum_batching_window_in_seconds: 0,
            parallelization_factor: 1,
            starting_position: StartingPosition::TrimHorizon,
            starting_position_timestamp: None,
            bisect_batch_on_function_error: false,
            maximum_retry_attempts: -1,
            maximum_record_age_in_seconds: -1,
            tumbling_window_in_seconds: 0,
            function_response_types: Vec::new(),
            filter_criteria: None,
            destination_config: DestinationConfig::default(),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum StartingPosition {
    TrimHorizon,
    Latest,
    AtTimestamp,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct DestinationConfig {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub on_failure: Option<OnFailure>,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct OnFailure {
    /// ARN of a bucket or a queue.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub destination: Option<String>,
}

/// State of the mapping, as `State` shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum State {
    Creating,
    Enabling,
    Enabled,
    Updating,
    Disabling,
    Disabled,
    Deleting,
}

/// A service whose streams are polled here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Service {
    Kinesis,
    DynamoDb,
}

impl Service {
    /// Returns the kind of a source; `None` for one that the emulator polls.
    pub fn of(source_arn: &str) -> Option<Self> {
        match Arn::parse(source_arn)?.service {
            "kinesis" => Some(Self::Kinesis),
            "dynamodb" => Some(Self::DynamoDb),
            _ => None,
        }
    }
}

/// One mapping.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Mapping {
    #[serde(rename = "UUID")]
    pub id: String,
    pub event_source_mapping_arn: String,
    pub event_source_arn: String,
    pub function_arn: String,
    #[serde(flatten)]
    pub settings: Settings,
    pub state: State,
    pub state_transition_reason: String,
    /// Time of the last change; serialised as seconds since the epoch.
    #[serde(with = "chrono::serde::ts_seconds")]
    pub last_modified: DateTime<Utc>,
    pub last_processing_result: String,
    /// Creation time of the mapping: LATEST begins here, however late the poller starts.
    #[serde(rename = "CreatedAt")]
    pub created_at: DateTime<Utc>,
}

impl Mapping {
    /// Returns the mapping as the API shows it.
    pub fn shown(&self) -> Value {
        let mut value = serde_json::to_value(self).unwrap_or_default();
        if let Value::Object(fields) = &mut value {
            fields.remove("CreatedAt");
        }
        value
    }

    pub fn reports_failures(&self) -> bool {
        self.settings.function_response_types.iter().any(|kind| kind == "ReportBatchItemFailures")
    }
}

/// Applies `changes` to `settings`, for create (over the defaults) and update.
///
/// # Errors
/// The text of an InvalidParameterValueException.
pub fn merge(settings: &Settings, changes: &Map<String, Value>) -> Result<Settings, String> {
    let Ok(Value::Object(mut merged)) = serde_json::to_value(settings) else {
        return Err("the mapping can't be read".into());
    };
    for (name, value) in changes {
        if !value.is_null() {
            merged.insert(name.clone(), from_text(name, value));
        }
    }
    let merged: Settings = serde_json::from_value(merged.into()).map_err(|error| error.to_string())?;
    check(&merged).map(|()| merged)
}

/// Reads a number; CloudFormation passes parameters as text.
fn from_text(name: &str, value: &Value) -> Value {
    match value.as_str() {
        Some(text) if name != "StartingPosition" => serde_json::from_str(text).unwrap_or_else(|_| value.clone()),
        _ => value.clone(),
    }
}

fn check(settings: &Settings) -> Result<(), String> {
    let within = |name: &str, value: i64, from: i64, to: i64| {
        if (from..=to).contains(&value) { Ok(()) } else { Err(format!("{name} must be from {from} to {to}")) }
    };
    let signed = |value: u64| i64::try_from(value).unwrap_or(i64::MAX);
    within("BatchSize", signed(settings.batch_size as u64), 1, 10_000)?;
    within("MaximumBatchingWindowInSeconds", signed(settings.maximum_batching_window_in_seconds), 0, 300)?;
    within("ParallelizationFactor", settings.parallelization_factor.into(), 1, 10)?;
    within("MaximumRetryAttempts", settings.maximum_retry_attempts, -1, 10_000)?;
    if settings.maximum_record_age_in_seconds != -1 {
        within("MaximumRecordAgeInSeconds", settings.maximum_record_age_in_seconds, 60, 604_800)?;
    }
    if settings.tumbling_window_in_seconds != 0 {
        return Err("tumbling windows are not available on the local stack".into());
    }
    if let Some(kind) = settings.function_response_types.iter().find(|kind| *kind != "ReportBatchItemFailures") {
        return Err(format!("FunctionResponseTypes has no value {kind:?}"));
    }
    if (settings.starting_position == StartingPosition::AtTimestamp) != settings.starting_position_timestamp.is_some() {
        return Err("StartingPositionTimestamp requires StartingPosition AT_TIMESTAMP".into());
    }
    if let Some(arn) = settings.destination_config.on_failure.as_ref().and_then(|d| d.destination.as_deref())
        && !Arn::parse(arn).is_some_and(|arn| matches!(arn.service, "s3" | "sqs"))
    {
        return Err(format!("{arn} is not a bucket or a queue; the local stack has no other failure destinations"));
    }
    Filters::parse(settings.filter_criteria.as_ref()).map(|_| ())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    impl Mapping {
        /// Returns a mapping with the default settings.
        pub fn example() -> Self {
            Self {
                id: "m".into(),
                event_source_mapping_arn: "arn:m".into(),
                event_source_arn: "arn:s".into(),
                function_arn: "arn:f".into(),
                settings: Settings::default(),
                state: State::Creating,
                state_transition_reason: String::new(),
                last_modified: DateTime::UNIX_EPOCH,
                last_processing_result: String::new(),
                created_at: DateTime::UNIX_EPOCH,
            }
        }
    }

    fn merged(changes: Value) -> Result<Settings, String> {
        merge(&Settings::default(), changes.as_object().unwrap())
    }

    #[test]
    fn numbers_may_be_text() {
        let changes = json!({"BatchSize": "50", "BisectBatchOnFunctionError": "true", "StartingPosition": "LATEST"});
        let settings = merged(changes).unwrap();
        assert_eq!((settings.batch_size, settings.bisect_batch_on_function_error), (50, true));
        assert_eq!(settings.starting_position, StartingPosition::Latest);
        assert_eq!(settings.maximum_retry_attempts, -1);
    }

    #[test]
    fn limits_of_lambda_are_enforced() {
        for wrong in [
            json!({"BatchSize": 0}),
            json!({"BatchSize": 10_001}),
            json!({"MaximumRecordAgeInSeconds": 59}),
            json!({"MaximumRetryAttempts": -2}),
            json!({"StartingPosition": "AT_TIMESTAMP"}),
            json!({"FunctionResponseTypes": ["Other"]}),
            json!({"FilterCriteria": {"Filters": [{"Pattern": "{"}]}}),
            json!({"DestinationConfig": {"OnFailure": {"Destination": "arn:aws:sns:us-east-1:0:t"}}}),
        ] {
            assert!(merged(wrong.clone()).is_err(), "{wrong}");
        }
    }
}
