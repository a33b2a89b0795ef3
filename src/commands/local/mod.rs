//! `outboxctl local …`.

mod down;
mod env;
mod exec;
mod serve;
mod status;
mod up;

use crate::base::error::Result;
use crate::commands::Context;
use crate::output::Outcome;

/// Manage the local stack: PostgreSQL and an AWS endpoint on this machine
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    Up(up::Args),
    Down(down::Args),
    Status(status::Args),
    Env(env::Args),
    #[command(hide = true)]
    Serve(serve::Args),
    #[command(hide = true)]
    Exec(exec::Args),
}

impl Command {
    pub async fn run(self, ctx: &Context) -> Result<Outcome> {
        match self {
            Self::Up(args) => args.run(ctx).await,
            Self::Down(args) => args.run(ctx).await,
            Self::Status(args) => args.run(ctx).await,
            Self::Env(args) => args.run(),
            Self::Serve(args) => args.run(ctx).await,
            Self::Exec(args) => args.run(),
        }
    }
}
