//! `outboxctl db init`.

use crate::commands::Context;
use crate::commands::announce;
use crate::commands::reach::{self, DatabaseArgs};
use crate::error::Result;
use crate::output::{Event, Expect, Outcome, Table};
use crate::pipelines::Part;
use crate::postgres::admin::InitReport;

/// Create or update the schema, the roles and the publication
///
/// Runs as the database's owner, which does not need to be a superuser. All changes are made in one transaction, and a
/// second run changes nothing. The sample's tables are not created if the sample was excluded from the deploy.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    database: DatabaseArgs,
    /// Run all steps, report them, and roll back
    #[arg(long)]
    dry_run: bool,
}

impl Args {
    pub async fn run(self, ctx: &Context) -> Result<Outcome> {
        reach::need(ctx, Part::Database)?;
        ctx.console.emit(Event::started("database", "bringing the schema up to date"));
        if !ctx.settings.local {
            // Covers a cold start of a function in a VPC, and a database that answers at once.
            ctx.console.expect("database", Expect::Usually(3, 15));
        }
        let report = async {
            let deployment = announce::deployment(ctx, !self.dry_run).await?.reached(self.database.via);
            let mut database = reach::open(ctx, &deployment).await?;
            database.init(self.dry_run, deployment.has_sample()).await
        };
        let report = report.await;
        let report = report.inspect_err(|e| ctx.console.emit(Event::failed("database", e.message())))?;
        for warning in &report.warnings {
            ctx.console.warn(warning);
        }
        let message = sentence(&report);
        ctx.console.emit(Event::finished("database", &message, report.changed));
        let mut table = Table::new(["step", "state"]);
        let (done, there) = if report.dry_run { ("would be applied", "present") } else { ("applied", "present") };
        for (steps, state) in [(&report.present, there), (&report.applied, done)] {
            for step in steps {
                table.row([format!("{:04} {}", step.version, step.name), state.to_owned()]);
            }
        }
        let state = if report.dry_run { "would be done" } else { "done" };
        for change in &report.ensured {
            table.row([change.as_str(), state]);
        }
        let changed = report.changed && !report.dry_run;
        Ok(Outcome::data(report).changed(changed).table(table))
    }
}

fn sentence(report: &InitReport) -> String {
    let (migrations, others) = (report.applied.len(), report.ensured.len());
    match (report.changed, report.dry_run) {
        (false, _) => "nothing changed: the schema is up to date".into(),
        (true, false) => {
            format!("{migrations} migrations applied, {others} roles, grants and publications created or corrected")
        }
        (true, true) => format!(
            "{migrations} migrations and {others} roles, grants and publications would be applied; all of it was tried \
             and rolled back"
        ),
    }
}
