//! The disk of the stack is full: PostgreSQL ends, nothing that the stack writes to its folder is kept, and the rest of it
//! must go on until there is space again.

use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::LocalBoxFuture;

use super::Scene;
use crate::database::Database;
use crate::trouble::{Result, trouble, until};

/// Kilobytes that are left at first: the load itself fills them.
const LEFT: u64 = 512;
/// How long the disk stays full after PostgreSQL has ended.
const FULL: Duration = Duration::from_secs(5);

pub fn full<'a>(scene: &'a Scene<'a>) -> LocalBoxFuture<'a, Result<u64>> {
    async move {
        let (stack, disk) = (&scene.world.stack, scene.world.stack.prepared.disk()?);
        let daemon = stack.state()?["pid"].clone();
        scene.load.continues(10).await?;
        disk.fill(LEFT)?;
        let ended = until("PostgreSQL ends", async || Ok(fill(scene).await.is_err().then_some(()))).await;
        let named = named(scene).await;
        tokio::time::sleep(FULL).await;
        eprintln!("    (kilobytes left on the disk: {})", disk.left()?);
        disk.free()?;
        ended.and(named)?;
        until("PostgreSQL runs again", async || connect(scene).await?.rows("SELECT 1", &[]).await.map(Some)).await?;
        if stack.state()?["pid"] != daemon {
            return Err("the stack went down with PostgreSQL".into());
        }
        Ok(2)
    }
    .boxed_local()
}

/// Every stack has the server, also that of a pipeline without a database.
async fn connect(scene: &Scene<'_>) -> Result<Database> {
    Database::connect(&scene.world.stack.state()?["postgres"], "postgres").await
}

/// Fills the write-ahead log; an error once PostgreSQL has ended.
async fn fill(scene: &Scene<'_>) -> Result<()> {
    let messages =
        "SELECT count(pg_logical_emit_message(false, 'faults', repeat('x', 1000000))) FROM generate_series(1, 20)";
    // Fails as soon as the server panics; it has ended if it can't be reached afterwards.
    let _ = connect(scene).await?.rows(messages, &[]).await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    connect(scene).await.map(drop)
}

/// `local status` names the cause.
async fn named(scene: &Scene<'_>) -> Result<()> {
    let status = scene.world.stack.ok(&["local", "status"]).await?;
    match status["disk_free_bytes"].as_u64() {
        Some(free) if free < 32 << 20 => Ok(()),
        _ => Err(trouble(format!("local status does not show that the disk is full: {status}"))),
    }
}
