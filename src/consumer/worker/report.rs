//! What a worker tells of its work.

use chrono::{DateTime, Utc};

use super::Worker;
use crate::consumer::lease::Leases;
use crate::consumer::metrics::Totals;
use crate::consumer::store::Store;
use crate::output::{Event, count};

#[derive(serde::Serialize)]
struct Report {
    r#type: &'static str,
    at: DateTime<Utc>,
    #[serde(flatten)]
    totals: Totals,
}

impl<L: Leases + 'static, S: Store + 'static> Worker<L, S> {
    /// A line of metrics for machines, progress for people.
    pub(super) fn report(&self) {
        let processor = &self.reader.processor;
        let totals = processor.metrics.totals();
        let text = format!(
            "{} processed, {}, {} failed; {}, {} ms behind",
            totals.processed,
            count(totals.duplicates, "duplicate"),
            totals.failed,
            count(totals.shards, "shard"),
            totals.behind_ms
        );
        let report = Report { r#type: "metrics", at: Utc::now(), totals };
        if !processor.console.machine_item(&report) {
            processor.console.emit(Event::progress("consume", text));
        }
    }
}
