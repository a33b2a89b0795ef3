//! `outboxctl config …`.

mod show;

use crate::commands::Context;
use crate::error::Result;
use crate::output::Outcome;

/// Show the settings in effect
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    Show(show::Args),
}

impl Command {
    pub async fn run(self, ctx: &Context) -> Result<Outcome> {
        match self {
            Self::Show(args) => args.run(ctx).await,
        }
    }
}
