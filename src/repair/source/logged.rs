//! Events of an event log: events delivered over a bus were committed, and the log may retain them longer than the
//! outbox.
//!
//! A log is in the order of arrival and contains replays, so it is sorted first (`sorted.rs`).

use chrono::{DateTime, TimeDelta, Utc};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::sorted::{Sorted, Sorter};
use super::{Filter, Page};
use crate::aws::Clients;
use crate::base::error::{AwsContext, Result};
use crate::outbox::{Message, Recent};
use crate::postgres::admin::OutboxKey;

/// The bus stamps events with whole seconds.
const COARSE: TimeDelta = TimeDelta::seconds(2);
/// Event ids remembered to detect repeated deliveries, which follow within a day at most.
const REMEMBERED: usize = 200_000;

/// An event log, and its sorted events.
pub struct Log {
    clients: Clients,
    group: String,
    sorted: Option<Sorted>,
}

impl Log {
    pub(super) fn new(clients: &Clients, group: &str) -> Self {
        Self { clients: clients.clone(), group: group.to_owned(), sorted: None }
    }

    /// Reads the page after a position; an empty one at the end. The first call reads the whole log.
    pub(super) async fn page(&mut self, filter: &Filter, after: Option<&OutboxKey>) -> Result<Page<OutboxKey>> {
        let sorted = match &mut self.sorted {
            Some(sorted) => sorted,
            none => none.insert(gather(&self.clients, &self.group, filter).await?),
        };
        let page = sorted.page(after)?;
        if page.next.is_none() {
            self.sorted = None;
        }
        Ok(page)
    }
}

async fn gather(clients: &Clients, group: &str, filter: &Filter) -> Result<Sorted> {
    let (mut sorter, mut token) = (Sorter::new()?, None);
    let mut reader = Reader::new(clients, group);
    loop {
        let (messages, next) = reader.page((filter.from, None), token).await?;
        for message in messages.into_iter().filter(|message| filter.passes(message)) {
            sorter.add(message)?;
        }
        token = next;
        if token.is_none() {
            return Ok(sorter.sorted());
        }
    }
}

/// Reads an event log page by page.
///
/// An event that the bus delivered again, under the same event id, is returned once: EventBridge delivers at least once
/// ("Event delivery level" in its user guide). Published again it has another id, and is returned again.
pub struct Reader {
    clients: Clients,
    group: String,
    seen: Recent,
}

impl Reader {
    pub fn new(clients: &Clients, group: &str) -> Self {
        Self { clients: clients.clone(), group: group.to_owned(), seen: Recent::new(REMEMBERED) }
    }

    /// Returns the outbox events of a page, and the token of the next page. `window` limits the time of delivery;
    /// either end may be open.
    ///
    /// # Errors
    /// Those of CloudWatch Logs.
    pub async fn page(
        &mut self,
        window: (Option<DateTime<Utc>>, Option<DateTime<Utc>>),
        token: Option<String>,
    ) -> Result<(Vec<Message>, Option<String>)> {
        let request = self
            .clients
            .logs()
            .filter_log_events()
            .log_group_name(&self.group)
            .set_start_time(window.0.map(|from| (from - COARSE).timestamp_millis()))
            .set_end_time(window.1.map(|last| last.timestamp_millis()))
            .set_next_token(token);
        let page = request.send().await.aws(format!("read log group {}", self.group))?;
        let messages = page.events().iter().filter_map(|event| message(event.message()?, &mut self.seen));
        Ok((messages.collect(), page.next_token().map(str::to_owned)))
    }
}

/// Parses an event in EventBridge's form; returns `None` if it is not an outbox event, or was delivered before under
/// the same event id.
fn message(text: &str, seen: &mut Recent) -> Option<Message> {
    #[derive(Deserialize)]
    struct Envelope {
        id: Option<String>,
        detail: Box<RawValue>,
    }
    let envelope: Envelope = serde_json::from_str(text).ok()?;
    let message = Message::from_cloud_event(envelope.detail.get())?;
    envelope.id.is_none_or(|id| seen.is_new(&id)).then_some(message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_events_are_skipped() {
        for text in ["", "{}", r#"{"detail":{}}"#, r#"{"source":"outboxctl.sentinel","detail":{"n":1}}"#] {
            assert!(message(text, &mut Recent::new(1)).is_none(), "{text}");
        }
    }

    #[test]
    fn repeated_deliveries_count_once_and_repeated_publications_twice() {
        let event = |id: &str| {
            let detail = r#"{"specversion":"1.0","id":"01890a5d-ac96-774b-bcce-b302099a8057","source":"outbox.car",
                "type":"CarCreated","subject":"1","time":"2026-01-01T00:00:00Z","sequence":"1","data":{}}"#;
            format!(r#"{{"id":"{id}","source":"outbox.car","detail":{detail}}}"#)
        };
        let mut seen = Recent::new(10);
        let counted = ["a", "a", "b", "a"].map(|id| message(&event(id), &mut seen).is_some());
        assert_eq!(counted, [true, false, true, false]);
    }
}
