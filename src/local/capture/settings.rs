//! Settings of endpoints and tasks that the data plane uses, from the API's JSON. Values may be text, as CloudFormation
//! passes them. Source: API reference, PostgreSQLSettings and KinesisSettings; "Task settings".

use std::time::Duration;

use serde_json::Value;

use crate::outbox::formats::dms::{Format, Numbers};

/// Default of `LobMaxSize`, in KB: larger LOBs are truncated.
const DEFAULT_LOB_KILOBYTES: u64 = 32;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceSettings {
    /// A slot that was created outside of the task; the task never creates or drops it.
    pub slot: Option<String>,
    pub heartbeat: Option<Heartbeat>,
    /// Indicates whether the task ends instead of truncating a large object.
    pub fail_on_truncation: bool,
    pub booleans: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heartbeat {
    pub schema: String,
    pub every: Duration,
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TargetSettings {
    pub format: Format,
    pub transaction_details: bool,
    pub partition_value: bool,
    pub key_with_table: bool,
    pub nulls: bool,
    pub large_integers: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LobSettings {
    /// Indicates whether large objects are included at all.
    pub carried: bool,
    /// Maximum bytes of a large object.
    pub limit: usize,
}

/// Reads a flag: `true` or `"true"`.
pub fn flag(value: &Value) -> Option<bool> {
    value.as_bool().or_else(|| value.as_str()?.to_ascii_lowercase().parse().ok())
}

/// Reads an integer, or its digits.
pub fn count(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| value.as_str()?.parse().ok())
}

impl SourceSettings {
    /// Reads `PostgreSQLSettings` and `ExtraConnectionAttributes` (`slotName=x;heartbeatEnable=true`), which have the
    /// same settings in two forms; the former takes precedence.
    pub fn read(settings: &Value, attributes: &str) -> Self {
        let attribute = |name: &str| {
            let mut pairs = attributes.split(';').filter_map(|pair| pair.split_once('='));
            pairs.find(|(key, _)| key.trim().eq_ignore_ascii_case(name)).map(|(_, value)| value.trim().into())
        };
        let get = |name: &str| match &settings[name] {
            Value::Null => attribute(name).unwrap_or(Value::Null),
            value => value.clone(),
        };
        let text = |name| get(name).as_str().filter(|text| !text.is_empty()).map(str::to_owned);
        let heartbeat = flag(&get("HeartbeatEnable")).unwrap_or(false).then(|| Heartbeat {
            schema: text("HeartbeatSchema").unwrap_or_else(|| "public".into()),
            every: Duration::from_secs(60 * count(&get("HeartbeatFrequency")).unwrap_or(5).max(1)),
        });
        Self {
            slot: text("SlotName"),
            heartbeat,
            fail_on_truncation: flag(&get("FailTasksOnLobTruncation")).unwrap_or(false),
            booleans: flag(&get("MapBooleanAsBoolean")).unwrap_or(false),
        }
    }
}

impl TargetSettings {
    /// Reads `KinesisSettings`.
    pub fn read(settings: &Value) -> Self {
        let on = |name: &str| flag(&settings[name]).unwrap_or(false);
        let one_line = settings["MessageFormat"].as_str() == Some("json-unformatted");
        Self {
            format: if one_line { Format::JsonUnformatted } else { Format::Json },
            transaction_details: on("IncludeTransactionDetails"),
            partition_value: on("IncludePartitionValue"),
            key_with_table: on("PartitionIncludeSchemaTable"),
            nulls: on("IncludeNullAndEmpty"),
            large_integers: on("UseLargeIntegerValue"),
        }
    }

    pub fn numbers(&self, source: &SourceSettings) -> Numbers {
        Numbers { large_integers: self.large_integers, booleans: source.booleans }
    }
}

impl LobSettings {
    /// Reads `ReplicationTaskSettings`.
    pub fn read(settings: &Value) -> Self {
        let target = &settings["TargetMetadata"];
        let kilobytes = count(&target["LobMaxSize"]).filter(|n| *n > 0).unwrap_or(DEFAULT_LOB_KILOBYTES);
        let full = flag(&target["FullLobMode"]).unwrap_or(false);
        let limit = usize::try_from(kilobytes.saturating_mul(1024)).unwrap_or(usize::MAX);
        Self { carried: flag(&target["SupportLobs"]).unwrap_or(true), limit: if full { usize::MAX } else { limit } }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_may_be_text() {
        let source =
            SourceSettings::read(&json!({"HeartbeatEnable": "true", "HeartbeatFrequency": 1}), "slotName=mine");
        assert_eq!(source.heartbeat.unwrap().every, Duration::from_secs(60));
        assert_eq!(source.slot.as_deref(), Some("mine"));
        assert!(TargetSettings::read(&json!({"IncludeNullAndEmpty": "true"})).nulls);
    }

    #[test]
    fn defaults_are_those_of_dms() {
        let source = SourceSettings::read(&Value::Null, "");
        assert_eq!((source.heartbeat, source.fail_on_truncation, source.booleans), (None, false, false));
        assert_eq!(TargetSettings::read(&Value::Null), TargetSettings::default());
        assert_eq!(LobSettings::read(&Value::Null), LobSettings { carried: true, limit: 32_768 });
    }
}
