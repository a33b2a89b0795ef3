//! PostgreSQL and the capture: sessions that end, crashes, stops in the middle of a transaction, a slot that is taken.

use std::process::Stdio;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::LocalBoxFuture;
use rustix::process::Signal;

use crate::database::Database;
use crate::history::Step;
use crate::stack::{is_running, signal};
use crate::trouble::{Result, Trouble, trouble, until};
use crate::write::{AGGREGATES, append, draft};

use super::Scene;

pub fn cut_backends<'a>(scene: &'a Scene<'a>) -> LocalBoxFuture<'a, Result<u64>> {
    async move {
        let mut strikes = 0;
        for _ in 0..3 {
            scene.load.continues(4 + scene.below(8).await).await?;
            let cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() \
                       AND pid <> pg_backend_pid()";
            strikes += scene.world.database().await?.rows(cut, &[]).await?.len() as u64;
        }
        Ok(strikes)
    }
    .boxed_local()
}

pub fn crash_postgres<'a>(scene: &'a Scene<'a>) -> LocalBoxFuture<'a, Result<u64>> {
    async move {
        let victim = scene.world.database().await?;
        let rows = victim.rows("SELECT pg_backend_pid()", &[]).await?;
        let pid: i32 = rows.first().ok_or("no process")?.get(0);
        signal(u32::try_from(pid)?, Signal::KILL);
        until("PostgreSQL is back", async || scene.world.database().await?.rows("SELECT 1", &[]).await.map(Some))
            .await?;
        Ok(1)
    }
    .boxed_local()
}

pub fn kill_postmaster<'a>(scene: &'a Scene<'a>) -> LocalBoxFuture<'a, Result<u64>> {
    async move {
        let file = scene.world.stack.folder().join("postgres/data/postmaster.pid");
        let pid: u32 = std::fs::read_to_string(file)?.lines().next().ok_or("no process")?.trim().parse()?;
        let daemon = scene.world.stack.state()?["pid"].as_u64().and_then(|pid| u32::try_from(pid).ok());
        let daemon = daemon.ok_or("the state names no process")?;
        signal(pid, Signal::KILL);
        until("the stack is down", async || Ok((!is_running(daemon)).then_some(()))).await?;
        scene.world.stack.again().await?;
        Ok(1)
    }
    .boxed_local()
}

/// The backend that streams the log to the capture.
async fn walsender(database: &Database) -> Result<Option<u32>> {
    let query = "SELECT active_pid FROM pg_replication_slots WHERE active AND database = current_database()";
    let rows = database.rows(query, &[]).await?;
    Ok(rows.first().and_then(|row| u32::try_from(row.get::<_, i32>(0)).ok()))
}

pub fn stop_walsender<'a>(scene: &'a Scene<'a>) -> LocalBoxFuture<'a, Result<u64>> {
    async move {
        let database = scene.world.database().await?;
        let pid = until("the slot is read", async || walsender(&database).await).await?;
        signal(pid, Signal::STOP);
        tokio::time::sleep(Duration::from_secs(4)).await;
        signal(pid, Signal::CONT);
        Ok(1)
    }
    .boxed_local()
}

/// Appends many events in a transaction that stays open; what was written.
async fn begin(scene: &Scene<'_>, rows: usize) -> Result<(Database, Vec<crate::history::Event>)> {
    let database = scene.world.database().await?;
    database.run("BEGIN").await?;
    let mut rng = scene.rng.lock().await;
    let mut events = Vec::with_capacity(rows);
    while events.len() < rows {
        // Aggregates of its own: those of the load would wait for it.
        let aggregate = |row: usize| format!("{}big{}", scene.history.prefix, row % AGGREGATES);
        let more = (0..(rows - events.len()).min(500)).map(|row| draft(aggregate(row), &mut rng)).collect::<Vec<_>>();
        events.extend(append(&database, &more).await?);
    }
    Ok((database, events))
}

async fn commit(scene: &Scene<'_>, database: &Database, events: Vec<crate::history::Event>) -> Result<()> {
    database.run("COMMIT").await?;
    let places: Vec<_> = events.iter().map(|event| event.place.clone()).collect();
    events.into_iter().for_each(|event| scene.history.wrote(Step::Committed, event));
    let position = database.position("SELECT pg_current_wal_lsn()::text").await?;
    scene.history.committed_by(position, places);
    Ok(())
}

pub fn stop_and_resume<'a>(scene: &'a Scene<'a>) -> LocalBoxFuture<'a, Result<u64>> {
    async move {
        let (database, events) = begin(scene, 200).await?;
        scene.world.ok(&["dms", "stop"]).await?;
        commit(scene, &database, events).await?;
        scene.load.continues(10).await?;
        scene.world.ok(&["dms", "start"]).await?;
        Ok(1)
    }
    .boxed_local()
}

pub fn big_transaction<'a>(scene: &'a Scene<'a>) -> LocalBoxFuture<'a, Result<u64>> {
    async move {
        let (database, events) = begin(scene, scene.rows).await?;
        commit(scene, &database, events).await?;
        // The capture is in the middle of it.
        scene.world.ok(&["dms", "stop"]).await?;
        scene.world.ok(&["dms", "start"]).await?;
        Ok(1)
    }
    .boxed_local()
}

pub fn open_transaction<'a>(scene: &'a Scene<'a>) -> LocalBoxFuture<'a, Result<u64>> {
    async move {
        let (database, events) = begin(scene, 50).await?;
        scene.load.continues(20).await?;
        scene.world.ok(&["dms", "stop"]).await?;
        scene.load.continues(10).await?;
        scene.world.ok(&["dms", "start"]).await?;
        scene.load.continues(20).await?;
        commit(scene, &database, events).await?;
        Ok(1)
    }
    .boxed_local()
}

pub fn slot_taken<'a>(scene: &'a Scene<'a>) -> LocalBoxFuture<'a, Result<u64>> {
    async move {
        let database = scene.world.database().await?;
        scene.world.ok(&["dms", "stop"]).await?;
        let query = "SELECT slot_name::text FROM pg_replication_slots WHERE database = current_database()";
        let slot: String = database.rows(query, &[]).await?.first().ok_or("there is no slot")?.get(0);
        let state = scene.world.stack.state()?;
        let text = |name: &str| state["postgres"][name].as_str().unwrap_or_default().to_owned();
        // It confirms nothing: it never flushes, and is killed.
        let mut thief = tokio::process::Command::new(std::path::Path::new(&text("bin")).join("pg_recvlogical"));
        thief.args(["--start", "--no-loop", "--fsync-interval=0", "--status-interval=0", "-f", "/dev/null"]);
        thief.args(["-o", "proto_version=1", "-o", "publication_names=outboxctl", "-U", "postgres", "-S", &slot]);
        thief.args(["-h", &text("socket"), "-p", &state["postgres"]["port"].to_string()]);
        thief.args(["-d", scene.world.output("DatabaseName")?]).stdin(Stdio::null()).stderr(Stdio::null());
        let mut thief = thief.kill_on_drop(true).spawn()?;
        let taken = until("the slot is taken", async || {
            if let Some(status) = thief.try_wait()? {
                return Err(trouble(format!("pg_recvlogical ended: {status}")));
            }
            walsender(&database).await
        });
        taken.await?;
        let refused = scene.world.ok(&["dms", "start"]).await;
        thief.kill().await?;
        let refused = refused.err().ok_or("the task started on a slot that is taken")?.to_string();
        if !refused.contains("slot") {
            return Err(trouble(format!("the reason is not named: {refused}")));
        }
        until("the task starts", async || scene.world.ok(&["dms", "start"]).await.map(Some)).await?;
        Ok::<_, Trouble>(1)
    }
    .boxed_local()
}
