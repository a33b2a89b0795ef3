//! Events of an event log: what was delivered over a bus was committed, and the log may know it longer than the outbox.
//!
//! A log is in the order of arrival, with replays in between, so it is sorted first (`sorted.rs`).

use chrono::{DateTime, TimeDelta, Utc};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::Filter;
use super::sorted::{Sorted, Sorter, key};
use crate::aws::Clients;
use crate::error::{AwsContext, Result};
use crate::outbox::Message;
use crate::postgres::admin::OutboxKey;

/// The bus stamps events with whole seconds.
const COARSE: TimeDelta = TimeDelta::seconds(2);

/// An event log, and what was read of it.
pub struct Log {
    clients: Clients,
    group: String,
    sorted: Option<Sorted>,
}

impl Log {
    pub(super) fn new(clients: &Clients, group: &str) -> Self {
        Self { clients: clients.clone(), group: group.to_owned(), sorted: None }
    }

    /// The next page after a place; None once there is no more. The first one reads the whole log.
    pub(super) async fn page(
        &mut self,
        filter: &Filter,
        after: Option<&OutboxKey>,
    ) -> Result<(Vec<Message>, Option<OutboxKey>)> {
        let sorted = match &mut self.sorted {
            Some(sorted) => sorted,
            none => none.insert(gather(&self.clients, &self.group, filter).await?),
        };
        let page = sorted.page(after)?;
        let next = page.last().map(key);
        if next.is_none() {
            self.sorted = None;
        }
        Ok((page, next))
    }
}

async fn gather(clients: &Clients, group: &str, filter: &Filter) -> Result<Sorted> {
    let (mut sorter, mut token) = (Sorter::new()?, None);
    loop {
        let (messages, next) = page(clients, group, (filter.from, None), token).await?;
        for message in messages.into_iter().filter(|message| filter.passes(message)) {
            sorter.add(message)?;
        }
        token = next;
        if token.is_none() {
            return Ok(sorter.sorted());
        }
    }
}

/// A page of an event log: the events of outboxes in it, and the token of the next page. `window` is of the time of their
/// delivery; either end may be open.
///
/// # Errors
/// What CloudWatch Logs says.
pub async fn page(
    clients: &Clients,
    group: &str,
    window: (Option<DateTime<Utc>>, Option<DateTime<Utc>>),
    token: Option<String>,
) -> Result<(Vec<Message>, Option<String>)> {
    let request = clients
        .logs()
        .filter_log_events()
        .log_group_name(group)
        .set_start_time(window.0.map(|from| (from - COARSE).timestamp_millis()))
        .set_end_time(window.1.map(|last| last.timestamp_millis()))
        .set_next_token(token);
    let page = request.send().await.aws(format!("read log group {group}"))?;
    let messages = page.events().iter().filter_map(|event| message(event.message()?));
    Ok((messages.collect(), page.next_token().map(str::to_owned)))
}

/// An event as EventBridge writes it into a log; None for what is no event of an outbox.
fn message(text: &str) -> Option<Message> {
    #[derive(Deserialize)]
    struct Envelope {
        detail: Box<RawValue>,
    }
    let envelope: Envelope = serde_json::from_str(text).ok()?;
    Message::from_cloud_event(envelope.detail.get())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_event_of_an_outbox_is_passed_over() {
        for text in ["", "{}", r#"{"detail":{}}"#, r#"{"source":"outboxctl.sentinel","detail":{"n":1}}"#] {
            assert!(message(text).is_none(), "{text}");
        }
    }
}
