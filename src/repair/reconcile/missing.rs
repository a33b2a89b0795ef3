//! Delivers missing events in the order of their aggregates.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::{Options, Report};
use crate::base::error::{Error, Kind, Result};
use crate::outbox::Message;
use crate::repair::delivery::Destination;
use crate::repair::replay::{self, replay};
use crate::repair::source::{Filter, Outbox};

/// Maximum events that are requested by id; for more the whole window is read again.
const BY_ID: usize = 500;

/// The missing events of a comparison that are not among the dead letters.
#[derive(Debug, Clone)]
pub struct Missing {
    /// Sorted.
    ids: Vec<Uuid>,
}

impl Missing {
    /// Takes the missing events out of a report.
    ///
    /// # Errors
    /// `Failed` if there are more than the report remembers.
    pub fn take(report: &mut Report) -> Result<Self> {
        let mut ids = std::mem::take(&mut report.lost);
        if (ids.len() as u64) < report.undelivered() {
            let error = Error::new(Kind::Failed, format!("more than {} events are missing", ids.len() - 1));
            return Err(error.hint("deliver the whole window instead: `outboxctl replay --from … --until …`"));
        }
        ids.sort_unstable();
        Ok(Self { ids })
    }

    pub fn ids(&self) -> &[Uuid] {
        &self.ids
    }

    /// Leaves out events that were found elsewhere.
    pub fn remove(&mut self, found: &HashSet<Uuid>) {
        self.ids.retain(|id| !found.contains(id));
    }

    /// Returns when the oldest of the events was written; None if there are none in the outbox.
    ///
    /// # Errors
    /// Those of the outbox.
    pub async fn oldest(&self, outbox: &mut Outbox, options: &Options) -> Result<Option<DateTime<Utc>>> {
        let filter = self.filter(outbox, options);
        let mut reader = outbox.read(filter);
        let mut oldest = None;
        while let Some(page) = reader.next().await? {
            let missing = page.iter().filter(|message| self.contains(message)).map(|message| message.committed_at);
            oldest = oldest.into_iter().chain(missing).min();
        }
        Ok(oldest)
    }

    fn filter(&self, outbox: &Outbox, options: &Options) -> Filter {
        let ids = if self.ids.len() <= BY_ID { self.ids.clone() } else { Vec::new() };
        Filter { ids, ..outbox.window(options.from, Some(options.until)) }
    }

    fn contains(&self, message: &Message) -> bool {
        self.ids.binary_search(&message.id).is_ok()
    }

    /// Sends the events to the pipeline, and reports each. They are not marked as a replay, because they were not
    /// delivered before. The report is valid also after an error.
    pub async fn deliver(
        &self,
        outbox: &mut Outbox,
        destination: &Destination,
        options: &Options,
        rate: Option<f64>,
        cancel: &CancellationToken,
        on_step: impl FnMut(&replay::Step),
    ) -> (replay::Report, Result<()>) {
        let how = replay::Options { filter: self.filter(outbox, options), name: None, rate, dry_run: false };
        replay(outbox, destination, &how, None, cancel, |message| self.contains(message), on_step).await
    }
}
