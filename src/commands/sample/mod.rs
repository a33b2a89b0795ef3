//! `outboxctl sample …`.

mod insert;

use crate::base::error::Result;
use crate::commands::Context;
use crate::output::Outcome;

/// Write sample rows
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    Insert(insert::Args),
}

impl Command {
    pub async fn run(self, ctx: &Context) -> Result<Outcome> {
        match self {
            Self::Insert(args) => args.run(ctx).await,
        }
    }
}
