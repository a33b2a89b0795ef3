//! Converts messages of the stream (transactions, tables, changes) to records. Performs no I/O.

use std::collections::HashMap;

use super::TableCounts;
use super::job::Job;
use super::row::{Origin, Row, Written, commit_time, now};
use super::table::Table;
use crate::base::error::{Error, Kind, Result};
use crate::outbox::formats::dms::Details;
use crate::postgres::replication::Lsn;
use crate::postgres::replication::pgoutput::{Message, Relation, Tuple};

/// The transaction that is being received.
struct Transaction {
    xid: u64,
    committed_at: String,
    /// `LSN.`, the beginning of a stream position, and `.LSN`, its end.
    position: (String, String),
    records: u64,
}

/// A table, and its counts since the statistics were last updated.
struct Captured {
    table: Table,
    counts: TableCounts,
}

/// The state of a stream, and the records that were made from it and not yet passed on.
pub(super) struct Changes<'j> {
    job: &'j Job,
    /// Tables by relation id; `None` for a table that the task does not capture.
    tables: HashMap<u32, Option<Captured>>,
    transaction: Option<Transaction>,
    /// Id and record count of the last transaction that had records.
    previous: Option<(u64, u64)>,
    pub(super) written: Written,
    /// The time at which records are made, in DMS's format.
    pub(super) now: String,
    /// Buffer for the stream position of a record.
    position: String,
}

impl<'j> Changes<'j> {
    pub(super) fn new(job: &'j Job) -> Self {
        Self {
            job,
            tables: HashMap::new(),
            transaction: None,
            previous: None,
            written: Written::default(),
            now: now(),
            position: String::new(),
        }
    }

    /// Adds the description of a relation; without a table, its changes are not captured.
    pub(super) fn describe(&mut self, relation: u32, table: Option<Table>) {
        self.tables.insert(relation, table.map(|table| Captured { table, counts: TableCounts::default() }));
    }

    /// Processes the server's position. Within a transaction it does not cover this transaction's records.
    pub(super) fn keepalive(&mut self, end: Lsn) {
        if self.transaction.is_none() {
            self.written.position(end);
        }
    }

    /// Adds the counts of the records to the statistics.
    pub(super) fn count(&mut self) {
        for Captured { table, counts } in self.tables.values_mut().flatten() {
            let new = std::mem::take(counts);
            if new != TableCounts::default() {
                self.job.statistics.update(&table.schema, &table.name, |counts| {
                    counts.inserts += new.inserts;
                    counts.updates += new.updates;
                    counts.deletes += new.deletes;
                    counts.ddls += new.ddls;
                });
            }
        }
    }

    /// Processes a message. Returns a relation that has to be described before the next message.
    pub(super) fn take(&mut self, message: Message<'_>) -> Result<Option<Relation>> {
        match message {
            Message::Begin { commit, committed_at, xid } => {
                let lsn = commit.padded();
                self.transaction = Some(Transaction {
                    xid: u64::from(xid),
                    committed_at: commit_time(committed_at),
                    position: (format!("{lsn}."), format!(".{lsn}")),
                    records: 0,
                });
            }
            Message::Commit { end } => {
                if let Some(ended) = self.transaction.take().filter(|ended| ended.records > 0) {
                    self.previous = Some((ended.xid, ended.records));
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
            previous: self.previous,
            commit_timestamp: &transaction.committed_at,
            stream_position: &self.position,
        };
        let origin = Some(Origin { xid: transaction.xid, details });
        let row = Row { table: &captured.table, operation, values: &values, origin, now: &self.now };
        let key = self.job.write_row(&mut self.written.buffer, &row)?;
        self.written.record(key);
        match operation {
            "insert" => captured.counts.inserts += 1,
            "update" => captured.counts.updates += 1,
            _ => captured.counts.deletes += 1,
        }
        Ok(())
    }
}
