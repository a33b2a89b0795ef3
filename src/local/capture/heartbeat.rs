//! The heartbeat of a source endpoint: writes a row periodically, so that the slot of an idle database advances and
//! releases the write-ahead log. Source: API reference, PostgreSQLSettings.

use super::settings::Heartbeat;
use crate::base::error::Result;
use crate::postgres::quote_identifier;
use crate::postgres::{self, Target, failed};

/// Writes until it is dropped. A failed heartbeat is logged and retried: it must not end the task.
pub(super) async fn beat(target: Target, heartbeat: Heartbeat) {
    let mut due = tokio::time::interval(heartbeat.every);
    loop {
        due.tick().await;
        if let Err(error) = write(&target, &heartbeat.schema).await {
            tracing::warn!(error = error.message(), "the heartbeat could not be written");
        }
    }
}

async fn write(target: &Target, schema: &str) -> Result<()> {
    let client = postgres::connect(target).await?;
    let table = format!("{}.awsdms_heartbeat", quote_identifier(schema));
    // CREATE TABLE would require the right to create even if the table exists.
    let exists = client
        .query_one("SELECT to_regclass($1) IS NOT NULL", &[&table])
        .await
        .map_err(failed("find the heartbeat's table"))?;
    if !exists.get::<_, bool>(0) {
        let create = format!(
            "CREATE TABLE IF NOT EXISTS {table} (hb_key integer PRIMARY KEY, hb_created_at timestamptz NOT NULL, \
             hb_last_heartbeat_at timestamptz NOT NULL)"
        );
        client.batch_execute(&create).await.map_err(failed("create the heartbeat's table"))?;
    }
    let beat = format!(
        "INSERT INTO {table} VALUES (1, now(), now()) \
         ON CONFLICT (hb_key) DO UPDATE SET hb_last_heartbeat_at = excluded.hb_last_heartbeat_at"
    );
    client.batch_execute(&beat).await.map_err(failed("write the heartbeat"))
}
