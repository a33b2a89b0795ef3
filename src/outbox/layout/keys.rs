//! The text forms of a layout: the keys of `[outbox]`, and JSON with the same keys.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::preset::Preset;
use super::{Columns, Layout, Processed};

/// Maximum bytes of an identifier: PostgreSQL cuts longer ones off (NAMEDATALEN - 1).
const IDENTIFIER: usize = 63;

/// The keys of a layout. Keys that are absent have the preset's values; an empty text means that the table has no such
/// column.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Keys {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub preset: Option<Preset>,
    pub schema: Option<String>,
    pub table: Option<String>,
    pub id: Option<String>,
    pub aggregate_type: Option<String>,
    pub aggregate_id: Option<String>,
    pub event_type: Option<String>,
    pub payload: Option<String>,
    pub sequence: Option<String>,
    pub traceparent: Option<String>,
    pub schema_version: Option<String>,
    pub created_at: Option<String>,
    pub processed_at: Option<String>,
    pub processed: Option<String>,
}

/// Every key of `[outbox]` with its description, in the order of the file.
pub const KEYS: [(&str, &str); 14] = [
    ("preset", "Known layout, whose names apply unless the keys below are set: outboxctl, debezium or polling"),
    ("schema", "Schema of the table"),
    ("table", "Name of the table; names are case-sensitive and written without quotes"),
    ("id", "Column with the event's id, a UUID"),
    ("aggregate_type", "Column with the aggregate's type"),
    ("aggregate_id", "Column with the aggregate's id, the partition key"),
    ("event_type", "Column with the event's type"),
    ("payload", "Column with the payload: json, jsonb, or text with JSON"),
    ("sequence", "Column with the position within the aggregate, from 1; empty for none, like the columns below"),
    ("traceparent", "Column with the W3C trace parent"),
    ("schema_version", "Column with the version of the payload's schema"),
    ("created_at", "Column with the time of the row"),
    ("processed_at", "Column that consumers set to the time of processing"),
    ("processed", "Column that consumers set to true; instead of processed_at"),
];

impl TryFrom<Keys> for Layout {
    type Error = String;

    fn try_from(keys: Keys) -> Result<Self, String> {
        let Self { schema, table, columns } = keys.preset.unwrap_or_default().layout();
        let processed = match (keys.processed_at, keys.processed) {
            (Some(at), Some(flag)) if !at.is_empty() && !flag.is_empty() => {
                return Err("processed_at (a timestamp) and processed (a boolean) exclude each other".into());
            }
            (Some(at), _) if !at.is_empty() => Some(Processed::At(at)),
            (_, Some(flag)) if !flag.is_empty() => Some(Processed::Flag(flag)),
            (None, None) => columns.processed,
            // A preset's column is removed by its own key alone.
            (Some(_), None) => columns.processed.filter(|known| matches!(known, Processed::Flag(_))),
            (None, Some(_)) => columns.processed.filter(|known| matches!(known, Processed::At(_))),
            (Some(_), Some(_)) => None,
        };
        let optional = |key: Option<String>, preset: Option<String>| match key {
            Some(name) => Some(name).filter(|name| !name.is_empty()),
            None => preset,
        };
        let layout = Self {
            schema: keys.schema.unwrap_or(schema),
            table: keys.table.unwrap_or(table),
            columns: Columns {
                id: keys.id.unwrap_or(columns.id),
                aggregate_type: keys.aggregate_type.unwrap_or(columns.aggregate_type),
                aggregate_id: keys.aggregate_id.unwrap_or(columns.aggregate_id),
                event_type: keys.event_type.unwrap_or(columns.event_type),
                payload: keys.payload.unwrap_or(columns.payload),
                sequence: optional(keys.sequence, columns.sequence),
                traceparent: optional(keys.traceparent, columns.traceparent),
                schema_version: optional(keys.schema_version, columns.schema_version),
                created_at: optional(keys.created_at, columns.created_at),
                processed,
            },
        };
        check(&layout)?;
        Ok(layout)
    }
}

fn check(layout: &Layout) -> Result<(), String> {
    for (key, name) in [("schema", layout.schema.as_str()), ("table", &layout.table)] {
        check_name(key, name)?;
        // "Wildcards in table mapping" in the DMS user guide. `_` is one too, and also matches itself.
        if let Some(wildcard) = name.chars().find(|c| matches!(c, '%' | '[' | ']')) {
            return Err(format!("{key} {name:?} has the character {wildcard}, which DMS reads as a wildcard"));
        }
    }
    if layout.table.starts_with("awsdms_") {
        return Err(format!("table {:?} is one of DMS's own: it is never captured", layout.table));
    }
    let columns = layout.columns.named();
    for (at, (key, name)) in columns.iter().enumerate() {
        check_name(key, name)?;
        if let Some((other, _)) = columns[..at].iter().find(|(_, known)| known == name) {
            return Err(format!("{other} and {key} name the same column {name:?}"));
        }
    }
    Ok(())
}

/// Checks an identifier of PostgreSQL: anything but control characters may be quoted.
fn check_name(key: &str, name: &str) -> Result<(), String> {
    if name.is_empty() {
        return Err(format!("{key} is empty"));
    }
    if name.len() > IDENTIFIER {
        return Err(format!(
            "{key} {name:?} has {} bytes; PostgreSQL's identifiers have at most {IDENTIFIER}",
            name.len()
        ));
    }
    if name.chars().any(char::is_control) {
        return Err(format!("{key} {name:?} has a control character"));
    }
    Ok(())
}

impl From<Layout> for Keys {
    /// Returns every key, so that the result does not depend on a preset.
    fn from(layout: Layout) -> Self {
        let Layout { schema, table, columns } = layout;
        let optional = |column: Option<String>| Some(column.unwrap_or_default());
        let (at, flag) = match columns.processed {
            Some(Processed::At(at)) => (at, String::new()),
            Some(Processed::Flag(flag)) => (String::new(), flag),
            None => (String::new(), String::new()),
        };
        Self {
            preset: None,
            schema: Some(schema),
            table: Some(table),
            id: Some(columns.id),
            aggregate_type: Some(columns.aggregate_type),
            aggregate_id: Some(columns.aggregate_id),
            event_type: Some(columns.event_type),
            payload: Some(columns.payload),
            sequence: optional(columns.sequence),
            traceparent: optional(columns.traceparent),
            schema_version: optional(columns.schema_version),
            created_at: optional(columns.created_at),
            processed_at: Some(at),
            processed: Some(flag),
        }
    }
}

/// Formats a layout as the template parameter `OutboxLayout`: a preset's name, or JSON with every key.
impl fmt::Display for Layout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match Preset::ALL.into_iter().find(|preset| preset.layout() == *self) {
            Some(preset) => f.write_str(preset.name()),
            None => f.write_str(&serde_json::to_string(self).map_err(|_| fmt::Error)?),
        }
    }
}

/// Parses the template parameter `OutboxLayout`.
impl FromStr for Layout {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match Preset::ALL.into_iter().find(|preset| preset.name() == text) {
            Some(preset) => Ok(preset.layout()),
            None => serde_json::from_str(text).map_err(|error| format!("{text:?} is not a layout: {error}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(keys: &str) -> Result<Layout, String> {
        toml::from_str::<Keys>(keys).map_err(|error| error.to_string())?.try_into()
    }

    #[test]
    fn listed_keys_are_the_accepted_keys() {
        let Err(error) = toml::from_str::<Keys>("other = \"x\"") else { panic!("an unknown key") };
        for (key, _) in KEYS {
            assert!(error.to_string().contains(&format!("`{key}`")), "{key}: {error}");
        }
        assert_eq!(error.to_string().matches('`').count(), 2 * (KEYS.len() + 1), "{error}");
    }

    #[test]
    fn keys_override_the_preset() {
        let layout = read("preset = \"debezium\"\nschema = \"sales\"\ncreated_at = \"timestamp\"\n").expect("valid");
        assert_eq!(layout.full_name(), "sales.outboxevent");
        assert_eq!(
            (layout.columns.event_type.as_str(), layout.columns.created_at.as_deref()),
            ("type", Some("timestamp"))
        );
        let layout = read("sequence = \"\"\nprocessed_at = \"\"\n").expect("valid");
        assert_eq!((layout.columns.sequence, layout.columns.processed), (None, None));
        let layout = read("preset = \"polling\"\nprocessed = \"\"\nprocessed_at = \"done_at\"\n").expect("valid");
        assert_eq!(layout.columns.processed, Some(Processed::At("done_at".into())));
        assert!(read("").expect("valid").is_own() && !read("table = \"o\"").expect("valid").is_own());
    }

    #[test]
    fn invalid_names_are_refused_with_the_key() {
        for (keys, problem) in [
            ("table = \"\"", "table is empty"),
            ("id = \"\"", "id is empty"),
            (&format!("payload = \"{}\"", "ž".repeat(32)), "payload \"žžž"),
            ("schema = \"a\\u0000b\"", "control character"),
            ("event_type = \"a\\nb\"", "control character"),
            ("table = \"out%\"", "wildcard"),
            ("schema = \"[x]\"", "wildcard"),
            ("table = \"awsdms_x\"", "DMS's own"),
            ("id = \"payload\"", "id and payload name the same column \"payload\""),
            ("sequence = \"id\"", "id and sequence"),
            ("processed = \"done\"\nprocessed_at = \"at\"", "exclude each other"),
            ("preset = \"other\"", "unknown variant"),
            ("tabel = \"x\"", "unknown field"),
        ] {
            let error = read(keys).expect_err(keys);
            assert!(error.contains(problem), "{keys}: {error}");
        }
        assert!(read(&format!("payload = \"{}x\"", "ž".repeat(31))).is_ok(), "63 bytes");
    }

    /// Any identifier that PostgreSQL accepts in quotes, and a table mapping of DMS matches literally.
    fn identifier() -> impl Strategy<Value = String> {
        "[a-zA-Z_ \"'`\\\\$.,;:{}()ßžé漢🦀-]{1,12}".prop_filter("names of DMS", |name| !name.starts_with("awsdms_"))
    }

    proptest! {
        #[test]
        fn layouts_survive_both_text_forms(
            names in proptest::collection::hash_set(identifier(), 12..13), absent in 0u8..32, flag: bool,
        ) {
            let mut names = names.into_iter();
            let mut name = || names.next().expect("twelve names");
            let optional = |name: String, bit: u8| Some(name).filter(|_| absent & (1 << bit) == 0);
            let layout = Layout {
                schema: name(), table: name(),
                columns: Columns {
                    id: name(), aggregate_type: name(), aggregate_id: name(), event_type: name(), payload: name(),
                    sequence: optional(name(), 0), traceparent: optional(name(), 1),
                    schema_version: optional(name(), 2), created_at: optional(name(), 3),
                    processed: optional(name(), 4).map(|name| if flag { Processed::Flag(name) } else { Processed::At(name) }),
                },
            };
            prop_assert_eq!(&layout.to_string().parse::<Layout>().expect("JSON"), &layout);
            let text = toml::to_string(&layout).expect("TOML");
            prop_assert_eq!(&toml::from_str::<Layout>(&text).expect("TOML"), &layout);
            // CloudFormation's limit for a parameter's value.
            prop_assert!(layout.to_string().len() <= 4096);
        }

        #[test]
        fn any_text_is_read_or_refused(text: String) {
            let _ = text.parse::<Layout>();
        }
    }
}
