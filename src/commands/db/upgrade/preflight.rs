//! The checks before an upgrade: everything that would make RDS refuse it, or the capture fail after it.

use serde::Serialize;

use crate::aws::dms::versions::Engine;
use crate::aws::dms::{Mark, Source};
use crate::aws::upgrades::{self, Instance};
use crate::base::error::{Error, Kind, Result};
use crate::commands::Context;
use crate::commands::dms::Deployed;
use crate::local::{Home, space, tools};
use crate::output::count;
use crate::pipelines::{self, Output, Pipeline};
use crate::postgres::admin::{LogicalSlot, REBUILD, UpgradeState};

/// Something that prevents the upgrade.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    pub problem: String,
    pub remedy: String,
}

/// The findings of the checks.
#[derive(Debug, Default)]
pub struct Preflight {
    /// The exact version afterwards; `None` if RDS offers none.
    pub target: Option<String>,
    /// The capture's slot.
    pub slot: Option<String>,
    pub findings: Vec<Finding>,
    /// Facts that do not prevent the upgrade.
    pub warnings: Vec<String>,
}

impl Preflight {
    /// Checks the instance, the capture and the database.
    pub async fn run(ctx: &Context, deployed: &Deployed, instance: &Instance, to: u32) -> Result<Self> {
        let mut found = Self::default();
        found.instance(ctx, deployed, instance, to).await?;
        let source = deployed.source(ctx).await?;
        found.capture(ctx, deployed, to).await?;
        let state = deployed.deployment.database().await?.upgrade_state().await?;
        found.database(&state, &source);
        Ok(found)
    }

    /// Returns one error with everything that was found.
    ///
    /// # Errors
    /// `Failed` if anything prevents the upgrade.
    pub fn refuse(&self, data: impl Serialize) -> Result<()> {
        if self.findings.is_empty() {
            return Ok(());
        }
        let problems: Vec<&str> = self.findings.iter().map(|finding| finding.problem.as_str()).collect();
        let prevent = match problems.len() {
            1 => "a finding prevents".to_owned(),
            many => format!("{many} findings prevent"),
        };
        let message = format!("{prevent} the upgrade; nothing was changed: {}", problems.join("; "));
        let remedies = self.findings.iter().map(|finding| &finding.remedy);
        Err(Error::new(Kind::Failed, message).with_data(data).with_hints(remedies))
    }

    fn add(&mut self, problem: impl Into<String>, remedy: impl Into<String>) {
        self.findings.push(Finding { problem: problem.into(), remedy: remedy.into() });
    }

    /// Returns whether the templates accept the major version; otherwise adds the finding.
    fn is_supported(&mut self, pipeline: &Pipeline, to: u32) -> Result<bool> {
        let offered = pipelines::parameters(pipeline)?;
        let offered = offered.into_iter().find(|parameter| parameter.name == "DatabaseVersion");
        let offered = offered.map(|parameter| parameter.allowed).unwrap_or_default();
        let supported = offered.contains(&to.to_string());
        if !supported {
            self.add(
                format!("outboxctl does not support PostgreSQL {to}"),
                format!("choose one of {}: DMS documents them as sources", offered.join(", ")),
            );
        }
        Ok(supported)
    }

    async fn instance(&mut self, ctx: &Context, deployed: &Deployed, instance: &Instance, to: u32) -> Result<()> {
        let (version, deployment) = (&instance.version, &deployed.deployment);
        if instance.status != "available" {
            self.add(format!("database {} is {}", instance.identifier, instance.status), "wait until it is available");
        }
        if !self.is_supported(deployment.pipeline, to)? {
            return Ok(());
        }
        // The local RDS upgrades to the versions that the machine has.
        let mut is_missing = false;
        if ctx.settings.local
            && let Err(error) = tools::ensure_postgres_major(&Home::find()?, &ctx.console, to).await
        {
            let remedy: Vec<&str> = error.hints().collect();
            self.add(error.message(), remedy.join("; "));
            is_missing = true;
        }
        let targets = upgrades::targets(&deployment.clients, version).await?;
        self.target = upgrades::newest(&targets, to).cloned();
        if self.target.is_none() && !is_missing {
            let choice = match targets.is_empty() {
                true => String::new(),
                false => format!("choose a version that it upgrades to: {}; or ", targets.join(", ")),
            };
            self.add(
                format!("RDS does not upgrade PostgreSQL {version} to {to}"),
                format!("{choice}let RDS install the newest minor version first"),
            );
        }
        if ctx.settings.local {
            self.disk(&Home::find()?);
        } else {
            self.warnings.push(format!(
                "free storage is not checked: the metric FreeStorageSpace of {} has it",
                instance.identifier
            ));
        }
        if !instance.replicas.is_empty() {
            let replicas = instance.replicas.join(", ");
            self.warnings.push(format!(
                "read replicas are also upgraded, and are unavailable during the upgrade: \
                 {replicas}"
            ));
        }
        if !instance.has_backups {
            self.warnings
                .push("the database has no automated backups: RDS takes no snapshot before the upgrade".into());
        }
        Ok(())
    }

    /// Checks the disk of the local stack, on which pg_upgrade makes a copy of the data.
    fn disk(&mut self, home: &Home) {
        if space::is_full(&home.stack()) {
            self.add(format!("the disk of {} is full", home.stack().display()), "free some space");
        }
    }

    async fn capture(&mut self, ctx: &Context, deployed: &Deployed, to: u32) -> Result<()> {
        let now = deployed.task.describe().await?;
        if deployed.task.marked(Mark::Rebuild).await?.is_some() {
            self.add("a rebuild of the capture was interrupted", "`outboxctl dms rebuild` completes it");
        } else if let Some(trouble) = deployed.slot_trouble(ctx).await {
            self.add(trouble.to_string(), REBUILD);
        } else if now.status != "running" {
            self.add(
                format!("the capture is {}: events can't be delivered before the upgrade", now.status),
                "`outboxctl dms start` starts it",
            );
        }
        let instance = deployed.deployment.output(Output::ReplicationInstanceArn)?;
        let engine = upgrades::replication_engine(&deployed.deployment.clients, instance).await?;
        if let Some(first) = Engine::parse(&engine).and_then(|engine| engine.too_old_for(to)) {
            self.add(
                format!("DMS {engine} does not support PostgreSQL {to} as a source, which needs {first} or newer"),
                format!("`outboxctl deploy --parameter ReplicationEngineVersion={first}`"),
            );
        }
        Ok(())
    }

    fn database(&mut self, state: &UpgradeState, source: &Source) {
        let own = own_slot(&state.slots, source.slot.as_deref(), source.plugin).map(|slot| slot.name.clone());
        for slot in state.slots.iter().filter(|slot| Some(&slot.name) != own.as_ref()) {
            let LogicalSlot { name, plugin, database, active, .. } = slot;
            let reader = if *active { "with a reader" } else { "without a reader" };
            self.add(
                format!(
                    "replication slot {name} ({plugin}, database {database}, {reader}) is not the capture's, and RDS refuses \
                     an upgrade while it exists"
                ),
                format!("stop its reader, and drop it: `SELECT pg_drop_replication_slot('{name}')`"),
            );
        }
        self.slot = own;
        if !state.prepared.is_empty() {
            self.add(
                format!("{}: {}", count(state.prepared.len(), "prepared transaction"), state.prepared.join(", ")),
                "`COMMIT PREPARED` or `ROLLBACK PREPARED` each of them",
            );
        }
        if !state.reg_columns.is_empty() {
            self.add(
                format!("columns have types that can't be upgraded (reg*): {}", state.reg_columns.join(", ")),
                "change their type, for example to text",
            );
        }
        if !state.invalid_databases.is_empty() {
            self.add(
                format!(
                    "databases are invalid, since DROP DATABASE was interrupted: {}",
                    state.invalid_databases.join(", ")
                ),
                "drop them",
            );
        }
        if !state.other_databases.is_empty() {
            let others = state.other_databases.join(", ");
            self.warnings.push(format!("not checked for types that can't be upgraded: the databases {others}"));
        }
        if !state.extensions.is_empty() {
            let extensions = state.extensions.join(", ");
            self.warnings.push(format!(
                "extensions keep their versions ({extensions}): check that the new version has them, and run ALTER EXTENSION … \
                 UPDATE afterwards"
            ));
        }
    }
}

/// Returns the slot of the running capture: the one that the source endpoint names; else the only one with its plugin that
/// is read, or the only one with its plugin. `None` if there are several.
fn own_slot<'a>(slots: &'a [LogicalSlot], named: Option<&str>, plugin: &str) -> Option<&'a LogicalSlot> {
    if let Some(name) = named {
        return slots.iter().find(|slot| slot.name == name);
    }
    let fitting: Vec<_> = slots.iter().filter(|slot| slot.here && slot.plugin == plugin).collect();
    let active: Vec<_> = fitting.iter().copied().filter(|slot| slot.active).collect();
    match (active.as_slice(), fitting.as_slice()) {
        ([one], _) | ([], [one]) => Some(one),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slot(name: &str, plugin: &str, active: bool) -> LogicalSlot {
        let (name, plugin, database) = (name.into(), plugin.into(), "outbox".into());
        LogicalSlot { name, plugin, database, active, here: true }
    }

    fn own(slots: &[LogicalSlot], named: Option<&str>) -> Option<String> {
        own_slot(slots, named, "test_decoding").map(|slot| slot.name.clone())
    }

    #[test]
    fn the_slot_of_the_capture_is_named_or_the_only_candidate() {
        let dms = slot("dms", "test_decoding", true);
        let other = slot("other", "test_decoding", false);
        let debezium = slot("debezium", "pgoutput", true);
        assert_eq!(own(&[debezium.clone(), dms.clone(), other.clone()], None).as_deref(), Some("dms"));
        assert_eq!(own(&[debezium.clone(), other.clone()], None).as_deref(), Some("other"));
        assert_eq!(own(&[debezium.clone(), other.clone()], Some("debezium")).as_deref(), Some("debezium"));
        assert_eq!(own(&[debezium], None), None);
        assert_eq!(own(&[slot("a", "test_decoding", true), dms], None), None, "two are read");
        let elsewhere = LogicalSlot { here: false, ..other };
        assert_eq!(own(&[elsewhere], None), None, "it is of another database");
    }

    #[test]
    fn everything_found_is_in_one_error() {
        let mut found = Preflight::default();
        assert!(found.refuse(()).is_ok());
        found.add("one", "first");
        found.add("two", "second");
        let error = found.refuse(()).unwrap_err();
        assert!(error.message().contains("one; two"), "{}", error.message());
        assert!(["first", "second"].iter().all(|remedy| error.hints().any(|hint| hint == *remedy)));
    }
}
