//! The state of deployed resources, as their services report it.

use futures_util::future::join_all;

use super::Deployment;
use crate::aws::databases::{self, writer};
use crate::aws::dms::describe;
use crate::aws::{Clients, stream};
use crate::base::error::{AwsContext, RESOURCE_MISSING, Result};
use crate::base::report::count;
use crate::pipelines::Probe;

/// The state of one resource.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Health {
    /// Like `stream`.
    pub what: &'static str,
    pub name: String,
    /// The service's word for the state; `gone` if the resource does not exist, `unknown` without an answer.
    pub state: String,
    /// Details for people; without an answer, the error.
    pub detail: String,
}

impl Deployment {
    /// Reads the states of all resources in parallel. A service without an answer has an error in its line.
    pub async fn health(&self) -> Vec<Health> {
        let resources = self.pipeline.stops(false).flat_map(|stop| stop.resources);
        let named = resources.filter_map(|resource| Some((resource, self.output(resource.output).ok()?)));
        let looks = named.map(|(resource, name)| async move {
            let mut health = look(&self.clients, resource.probe, resource.what, name).await;
            if self.is_existing(resource.output) {
                let separator = if health.detail.is_empty() { "" } else { "; " };
                health.detail.push_str(&format!("{separator}existing, left alone"));
            }
            health
        });
        join_all(looks).await
    }
}

async fn look(clients: &Clients, probe: Probe, what: &'static str, name: &str) -> Health {
    let (state, detail) = match state(clients, probe, name).await {
        Ok(Some(answer)) => answer,
        Ok(None) => ("gone".to_owned(), String::new()),
        Err(error) => ("unknown".to_owned(), error.message().to_owned()),
    };
    Health { what, name: name.to_owned(), state, detail }
}

/// State and details; None for a resource that does not exist.
type Found = Option<(String, String)>;

fn found(state: Option<&str>, detail: impl Into<String>) -> (String, String) {
    (state.unwrap_or("unknown").to_lowercase(), detail.into())
}

async fn state(clients: &Clients, probe: Probe, name: &str) -> Result<Found> {
    match probe {
        Probe::Database => {
            let instance = databases::instance(clients, name).await?;
            Ok(instance.map(|instance| {
                let version = instance.engine_version().unwrap_or("?");
                found(instance.db_instance_status(), format!("PostgreSQL {version}"))
            }))
        }
        Probe::Cluster => {
            let cluster = databases::cluster(clients, name).await?;
            Ok(cluster.map(|cluster| {
                let version = cluster.engine_version().unwrap_or("?");
                let writer = writer(&cluster).map_or("no writer".to_owned(), |writer| format!("writer {writer}"));
                found(cluster.status(), format!("Aurora PostgreSQL {version}, {writer}"))
            }))
        }
        Probe::Task => {
            let task = describe::task(&clients.dms(), name).await?;
            Ok(task.map(|task| found(task.status(), task.stop_reason().unwrap_or_default())))
        }
        Probe::Stream => {
            let stream = stream::summary(clients, name).await?;
            Ok(stream.map(|stream| {
                let (shards, hours) = (count(stream.open_shard_count(), "open shard"), stream.retention_period_hours());
                found(Some(stream.stream_status().as_str()), format!("{shards}, kept {hours} h"))
            }))
        }
        Probe::Table => {
            let table = databases::table(clients, name).await?;
            Ok(table.map(|table| found(table.table_status().map(|status| status.as_str()), "")))
        }
        Probe::TableStream => table_stream(clients, name).await,
        Probe::Function => function(clients, name).await,
        Probe::EventSource => event_source(clients, name).await,
        Probe::Bus => {
            let bus = clients.eventbridge().describe_event_bus().name(name).send().await;
            Ok(bus.aws_unless(RESOURCE_MISSING, format!("describe bus {name}"))?.map(|_| found(Some("active"), "")))
        }
    }
}

async fn table_stream(clients: &Clients, arn: &str) -> Result<Found> {
    // One shard is enough for the stream's own state.
    let request = clients.dynamodb_streams().describe_stream().stream_arn(arn).limit(1);
    let answer = request.send().await.aws_unless(RESOURCE_MISSING, format!("describe stream {arn}"))?;
    Ok(answer.and_then(|answer| answer.stream_description).map(|stream| {
        let view = stream.stream_view_type().map_or("", |view| view.as_str());
        found(stream.stream_status().map(|status| status.as_str()), view)
    }))
}

async fn function(clients: &Clients, name: &str) -> Result<Found> {
    let answer = clients.lambda().get_function_configuration().function_name(name).send().await;
    Ok(answer.aws_unless(RESOURCE_MISSING, format!("describe function {name}"))?.map(|function| {
        let reason = function.state_reason().or(function.last_update_status_reason()).or(function.handler());
        found(function.state().map(|state| state.as_str()), reason.unwrap_or_default())
    }))
}

async fn event_source(clients: &Clients, id: &str) -> Result<Found> {
    let answer = clients.lambda().get_event_source_mapping().uuid(id).send().await;
    let mapping = answer.aws_unless(RESOURCE_MISSING, format!("describe event source mapping {id}"))?;
    Ok(mapping.map(|mapping| found(mapping.state(), mapping.last_processing_result().unwrap_or_default())))
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::http::{HeaderMap, StatusCode};

    use super::*;

    /// Answers every request as the services do if the resource does not exist.
    async fn nothing_exists(headers: HeaderMap, body: String) -> (StatusCode, HeaderMap, String) {
        let of_dms = headers.get("x-amz-target").is_some_and(|target| target.as_bytes().starts_with(b"AmazonDMS"));
        let code = match body.split('&').find_map(|pair| pair.strip_prefix("Action=")) {
            Some("DescribeDBInstances") => "DBInstanceNotFound",
            Some("DescribeDBClusters") => "DBClusterNotFoundFault",
            _ if of_dms => "ResourceNotFoundFault",
            _ => "ResourceNotFoundException",
        };
        let mut headers = HeaderMap::new();
        headers.insert("x-amzn-errortype", code.parse().expect("a header"));
        let xml = format!("<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code></Error></ErrorResponse>");
        let json = format!(r#"{{"__type": "{code}"}}"#);
        (StatusCode::NOT_FOUND, headers, if code.starts_with("DB") { xml } else { json })
    }

    #[tokio::test]
    async fn a_deleted_resource_is_gone_and_not_unknown() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        tokio::spawn(async move { axum::serve(listener, Router::new().fallback(nothing_exists)).await });
        let clients = Clients::for_test(url);
        let probes = [
            Probe::Database,
            Probe::Cluster,
            Probe::Task,
            Probe::Stream,
            Probe::Table,
            Probe::TableStream,
            Probe::Function,
            Probe::EventSource,
            Probe::Bus,
        ];
        for probe in probes {
            let found = look(&clients, probe, "part", &format!("{probe:?}")).await;
            assert_eq!(found.state, "gone", "{found:?}");
        }
    }
}
