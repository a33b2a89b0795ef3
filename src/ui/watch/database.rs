//! Queries the database once per second (less often through the admin function, where each query is a call).

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};

use super::Watch;
use crate::base::error::Result;
use crate::deployment::Deployment;
use crate::deployment::database::Database;
use crate::postgres::admin::{Overview, OverviewRequest};
use crate::ui::model::{ROWS, State, Step};

const SOURCE: &str = "database";

pub async fn follow(watch: Watch, deployment: Arc<Deployment>) {
    let mut database = None;
    loop {
        watch.model.lock().ask(SOURCE);
        let looked = watch.cancel.run_until_cancelled(look(&watch, &deployment, &mut database)).await;
        let Some(looked) = looked else { return };
        let busy = looked.unwrap_or_else(|error| {
            // A new connection is cheap, and a broken one never recovers.
            database = None;
            watch.model.lock().source(SOURCE, Some(error.message().to_owned()));
            false
        });
        // A full page of the log: there are more rows.
        let local = Duration::from_millis(if busy { 50 } else { 500 });
        if !watch.pause(local, Duration::from_secs(3)).await {
            return;
        }
    }
}

/// Queries the database; returns whether the processed log has more rows.
async fn look(watch: &Watch, deployment: &Deployment, database: &mut Option<Database>) -> Result<bool> {
    let database = match database {
        Some(database) => database,
        None => database.insert(deployment.database().await?),
    };
    let request = {
        let state = watch.model.lock();
        OverviewRequest {
            rows: u32::try_from(ROWS).unwrap_or(u32::MAX),
            captured_until: state.captured_until.max(watch.model.head.since),
            processed_after: state.tables.processed_until.clone(),
            processed_since: watch.model.head.since,
        }
    };
    let overview = database.overview(request).await?;
    let mut state = watch.model.lock();
    state.source(SOURCE, None);
    Ok(take(&mut state, overview, watch.model.head.since))
}

/// Stores an overview; returns whether the processed log has more rows.
fn take(state: &mut State, overview: Overview, since: Option<DateTime<Utc>>) -> bool {
    for row in overview.rows.iter().rev() {
        // Without a time, the stream shows the time of the commit.
        let Some(created_at) = row.created_at else { continue };
        // The stream is not read for older rows: they would appear as not captured.
        let old = since.is_some_and(|since| created_at < since);
        if old || state.has_seen(row.id, Step::Committed) {
            continue;
        }
        state.see(row.id, Step::Committed, created_at, |trace| {
            trace.describe(&row.event_type, (&row.aggregate_type, &row.aggregate_id), row.sequence);
        });
    }
    let processed = overview.processed.as_deref().unwrap_or_default();
    for row in processed {
        let step = if row.succeeded { Step::Delivered } else { Step::Failed };
        state.see(row.event_id, step, row.processed_at, |trace| {
            trace.describe(&row.event_type, (&row.aggregate_type, &row.aggregate_id), row.sequence);
            trace.detail.consumer = Some(row.consumer.clone());
            trace.detail.attempts = Some(row.attempts);
            if trace.at(Step::Committed).is_none() {
                trace.committed_at(row.committed_at);
            }
        });
    }
    let full = processed.len() >= 1_000;
    state.add_earlier(overview.processed_earlier);
    if state.tables.take(overview) {
        state.tables_changed();
    }
    full
}
