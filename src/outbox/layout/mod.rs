//! The table that holds the events: its schema, its name and its columns.
//!
//! [`Layout`] is the one definition that the capture, the functions, the readers and every statement use. `keys.rs` has
//! its text forms: the `[outbox]` section of outboxctl.toml, and the template parameter that the functions receive.
//! `preset.rs` has the known layouts.

mod keys;
mod preset;

use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

pub use keys::{KEYS, Keys};
pub use preset::Preset;

/// A PostgreSQL outbox table, by the names in the database's catalog (not quoted, case-sensitive).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "Keys", try_from = "Keys")]
pub struct Layout {
    pub schema: String,
    pub table: String,
    pub columns: Columns,
}

/// The columns of an outbox table. Columns of other names are ignored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Columns {
    /// A UUID.
    pub id: String,
    pub aggregate_type: String,
    pub aggregate_id: String,
    pub event_type: String,
    /// JSON, as `json`, `jsonb` or text.
    pub payload: String,
    /// Position within the aggregate, from 1, without gaps.
    pub sequence: Option<String>,
    pub traceparent: Option<String>,
    pub schema_version: Option<String>,
    pub created_at: Option<String>,
    pub processed: Option<Processed>,
}

/// The column that consumers set when they have processed an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Processed {
    /// A timestamp; null until then.
    At(String),
    /// A boolean; false or null until then.
    Flag(String),
}

impl Processed {
    /// Returns the name of the column.
    pub fn column(&self) -> &str {
        match self {
            Self::At(column) | Self::Flag(column) => column,
        }
    }
}

/// The source filter of the capture: DMS captures only rows in which the column is null, or is not null.
///
/// A filter on a column outside the primary key also drops deleted rows (limitations of PostgreSQL as a source in the
/// DMS user guide). They would come without the partition key, so every layout has a filter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Filter<'a> {
    pub column: &'a str,
    pub is_null: bool,
}

impl Filter<'_> {
    /// Returns the operator as DMS spells it.
    pub fn operator(&self) -> &'static str {
        if self.is_null { "null" } else { "notnull" }
    }
}

impl Default for Columns {
    fn default() -> Self {
        let name = |name: &str| Some(name.to_owned());
        Self {
            id: "id".into(),
            aggregate_type: "aggregate_type".into(),
            aggregate_id: "aggregate_id".into(),
            event_type: "event_type".into(),
            payload: "payload".into(),
            sequence: name("sequence"),
            traceparent: name("traceparent"),
            schema_version: name("schema_version"),
            created_at: name("created_at"),
            processed: Some(Processed::At("processed_at".into())),
        }
    }
}

impl Default for Layout {
    /// Returns the table that `db init` creates.
    fn default() -> Self {
        Self { schema: "public".into(), table: "outbox".into(), columns: Columns::default() }
    }
}

impl Layout {
    /// Returns the table that `db init` creates.
    pub fn own() -> &'static Self {
        static OWN: LazyLock<Layout> = LazyLock::new(Layout::default);
        &OWN
    }

    /// Returns whether this is the table that `db init` creates. Any other table belongs to the application, and is
    /// never created or altered.
    pub fn is_own(&self) -> bool {
        self == Self::own()
    }

    /// Returns whether a captured record is from this table. A record without a schema's name counts.
    pub fn is_table(&self, schema: &str, table: &str) -> bool {
        table == self.table && (schema.is_empty() || schema == self.schema)
    }

    /// Returns `schema.table`, for messages.
    pub fn full_name(&self) -> String {
        format!("{}.{}", self.schema, self.table)
    }

    /// Returns the source filter of the capture. It drops the marks of consumers if they are a timestamp, and deleted
    /// rows in any case.
    pub fn filter(&self) -> Filter<'_> {
        match &self.columns.processed {
            Some(Processed::At(column)) => Filter { column, is_null: true },
            Some(Processed::Flag(_)) | None => Filter { column: &self.columns.aggregate_id, is_null: false },
        }
    }

    /// Returns the member of a record that names the replay that wrote it: not a column of the table. A table of the
    /// application's own may have a column `replay`.
    pub fn replay_member(&self) -> &'static str {
        if self.is_own() { "replay" } else { "outboxctl_replay" }
    }

    /// Returns the limits that follow from missing columns, one sentence each.
    pub fn limits(&self) -> Vec<String> {
        let (name, columns) = (self.full_name(), &self.columns);
        let mut limits = Vec::new();
        if columns.sequence.is_none() {
            limits.push(format!(
                "{name} has no sequence column: the order of an aggregate's events is that of the database's log, and \
                 gaps in an aggregate can't be detected"
            ));
        }
        if columns.created_at.is_none() {
            limits.push(format!(
                "{name} has no created_at column: rows can't be selected by time, and the time of an event is that of \
                 its commit"
            ));
        }
        if columns.processed.is_none() {
            limits.push(format!("{name} has no processed column: consumers mark events only in outbox_processed"));
        }
        limits
    }
}

impl Columns {
    /// Returns the column of a key of outboxctl.toml; the key itself if the table has no such column.
    pub fn of_key<'a>(&'a self, key: &'a str) -> &'a str {
        self.named().into_iter().find(|(known, _)| *known == key).map_or(key, |(_, column)| column)
    }

    /// Returns every column with its key in outboxctl.toml, in the order of the keys.
    pub fn named(&self) -> Vec<(&'static str, &str)> {
        let optional = [
            ("sequence", self.sequence.as_deref()),
            ("traceparent", self.traceparent.as_deref()),
            ("schema_version", self.schema_version.as_deref()),
            ("created_at", self.created_at.as_deref()),
        ];
        let processed = self.processed.as_ref().map(|processed| match processed {
            Processed::At(column) => ("processed_at", column.as_str()),
            Processed::Flag(column) => ("processed", column.as_str()),
        });
        let needed = [
            ("id", self.id.as_str()),
            ("aggregate_type", &self.aggregate_type),
            ("aggregate_id", &self.aggregate_id),
            ("event_type", &self.event_type),
            ("payload", &self.payload),
        ];
        let optional = optional.into_iter().filter_map(|(key, column)| Some((key, column?)));
        needed.into_iter().chain(optional).chain(processed).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_layout_filters_deleted_rows() {
        let filter = |keys: &str| {
            let layout: Layout = toml::from_str(keys).expect("a layout");
            let Filter { column, is_null } = layout.filter();
            format!("{column} {is_null}")
        };
        assert_eq!(filter(""), "processed_at true");
        assert_eq!(filter("preset = \"debezium\""), "aggregateid false");
        assert_eq!(filter("preset = \"polling\""), "aggregate_id false");
    }

    #[test]
    fn limits_are_those_of_the_missing_columns() {
        assert_eq!(Layout::default().limits(), Vec::<String>::new());
        let layout: Layout = toml::from_str("preset = \"debezium\"").expect("a layout");
        let limits = layout.limits().join("\n");
        for part in ["public.outboxevent has no sequence", "no created_at", "no processed column"] {
            assert!(limits.contains(part), "{limits}");
        }
    }
}
