//! The content of a message.

use super::DecodeError;
use super::reader::Reader;
use crate::postgres::replication::Lsn;

/// One message. Row values borrow from the bytes they were decoded from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Message<'a> {
    Begin {
        /// Position of the transaction's commit in the log.
        commit: Lsn,
        /// Unix microseconds.
        committed_at: i64,
        xid: u32,
    },
    Commit {
        /// The log up to here contains the whole transaction.
        end: Lsn,
    },
    Relation(Relation),
    Insert {
        relation: u32,
        new: Tuple<'a>,
    },
    Update {
        relation: u32,
        /// The old key, or the old row under REPLICA IDENTITY FULL; `None` if the key is unchanged.
        old: Option<Tuple<'a>>,
        new: Tuple<'a>,
    },
    Delete {
        relation: u32,
        /// The old key, the other columns null; the old row under REPLICA IDENTITY FULL.
        old: Tuple<'a>,
    },
    Truncate {
        relations: Vec<u32>,
    },
    /// Origin, type and logical messages, which do not concern rows.
    Other(u8),
}

/// A table, as described before its rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Relation {
    pub id: u32,
    pub schema: String,
    pub name: String,
    /// `relreplident`: d, n, f or i.
    pub replica_identity: u8,
    pub columns: Vec<Column>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    pub name: String,
    /// Indicates whether it is part of the replica identity.
    pub key: bool,
    pub type_oid: u32,
    /// `atttypmod`; -1 for none.
    pub modifier: i32,
}

/// A row; its values are read by iteration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tuple<'a> {
    pub(super) columns: u16,
    /// Checked while decoding: contains exactly that many values.
    pub(super) bytes: &'a [u8],
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Value<'a> {
    Null,
    /// A large value that an update did not change: the log does not contain it.
    Unchanged,
    /// In the type's text form.
    Text(&'a [u8]),
}

impl<'a> Value<'a> {
    pub(super) fn read(reader: &mut Reader<'a>) -> Result<Self, DecodeError> {
        match reader.u8()? {
            b'n' => Ok(Self::Null),
            b'u' => Ok(Self::Unchanged),
            b't' => {
                let length = reader.u32()?;
                reader.bytes(length as usize).map(Self::Text)
            }
            tag => Err(DecodeError::Tag(tag)),
        }
    }
}

impl<'a> Tuple<'a> {
    pub fn iter(&self) -> impl Iterator<Item = Value<'a>> + use<'a> {
        let mut reader = Reader(self.bytes);
        (0..self.columns).map_while(move |_| Value::read(&mut reader).ok())
    }
}
