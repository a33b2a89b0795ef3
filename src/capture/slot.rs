//! The replication slot of a task.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::catalog::Catalog;
use crate::error::{Error, Kind, Result};
use crate::postgres::replication::{Connection, Lsn, Slot};
use crate::postgres::{Target, failed};

/// Time that a slot may remain active after its reader has ended: PostgreSQL detects a closed socket at once, and a
/// silent reader after wal_sender_timeout.
const PATIENCE: Duration = Duration::from_secs(10);

/// Drops the slot, if it exists.
///
/// # Errors
/// `SlotTaken` if the slot is active; the errors of connecting.
pub async fn drop_slot(target: &Target, slot: &str) -> Result<()> {
    let catalog = Catalog::open(target).await?;
    let deadline = Instant::now() + PATIENCE;
    loop {
        let query = "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name = $1";
        match catalog.client.execute(query, &[&slot]).await {
            Ok(_) => return Ok(()),
            Err(error) if error.code().is_some_and(|code| code.code() == "55006") => {
                if Instant::now() >= deadline {
                    return Err(
                        Error::new(Kind::SlotTaken, format!("replication slot {slot} is active")).with_source(error)
                    );
                }
                sleep(Duration::from_millis(200)).await;
            }
            Err(error) => return Err(failed("drop the replication slot")(error)),
        }
    }
}

/// Returns the position from which the slot's reader would start; `None` if the slot does not exist.
pub(super) async fn position(catalog: &Catalog, slot: &str) -> Result<Option<Lsn>> {
    let query = "SELECT confirmed_flush_lsn::text FROM pg_replication_slots WHERE slot_name = $1 AND plugin = 'pgoutput' \
                 AND database = current_database()";
    let row = catalog.client.query_opt(query, &[&slot]).await.map_err(failed("find the replication slot"))?;
    Ok(row.map(|row| row.get::<_, Option<String>>(0).and_then(|text| text.parse().ok()).unwrap_or_default()))
}

/// Creates the slot. The connection must stay idle for as long as the snapshot is used.
pub(super) async fn create(target: &Target, slot: &str) -> Result<(Connection, Slot)> {
    let mut connection = Connection::open(target).await?;
    let created = connection.create_slot(slot).await?;
    Ok((connection, created))
}

/// Opens the stream; retries for a while if the previous reader has just ended.
pub(super) async fn stream(
    target: &Target,
    slot: &str,
    publication: &str,
    from: Lsn,
) -> Result<crate::postgres::replication::Stream> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let connection = Connection::open(target).await?;
        match connection.start_replication(slot, publication, from).await {
            Err(error) if error.kind() == Kind::SlotTaken && Instant::now() < deadline => {
                sleep(Duration::from_millis(200)).await;
            }
            opened => return opened,
        }
    }
}
