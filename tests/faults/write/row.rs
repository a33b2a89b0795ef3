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
            written = append(&database, drafts).await?;
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
            // The end of the run shows whether it took effect.
            Err(_) => {
                written.into_iter().for_each(|event| history.wrote(Step::Uncertain, event));
                return 0;
            }
        }
        self.0 = Some(database);
        drafts.len()
    }
}

/// Appends events in one statement; as the database has them, JSON in its own way of writing.
pub async fn append(database: &Database, drafts: &[Draft]) -> Result<Vec<Event>> {
    let statement = "SELECT appended.sequence, (draft.payload::jsonb)::text \
                     FROM unnest($1::text[], $2::text[], $3::text[], $4::text[]) WITH ORDINALITY \
                          AS draft (aggregate, kind, payload, id, number), \
                          LATERAL outbox_append(aggregate_type => 'sample', aggregate_id => draft.aggregate::varchar, \
                              event_type => draft.kind::varchar, payload => draft.payload::jsonb, id => draft.id::uuid) \
                          AS appended ORDER BY draft.number";
    let column = |of: fn(&Draft) -> &str| drafts.iter().map(of).collect::<Vec<&str>>();
    let (aggregates, kinds) = (column(|draft| &draft.aggregate), column(|draft| draft.kind));
    let (payloads, ids) = (column(|draft| &draft.payload), column(|draft| &draft.id));
    let rows = database.rows(statement, &[&aggregates, &kinds, &payloads, &ids]).await?;
    let event = |(draft, row): (&Draft, &tokio_postgres::Row)| {
        let place = Place { aggregate: draft.aggregate.clone(), sequence: row.get(0) };
        let content = format!("{} {}", draft.kind, row.get::<_, String>(1));
        Event { place, id: draft.id.clone(), content }
    };
    Ok(drafts.iter().zip(&rows).map(event).collect())
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
