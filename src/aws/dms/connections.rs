//! Connection tests from the replication instance to an endpoint.

use aws_sdk_databasemigration::Client;
use serde::Serialize;

use super::describe::{NO_MATCH, filter};
use super::{Polling, diagnosis};
use crate::aws::Clients;
use crate::base::error::{AwsContext, Error, Kind, Result, sdk_code};
use crate::base::report::{Event, Reporter};

/// The result of a connection test.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Connection {
    /// "source" or "target".
    pub role: &'static str,
    pub endpoint_arn: String,
    /// `testing`, `successful` or `failed`; None if it was never tested.
    pub status: Option<String>,
    pub last_failure: Option<String>,
    /// The endpoint is on the local stack.
    #[serde(skip)]
    pub local: bool,
}

impl Connection {
    pub fn is_successful(&self) -> bool {
        self.status.as_deref() == Some("successful")
    }

    /// Returns the failure, with the remedy if it is known.
    pub fn failure(&self) -> Error {
        let words = self.last_failure.as_deref().unwrap_or("DMS gives no reason");
        let error = Error::new(Kind::EndpointFailed, format!("the {} endpoint can't be reached: {words}", self.role));
        match diagnosis::remedy(words, self.local) {
            Some(remedy) => error.hint(remedy),
            None => error.hint("correct the endpoint's settings, then `outboxctl dms test`"),
        }
    }
}

/// Tests source and target at once and waits for both results. With `only_untested`, a successful one is not tested
/// again.
pub async fn test(
    clients: &Clients,
    instance: &str,
    endpoints: [(&'static str, &str); 2],
    only_untested: bool,
    polling: Polling,
    reporter: &dyn Reporter,
) -> Result<Vec<Connection>> {
    let client = clients.dms();
    let both = endpoints
        .map(|(role, endpoint)| one(client.clone(), instance, role, endpoint, only_untested, polling, reporter));
    futures_util::future::try_join_all(both).await
}

/// Returns the results of the latest tests, without a new test.
pub async fn latest(
    clients: &Clients,
    instance: &str,
    endpoints: [(&'static str, &str); 2],
) -> Result<Vec<Connection>> {
    let client = clients.dms();
    let both = endpoints.map(|(role, endpoint)| look(&client, clients.is_local(), role, endpoint, instance));
    futures_util::future::try_join_all(both).await
}

async fn one(
    client: Client,
    instance: &str,
    role: &'static str,
    endpoint: &str,
    only_untested: bool,
    polling: Polling,
    reporter: &dyn Reporter,
) -> Result<Connection> {
    let scope = format!("dms {role}");
    let before = look(&client, polling.is_local, role, endpoint, instance).await?;
    if only_untested && before.is_successful() {
        return Ok(before);
    }
    reporter.emit(Event::started(&scope, "testing the connection"));
    polling.expect_test(reporter, &scope);
    // A test in progress is reused.
    if before.status.as_deref() != Some("testing") {
        let request = client.test_connection().replication_instance_arn(instance).endpoint_arn(endpoint);
        request.send().await.aws(format!("test the connection to the {role} endpoint"))?;
    }
    let wait = polling.wait();
    loop {
        let lasts = wait.next().await;
        let now = look(&client, polling.is_local, role, endpoint, instance).await?;
        match now.status.as_deref() {
            Some("testing") | None if lasts => {}
            Some("testing") | None => {
                let text =
                    format!("the test of the {role} endpoint did not end within {} s", polling.deadline.as_secs());
                return Err(Error::new(Kind::EndpointFailed, text)
                    .hint("the test continues: run `outboxctl dms test --timeout SECONDS` with more time"));
            }
            Some(status) => {
                let message = format!("connection test {status}");
                let ok = now.is_successful();
                reporter.emit(if ok { Event::finished(&scope, message, true) } else { Event::failed(&scope, message) });
                return Ok(now);
            }
        }
    }
}

async fn look(client: &Client, local: bool, role: &'static str, endpoint: &str, instance: &str) -> Result<Connection> {
    let mut connection =
        Connection { role, endpoint_arn: endpoint.to_owned(), status: None, last_failure: None, local };
    let mut pages = client.describe_connections().filters(filter("endpoint-arn", endpoint)?).into_paginator().send();
    while let Some(page) = pages.next().await {
        let page = match page {
            // The answer of DMS for an endpoint that was never tested.
            Err(error) if sdk_code(&error) == NO_MATCH => break,
            page => page.aws(format!("describe the {role} connection"))?,
        };
        let ours = |c: &aws_sdk_databasemigration::types::Connection| {
            c.replication_instance_arn() == Some(instance) && c.endpoint_arn() == Some(endpoint)
        };
        if let Some(found) = page.connections.unwrap_or_default().into_iter().find(ours) {
            connection.status = found.status;
            connection.last_failure = found.last_failure_message.filter(|text| !text.is_empty());
            break;
        }
    }
    Ok(connection)
}
