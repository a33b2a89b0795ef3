//! The replication slot in the settings of the source endpoint.
//!
//! DMS creates its own slot at `start-replication`, at a position of its choice. Only a slot that exists already and is
//! named by the endpoint (`SlotName`) can be read from a known position (`CdcStartPosition`). Source:
//! PostgreSQLSettings and StartReplicationTask in the DMS API reference.

use aws_sdk_databasemigration::types::{Endpoint, PluginNameValue, PostgreSqlSettings};

use super::describe::endpoint;
use super::{Polling, Snapshot};
use crate::aws::Clients;
use crate::base::error::{AwsContext, Error, Kind, Result};

/// The plugin of the local stack's DMS.
const LOCAL_PLUGIN: &str = "pgoutput";

/// The source endpoint of a task.
pub struct Source {
    clients: Clients,
    arn: String,
    engine: String,
    /// The slot that the endpoint names; None if DMS creates its own.
    pub slot: Option<String>,
    /// Output plugin of a slot that the task can read, as PostgreSQL names it.
    pub plugin: &'static str,
}

impl Source {
    /// Reads the endpoint's settings.
    ///
    /// # Errors
    /// `NotDeployed` if the endpoint does not exist.
    pub async fn find(clients: &Clients, arn: &str) -> Result<Self> {
        let endpoint = describe(clients, arn).await?;
        let settings = endpoint.postgre_sql_settings();
        let slot = settings.and_then(|settings| settings.slot_name()).filter(|name| !name.is_empty());
        let plugin = match settings.and_then(|settings| settings.plugin_name()) {
            _ if clients.is_local() => LOCAL_PLUGIN,
            Some(PluginNameValue::Pglogical) => "pglogical_output",
            // The templates choose test-decoding.
            _ => "test_decoding",
        };
        Ok(Self {
            slot: slot.map(str::to_owned),
            plugin,
            engine: endpoint.engine_name().unwrap_or_default().to_owned(),
            clients: clients.clone(),
            arn: arn.to_owned(),
        })
    }

    /// Makes the endpoint name a slot, which must exist when the task starts. The task must be stopped.
    ///
    /// # Errors
    /// `Failed` if the endpoint is not active again in time.
    pub async fn name_slot(&mut self, slot: &str, polling: Polling) -> Result<()> {
        let settings = PostgreSqlSettings::builder().slot_name(slot).build();
        // Settings that are not named keep their values (ModifyEndpoint, ExactSettings).
        let request = self.clients.dms().modify_endpoint().endpoint_arn(&self.arn).engine_name(&self.engine);
        request.postgre_sql_settings(settings).send().await.aws("name the replication slot in the source endpoint")?;
        self.slot = Some(slot.to_owned());
        let wait = polling.wait();
        loop {
            let status = describe(&self.clients, &self.arn).await?.status.unwrap_or_default();
            if status == "active" {
                return Ok(());
            }
            if !wait.next().await {
                return Err(Error::new(Kind::Failed, format!("the source endpoint is still {status}")));
            }
        }
    }
}

/// The replication slot that a capture needs, if any.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SlotUse {
    /// False if the task never read a slot: then it makes one when it starts.
    pub needed: bool,
    /// The slot that the source endpoint names.
    pub named: Option<String>,
    /// See [`Source::plugin`].
    pub plugin: &'static str,
}

impl SlotUse {
    /// Returns the use of a task in this state.
    pub fn new(task: &Snapshot, source: &Source) -> Self {
        let needed = task.needs_slot() || source.slot.is_some();
        Self { needed, named: source.slot.clone(), plugin: source.plugin }
    }

    /// Reads task and source endpoint.
    ///
    /// # Errors
    /// `NotDeployed` if either does not exist.
    pub async fn find(clients: &Clients, task: &str, source: &str) -> Result<Self> {
        let (task, source) = tokio::try_join!(super::snapshot(clients, task), Source::find(clients, source))?;
        Ok(Self::new(&task, &source))
    }
}

async fn describe(clients: &Clients, arn: &str) -> Result<Endpoint> {
    endpoint(&clients.dms(), arn)
        .await?
        .ok_or_else(|| Error::new(Kind::NotDeployed, format!("endpoint {arn} not found")))
}
