//! The replication slot is lost, and `dms rebuild` replaces it while writes continue.

use futures_util::FutureExt;
use futures_util::future::LocalBoxFuture;

use super::Scene;
use crate::database::Database;
use crate::trouble::{Result, trouble, until};

/// The slots of the capture, and whether the server has removed their log.
const SLOTS: &str = "SELECT slot_name::text, wal_status FROM pg_replication_slots WHERE database = current_database()";

pub fn drop_slot<'a>(scene: &'a Scene<'a>) -> LocalBoxFuture<'a, Result<u64>> {
    async move {
        scene.load.continues(4 + scene.below(8).await).await?;
        let database = scene.world.database().await?;
        // The capture connects again at once: the slot is dropped between two readers.
        let drop = "SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots WHERE active_pid IS NOT NULL";
        let dropped = until("the slot is dropped", async || {
            database.rows(drop, &[]).await?;
            // It may be active again.
            let _ = database.rows("SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots", &[]).await;
            Ok(database.rows(SLOTS, &[]).await?.is_empty().then_some(()))
        });
        dropped.await?;
        rebuilt(scene, "no replication slot").await
    }
    .boxed_local()
}

pub fn lose_slot<'a>(scene: &'a Scene<'a>) -> LocalBoxFuture<'a, Result<u64>> {
    async move {
        scene.load.continues(4 + scene.below(8).await).await?;
        scene.world.ok(&["dms", "stop"]).await?;
        scene.load.continues(10).await?;
        let database = scene.world.database().await?;
        let lost = invalidate(&database).await;
        // Not for the runs after this one.
        database.run("ALTER SYSTEM RESET max_slot_wal_keep_size").await?;
        database.run("SELECT pg_reload_conf()").await?;
        lost?;
        rebuilt(scene, "is lost").await
    }
    .boxed_local()
}

/// Makes the server remove the log that the slot needs.
async fn invalidate(database: &Database) -> Result<()> {
    database.run("ALTER SYSTEM SET max_slot_wal_keep_size = '1MB'").await?;
    database.run("SELECT pg_reload_conf()").await?;
    until("the slot is lost", async || {
        // Each switch fills a segment of 16 MB; a checkpoint removes those that no slot may keep.
        database.run("SELECT pg_logical_emit_message(false, 'faults', 'x')").await?;
        database.run("SELECT pg_switch_wal()").await?;
        database.run("CHECKPOINT").await?;
        let rows = database.rows(SLOTS, &[]).await?;
        let is_lost = rows.iter().any(|row| row.get::<_, Option<String>>(1).as_deref() == Some("lost"));
        Ok(is_lost.then_some(()))
    })
    .await
}

/// Checks that the loss is named while events are written, and rebuilds the capture.
async fn rebuilt(scene: &Scene<'_>, named: &str) -> Result<u64> {
    scene.load.continues(20).await?;
    until("the loss is named", async || {
        let status = scene.world.ok(&["dms", "status"]).await?;
        Ok(status["slot"].as_str().is_some_and(|slot| slot.contains(named)).then_some(()))
    })
    .await?;
    let report = scene.world.ok(&["dms", "rebuild", "--yes", "--settle", "2s"]).await?;
    if report["missing"] != 0 || report["delivered"].as_u64().is_none_or(|events| events == 0) {
        return Err(trouble(format!("the gap was not filled: {report}")));
    }
    // The checker has the order of what arrived; the command must report the same.
    if report["out_of_order"] != 0 {
        return Err(trouble(format!("the command reports events out of order: {report}")));
    }
    scene.history.slot_replaced();
    Ok(1)
}
