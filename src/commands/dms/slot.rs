//! Making a replication slot, which waits for open transactions.

use std::time::Duration;

use chrono::Utc;

use crate::base::error::{Error, Kind, Result};
use crate::base::timing::Wait;
use crate::deployment::database::Database;
use crate::postgres::admin::SlotRequest;

/// Begins the names of the slots that outboxctl makes.
pub const REBUILT: &str = "outboxctl_";
/// Delay between requests, each of which waits for some seconds.
const AGAIN: Duration = Duration::from_millis(500);

/// Returns the name of a new slot.
pub fn new_name() -> String {
    format!("{REBUILT}{:x}", Utc::now().timestamp_millis())
}

/// Creates the slot, unless it exists; returns the position from which it has every change.
///
/// # Errors
/// `Failed` if transactions stay open for `limit`, and those of the server.
pub async fn create(database: &mut Database, name: &str, plugin: &str, limit: Duration) -> Result<String> {
    let request = SlotRequest { name: name.to_owned(), plugin: plugin.to_owned() };
    let wait = Wait::new(AGAIN, limit);
    loop {
        if let Some(position) = database.create_slot(request.clone()).await? {
            return Ok(position);
        }
        if !wait.next().await {
            let text = format!("replication slot {name} still waits for transactions that were open before it");
            return Err(Error::new(Kind::Failed, text).hint("wait longer with --timeout"));
        }
    }
}
