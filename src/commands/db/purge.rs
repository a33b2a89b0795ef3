//! `outboxctl db purge`.

use chrono::{DateTime, Utc};

use crate::base::error::{Error, Kind, Result};
use crate::commands::args::age;
use crate::commands::reach::DatabaseArgs;
use crate::commands::{Context, announce};
use crate::output::{Expect, Outcome, Table, count, utc};
use crate::pipelines::{self, Output, Part};
use crate::repair::purge::{Proof, Report, purge};
use crate::repair::reconcile::Deliveries;
use crate::repair::source::Outbox;
use crate::settings::DEFAULT_GROUP;

/// Delete old outbox rows whose events were delivered
///
/// A row is deleted only if its event is known to be delivered: on rds-kinesis by the mark of every consumer group, on
/// rds-eventbridge by the event log. Rows not known to be delivered are kept and counted, so run purge more often than
/// the event log's retention. Consumer marks of deleted rows are deleted too, once the stream's retention has passed.
/// Rows are deleted in batches of 5,000.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Delete rows older than this, such as 7d or 12h
    #[arg(long, value_name = "DURATION", value_parser = age, allow_hyphen_values = true)]
    older_than: DateTime<Utc>,
    /// Show what would be deleted without deleting anything
    #[arg(long)]
    dry_run: bool,
    /// Consumer group that must have processed a row; repeatable [default: every group that processed events]
    #[arg(long = "group", value_name = "NAME")]
    groups: Vec<String>,
    #[command(flatten)]
    database: DatabaseArgs,
}

impl Args {
    pub async fn run(self, ctx: &Context) -> Result<Outcome> {
        let pipeline = pipelines::find(&ctx.settings.pipeline)?;
        if !pipeline.has(Part::Database) {
            let name = pipeline.name;
            return Err(Error::new(
                Kind::Usage,
                format!("{name} has no PostgreSQL: DynamoDB deletes old items of its outbox by itself"),
            )
            .hint("an outbox item's `expires_at` is the time of its deletion"));
        }
        let marked = pipeline.has(Part::Consumers);
        if !marked && !self.groups.is_empty() {
            pipeline.need(Part::Consumers)?;
        }
        let deployment = announce::deployment(ctx, !self.dry_run).await?.reached(self.database.via);
        let clients = ctx.aws().await?;
        let mut outbox = Outbox::open(&deployment).await?;
        let proof = match marked {
            true => Proof::Marks { stream: deployment.output(Output::StreamName)?.to_owned(), groups: self.groups },
            false => Proof::Log(Deliveries::of(&deployment, DEFAULT_GROUP).await?),
        };
        if !self.dry_run {
            ctx.confirm_in_production(&format!("delete old outbox rows of {}?", ctx.settings.stage)).await?;
        }
        let before = self.older_than;
        let _hold = ctx.hold();
        ctx.console.started("purge", format!("rows written before {}", utc(before)));
        let progress = |rows: u64| {
            ctx.console.progress("purge", format!("{} deleted", count(rows, "row")));
            ctx.console.expect("purge", Expect::Count { done: rows, total: None });
        };
        let report = purge(clients, &mut outbox, proof, before, self.dry_run, &ctx.cancel, progress).await;
        Ok(finish(ctx, ctx.console.report_failure("purge", report)?))
    }
}

fn finish(ctx: &Context, report: Report) -> Outcome {
    let Report { old, purged, kept, marks, dry_run, ref groups, .. } = report;
    if kept > 0 {
        let why = match groups.as_slice() {
            [] => "they are not known to be delivered".to_owned(),
            [group] => format!("the consumer group {group} did not process them"),
            groups => format!("not all of the consumer groups {} processed them (see --group)", groups.join(", ")),
        };
        ctx.console.warn(format!("{} kept: {why}; `outboxctl reconcile` shows missing events", count(kept, "old row")));
    }
    let verb = if dry_run { "would be deleted" } else { "deleted" };
    ctx.console.finished("purge", format!("{} {verb}", count(purged, "row")), !dry_run && purged + marks > 0);
    let mut table = Table::new(["rows", "count"]);
    table.row(["old enough", &old.to_string()]);
    table.row([verb, &purged.to_string()]);
    table.row(["kept: not known to be delivered", &kept.to_string()]);
    table.row([&format!("marks {verb}"), &marks.to_string()]);
    Outcome::data(&report).changed(!dry_run && purged + marks > 0).table(table)
}
