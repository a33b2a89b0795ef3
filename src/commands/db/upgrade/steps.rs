//! The steps of an upgrade. Each looks for its result first.

use std::collections::BTreeMap;

use chrono::Utc;
use tokio::time::{Instant, sleep};

use super::{Args, Finished, SCOPE};
use crate::aws::dms::{Mark, Upgrading};
use crate::aws::upgrades::{self, Instance};
use crate::base::error::{Error, Kind, Result};
use crate::cloudformation::{Engine, ParameterUpdate};
use crate::commands::Context;
use crate::commands::dms::{Blockers, Deployed, Gap, Renewal};
use crate::output::count;
use crate::pipelines::DATABASE;

/// An upgrade that is not complete.
pub struct Steps<'a> {
    pub ctx: &'a Context,
    pub args: &'a Args,
    pub deployed: &'a Deployed,
    pub engine: &'a Engine,
    pub upgrading: &'a Upgrading,
}

/// Returns the steps, for a plan.
pub fn of(instance: &Instance, upgrading: &Upgrading) -> Vec<String> {
    let Upgrading { to, slot, .. } = upgrading;
    let slot =
        slot.as_ref().map_or_else(|| "its replication slot".to_owned(), |slot| format!("replication slot {slot}"));
    let after = [
        "refresh the statistics (ANALYZE): an upgrade does not keep all of them".to_owned(),
        "create a new replication slot".to_owned(),
        "find the events that were not captured, and deliver them in order".to_owned(),
        "start the capture at the new slot".to_owned(),
        "check that no event is missing".to_owned(),
    ];
    let before = [
        "wait until every event that is committed now is delivered".to_owned(),
        "stop the capture".to_owned(),
        format!("drop {slot}"),
        format!(
            "update the database stack: RDS upgrades {} from PostgreSQL {} to {to}; it is down for minutes",
            instance.identifier, instance.version
        ),
    ];
    let is_upgraded = instance.major() >= upgrades::major(to);
    before.into_iter().filter(|_| !is_upgraded).chain(after).collect()
}

/// Returns the changes of the database stack in one line.
pub async fn preview(engine: &Engine, deployed: &Deployed, upgrading: &Upgrading, to: u32) -> Result<String> {
    let preview = update(engine, deployed, upgrading, to)?.preview().await?;
    let changes: Vec<_> = preview.changes.iter().map(|change| change.describe()).collect();
    Ok(format!("the database stack would have {}: {}", count(changes.len(), "change"), changes.join("; ")))
}

/// Returns the update of the database stack.
fn update<'a>(
    engine: &'a Engine,
    deployed: &'a Deployed,
    upgrading: &Upgrading,
    to: u32,
) -> Result<ParameterUpdate<'a>> {
    let missing = || Error::new(Kind::NotDeployed, "the database stack is not deployed");
    let view = deployed.deployment.stacks.iter().find(|view| view.stack.name == DATABASE.name).ok_or_else(missing)?;
    let values = [("DatabaseVersion", to.to_string()), ("DatabaseUpgrade", upgrading.to.clone())];
    let values = values.map(|(name, value)| (name.to_owned(), value)).into_iter().collect::<BTreeMap<_, _>>();
    Ok(ParameterUpdate { engine, view, values })
}

impl Steps<'_> {
    /// Runs the steps that remain.
    pub async fn run(&self, instance: Instance) -> Result<Finished> {
        let (ctx, args) = (self.ctx, self.args);
        let gap = args.waits.gap(ctx, &self.deployed.deployment, SCOPE);
        let mut finished = Finished::default();
        if instance.major() < args.to {
            self.leave(&gap).await?;
            self.update(&instance).await?;
        }
        self.answers().await?;
        let renewed = self.deployed.task.marked(Mark::Rebuild).await?;
        if renewed.is_none() {
            finished.analyzed = Some(self.analyze().await?);
        }
        self.renew(&gap, renewed, &mut finished).await?;
        let end = gap.wait(Utc::now(), args.waits.patience).await?;
        (finished.end, finished.duplicated) = (end.counts(), end.report.counts.duplicated);
        finished.written = self.written().await?;
        Ok(finished)
    }

    fn progress(&self, text: impl Into<String>) {
        self.ctx.console.progress(SCOPE, text);
    }

    /// Stops the capture after everything committed was delivered, and drops its slot. While the stack is being updated,
    /// that was done before.
    async fn leave(&self, gap: &Gap<'_>) -> Result<()> {
        let Self { ctx, deployed, .. } = self;
        if update(self.engine, deployed, self.upgrading, self.args.to)?.is_in_progress().await? {
            return Ok(());
        }
        let status = deployed.task.describe().await?.status;
        if status == "running" {
            self.progress("waiting until every committed event is delivered");
            let left = gap.wait(Utc::now(), self.args.waits.patience).await?.missing.ids().len();
            if left > 0 {
                // Nothing was changed yet.
                deployed.task.unmark(Mark::Upgrade).await?;
                let text = format!("{} from before the upgrade can't be delivered", count(left, "event"));
                return Err(Error::new(Kind::Failed, text)
                    .hint("nothing was changed: `outboxctl verify` and `outboxctl doctor` show why; wait longer with --patience"));
            }
        }
        self.progress("stopping the capture");
        Blockers::during(ctx, &deployed.deployment, deployed.task.stop()).await?;
        if let Some(slot) = &self.upgrading.slot
            && deployed.deployment.database().await?.drop_slot(slot.clone()).await?
        {
            self.progress(format!("slot {slot} dropped"));
        }
        Ok(())
    }

    /// Updates the stack, or waits for the update under way, and checks the version afterwards.
    async fn update(&self, before: &Instance) -> Result<()> {
        let Upgrading { from, to, .. } = self.upgrading;
        self.progress(format!("upgrading the database from PostgreSQL {from} to {to}: it is unavailable until then"));
        update(self.engine, self.deployed, self.upgrading, self.args.to)?.run().await?;
        let after = Instance::find(&self.deployed.deployment.clients, &before.identifier).await?;
        if after.major() != self.args.to {
            let text =
                format!("RDS did not upgrade database {}: it runs PostgreSQL {}", after.identifier, after.version);
            return Err(Error::new(Kind::Failed, text)
                .hint("its events and its log pg_upgrade_precheck.log, in the RDS console, have the reason"));
        }
        Ok(())
    }

    /// Waits until the database answers, and checks that it has logical replication.
    async fn answers(&self) -> Result<()> {
        let begun = Instant::now();
        let readiness = loop {
            let asked = async { self.deployed.deployment.database().await?.readiness().await };
            match asked.await {
                Ok(readiness) => break readiness,
                Err(error) if begun.elapsed() >= self.args.waits.timeout => return Err(error),
                Err(_) => sleep(self.deployed.polling.interval).await,
            }
        };
        self.progress(format!("the database runs PostgreSQL {}", readiness.server));
        if readiness.wal_level == "logical" {
            return Ok(());
        }
        let text = format!("wal_level of the upgraded database is {}: nothing can be captured", readiness.wal_level);
        Err(Error::new(Kind::Failed, text)
            .hint("reboot the database, if its parameter group is pending-reboot (RebootDBInstance)"))
    }

    async fn analyze(&self) -> Result<u64> {
        self.progress("refreshing the statistics (ANALYZE): without them, queries are slow after an upgrade");
        let mut database = self.deployed.deployment.database().await?;
        database.analyze(|tables| self.progress(format!("{} analyzed", count(tables, "table")))).await
    }

    /// Makes the new slot, and starts the task at it. A task that reads it was started after the missing events were
    /// delivered.
    async fn renew(&self, gap: &Gap<'_>, renewed: Option<String>, finished: &mut Finished) -> Result<()> {
        let Self { ctx, deployed, args, .. } = self;
        let name = match renewed {
            Some(name) => name,
            None => deployed.mark_new_slot().await?,
        };
        let (now, source) = (deployed.task.describe().await?, deployed.source(ctx).await?);
        if source.slot.as_ref() != Some(&name) || now.status != "running" {
            let lost = self.upgrading.slot.as_slice();
            let (waits, restored) = (&args.waits, false);
            let renewal = Renewal { deployed, gap, waits, name: &name, lost, restored };
            let renewed = renewal.run(source).await?;
            finished.position = Some(renewed.position);
            (finished.delivered, finished.out_of_order) = (renewed.delivered, renewed.out_of_order);
        }
        finished.slot = name;
        Ok(())
    }

    /// Returns the number of events that were committed since the upgrade began; None if their table has no time.
    async fn written(&self) -> Result<Option<u64>> {
        let Self { ctx, deployed, args, .. } = self;
        if deployed.deployment.layout.columns.created_at.is_none() {
            return Ok(None);
        }
        let since = args.waits.gap(ctx, &deployed.deployment, SCOPE).since(self.upgrading.begun);
        Ok(Some(since.look(Utc::now()).await?.report.counts.committed))
    }
}
