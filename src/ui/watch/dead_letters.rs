//! Reads the failure bucket: failed records with their reasons; and counts the messages in failure queues.

use std::sync::Arc;
use std::time::Duration;

use uuid::Uuid;

use super::Watch;
use crate::base::error::Result;
use crate::deployment::Deployment;
use crate::repair::dead_letters::{self, Known};
use crate::ui::model::{DeadLetter, ROWS, Step};

const SOURCE: &str = "failure bucket";

pub async fn follow(watch: Watch, bucket: String, deployment: Arc<Deployment>) {
    let mut known = Known::default();
    loop {
        watch.model.lock().ask(SOURCE);
        let found = watch.cancel.run_until_cancelled(look(&bucket, &deployment, &mut known)).await;
        let Some(found) = found else { return };
        {
            let mut state = watch.model.lock();
            match found {
                Ok((letters, total, queued)) => {
                    state.source(SOURCE, None);
                    state.source("failure queues", queued.as_ref().err().cloned());
                    let queued = queued.unwrap_or_default();
                    for letter in &letters {
                        if let Some(id) = letter.event_id.filter(|id| !state.has_seen(*id, Step::Failed)) {
                            state.see(id, Step::Failed, letter.at, |trace| trace.failure.clone_from(&letter.reason));
                        }
                    }
                    let tables = &state.tables;
                    let known = (tables.dead_letters_total, tables.dead_letters_queued);
                    if tables.dead_letters.as_ref() != Some(&letters) || known != (total, queued) {
                        state.tables_changed();
                        state.tables.dead_letters = Some(letters);
                        state.tables.dead_letters_total = total;
                        state.tables.dead_letters_queued = queued;
                    }
                }
                Err(error) => state.source(SOURCE, Some(error.message().to_owned())),
            }
        }
        if !watch.pause(Duration::from_secs(2), Duration::from_secs(30)).await {
            return;
        }
    }
}

/// Returns the newest letters of the bucket, the number of all, and the number of messages in queues. Those are only
/// counted: reading a message would hide it from other receivers.
async fn look(
    bucket: &str,
    deployment: &Deployment,
    known: &mut Known,
) -> Result<(Vec<DeadLetter>, usize, Result<usize, String>)> {
    let (letters, total) = dead_letters::newest(deployment, bucket, ROWS, known).await?;
    let queued = dead_letters::in_queues(deployment).await;
    let queued = queued.map(|count| usize::try_from(count).unwrap_or(usize::MAX));
    Ok((letters.into_iter().map(row).collect(), total, queued.map_err(|error| error.message().to_owned())))
}

fn row(letter: dead_letters::DeadLetter) -> DeadLetter {
    let reason =
        if letter.reason == letter.cause { letter.cause } else { format!("{}: {}", letter.cause, letter.reason) };
    DeadLetter {
        key: letter.key,
        at: letter.at,
        bytes: i64::try_from(letter.bytes).unwrap_or(i64::MAX),
        aggregate: letter.event.key(),
        event_type: letter.event.event_type,
        sequence: letter.event.sequence,
        id: letter.id,
        excerpt: letter.excerpt,
        event_id: letter.event.event_id.and_then(|id| Uuid::parse_str(&id).ok()),
        reason: Some(reason),
    }
}
