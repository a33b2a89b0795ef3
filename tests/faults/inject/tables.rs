//! Changes of tables under load.

use futures_util::FutureExt;
use futures_util::future::LocalBoxFuture;

use crate::trouble::Result;

use super::Scene;

/// Runs statements with some load between them. Nothing is disturbed: not one event may be repeated.
fn statements<'a>(scene: &'a Scene<'a>, statements: &'static [&'static str]) -> LocalBoxFuture<'a, Result<u64>> {
    async move {
        for statement in statements {
            scene.world.database().await?.run(statement).await.map_err(|e| format!("{statement}: {e}"))?;
            scene.load.continues(10).await?;
        }
        Ok(0)
    }
    .boxed_local()
}

pub fn truncate<'a>(scene: &'a Scene<'a>) -> LocalBoxFuture<'a, Result<u64>> {
    statements(
        scene,
        &[
            "CREATE TABLE IF NOT EXISTS faults_other (n bigint PRIMARY KEY)",
            "INSERT INTO faults_other SELECT generate_series(1, 500) ON CONFLICT DO NOTHING",
            "ALTER PUBLICATION outboxctl ADD TABLE faults_other",
            "TRUNCATE faults_other",
            "INSERT INTO faults_other SELECT generate_series(1, 500)",
            "ALTER PUBLICATION outboxctl DROP TABLE faults_other",
            "TRUNCATE faults_other",
        ],
    )
}

pub fn alter<'a>(scene: &'a Scene<'a>) -> LocalBoxFuture<'a, Result<u64>> {
    statements(
        scene,
        &[
            "ALTER TABLE outbox ADD COLUMN faults_note text DEFAULT 'x'",
            "ALTER TABLE outbox ADD COLUMN faults_numbers numeric(30, 10)[]",
            "ALTER TABLE outbox ALTER COLUMN faults_note TYPE varchar(40)",
            "ALTER TABLE outbox DROP COLUMN faults_note",
            "ALTER TABLE outbox DROP COLUMN faults_numbers",
        ],
    )
}

pub fn replica_identity<'a>(scene: &'a Scene<'a>) -> LocalBoxFuture<'a, Result<u64>> {
    statements(
        scene,
        &[
            "ALTER TABLE outbox REPLICA IDENTITY FULL",
            "ALTER TABLE outbox REPLICA IDENTITY NOTHING",
            "ALTER TABLE outbox REPLICA IDENTITY DEFAULT",
        ],
    )
}
