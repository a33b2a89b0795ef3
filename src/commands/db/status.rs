//! `outboxctl db status`.

use chrono::{DateTime, Utc};

use crate::base::error::Result;
use crate::commands::Context;
use crate::commands::reach::DatabaseArgs;
use crate::output::{Outcome, Table, bytes, utc};
use crate::pipelines::{self, Part};
use crate::postgres::admin::{Slot, StatusReport};

/// Show migrations, outbox rows, replication slots and the publication
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    database: DatabaseArgs,
}

impl Args {
    pub async fn run(self, ctx: &Context) -> Result<Outcome> {
        let wait = ctx.console.wait("database", "asking");
        let report = self.database.open(ctx).await?.status().await?;
        drop(wait);
        for warning in &report.warnings {
            ctx.console.warn(warning);
        }
        // Consumers mark rows only on pipelines with a processed log.
        let marks = pipelines::find(&ctx.settings.pipeline)?.has(Part::ProcessedLog);
        let mut outcome = Outcome::data(&report).table(overview(&report, marks));
        if !report.slots.is_empty() {
            outcome = outcome.table(slots(&report.slots));
        }
        if !report.pending.is_empty() || !report.publication {
            outcome = outcome.summary("The schema is not up to date: run `outboxctl db init`.");
        }
        Ok(outcome)
    }
}

fn overview(report: &StatusReport, marks: bool) -> Table {
    let mut table = Table::new(["", "state"]);
    table.row(["PostgreSQL", &report.server]);
    for step in &report.applied {
        table.row([format!("{:04} {}", step.version, step.name), format!("applied {}", utc(step.applied_at))]);
    }
    for step in &report.pending {
        table.row([format!("{:04} {}", step.version, step.name), "pending".into()]);
    }
    table.row(["publication", if report.publication { "present" } else { "missing or incomplete" }]);
    if let Some(outbox) = &report.outbox {
        let about = if outbox.exact { "" } else { "about " };
        table.row(["outbox rows".to_owned(), format!("{about}{}", outbox.rows)]);
        let size = format!("{}, of which indexes {}", bytes(outbox.bytes), bytes(outbox.index_bytes));
        table.row(["outbox size".to_owned(), size]);
        let vacuum = outbox.last_vacuum.map_or("never vacuumed".into(), |at| format!("vacuumed {} ago", age(at)));
        let all = (outbox.rows + outbox.dead_rows).max(1);
        let share = outbox.dead_rows * 100 / all;
        table.row(["dead rows".to_owned(), format!("{} ({share} %), {vacuum}", outbox.dead_rows)]);
        let old = |at: Option<DateTime<Utc>>| at.map_or("none".to_owned(), |at| format!("{} old", age(at)));
        table.row(["oldest row".to_owned(), old(outbox.oldest)]);
        if marks {
            table.row(["oldest unprocessed".to_owned(), old(outbox.oldest_unprocessed)]);
            table.row(["dead-lettered".to_owned(), outbox.dead_lettered.to_string()]);
        }
    }
    table
}

fn slots(slots: &[Slot]) -> Table {
    let mut table = Table::new(["slot", "reader", "lag", "retained", "WAL"]);
    let size = |value: Option<i64>| value.map_or("unknown".into(), bytes);
    for slot in slots {
        table.row([
            slot.name.clone(),
            if slot.active { "active" } else { "none" }.into(),
            size(slot.lag_bytes),
            size(slot.retained_bytes),
            slot.wal_status.clone().unwrap_or_default(),
        ]);
    }
    table
}

fn age(at: DateTime<Utc>) -> String {
    match (Utc::now() - at).num_seconds().max(0) {
        seconds @ ..120 => format!("{seconds} s"),
        seconds @ 120..7_200 => format!("{} min", seconds / 60),
        seconds @ 7_200..172_800 => format!("{} h", seconds / 3_600),
        seconds => format!("{} days", seconds / 86_400),
    }
}
