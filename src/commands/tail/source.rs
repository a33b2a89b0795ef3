//! Sources of the items of `tail`.

use tokio::sync::mpsc::Receiver;

use crate::aws::Clients;
use crate::base::error::Result;
use crate::commands::Context;
use crate::deployment::database::Database;
use crate::deployment::{Deployment, Feed, Readers, Reading};
use crate::pipelines::{Part, Stop};
use crate::streams::Item;

/// The stops of a deployment, or resources of the account.
pub enum Source {
    Deployed(Box<Deployment>, Vec<&'static Stop>),
    Named(Box<Clients>, Vec<Feed>),
    /// The outbox table of OUTBOXCTL_DATABASE_URL, without AWS.
    Outbox(Box<Database>),
}

impl Source {
    /// Opens the readers. [`Readers::close`] must follow.
    pub async fn open(self, ctx: &Context, reading: &Reading) -> Result<(Readers, Receiver<Result<Item>>)> {
        match self {
            Self::Deployed(deployment, stops) => {
                Readers::open(&deployment, &stops, reading, &ctx.console, &ctx.cancel).await
            }
            Self::Named(clients, feeds) => Readers::follow(&clients, feeds, reading, &ctx.console, &ctx.cancel).await,
            Self::Outbox(database) => Readers::outbox(*database, reading, &ctx.cancel).await,
        }
    }

    /// Returns the names of the followed resources, for display.
    pub fn names(&self) -> Vec<String> {
        match self {
            Self::Deployed(_, stops) => stops.iter().map(|stop| name(stop).to_owned()).collect(),
            Self::Named(_, feeds) => feeds.iter().map(Feed::to_string).collect(),
            Self::Outbox(database) => vec![format!("table {}", database.layout().full_name())],
        }
    }
}

/// Returns the name of a stop among the arguments.
fn name(stop: &Stop) -> &'static str {
    if stop.part == Part::Database { "outbox" } else { stop.part.hop().name() }
}
