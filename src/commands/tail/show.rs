//! Output of `tail`: selection, limits and format of the items.

use std::time::Duration;

use tokio::sync::mpsc::Receiver;
use tokio::time::Instant;

use super::filter::Filter;
use crate::base::error::Result;
use crate::commands::Context;
use crate::commands::args::{LONGEST, TICK, duration, whole};
use crate::output::{clean_line, escape, fit};
use crate::streams::{Item, Template};

/// Maximum items in one write.
const BATCH: usize = 256;

/// The shown items, and their form.
#[derive(Debug, clap::Args)]
pub struct Show {
    /// Exit after this many items
    #[arg(long, value_name = "N", value_parser = whole(1, u64::MAX))]
    count: Option<u64>,
    /// Exit after this much time without an item
    #[arg(long, value_name = "DURATION", value_parser = duration(TICK, LONGEST))]
    idle_timeout: Option<Duration>,
    /// Show only items that match this JMESPath expression, such as "event_type=='CarCreated'"
    #[arg(long = "where", value_name = "EXPRESSION", value_parser = Filter::parse)]
    filter: Option<Filter>,
    /// Template for each line, such as "{at} {event_type} {aggregate_id}"; \n and \t are escapes
    #[arg(long, value_name = "TEMPLATE", value_parser = Template::parse)]
    pub format: Option<Template>,
}

impl Show {
    /// Shows items until the readers end or a limit is reached; returns the number of shown items.
    ///
    /// # Errors
    /// The error of a reader.
    pub async fn run(&self, ctx: &Context, mut items: Receiver<Result<Item>>) -> Result<u64> {
        let (mut shown, mut last, mut warned) = (0, Instant::now(), false);
        let mut batch = Vec::with_capacity(BATCH);
        let mut unread = std::pin::pin!(ctx.console.unread());
        while self.count.is_none_or(|count| shown < count) {
            let came = tokio::select! {
                came = items.recv_many(&mut batch, BATCH) => came,
                () = idle(self.idle_timeout.map(|limit| last + limit)) => 0,
                () = ctx.cancel.cancelled() => 0,
                () = &mut unread => 0,
            };
            if came == 0 {
                break;
            }
            let (mut wanted, mut failure) = (Vec::with_capacity(came), None);
            for item in batch.drain(..) {
                match item {
                    Ok(item) => match self.filter.as_ref().map_or(Ok(true), |filter| filter.takes(&item)) {
                        Ok(true) => wanted.push(item),
                        Ok(false) => {}
                        Err(problem) if warned => tracing::debug!(problem, "--where"),
                        Err(problem) => {
                            warned = true;
                            ctx.console.warn(format!("--where failed for items, which are not shown: {problem}"));
                        }
                    },
                    Err(error) => failure = failure.or(Some(error)),
                }
            }
            let rest = self.count.map_or(u64::MAX, |count| count - shown);
            wanted.truncate(usize::try_from(rest).unwrap_or(usize::MAX));
            shown += wanted.len() as u64;
            if !wanted.is_empty() {
                last = Instant::now();
            }
            // Escaped on a terminal; unchanged for programs.
            let terminal = ctx.console.is_terminal();
            let clean = |text: &str| if terminal { clean_line(text) } else { escape(text) }.into_owned();
            let line = |item: &Item| fit::line(item.line(), item.event.event_id.as_deref());
            let human =
                |item: &Item| self.format.as_ref().map_or_else(|| line(item), |format| format.render(item, clean));
            if !ctx.console.items(&wanted, human) {
                break;
            }
            if let Some(error) = failure {
                return Err(error);
            }
        }
        Ok(shown)
    }
}

async fn idle(end: Option<Instant>) {
    match end {
        Some(end) => tokio::time::sleep_until(end).await,
        None => std::future::pending().await,
    }
}
