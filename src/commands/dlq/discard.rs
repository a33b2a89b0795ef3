//! `outboxctl dlq discard`.

use super::warn_unlisted;
use crate::base::error::{Error, Kind, Result};
use crate::commands::Context;
use crate::commands::reach::DatabaseArgs;
use crate::output::{Outcome, count};
use crate::repair::dead_letters::{DeadLetter, Selection, discard};

/// Delete dead letters permanently
///
/// Use it for records that can never be delivered, such as bytes that are not an event: `redrive` rejects them each
/// time, and `status` warns about them until they expire. Shows the selected dead letters and asks for confirmation;
/// --yes skips the question. Deleted dead letters cannot be restored, except for events that are still in the outbox:
/// deliver those again with `outboxctl replay --id`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Ids from `dlq list`, event ids (or their first 8 or more characters), or keys
    #[arg(value_name = "ID", required_unless_present = "cause")]
    ids: Vec<String>,
    /// Delete every dead letter with this cause, as shown by `dlq list`
    #[arg(long, value_name = "CAUSE", conflicts_with = "ids")]
    cause: Option<String>,
    /// Only dead letters in this place, as shown by `dlq list`
    #[arg(long, value_name = "PLACE")]
    place: Option<String>,
    #[command(flatten)]
    database: DatabaseArgs,
}

impl Args {
    pub async fn run(self, ctx: &Context) -> Result<Outcome> {
        let mut places = super::places(ctx, &self.database, self.place.as_deref()).await?;
        let mut selection = Selection { cause: self.cause, aggregate: None, ids: self.ids };
        let all = places.list().await?;
        selection.complete(&all)?;
        let meant: Vec<DeadLetter> = all.iter().filter(|letter| selection.takes(letter)).cloned().collect();
        let unknown = selection.ids.iter().find(|id| !meant.iter().any(|letter| letter.is_called(id)));
        if unknown.is_some() || meant.is_empty() {
            warn_unlisted(ctx, &places);
            return Err(super::nothing_matches(&selection, unknown.map(String::as_str), &all, places.unread()));
        }
        for letter in &meant {
            let event = letter.event.event_id.as_deref().unwrap_or("no event id");
            // A batch that Lambda discarded has many; all of them are deleted.
            let more = match letter.records.saturating_sub(1) {
                0 => String::new(),
                more => format!(" and {}", count(more as u64, "more record")),
            };
            ctx.console.note(format!("{} {} {}: {event}{more}", letter.id, letter.cause, letter.event.aggregate()));
        }
        ctx.confirm(&format!("delete {} permanently?", count(meant.len(), "dead letter"))).await?;
        let _hold = ctx.hold();
        ctx.console.started("discard", places.describe());
        let mut discarded = Vec::new();
        let ended = discard(&mut places, &meant, &ctx.cancel, |letter| discarded.push(letter.clone())).await;
        warn_unlisted(ctx, &places);
        let deleted = discarded.len();
        let data = serde_json::json!({ "discarded": discarded });
        if let Err(error) = ended {
            ctx.console.failed("discard", error.message());
            return Err(error.hint(format!("{deleted} were deleted; run it again for the rest")).with_data(data));
        }
        ctx.console.finished("discard", format!("{deleted} deleted"), deleted > 0);
        if deleted < meant.len() {
            let text = format!("{} of {} no longer existed, or are in use", meant.len() - deleted, meant.len());
            return Err(Error::new(Kind::Failed, text).with_data(data));
        }
        if selection.cause.is_some() && places.unread() > 0 {
            let text = format!("{deleted} deleted; not all messages of a queue could be read");
            return Err(Error::new(Kind::Failed, text).hint("run it again for the rest").with_data(data));
        }
        Ok(Outcome::data(data).changed(true))
    }
}
