//! A consumer behind a rule of the bus: shows how to handle an event that may be delivered more than once.

use aws_sdk_dynamodb::Client;
use chrono::Utc;
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::environment::required;
use crate::aws::Clients;
use crate::aws::dynamodb::attributes::{number, text};
use crate::base::error::{AwsContext, CONDITION_FAILED, Error, Kind, Result};

/// Time that an event is remembered, in seconds: longer than any redelivery takes.
const REMEMBERED: i64 = 14 * 86_400;

pub struct Handler {
    client: Client,
    table: String,
}

/// An event as delivered by a rule. Unread parts stay text, however deeply they are nested.
#[derive(Deserialize)]
pub struct Event {
    #[serde(default)]
    detail: Option<Box<RawValue>>,
}

/// The fields of the CloudEvent in `detail` that are read. The data belongs to the consumer and is not logged.
#[derive(Deserialize)]
struct Detail {
    id: String,
    #[serde(rename = "type")]
    kind: String,
    subject: String,
    sequence: String,
}

impl Handler {
    /// Reads `INBOX_TABLE`.
    ///
    /// # Errors
    /// `Config`, naming the variable.
    pub fn from_environment(clients: &Clients) -> Result<Self> {
        Ok(Self { client: clients.dynamodb(), table: required("INBOX_TABLE")? })
    }

    /// Processes the event once: the inbox item is the proof, and belongs in one transaction with the consumer's own
    /// writes.
    ///
    /// # Errors
    /// The event was not processed; Lambda retries, then sends it to the failure destination.
    pub async fn handle(&self, event: Event) -> Result<Value> {
        let detail = event.detail.and_then(|detail| serde_json::from_str::<Detail>(detail.get()).ok());
        let detail = detail.ok_or_else(|| Error::new(Kind::Failed, "the event has no CloudEvent in `detail`"))?;
        let put = self
            .client
            .put_item()
            .table_name(&self.table)
            .item("event_id", text(&detail.id))
            .item("type", text(&detail.kind))
            .item("subject", text(&detail.subject))
            .item("sequence", number(&detail.sequence))
            .item("expires_at", number(Utc::now().timestamp() + REMEMBERED))
            .condition_expression("attribute_not_exists(event_id)");
        let put = put.send().await.aws_unless(CONDITION_FAILED, format!("write to {}", self.table))?;
        let first = put.is_some();
        let Detail { id, kind, subject, sequence } = detail;
        tracing::info!(id, kind, subject, sequence, first, "event");
        Ok(json!({ "eventId": id, "first": first }))
    }
}
