//! `outboxctl dlq …`.

mod list;
mod redrive;
mod show;

use crate::commands::reach::{self, DatabaseArgs};
use crate::context::Context;
use crate::deadletters::Place;
use crate::error::Result;
use crate::output::Outcome;

/// See what could not be delivered, and send it on its way again
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    List(list::Args),
    Show(show::Args),
    Redrive(redrive::Args),
}

impl Command {
    pub async fn run(self, ctx: &Context) -> Result<Outcome> {
        match self {
            Self::List(args) => args.run(ctx).await,
            Self::Show(args) => args.run(ctx).await,
            Self::Redrive(args) => args.run(ctx).await,
        }
    }
}

async fn place(ctx: &Context, database: &DatabaseArgs) -> Result<Place> {
    let deployment = reach::deployment(ctx).await?;
    Place::open(ctx.aws().await?, &deployment, database.via, reach::roots(ctx)?).await
}

/// So much of a text that a row of a table holds it.
fn short(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    text.chars().take(most.saturating_sub(1)).chain(['…']).collect()
}
