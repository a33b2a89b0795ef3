//! EventBridge buses.

use super::{LISTED, ResourceType};
use crate::aws::Clients;
use crate::base::error::{AwsContext, RESOURCE_MISSING, Result};

/// "CreateEventBus" in the EventBridge API reference. Names of partner buses have slashes.
const BUS: ResourceType =
    ResourceType { title: "event bus", service: "events", prefix: "event-bus/", more: "/", length: 1..=256 };

/// Returns the name of an existing bus, from its name or ARN.
///
/// # Errors
/// `NotFound` with similar names; `Usage` for another text, region or account; and those of EventBridge.
pub async fn bus(clients: &Clients, text: &str) -> Result<String> {
    let name = BUS.name(clients, text).await?;
    let found = clients.eventbridge().describe_event_bus().name(name).send().await;
    match found.aws_unless(RESOURCE_MISSING, format!("describe event bus {name}"))? {
        Some(_) => Ok(name.to_owned()),
        None => Err(BUS.not_found(clients, name, buses(clients).await)),
    }
}

/// Returns the names of the account's buses, at most a thousand.
pub async fn buses(clients: &Clients) -> Result<Vec<String>> {
    let (mut names, mut token) = (Vec::new(), None);
    loop {
        let page = clients.eventbridge().list_event_buses().set_next_token(token).send().await;
        let page = page.aws("list the event buses")?;
        names.extend(page.event_buses.unwrap_or_default().into_iter().filter_map(|bus| bus.name));
        token = page.next_token;
        if token.is_none() || names.len() >= LISTED {
            return Ok(names);
        }
    }
}
