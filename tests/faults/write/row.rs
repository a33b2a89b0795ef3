//! Rows of a PostgreSQL outbox, appended as an application does: `outbox_append` in its own transaction.

use crate::database::Database;
use crate::history::{Event, Place, Step};
use crate::trouble::Result;
use crate::world::{History, World};

use super::{Draft, outcome};

/// A writer's connection; made again when it broke.
#[derive(Default)]
pub struct Rows(Option<Database>);

impl Rows {
    /// One transaction; how many events are known to be committed. A database that does not answer is asked again with the
    /// next transaction.
    pub async fn transaction(&mut self, world: &World, history: &History, drafts: &[Draft], roll_back: bool) -> usize {
        let database = match self.0.take().filter(|database| !database.client.is_closed()) {
            Some(database) => database,
            None => match world.database().await {
                Ok(database) => database,
                Err(_) => return 0,
            },
        };
        let mut written = Vec::new();
        let ended = async {
            database.run("BEGIN").await?;
            for draft in drafts {
                written.push(append(&database, draft).await?);
            }
            Ok::<_, crate::trouble::Trouble>(())
        };
        if ended.await.is_err() {
            // Never committed: the connection broke, or the transaction failed.
            written.into_iter().for_each(|event| history.wrote(Step::RolledBack, event));
            let _ = database.run("ROLLBACK").await;
            return 0;
        }
        match database.run(if roll_back { "ROLLBACK" } else { "COMMIT" }).await {
            Ok(()) => {
                let places: Vec<Place> = written.iter().map(|event| event.place.clone()).collect();
                written.into_iter().for_each(|event| history.wrote(outcome(roll_back), event));
                if roll_back {
                    self.0 = Some(database);
                    return 0;
                }
                if let Ok(position) = database.position("SELECT pg_current_wal_lsn()::text").await {
                    history.committed_by(position, places);
                }
            }
            // Whether it took effect is found out at the end.
            Err(_) => {
                written.into_iter().for_each(|event| history.wrote(Step::Uncertain, event));
                return 0;
            }
        }
        self.0 = Some(database);
        drafts.len()
    }
}

/// Appends one event; as the database has it, JSON in its own way of writing.
pub async fn append(database: &Database, draft: &Draft) -> Result<Event> {
    let statement = "SELECT appended.sequence, ($3::text::jsonb)::text FROM outbox_append(aggregate_type => 'sample', \
                     aggregate_id => $1::text::varchar, event_type => $2::text::varchar, payload => $3::text::jsonb, \
                     id => $4::text::uuid) AS appended";
    let rows = database.rows(statement, &[&draft.aggregate, &draft.kind, &draft.payload, &draft.id]).await?;
    let row = rows.first().ok_or("outbox_append returned nothing")?;
    let (sequence, payload): (i64, String) = (row.get(0), row.get(1));
    let place = Place { aggregate: draft.aggregate.clone(), sequence };
    Ok(Event { place, id: draft.id.clone(), content: format!("{} {payload}", draft.kind) })
}

/// Decides what became of transactions whose answer was lost.
pub async fn resolve(world: &World, history: &History) -> Result<()> {
    let database = world.database().await?;
    let pattern = format!("{}%", history.prefix);
    let rows = database.rows("SELECT id::text FROM outbox WHERE aggregate_id LIKE $1", &[&pattern]).await?;
    let ids: std::collections::HashSet<String> = rows.iter().map(|row| row.get(0)).collect();
    let committed = |event: &Event| ids.contains(&event.id);
    if let Some(stream) = &history.stream {
        stream.resolve(committed);
    }
    history.sink.resolve(committed);
    Ok(())
}
