//! A captured table: the output of each column, computed once for all its rows.

use super::job::Job;
use super::mapping::{Condition, ObjectMapping, PartitionKey};
use crate::base::error::{Error, Kind as Fault, Result};
use crate::outbox::formats::dms::{Kind, json};
use crate::postgres::replication::pgoutput::Value;

/// A column in the catalog.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct SourceColumn {
    pub(super) name: String,
    pub(super) kind: Kind,
    pub(super) primary: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Column {
    pub(super) name: String,
    /// Quoted, followed by a colon.
    pub(super) key: Vec<u8>,
    pub(super) kind: Kind,
    /// Indicates whether the record contains it.
    pub(super) written: bool,
    /// Part of the primary key.
    pub(super) primary: bool,
}

/// A piece of an attribute's template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Piece {
    Text(String),
    /// A column, by position.
    Column(usize),
}

/// The source of a record's partition key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Key {
    SchemaTable,
    TransactionId,
    /// Values joined with a dot.
    Primary(Vec<usize>),
    Attribute(Vec<Piece>),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Table {
    pub(super) schema: String,
    pub(super) name: String,
    pub(super) columns: Vec<Column>,
    /// Attributes from templates: key with colon, and pieces.
    pub(super) attributes: Vec<(Vec<u8>, Vec<Piece>)>,
    /// Positions of the primary key's columns.
    pub(super) primary: Vec<usize>,
    /// The key for changes.
    pub(super) key: Key,
    /// The key for full load.
    pub(super) load_key: Key,
    /// Source filters: position of the column, and its conditions, of which one must hold.
    filters: Vec<(usize, Vec<Condition>)>,
}

impl Table {
    /// Plans a table. One without a primary key omits large objects in any case.
    ///
    /// # Errors
    /// `TaskFailed` if a filter names a column that the table does not have.
    pub(super) fn plan(job: &Job, schema: &str, name: &str, columns: Vec<SourceColumn>) -> Result<Self> {
        let mapping = job.mappings.object(schema, name);
        let primary: Vec<usize> = (0..columns.len()).filter(|at| columns[*at].primary).collect();
        let lobs = job.lobs.carried && !primary.is_empty();
        let (key, load_key) = keys(&mapping, &columns, primary.clone());
        let attributes =
            mapping.attributes.iter().map(|(name, text)| (json::key(name), template(text, &columns))).collect();
        let mut filters = Vec::new();
        for filter in job.mappings.filters(schema, name) {
            let at = columns.iter().position(|column| column.name == filter.column).ok_or_else(|| {
                let text =
                    format!("a source filter names column {:?}, which {schema}.{name} does not have", filter.column);
                Error::new(Fault::TaskFailed, text).hint("column names are case-sensitive")
            })?;
            filters.push((at, filter.conditions));
        }
        let columns = columns
            .into_iter()
            .map(|column| Column {
                primary: column.primary,
                key: json::key(&column.name),
                written: !mapping.document
                    && !mapping.exclude.contains(&column.name)
                    && (lobs || !column.kind.is_lob()),
                kind: column.kind,
                name: column.name,
            })
            .collect();
        Ok(Self { schema: schema.into(), name: name.into(), columns, attributes, primary, key, load_key, filters })
    }

    /// Returns whether the source filters accept a row.
    ///
    /// The log has only the primary key of a deleted row, so a filter on any other column drops it: "When using source
    /// filters that don't contain a Primary Key column, DELETE operations won't be captured" (DMS user guide,
    /// limitations of PostgreSQL as a source). For an updated row the new values apply.
    pub(super) fn passes(&self, operation: &str, values: &[Value<'_>]) -> bool {
        self.filters.iter().all(|(at, conditions)| {
            let known = operation != "delete" || self.columns[*at].primary;
            let is_null = matches!(values.get(*at), Some(Value::Null) | None);
            known && conditions.iter().any(|condition| condition.holds(is_null))
        })
    }

    /// Returns `schema.table`.
    pub(super) fn full_name(&self) -> String {
        format!("{}.{}", self.schema, self.name)
    }
}

fn keys(mapping: &ObjectMapping, columns: &[SourceColumn], primary: Vec<usize>) -> (Key, Key) {
    let by_primary = if primary.is_empty() { Key::SchemaTable } else { Key::Primary(primary) };
    let both = |key: Key| (key.clone(), key);
    match &mapping.key {
        PartitionKey::Default => (Key::SchemaTable, by_primary),
        PartitionKey::SchemaTable => both(Key::SchemaTable),
        PartitionKey::PrimaryKey => both(by_primary),
        // A loaded row has no transaction.
        PartitionKey::TransactionId => (Key::TransactionId, by_primary),
        PartitionKey::Attribute(name) => {
            let mapped = mapping.attributes.iter().find(|(attribute, _)| attribute == name);
            let pieces = match mapped {
                Some((_, text)) => template(text, columns),
                None => columns.iter().position(|c| c.name == *name).map(Piece::Column).into_iter().collect(),
            };
            both(if pieces.is_empty() { Key::SchemaTable } else { Key::Attribute(pieces) })
        }
    }
}

/// Parses a template. `${column}` becomes the column's value; unknown names stay unchanged.
fn template(text: &str, columns: &[SourceColumn]) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        let Some((name, after)) = after.split_once('}') else { break };
        if !before.is_empty() {
            pieces.push(Piece::Text(before.into()));
        }
        match columns.iter().position(|column| column.name == name) {
            Some(at) => pieces.push(Piece::Column(at)),
            None => pieces.push(Piece::Text(format!("${{{name}}}"))),
        }
        rest = after;
    }
    if !rest.is_empty() {
        pieces.push(Piece::Text(rest.into()));
    }
    pieces
}
