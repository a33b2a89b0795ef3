//! `outboxctl dms …`.

mod blocked;
mod rebuild;
mod slot;
mod start;
mod status;
mod stop;
mod task;
mod test;

pub use blocked::Blockers;
pub use rebuild::{Counts, Gap, Renewal, Waits};
pub use slot::REBUILT;
pub use task::Deployed;

use crate::base::error::Result;
use crate::commands::Context;
use crate::output::Outcome;

/// Manage the DMS replication task
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    Start(start::Args),
    Rebuild(rebuild::Args),
    Stop(stop::Args),
    Status(status::Args),
    Test(test::Args),
}

impl Command {
    pub async fn run(self, ctx: &Context) -> Result<Outcome> {
        match self {
            Self::Start(args) => args.run(ctx).await,
            Self::Rebuild(args) => args.run(ctx).await,
            Self::Stop(args) => args.run(ctx).await,
            Self::Status(args) => args.run(ctx).await,
            Self::Test(args) => args.run(ctx).await,
        }
    }
}
