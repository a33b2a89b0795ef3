//! Replacing the slot of a capture: every step from the stop of its task to its start.
//!
//! The order of the steps keeps the order of each aggregate: see [`super`].

use super::gap::Gap;
use super::restored::Advanced;
use super::waits::Waits;
use crate::aws::dms::{Source, StartPoint};
use crate::base::error::Result;
use crate::commands::dms::blocked::Blockers;
use crate::commands::dms::slot;
use crate::commands::dms::task::Deployed;

/// The new slot, and the slots that it replaces.
pub struct Renewal<'a> {
    pub deployed: &'a Deployed,
    pub gap: &'a Gap<'a>,
    pub waits: &'a Waits,
    /// Name of the new slot.
    pub name: &'a str,
    /// Slots to drop.
    pub lost: &'a [String],
    /// Indicates whether the database may have been restored to an earlier time.
    pub restored: bool,
}

/// The result of a renewal.
#[derive(Debug, Default)]
pub struct Renewed {
    /// The position from which the slot has every change.
    pub position: String,
    /// Slots that were dropped.
    pub dropped: Vec<String>,
    /// Sequences that a restored database would have assigned again.
    pub advanced: Advanced,
    /// Missing events that were delivered.
    pub delivered: u64,
    /// Aggregates of which later events had been delivered before.
    pub out_of_order: u64,
}

impl Renewal<'_> {
    /// Replaces the slot, and starts the task at it. Each step looks for its result first.
    pub async fn run(&self, mut source: Source) -> Result<Renewed> {
        let Self { deployed, gap, name, .. } = self;
        deployed.task.stop().await?;
        let mut database = deployed.deployment.database().await?;
        let mut dropped = Vec::new();
        for slot in self.lost {
            if database.drop_slot(slot.clone()).await? {
                gap.progress(format!("slot {slot} dropped"));
                dropped.push(slot.clone());
            }
        }
        // Before the slot: it must have the rows with their new sequences alone.
        let advanced = if self.restored { gap.advance().await? } else { Advanced::default() };
        gap.progress(format!("creating slot {name}"));
        let create = slot::create(&mut database, name, source.plugin, self.waits.timeout);
        let position = Blockers::during(gap.ctx, &deployed.deployment, create).await?;
        if source.slot.as_deref() != Some(*name) {
            source.name_slot(name, deployed.polling).await?;
        }
        gap.progress(format!("slot {name} has every change from {position} on"));
        gap.drain(self.waits.settle).await?;
        let filled = gap.deliver().await?;
        deployed.start(gap.ctx, &StartPoint::At(position.clone()), true).await?;
        let (delivered, out_of_order) = (filled.delivered, filled.out_of_order);
        Ok(Renewed { position, dropped, advanced, delivered, out_of_order })
    }
}
