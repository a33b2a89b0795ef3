//! Values that the API takes from closed lists, copied from AWS's SDK for Rust, which is generated from the API's
//! model.

use aws_sdk_databasemigration::types::{
    DatabaseMode, DmsSslModeValue, LongVarcharMappingType, MessageFormatValue, MigrationTypeValue, PluginNameValue,
    ReplicationEndpointTypeValue, StartReplicationTaskTypeValue,
};
use serde_json::Value;

use super::fault::{Answer, Fault};

type Values = fn() -> &'static [&'static str];

/// Members of requests.
const MEMBERS: &[(&str, Values)] = &[
    ("EndpointType", ReplicationEndpointTypeValue::values),
    ("MigrationType", MigrationTypeValue::values),
    ("SslMode", DmsSslModeValue::values),
    ("StartReplicationTaskType", StartReplicationTaskTypeValue::values),
];

/// Members of settings within a request.
const SETTINGS: &[(&str, &str, Values)] = &[
    ("PostgreSQLSettings", "PluginName", PluginNameValue::values),
    ("PostgreSQLSettings", "DatabaseMode", DatabaseMode::values),
    ("PostgreSQLSettings", "MapLongVarcharAs", LongVarcharMappingType::values),
    ("KinesisSettings", "MessageFormat", MessageFormatValue::values),
];

/// # Errors
/// `InvalidParameterValueException` for a value that is not in its list, worded as the API's validation.
pub(super) fn check(body: &Value) -> Answer<()> {
    for (member, values) in MEMBERS {
        one(&body[*member], member, values())?;
    }
    for (settings, member, values) in SETTINGS {
        one(&body[*settings][*member], &format!("{settings}.{member}"), values())?;
    }
    Ok(())
}

fn one(value: &Value, name: &str, values: &[&str]) -> Answer<()> {
    match value.as_str() {
        Some(text) if !values.contains(&text) => Err(Fault::parameter(format!(
            "1 validation error detected: Value '{text}' at '{name}' failed to satisfy constraint: Member must satisfy \
             enum value set: [{}]",
            values.join(", ")
        ))),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::check;

    #[test]
    fn unlisted_values_are_refused_with_their_names() {
        let refused = |body| check(&body).unwrap_err().message;
        // The extra connection attribute is spelled differently from the API's value.
        let plugin = refused(json!({"PostgreSQLSettings": {"PluginName": "test_decoding"}}));
        assert!(plugin.contains("PostgreSQLSettings.PluginName") && plugin.contains("test-decoding"), "{plugin}");
        assert!(refused(json!({"SslMode": "verify_full"})).contains("verify-full"));
        assert!(refused(json!({"EndpointType": "SOURCE"})).contains("[source, target]"));
        assert!(refused(json!({"KinesisSettings": {"MessageFormat": "avro"}})).contains("json-unformatted"));
        assert!(refused(json!({"MigrationType": "CDC"})).contains("full-load-and-cdc"));
        assert_eq!(check(&json!({"PostgreSQLSettings": {"PluginName": "test-decoding"}, "SslMode": "none"})), Ok(()));
    }
}
