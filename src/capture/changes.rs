//! Converts messages of the stream (transactions, tables, changes) to records. Performs no I/O.

use std::collections::HashMap;

use super::row::{Origin, Row, Shape, Written, commit_time};
use super::table::Table;
use super::{Statistics, TableCounts};
use crate::error::{Error, Kind, Result};
use crate::outbox::formats::dms::Details;
use crate::postgres::replication::pgoutput::{Message, Relation, Tuple};

/// The transaction that is being received.
pub struct Transaction {
    xid: u64,
    committed_at: String,
    /// `LSN.`, the beginning of a stream position, and `.LSN`, its end.
    position: (String, String),
    records: u64,
}

/// A table, and its counts since the statistics were last updated.
pub struct Captured {
    pub table: Table,
    pub counts: TableCounts,
}

impl Captured {
    /// Adds the counts to the statistics.
    pub fn add_to(&mut self, statistics: &Statistics) {
        let new = std::mem::take(&mut self.counts);
        if new != TableCounts::default() {
            statistics.update(&self.table.schema, &self.table.name, |counts| {
                counts.inserts += new.inserts;
                counts.updates += new.updates;
                counts.deletes += new.deletes;
                counts.ddls += new.ddls;
            });
        }
    }
}

/// The parts of a capture that a message changes, while the message itself borrows from the stream.
pub struct Changes<'s> {
    pub shape: &'s Shape,
    pub tables: &'s mut HashMap<u32, Option<Captured>>,
    pub transaction: &'s mut Option<Transaction>,
    pub previous: &'s mut Option<(u64, u64)>,
    pub written: &'s mut Written,
    pub now: &'s str,
    pub position: &'s mut String,
}

impl Changes<'_> {
    /// Processes a message. Returns a relation that has to be described before the next message.
    pub fn take(&mut self, message: Message<'_>) -> Result<Option<Relation>> {
        match message {
            Message::Begin { commit, committed_at, xid } => {
                let lsn = commit.padded();
                *self.transaction = Some(Transaction {
                    xid: u64::from(xid),
                    committed_at: commit_time(committed_at),
                    position: (format!("{lsn}."), format!(".{lsn}")),
                    records: 0,
                });
            }
            Message::Commit { end } => {
                if let Some(ended) = self.transaction.take().filter(|ended| ended.records > 0) {
                    *self.previous = Some((ended.xid, ended.records));
                }
                self.written.position(end);
            }
            Message::Relation(relation) => return Ok(Some(relation)),
            Message::Insert { relation, new } => self.change(relation, "insert", new)?,
            Message::Update { relation, new, .. } => self.change(relation, "update", new)?,
            Message::Delete { relation, old } => self.change(relation, "delete", old)?,
            Message::Truncate { relations } => {
                for id in relations {
                    if let Some(Some(captured)) = self.tables.get_mut(&id) {
                        captured.counts.ddls += 1;
                    }
                }
            }
            Message::Other(_) => {}
        }
        Ok(None)
    }

    fn change(&mut self, relation: u32, operation: &str, tuple: Tuple<'_>) -> Result<()> {
        let Some(known) = self.tables.get_mut(&relation) else {
            return Err(Error::new(
                Kind::Unexpected,
                format!("a change of relation {relation} arrived before its description"),
            ));
        };
        let (Some(captured), Some(transaction)) = (known, self.transaction.as_mut()) else { return Ok(()) };
        let values: Vec<_> = tuple.iter().collect();
        if !captured.table.passes(operation, &values) {
            return Ok(());
        }
        transaction.records += 1;
        self.position.clear();
        self.position.push_str(&transaction.position.0);
        self.position.push_str(&transaction.records.to_string());
        self.position.push_str(&transaction.position.1);
        let details = Details {
            record_id: transaction.records,
            previous: *self.previous,
            commit_timestamp: &transaction.committed_at,
            stream_position: self.position,
        };
        let origin = Some(Origin { xid: transaction.xid, details });
        let row = Row { table: &captured.table, operation, values: &values, origin, now: self.now };
        let key = self.shape.write(&mut self.written.buffer, &row)?;
        self.written.record(key);
        match operation {
            "insert" => captured.counts.inserts += 1,
            "update" => captured.counts.updates += 1,
            _ => captured.counts.deletes += 1,
        }
        Ok(())
    }
}
