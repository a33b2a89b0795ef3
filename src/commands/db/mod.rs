//! `outboxctl db …`.

mod init;
mod purge;
mod status;

use crate::commands::Context;
use crate::error::Result;
use crate::output::Outcome;

/// Manage the database: schema, status, and purging old rows
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    Init(init::Args),
    Status(status::Args),
    Purge(purge::Args),
}

impl Command {
    pub async fn run(self, ctx: &Context) -> Result<Outcome> {
        match self {
            Self::Init(args) => args.run(ctx).await,
            Self::Status(args) => args.run(ctx).await,
            Self::Purge(args) => args.run(ctx).await,
        }
    }
}
