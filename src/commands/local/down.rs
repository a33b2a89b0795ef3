//! `outboxctl local down`.

use serde_json::json;

use crate::base::error::{Error, Kind, Result};
use crate::commands::Context;
use crate::local::{Home, control};
use crate::output::{Outcome, count};

/// Stop the local stack, keeping deployed resources and data for the next `up`
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Delete all deployed resources and data
    #[arg(long)]
    purge: bool,
    /// Also delete the downloaded tools; the next `up` downloads them again
    #[arg(long)]
    purge_tools: bool,
}

impl Args {
    pub async fn run(self, ctx: &Context) -> Result<Outcome> {
        let home = Home::of_stack()?;
        ctx.console.started("local", "stopping");
        let ended = control::down(&home, !self.purge).await?;
        if self.purge {
            control::purge(&home)?;
        }
        if self.purge_tools {
            control::purge_tools(&home)?;
        }
        let mut text = match (ended.daemon, ended.orphans) {
            (true, _) => "the local stack is down".to_owned(),
            (false, 0) => "the local stack was not up".to_owned(),
            (false, left) => {
                format!("the local stack was not up; ended {} that it had left behind", count(left, "process"))
            }
        };
        if let Some(reason) = ended.unsaved {
            ctx.console.failed("local", "down, but the emulator's state is not saved");
            let text = format!("the local stack is down, but the emulator could not save its state: {reason}");
            return Err(Error::new(Kind::Failed, text)
                .hint("stacks, streams and functions are restored from the last saved state; PostgreSQL is up to date")
                .hint("bring it up again with `outboxctl local up`, then `outboxctl deploy --local`"));
        }
        if self.purge {
            text += ", and its state is deleted";
        }
        let changed = ended.daemon || ended.orphans > 0 || self.purge || self.purge_tools;
        ctx.console.finished("local", text, changed);
        Ok(Outcome::data(json!({"up": false, "purged": self.purge})).changed(changed))
    }
}
