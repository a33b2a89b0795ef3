//! Converts a row to a record.

use std::borrow::Cow;
use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::Entry;
use super::delivery::Item;
use super::job::Job;
use super::table::{Column, Key, Piece, Table};
use crate::base::error::{Error, Kind, Result};
use crate::outbox::formats::dms::{Details, Head, Object, json, write_row, write_value};
use crate::postgres::replication::Lsn;
use crate::postgres::replication::pgoutput::Value;

/// Maximum bytes of a record's data and key: 1 MiB through DMS, whatever the stream's own limit.
const RECORD_LIMIT: usize = 1024 * 1024;
/// Maximum characters of a partition key (PutRecordsRequestEntry in the Kinesis API reference).
const KEY_LIMIT: usize = 256;
/// Bytes of records that are passed on at once.
const BATCH: usize = 128 * 1024;

/// The stream position of a change; `None` for a loaded row.
#[derive(Debug, Clone, Copy)]
pub(super) struct Origin<'a> {
    pub(super) xid: u64,
    pub(super) details: Details<'a>,
}

/// The content of one record.
pub(super) struct Row<'a> {
    pub(super) table: &'a Table,
    pub(super) operation: &'a str,
    pub(super) values: &'a [Value<'a>],
    pub(super) origin: Option<Origin<'a>>,
    /// The time at which the record is made, in DMS's format.
    pub(super) now: &'a str,
}

impl Row<'_> {
    /// Names the table, and the row by its primary key: `the row of public.outbox with id 1f0c…`.
    fn name(&self) -> String {
        let key = self.table.primary.iter().filter_map(|at| {
            let (column, value) = (self.table.columns.get(*at)?, self.values.get(*at)?);
            let Value::Text(bytes) = value else { return None };
            // Keys are short; a longer one is cut.
            let text: String = String::from_utf8_lossy(bytes).chars().take(100).collect();
            Some(format!("{} {text}", column.name))
        });
        match key.collect::<Vec<_>>().join(", ") {
            key if key.is_empty() => format!("a row of {}", self.table.full_name()),
            key => format!("the row of {} with {key}", self.table.full_name()),
        }
    }
}

impl Job {
    /// Appends the record to `out` and returns its partition key.
    ///
    /// # Errors
    /// `Failed` if a large object would be truncated against the settings, the partition key is empty or too long, or the
    /// record is too large for the stream.
    pub(super) fn write_row(&self, out: &mut Vec<u8>, row: &Row<'_>) -> Result<Arc<str>> {
        let from = out.len();
        let (key_type, key) = self.key(row)?;
        let shown = (self.target.partition_value && key_type != "schema-table").then_some(key.as_ref());
        let head = Head {
            timestamp: row.now,
            operation: row.operation,
            partition_key_type: key_type,
            partition_key_value: shown,
            schema: &row.table.schema,
            table: &row.table.name,
            transaction_id: row.origin.map(|origin| origin.xid),
            details: row.origin.filter(|_| self.target.transaction_details).map(|origin| origin.details),
        };
        write_row(out, self.target.format, &head, |object| self.columns(object, row))?;
        let size = out.len() - from + key.len();
        if size > RECORD_LIMIT {
            out.truncate(from);
            let table = row.table.full_name();
            let text = format!("a row of {table} makes a record of {size} bytes, and the stream takes {RECORD_LIMIT}");
            tracing::error!("{}: {text}", row.name());
            return Err(Error::new(Kind::Failed, text).hint("limit the size of the payload on the write side"));
        }
        if let Some(error) = refused_key(&key, row) {
            out.truncate(from);
            return Err(error);
        }
        Ok(key.as_ref().into())
    }

    fn columns(&self, object: &mut Object<'_>, row: &Row<'_>) -> Result<()> {
        let numbers = self.target.numbers(&self.source);
        for (column, value) in row.table.columns.iter().zip(row.values) {
            match value {
                _ if !column.written => {}
                // The log has only the primary key of a deleted row, and so has the record.
                Value::Null if row.operation == "delete" && !column.primary => {}
                Value::Unchanged => {}
                Value::Null if self.target.nulls => {
                    object.key(&column.key);
                    object.out.extend_from_slice(b"null");
                }
                Value::Null => {}
                Value::Text(bytes) => {
                    let text = self.limited(row, column, text_of(bytes, column)?)?;
                    object.key(&column.key);
                    write_value(object.out, column.kind, text, numbers);
                }
            }
        }
        for (key, pieces) in &row.table.attributes {
            object.key(key);
            json::write_string(object.out, &join(pieces, row)?.unwrap_or_default());
        }
        Ok(())
    }

    /// Applies limited LOB mode: truncates at `LobMaxSize`, or ends the task. Text counts two bytes per character
    /// ("NCLOB – Replication handles each character as a double-byte character", PostgreSQL as a source in the DMS user
    /// guide).
    fn limited<'t>(&self, row: &Row<'_>, column: &Column, text: &'t str) -> Result<&'t str> {
        // bytea has the form \x and two digits per byte.
        let binary = column.kind == crate::outbox::formats::dms::Kind::Bytes;
        // A text has at most as many UTF-16 units as bytes.
        if !column.kind.is_lob() || text.len() <= self.lobs.limit / 2 {
            return Ok(text);
        }
        let size = if binary { text.len().saturating_sub(2) / 2 } else { 2 * text.encode_utf16().count() };
        if size <= self.lobs.limit {
            return Ok(text);
        }
        if self.source.fail_on_truncation {
            // Without the key: DMS is not known to report it. The log of the local stack has it.
            let text = format!(
                "a row of {}: column {} has {size} bytes (two for each character), which is larger than LobMaxSize ({} bytes)",
                row.table.full_name(),
                column.name,
                self.lobs.limit
            );
            tracing::error!("{}: {text}", row.name());
            return Err(Error::new(Kind::Failed, text).hint("raise LobMaxSize in the task's settings"));
        }
        tracing::warn!(table = row.table.full_name(), column = column.name, size, "large object truncated");
        let end = if binary { 2 + 2 * self.lobs.limit } else { units(text, self.lobs.limit / 2) };
        Ok(&text[..end])
    }

    fn key<'r>(&self, row: &'r Row<'_>) -> Result<(&'static str, Cow<'r, str>)> {
        let table = row.table;
        let key = if row.origin.is_some() { &table.key } else { &table.load_key };
        Ok(match (key, row.origin) {
            (Key::TransactionId, Some(origin)) => ("transaction-id", origin.xid.to_string().into()),
            (Key::Primary(columns), _) => {
                let mut text = if self.target.key_with_table { table.full_name() } else { String::new() };
                for at in columns {
                    if !text.is_empty() {
                        text.push('.');
                    }
                    text.push_str(value_text(row, *at)?.unwrap_or_default());
                }
                ("primary-key", text.into())
            }
            (Key::Attribute(pieces), _) => match pieces.as_slice() {
                [Piece::Column(at)] => ("attribute-name", value_text(row, *at)?.unwrap_or_default().into()),
                pieces => ("attribute-name", join(pieces, row)?.unwrap_or_default().into()),
            },
            (Key::SchemaTable | Key::TransactionId, _) => ("schema-table", table.full_name().into()),
        })
    }
}

/// Returns the length in bytes of the longest prefix with at most that many UTF-16 units.
fn units(text: &str, most: usize) -> usize {
    let mut taken = 0;
    let beyond = text.char_indices().find(|(_, character)| {
        taken += character.len_utf16();
        taken > most
    });
    beyond.map_or(text.len(), |(at, _)| at)
}

/// Returns the error for a key that Kinesis rejects. The reaction of DMS is not documented, so the run ends.
fn refused_key(key: &str, row: &Row<'_>) -> Option<Error> {
    let table = row.table.full_name();
    if key.is_empty() {
        let text = format!(
            "a record of operation {} on {table} has an empty partition key, which Kinesis does not accept",
            row.operation
        );
        return Some(Error::new(Kind::Failed, text).hint(
            "a deleted row has only its primary key: drop deletes with a source filter, or use the primary key as \
             partition key",
        ));
    }
    let length = key.chars().count();
    if length <= KEY_LIMIT {
        return None;
    }
    let text = format!("a row of {table} has a partition key of {length} characters, and Kinesis accepts {KEY_LIMIT}");
    tracing::error!("{}: {text}", row.name());
    Some(
        Error::new(Kind::Failed, text)
            .hint(format!("limit the aggregate id on the write side: CHECK (length(…) <= {KEY_LIMIT})")),
    )
}

/// Fills in the pieces of a template; `None` if a column is null.
fn join(pieces: &[Piece], row: &Row<'_>) -> Result<Option<String>> {
    let mut text = String::new();
    for piece in pieces {
        match piece {
            Piece::Text(piece) => text.push_str(piece),
            Piece::Column(at) => match value_text(row, *at)? {
                Some(value) => text.push_str(value),
                None => return Ok(None),
            },
        }
    }
    Ok(Some(text))
}

fn value_text<'r>(row: &'r Row<'_>, at: usize) -> Result<Option<&'r str>> {
    match (row.values.get(at), row.table.columns.get(at)) {
        (Some(Value::Text(bytes)), Some(column)) => text_of(bytes, column).map(Some),
        _ => Ok(None),
    }
}

fn text_of<'t>(bytes: &'t [u8], column: &Column) -> Result<&'t str> {
    std::str::from_utf8(bytes).map_err(|_| {
        Error::new(Kind::Unexpected, format!("column {} is not UTF-8, although it was asked for", column.name))
    })
}

/// Returns the current time in DMS's format.
pub(super) fn now() -> String {
    crate::outbox::formats::dms::timestamp(Utc::now())
}

/// Returns a commit's time (Unix microseconds) in DMS's format.
pub(super) fn commit_time(micros: i64) -> String {
    DateTime::from_timestamp_micros(micros).map(crate::outbox::formats::dms::timestamp).unwrap_or_default()
}

/// Records that were appended to one buffer, and the positions between them.
#[derive(Default)]
pub(super) struct Written {
    pub(super) buffer: Vec<u8>,
    marks: Vec<Mark>,
}

enum Mark {
    /// A record's key, and its end in the buffer.
    Record(Arc<str>, usize),
    Position(Lsn),
}

impl Written {
    /// Marks the end of a record in the buffer.
    pub(super) fn record(&mut self, key: Arc<str>) {
        self.marks.push(Mark::Record(key, self.buffer.len()));
    }

    /// Marks that everything up to here covers the log up to `position`.
    pub(super) fn position(&mut self, position: Lsn) {
        match self.marks.last_mut() {
            Some(Mark::Position(last)) => *last = position,
            _ => self.marks.push(Mark::Position(position)),
        }
    }

    /// Returns whether the records are enough for a batch.
    pub(super) fn is_full(&self) -> bool {
        self.buffer.len() >= BATCH
    }

    /// Takes all items for the delivery; the records share the buffer.
    pub(super) fn take(&mut self) -> Vec<Item> {
        let capacity = self.buffer.capacity();
        let shared = bytes::Bytes::from(std::mem::replace(&mut self.buffer, Vec::with_capacity(capacity)));
        let mut from = 0;
        let item = |mark| match mark {
            Mark::Record(key, end) => {
                let data = shared.slice(from..end);
                from = end;
                Item::Record(Entry { key, data })
            }
            Mark::Position(position) => Item::Position(position),
        };
        self.marks.drain(..).map(item).collect()
    }
}
