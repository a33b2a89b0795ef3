//! `outboxctl db status`.

use chrono::Utc;

use crate::commands::reach::DatabaseArgs;
use crate::context::Context;
use crate::error::Result;
use crate::output::{Outcome, Table};
use crate::postgres::admin::{Slot, StatusReport};

/// Show migrations, outbox rows, replication slots and the publication
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    database: DatabaseArgs,
}

impl Args {
    pub async fn run(self, ctx: &Context) -> Result<Outcome> {
        let report = self.database.open(ctx).await?.status().await?;
        for warning in &report.warnings {
            ctx.console.warn(warning);
        }
        let mut outcome = Outcome::data(&report).table(overview(&report));
        if !report.slots.is_empty() {
            outcome = outcome.table(slots(&report.slots));
        }
        if !report.pending.is_empty() || !report.publication {
            outcome = outcome.summary("The schema is not up to date: run `outboxctl db init`.");
        }
        Ok(outcome)
    }
}

fn overview(report: &StatusReport) -> Table {
    let mut table = Table::new(["", "state"]);
    table.row(["PostgreSQL", &report.server]);
    for step in &report.applied {
        let when = step.applied_at.format("%Y-%m-%d %H:%M:%S UTC");
        table.row([format!("{:04} {}", step.version, step.name), format!("applied {when}")]);
    }
    for step in &report.pending {
        table.row([format!("{:04} {}", step.version, step.name), "pending".into()]);
    }
    table.row(["publication", if report.publication { "present" } else { "missing" }]);
    if let Some(outbox) = &report.outbox {
        let about = if outbox.exact { "" } else { "about " };
        table.row(["outbox rows".into(), format!("{about}{}, {}", outbox.rows, bytes(outbox.bytes))]);
        let oldest = outbox
            .oldest_unprocessed
            .map_or("none".into(), |at| format!("{} s old", (Utc::now() - at).num_seconds().max(0)));
        table.row(["oldest unprocessed".into(), oldest]);
    }
    table
}

fn slots(slots: &[Slot]) -> Table {
    let mut table = Table::new(["slot", "plugin", "reader", "lag", "retained WAL", "WAL status"]);
    let size = |value: Option<i64>| value.map_or("unknown".into(), bytes);
    for slot in slots {
        table.row([
            slot.name.clone(),
            slot.plugin.clone(),
            if slot.active { "connected" } else { "none" }.into(),
            size(slot.lag_bytes),
            size(slot.retained_bytes),
            slot.wal_status.clone().unwrap_or_default(),
        ]);
    }
    table
}

fn bytes(count: i64) -> String {
    match count {
        ..1_024 => format!("{count} B"),
        1_024..1_048_576 => format!("{:.1} KiB", count as f64 / 1_024.0),
        1_048_576..1_073_741_824 => format!("{:.1} MiB", count as f64 / 1_048_576.0),
        _ => format!("{:.1} GiB", count as f64 / 1_073_741_824.0),
    }
}
