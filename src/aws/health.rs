//! The state of deployed resources, as their services report it.

use futures_util::future::join_all;

use super::Clients;
use super::databases::writer;
use super::dms::describe;
use crate::error::{AwsContext, Result};

/// The state of one resource.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Health {
    /// Like `stream`.
    pub what: &'static str,
    pub name: String,
    /// The service's word for the state; `unknown` without an answer.
    pub state: String,
    /// Details for people; without an answer, the error.
    pub detail: String,
}

/// Kinds of resources.
#[derive(Debug, Clone, Copy)]
pub enum Probe {
    Database,
    /// An Aurora cluster.
    Cluster,
    Task,
    Stream,
    /// A DynamoDB table, by its name.
    Table,
    /// The change stream of a DynamoDB table, by its ARN.
    TableStream,
    Function,
    EventSource,
    Bus,
}

/// Reads the states of all resources in parallel. A service without an answer has an error in its line.
pub async fn probe(clients: &Clients, resources: Vec<(Probe, &'static str, String)>) -> Vec<Health> {
    join_all(resources.into_iter().map(|(probe, what, name)| async move {
        let (state, detail) = match state(clients, probe, &name).await {
            Ok(answer) => answer,
            Err(error) => ("unknown".to_owned(), error.message().to_owned()),
        };
        Health { what, name, state, detail }
    }))
    .await
}

async fn state(clients: &Clients, probe: Probe, name: &str) -> Result<(String, String)> {
    match probe {
        Probe::Database => database(clients, name).await,
        Probe::Cluster => cluster(clients, name).await,
        Probe::Task => task(clients, name).await,
        Probe::Stream => stream(clients, name).await,
        Probe::Table => table(clients, name).await,
        Probe::TableStream => table_stream(clients, name).await,
        Probe::Function => function(clients, name).await,
        Probe::EventSource => event_source(clients, name).await,
        Probe::Bus => bus(clients, name).await,
    }
}

async fn database(clients: &Clients, name: &str) -> Result<(String, String)> {
    let answer =
        clients.rds().describe_db_instances().db_instance_identifier(name).send().await.aws("describe the resource")?;
    let found = answer.db_instances().first();
    let version = found.and_then(|database| database.engine_version()).unwrap_or("?");
    let state = found.and_then(|database| database.db_instance_status()).unwrap_or("gone");
    Ok((state.to_owned(), format!("PostgreSQL {version}")))
}

async fn cluster(clients: &Clients, name: &str) -> Result<(String, String)> {
    let answer =
        clients.rds().describe_db_clusters().db_cluster_identifier(name).send().await.aws("describe the resource")?;
    let found = answer.db_clusters().first();
    let version = found.and_then(|cluster| cluster.engine_version()).unwrap_or("?");
    let state = found.and_then(|cluster| cluster.status()).unwrap_or("gone");
    let writer = found.and_then(writer).map_or("no writer".to_owned(), |writer| format!("writer {writer}"));
    Ok((state.to_owned(), format!("Aurora PostgreSQL {version}, {writer}")))
}

async fn task(clients: &Clients, arn: &str) -> Result<(String, String)> {
    let found = describe::task(&clients.dms(), arn).await?;
    let reason = found.as_ref().and_then(|task| task.stop_reason()).unwrap_or("");
    Ok((found.as_ref().and_then(|task| task.status()).unwrap_or("gone").to_owned(), reason.to_owned()))
}

async fn stream(clients: &Clients, name: &str) -> Result<(String, String)> {
    let answer =
        clients.kinesis().describe_stream_summary().stream_name(name).send().await.aws("describe the resource")?;
    let Some(found) = answer.stream_description_summary() else { return Ok(("unknown".into(), String::new())) };
    let (shards, hours) = (found.open_shard_count(), found.retention_period_hours());
    Ok((found.stream_status().as_str().to_lowercase(), format!("{shards} open shards, kept {hours} h")))
}

async fn table(clients: &Clients, name: &str) -> Result<(String, String)> {
    let answer = clients.dynamodb().describe_table().table_name(name).send().await.aws("describe the resource")?;
    let state = answer.table().and_then(|table| table.table_status()).map_or("gone", |status| status.as_str());
    Ok((state.to_lowercase(), String::new()))
}

async fn table_stream(clients: &Clients, arn: &str) -> Result<(String, String)> {
    // One shard is enough for the stream's own state.
    let request = clients.dynamodb_streams().describe_stream().stream_arn(arn).limit(1);
    let answer = request.send().await.aws("describe the resource")?;
    let found = answer.stream_description();
    let state = found.and_then(|stream| stream.stream_status()).map_or("gone", |status| status.as_str());
    let view = found.and_then(|stream| stream.stream_view_type()).map_or("", |view| view.as_str());
    Ok((state.to_lowercase(), view.to_owned()))
}

async fn function(clients: &Clients, name: &str) -> Result<(String, String)> {
    let found =
        clients.lambda().get_function_configuration().function_name(name).send().await.aws("describe the resource")?;
    let state = found.state().map_or("unknown", |state| state.as_str()).to_lowercase();
    let reason = found.state_reason().or(found.last_update_status_reason()).unwrap_or(found.handler().unwrap_or(""));
    Ok((state, reason.to_owned()))
}

async fn event_source(clients: &Clients, id: &str) -> Result<(String, String)> {
    let found = clients.lambda().get_event_source_mapping().uuid(id).send().await.aws("describe the resource")?;
    Ok((found.state().unwrap_or("unknown").to_lowercase(), found.last_processing_result().unwrap_or("").to_owned()))
}

async fn bus(clients: &Clients, name: &str) -> Result<(String, String)> {
    clients.eventbridge().describe_event_bus().name(name).send().await.aws("describe the resource")?;
    Ok(("active".into(), String::new()))
}
