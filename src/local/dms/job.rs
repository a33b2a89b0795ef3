//! The job of a task for the data plane, from the documents of the task and its endpoints.

use std::sync::Arc;

use tokio::sync::watch;

use super::endpoint;
use super::fault::{Answer, Fault};
use super::kind::Kind;
use super::store::{Resource, Store};
use crate::base::error::{Error, Kind as ErrorKind, Result};
use crate::local::capture::mapping::Mappings;
use crate::local::capture::settings::{LobSettings, SourceSettings, TargetSettings};
use crate::local::capture::{Job, KinesisSink, Phase, Start, Statistics};
use crate::local::gateway::Gateway;
use crate::postgres::replication::Lsn;

/// Prepares the run of a task: connects both endpoints, and reads its settings.
///
/// # Errors
/// `EndpointFailed` if an endpoint is missing or can't be reached, and those of the task's settings.
pub(super) async fn prepare(
    gateway: &Gateway,
    store: &Store,
    task: &Resource,
    start: Start,
    statistics: Arc<Statistics>,
    phase: watch::Sender<Phase>,
    confirmed: watch::Sender<Lsn>,
) -> Result<(Job, KinesisSink)> {
    let missing = |fault: Fault| Error::new(ErrorKind::EndpointFailed, fault.message);
    let source = store.get(Kind::Endpoint, task.text("SourceEndpointArn")).map_err(missing)?;
    let target = store.get(Kind::Endpoint, task.text("TargetEndpointArn")).map_err(missing)?;
    let settings = source_settings(&source);
    let task_settings = serde_json::from_str(task.text("ReplicationTaskSettings")).unwrap_or_default();
    let migration = task.text("MigrationType");
    let instance = store.get(Kind::Instance, task.text("ReplicationInstanceArn")).map_err(missing)?;
    for endpoint in [&source, &target] {
        endpoint::reachable(gateway, &instance, endpoint).await?;
    }
    let database = endpoint::database(gateway, store, Some(&instance), &source).await?;
    endpoint::admitted(gateway, &instance, &source, &database).await?;
    endpoint::supported(instance.text("EngineVersion"), &database).await?;
    let job = Job {
        name: task.identifier().to_owned(),
        database,
        slot: slot(task, &settings),
        start,
        checkpoint: checkpoint(task),
        load: migration.starts_with("full-load"),
        follow: migration.ends_with("cdc"),
        mappings: Mappings::parse(task.text("TableMappings"))?,
        target: TargetSettings::read(target.member("KinesisSettings")),
        lobs: LobSettings::read(&task_settings),
        source: settings,
        statistics,
        phase,
        confirmed,
    };
    let clients = endpoint::writable(gateway, &instance, &target).await?;
    Ok((job, KinesisSink::new(&clients, endpoint::stream(&target))))
}

/// Returns the log position of the task's recovery checkpoint; the beginning of the log without one.
fn checkpoint(task: &Resource) -> Lsn {
    parse_position(task.text("RecoveryCheckpoint")).unwrap_or_default()
}

/// Reads a log sequence number, alone or inside a stream position or a recovery checkpoint.
pub(super) fn parse_position(text: &str) -> Answer<Lsn> {
    let lsn = text.split(['.', '#', ':']).find_map(|part| part.parse().ok());
    lsn.ok_or_else(|| Fault::parameter(format!("CdcStartPosition {text} does not contain a log sequence number")))
}

/// Returns the settings of a source endpoint.
pub(super) fn source_settings(source: &Resource) -> SourceSettings {
    SourceSettings::read(source.member("PostgreSQLSettings"), source.text("ExtraConnectionAttributes"))
}

/// Returns the endpoint's slot, or one named after the task: lower case letters, digits and underscores, at most 63.
pub(super) fn slot(task: &Resource, settings: &SourceSettings) -> String {
    let own = || {
        let name = task.identifier().to_lowercase().replace(|c: char| !c.is_ascii_alphanumeric(), "_");
        // The suffix from the ARN distinguishes names that are equal after truncation.
        let unique: String = task.arn.rsplit(':').next().unwrap_or("").to_lowercase().chars().take(8).collect();
        let unique = unique.replace(|c: char| !c.is_ascii_alphanumeric(), "_");
        format!("{}_{unique}", &name[..name.len().min(54)])
    };
    settings.slot.clone().unwrap_or_else(own)
}
