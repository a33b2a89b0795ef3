//! The failure bucket: what was given up, with its reason.

use std::time::Duration;

use uuid::Uuid;

use super::Watch;
use crate::aws::Clients;
use crate::deadletters::{self, Known, Place};
use crate::error::Result;
use crate::ui::model::{DeadLetter, Hop, ROWS};

pub async fn follow(watch: Watch, clients: Clients, bucket: String) {
    let (mut place, mut known) = (Place::bucket(&clients, &bucket), Known::default());
    loop {
        let found = tokio::select! {
            found = look(&mut place, &mut known) => found,
            () = watch.cancel.cancelled() => return,
        };
        {
            let mut state = watch.model.lock();
            match found {
                Ok((letters, total)) => {
                    state.source("failure bucket", None);
                    for letter in &letters {
                        let Some(id) = letter.event_id.filter(|id| !state.has_seen(*id, Hop::Failed)) else { continue };
                        state.see(id, Hop::Failed, letter.at, |trace| trace.failure.clone_from(&letter.reason));
                    }
                    if state.tables.dead_letters.as_ref() != Some(&letters) {
                        state.version += 1;
                        state.tables.version = state.version;
                        state.tables.dead_letters = Some(letters);
                        state.tables.dead_letters_total = total;
                    }
                }
                Err(error) => state.source("failure bucket", Some(error.message().to_owned())),
            }
        }
        if !watch.pause(Duration::from_secs(2), Duration::from_secs(30)).await {
            return;
        }
    }
}

/// The newest ones, and how many there are in all.
async fn look(place: &mut Place, known: &mut Known) -> Result<(Vec<DeadLetter>, usize)> {
    let (letters, total) = place.newest(ROWS, known).await?;
    Ok((letters.into_iter().map(row).collect(), total))
}

fn row(letter: deadletters::DeadLetter) -> DeadLetter {
    let reason =
        if letter.reason == letter.cause { letter.cause } else { format!("{}: {}", letter.cause, letter.reason) };
    DeadLetter {
        key: letter.key,
        at: letter.at,
        bytes: i64::try_from(letter.bytes).unwrap_or(i64::MAX),
        event_id: letter.event.event_id.and_then(|id| Uuid::parse_str(&id).ok()),
        reason: Some(reason),
    }
}
