//! `outboxctl dlq …`.

mod discard;
mod list;
mod redrive;
mod show;

use crate::base::error::{Error, Kind, Result};
use crate::commands::Context;
use crate::commands::reach::{self, DatabaseArgs};
use crate::output::Outcome;
use crate::repair::dead_letters::{DeadLetter, HELD, Places, Selection, counts};

/// List, redrive and discard events that could not be delivered
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    List(list::Args),
    Show(show::Args),
    Redrive(redrive::Args),
    Discard(discard::Args),
}

impl Command {
    pub async fn run(self, ctx: &Context) -> Result<Outcome> {
        match self {
            Self::List(args) => args.run(ctx).await,
            Self::Show(args) => args.run(ctx).await,
            Self::Redrive(args) => args.run(ctx).await,
            Self::Discard(args) => args.run(ctx).await,
        }
    }
}

/// The choice of dead letters by the columns of the list.
#[derive(Debug, clap::Args)]
struct Chosen {
    /// Only dead letters with this cause, as shown by `dlq list`
    #[arg(long, value_name = "CAUSE")]
    cause: Option<String>,
    /// Only dead letters in this place, as shown by `dlq list`
    #[arg(long, value_name = "PLACE")]
    place: Option<String>,
    /// Only dead letters of this aggregate: its id, or TYPE/ID
    #[arg(long, value_name = "ID")]
    aggregate: Option<String>,
}

/// Hint for a queue with more messages than can be read at once.
const UNREAD: &str = "not all messages of the queue were read: `outboxctl dlq redrive --all` or `outboxctl dlq discard \
                      --cause CAUSE` removes those that can be read; then run this command again";

async fn places(ctx: &Context, database: &DatabaseArgs, only: Option<&str>) -> Result<Places> {
    Places::open(&reach::deployment(ctx).await?.reached(database.via), only).await
}

/// Returns the error for a selection without dead letters, with the existing ones. `id` is the one that was not found,
/// `unread` the number of messages that could not be read.
fn nothing_matches(selection: &Selection, id: Option<&str>, all: &[DeadLetter], unread: u64) -> Error {
    let what = match (id.or(selection.ids.first().map(String::as_str)), &selection.cause, &selection.aggregate) {
        (Some(id), ..) => format!("dead letter {id} not found"),
        (_, Some(cause), _) => format!("no dead letter has the cause {cause:?}"),
        (_, _, Some(aggregate)) => format!("no dead letter belongs to aggregate {aggregate:?}"),
        _ => "no dead letters found".to_owned(),
    };
    let causes = counts(all, |letter| letter.cause.as_str());
    let causes: Vec<String> = causes.into_iter().map(|(cause, count)| format!("{cause} ({count})")).collect();
    let mut error = Error::new(Kind::Usage, what);
    if unread > 0 {
        error = error.hint(UNREAD);
    }
    match causes.is_empty() {
        true => error.hint("no dead letters exist"),
        false => error
            .hint(format!("existing causes: {}", causes.join(", ")))
            .hint("`outboxctl dlq list` lists the dead letters"),
    }
}

/// Warns of dead letters that are not listed: those that other readers have received, and those of a queue with more than
/// can be read at once.
fn warn_unlisted(ctx: &Context, places: &Places) {
    let unread = places.unread();
    if unread > 0 {
        ctx.console.warn(format!(
            "about {unread} more messages are in a queue that has more than can be read at once: they are not included"
        ));
    }
    let (count, seconds) = (places.elsewhere(), HELD.as_secs());
    if count > 0 {
        ctx.console.warn(format!(
            "{count} more are in use by other readers: try again in a moment; {seconds} s after a redrive \
             was killed they are back"
        ));
    }
}
