//! The replication slot of a task.

use std::time::Duration;

use tokio_postgres::Client;

use crate::base::error::{Kind, Result};
use crate::base::timing::Wait;
use crate::postgres::replication::{Connection, Lsn, Slot, Stream};
use crate::postgres::{Target, connect, failed, slots};

/// Time that a slot may remain active after its reader has ended: PostgreSQL detects a closed socket at once, and a
/// silent reader after wal_sender_timeout.
const PATIENCE: Duration = Duration::from_secs(10);

/// Drops the slot, if it exists.
///
/// # Errors
/// `SlotTaken` if the slot is active; the errors of connecting.
pub async fn drop_slot(target: &Target, slot: &str) -> Result<()> {
    slots::drop(&connect(target).await?, slot).await.map(drop)
}

/// Returns the position from which the slot's reader would start; `None` if the slot does not exist.
pub(super) async fn position(client: &Client, slot: &str) -> Result<Option<Lsn>> {
    let query = "SELECT confirmed_flush_lsn::text FROM pg_replication_slots WHERE slot_name = $1 AND plugin = 'pgoutput' \
                 AND database = current_database()";
    let row = client.query_opt(query, &[&slot]).await.map_err(failed("find the replication slot"))?;
    Ok(row.map(|row| row.get::<_, Option<String>>(0).and_then(|text| text.parse().ok()).unwrap_or_default()))
}

/// Creates the slot. The connection must stay idle for as long as the snapshot is used.
pub(super) async fn create(target: &Target, slot: &str) -> Result<(Connection, Slot)> {
    let mut connection = Connection::open(target).await?;
    let created = connection.create_slot(slot).await?;
    Ok((connection, created))
}

/// Opens the stream; retries for a while if the previous reader has just ended.
pub(super) async fn stream(target: &Target, slot: &str, publication: &str, from: Lsn) -> Result<Stream> {
    let wait = Wait::new(Duration::from_millis(200), PATIENCE);
    loop {
        let connection = Connection::open(target).await?;
        match connection.start_replication(slot, publication, from).await {
            Err(error) if error.kind() == Kind::SlotTaken => {
                if !wait.next().await {
                    return Err(error);
                }
            }
            opened => return opened,
        }
    }
}
