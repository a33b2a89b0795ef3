//! `outboxctl db …`.

mod init;
mod purge;
mod status;
mod upgrade;

use crate::base::error::Result;
use crate::commands::Context;
use crate::output::Outcome;

/// Manage the database: schema, status, purging old rows, and major upgrades
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    Init(init::Args),
    Status(status::Args),
    Purge(purge::Args),
    Upgrade(upgrade::Args),
}

impl Command {
    pub async fn run(self, ctx: &Context) -> Result<Outcome> {
        match self {
            Self::Init(args) => args.run(ctx).await,
            Self::Status(args) => args.run(ctx).await,
            Self::Purge(args) => args.run(ctx).await,
            Self::Upgrade(args) => args.run(ctx).await,
        }
    }
}
