//! Replication slots of the database: their state, and creating and dropping one on request.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio_postgres::error::SqlState;
use tokio_postgres::{Client, GenericClient, Row};

use super::fault::failed;
use super::query::rows;
use crate::base::error::{Error, Kind, Result};
use crate::base::timing::Wait;

/// Time that one request waits for open transactions. The caller reports them and requests again.
const PATIENCE: &str = "10s";
/// Time that a slot may remain active after its reader has ended.
const RELEASED: Duration = Duration::from_secs(10);

/// Remedy for a capture whose position in the log is lost.
pub const REBUILD: &str = "`outboxctl dms rebuild` creates a new slot, delivers the events that were not captured, in \
                           order, and checks that none is missing";

/// A replication slot of this database.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Slot {
    pub name: String,
    pub plugin: String,
    /// Indicates whether a reader is connected.
    pub active: bool,
    /// Bytes of write-ahead log that its reader has not confirmed.
    pub lag_bytes: Option<i64>,
    /// Bytes of write-ahead log that the server keeps for it.
    pub retained_bytes: Option<i64>,
    /// `reserved`, `extended`, `unreserved` or `lost`.
    pub wal_status: Option<String>,
}

impl Slot {
    /// Returns whether the server has removed the log that the slot needs: it can never be read again.
    pub fn is_lost(&self) -> bool {
        self.wal_status.as_deref() == Some("lost")
    }
}

/// The reason why a capture that ran before has no position to read from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SlotTrouble {
    /// The server has removed the log that this slot needs.
    Lost(String),
    /// The slot does not exist. The name is known only if the source endpoint has it.
    Missing(Option<String>),
}

impl SlotTrouble {
    /// Returns the problem of the slot of a capture that needs one; None without a problem. `named` is the slot in the
    /// settings of the source endpoint: otherwise DMS chose its name, and any slot with the capture's `plugin` may be
    /// its own.
    pub fn find(slots: &[Slot], named: Option<&str>, plugin: &str) -> Option<Self> {
        let own = |slot: &&Slot| named.map_or(slot.plugin == plugin, |name| slot.name == name);
        let mut candidates = slots.iter().filter(own).peekable();
        if candidates.peek().is_none() {
            return Some(Self::Missing(named.map(str::to_owned)));
        }
        candidates.find(|slot| slot.is_lost()).map(|slot| Self::Lost(slot.name.clone()))
    }

    /// Returns the state in a word or two, for tables.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Lost(_) => "slot lost",
            Self::Missing(_) => "no slot",
        }
    }
}

impl fmt::Display for SlotTrouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const WHY: &str = "it was dropped, or the server was restored or replaced by one without it";
        match self {
            Self::Lost(name) => write!(
                f,
                "replication slot {name} is lost: the server has removed the log that it needs (max_slot_wal_keep_size)"
            ),
            Self::Missing(Some(name)) => write!(f, "the database has no replication slot {name}: {WHY}"),
            Self::Missing(None) => write!(f, "the database has no replication slot: {WHY}"),
        }
    }
}

/// Request for a slot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SlotRequest {
    pub name: String,
    /// Output plugin, like `test_decoding`.
    pub plugin: String,
}

pub(super) async fn slots(client: &impl GenericClient) -> Result<Vec<Slot>> {
    let query = "SELECT slot_name::text, coalesce(plugin::text, ''), active,
                        pg_wal_lsn_diff(written, confirmed_flush_lsn)::bigint,
                        pg_wal_lsn_diff(written, restart_lsn)::bigint, wal_status
                 FROM pg_replication_slots
                 CROSS JOIN (SELECT CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn()
                                         ELSE pg_current_wal_lsn() END AS written) AS log
                 WHERE database = current_database() ORDER BY slot_name";
    let slot = |row: Row| Slot {
        name: row.get(0),
        plugin: row.get(1),
        active: row.get(2),
        lag_bytes: row.get(3),
        retained_bytes: row.get(4),
        wal_status: row.get(5),
    };
    rows(client, "read the replication slots", query, &[], slot).await
}

/// Creates the slot, unless it exists. Returns the position from which it has every change; None if the creation still
/// waits for open transactions ("Logical Decoding Concepts" in the PostgreSQL documentation).
///
/// # Errors
/// Those of the server: for example all slots are in use, or the role may not replicate.
pub(super) async fn create(client: &Client, request: &SlotRequest) -> Result<Option<String>> {
    let SlotRequest { name, plugin } = request;
    let known = "SELECT confirmed_flush_lsn::text FROM pg_replication_slots
                 WHERE slot_name = $1 AND database = current_database()";
    if let Some(row) = client.query_opt(known, &[name]).await.map_err(failed("read the replication slot"))? {
        // Without a position another session is creating it: that of an earlier request, which ends by its time limit.
        return Ok(row.get(0));
    }
    let limit = |time: &str| format!("SET statement_timeout = '{time}'");
    client.batch_execute(&limit(PATIENCE)).await.map_err(failed("limit the time of a statement"))?;
    let created =
        client.query_one("SELECT lsn::text FROM pg_create_logical_replication_slot($1, $2)", &[name, plugin]).await;
    client.batch_execute(&limit("0")).await.map_err(failed("lift the time limit of statements"))?;
    match created {
        Ok(row) => Ok(row.get(0)),
        // The server drops a slot whose creation was cancelled.
        Err(error) if error.code() == Some(&SqlState::QUERY_CANCELED) => Ok(None),
        Err(error) => Err(failed("create the replication slot")(error)),
    }
}

/// Drops the slot, if it exists. Returns the number of dropped slots.
///
/// # Errors
/// `SlotTaken` if the slot stays active.
pub async fn drop(client: &Client, name: &str) -> Result<u64> {
    let query = "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots
                 WHERE slot_name = $1 AND database = current_database()";
    let wait = Wait::new(Duration::from_millis(200), RELEASED);
    loop {
        match client.execute(query, &[&name]).await {
            Err(error) if error.code() == Some(&SqlState::OBJECT_IN_USE) => {
                if !wait.next().await {
                    let text = format!("replication slot {name} is active");
                    return Err(Error::new(Kind::SlotTaken, text).with_source(error));
                }
            }
            dropped => return dropped.map_err(failed("drop the replication slot")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slot(name: &str, plugin: &str, wal_status: &str) -> Slot {
        let (name, plugin, wal_status) = (name.into(), plugin.into(), Some(wal_status.into()));
        Slot { name, plugin, active: false, lag_bytes: None, retained_bytes: None, wal_status }
    }

    fn find(slots: &[Slot], named: Option<&str>) -> Option<SlotTrouble> {
        SlotTrouble::find(slots, named, "test_decoding")
    }

    #[test]
    fn a_slot_that_dms_named_is_missing_if_no_slot_has_its_plugin() {
        assert_eq!(find(&[], None), Some(SlotTrouble::Missing(None)));
        let foreign = slot("debezium", "pgoutput", "reserved");
        assert_eq!(find(std::slice::from_ref(&foreign), None), Some(SlotTrouble::Missing(None)));
        let own = slot("dms_1", "test_decoding", "reserved");
        assert_eq!(find(&[foreign.clone(), own.clone()], None), None);
        let lost = slot("dms_1", "test_decoding", "lost");
        assert_eq!(find(&[foreign, lost], None), Some(SlotTrouble::Lost("dms_1".into())));
        assert_eq!(find(&[own], Some("dms_1")), None);
    }

    #[test]
    fn a_slot_that_the_endpoint_names_is_compared_by_its_name() {
        let slots = [slot("old", "test_decoding", "lost"), slot("own", "test_decoding", "extended")];
        assert_eq!(find(&slots, Some("own")), None, "the lost one is another reader's");
        let missing = find(&slots, Some("gone")).expect("it is missing");
        assert!(missing.to_string().contains("no replication slot gone"), "{missing}");
        assert_eq!(find(&slots, Some("old")).map(|trouble| trouble.word()), Some("slot lost"));
    }
}
