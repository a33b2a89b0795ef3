//! `outboxctl db init`.

use serde_json::json;

use crate::base::error::{Error, Kind, Result};
use crate::commands::reach::{self, DatabaseArgs};
use crate::commands::{Context, announce};
use crate::deployment::Deployment;
use crate::deployment::database::Database;
use crate::output::{Expect, Outcome, Table, count};
use crate::pipelines::Part;
use crate::postgres::admin::{InitReport, Missing, Readiness, Room};
use crate::postgres::script;

/// Create or update the schema, the roles and the publication
///
/// Runs as the database's owner, which does not need to be a superuser. All changes are made in one transaction, and a
/// second run changes nothing. The sample's tables are not created if the sample was excluded from the deploy.
///
/// A table of your own (`[outbox]` in outboxctl.toml) is not created or altered: only the publication, the consumer's
/// role and its log are created. If the table does not meet a requirement, every problem is listed and nothing is
/// changed.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    database: DatabaseArgs,
    /// Run all steps, report them, and roll back
    #[arg(long)]
    dry_run: bool,
    /// Print the SQL of all steps for psql, without running it; it can run more than once
    #[arg(long, conflicts_with_all = ["dry_run", "check"])]
    print_sql: bool,
    /// List missing objects with the SQL for each, without changes; exit with 1 if any is missing
    #[arg(long, conflicts_with = "dry_run")]
    check: bool,
}

impl Args {
    pub async fn run(self, ctx: &Context) -> Result<Outcome> {
        ctx.need(Part::Database)?;
        if self.print_sql {
            return print(ctx).await;
        }
        if self.check {
            return self.check(ctx).await;
        }
        let (mut database, sample) = self.open(ctx, !self.dry_run).await?;
        ctx.console.started("database", "bringing the schema up to date");
        if !ctx.settings.local {
            // Covers a cold start of a function in a VPC, and a database that answers at once.
            ctx.console.expect("database", Expect::Usually(3, 15));
        }
        let report = ctx.console.report_failure("database", database.init(self.dry_run, sample).await)?;
        for warning in &report.warnings {
            ctx.console.warn(warning);
        }
        let message = sentence(&report);
        ctx.console.finished("database", &message, report.changed);
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

    /// Opens the database; returns whether the sample's tables belong there. `changes` is whether it will be changed.
    async fn open(&self, ctx: &Context, changes: bool) -> Result<(Database, bool)> {
        if let Some(database) = self.database.connect(ctx).await? {
            return Ok((database, false));
        }
        let deployment = announce::deployment(ctx, changes).await?.reached(self.database.via);
        warn_of_other(ctx, &deployment);
        Ok((reach::open(ctx, &deployment).await?, with_sample(&deployment)))
    }

    async fn check(&self, ctx: &Context) -> Result<Outcome> {
        let (mut database, sample) = self.open(ctx, false).await?;
        let missing = database.check(sample).await?;
        let table = database.layout().full_name();
        let ready = database.readiness().await?;
        let data = json!({ "table": table, "missing": missing, "server": ready });
        if missing.is_empty() {
            let text = format!("nothing is missing: {table} can be captured");
            return Ok(Outcome::data(data).changed(false).table(server(&ready)).summary(text));
        }
        let line = |one: &Missing| format!("{}: {}", one.problem, one.remedy);
        ctx.console.text(&missing.iter().map(line).collect::<Vec<_>>().join("\n"));
        let message = format!("{} missing", count(missing.len() as u64, "requirement"));
        Err(Error::new(Kind::Schema, message)
            .hint("`outboxctl db init` creates outboxctl's own objects; create the others yourself")
            .with_data(data))
    }
}

/// Prints the script. With an outbox table in outboxctl.toml, or OUTBOXCTL_DATABASE_URL, this needs neither AWS nor the
/// database.
async fn print(ctx: &Context) -> Result<Outcome> {
    let (layout, sample) = match &ctx.settings.outbox {
        Some(layout) if !layout.is_own() => (layout.clone(), false),
        layout if ctx.settings.database_url.is_some() => (layout.clone().unwrap_or_default(), false),
        _ => {
            let deployment = reach::deployment(ctx).await?;
            let sample = with_sample(&deployment);
            (deployment.layout, sample)
        }
    };
    let sql = script(&layout, sample);
    Ok(Outcome::data(json!({ "table": layout.full_name(), "sql": sql })).changed(false).text(sql.trim_end()))
}

fn with_sample(deployment: &Deployment) -> bool {
    deployment.has_sample() && deployment.layout.is_own() && !deployment.is_elsewhere()
}

/// Returns the settings and rights that a capture depends on.
fn server(ready: &Readiness) -> Table {
    let mut table = Table::new(["", "state"]);
    let room = |room: Room| format!("{} of {} in use", room.used, room.most);
    let may = |may: bool, what: &str| format!("{} {} {what}", ready.user, if may { "may" } else { "may not" });
    table.row(["PostgreSQL", &ready.server]);
    table.row(["wal_level", &ready.wal_level]);
    table.row(["replication slots", &room(ready.slots)]);
    table.row(["WAL senders", &room(ready.senders)]);
    table.row(["replication", &may(ready.may_replicate, "create replication slots")]);
    table.row(["schema", &may(ready.may_create, "create objects in the database")]);
    table
}

/// Warns if the deployed capture follows another table.
fn warn_of_other(ctx: &Context, deployment: &Deployment) {
    if let Some(other) = deployment.other_captured() {
        let (now, other) = (deployment.layout.full_name(), other.full_name());
        ctx.console.warn(format!("the deployed capture follows {other}, not {now}: run `outboxctl deploy`"));
    }
}

fn sentence(report: &InitReport) -> String {
    let (migrations, others) = (report.applied.len(), report.ensured.len());
    match (report.changed, report.dry_run) {
        (false, _) => "nothing changed: the schema is up to date".into(),
        (true, false) => {
            let migrations = count(migrations, "migration");
            format!("{migrations} applied, {others} roles, grants and publications created or corrected")
        }
        (true, true) => format!(
            "{} and {others} roles, grants and publications would be applied; all of it was tried and rolled back",
            count(migrations, "migration")
        ),
    }
}
