//! The bus's log group: every event that was put to the bus, in the order of PutEvents.

use std::collections::HashSet;

use serde_json::Value;

use crate::history::{Event, Place, Step};
use crate::prepare::Prepared;
use crate::trouble::{Result, causes};
use crate::world::{History, World};

#[derive(Default)]
pub struct Reader {
    seen: HashSet<String>,
    /// Milliseconds since 1970 from which there may be more.
    from: i64,
}

impl Reader {
    pub async fn read(&mut self, world: &World, history: &History) -> Result<()> {
        let request = world.aws.logs.filter_log_events().log_group_name(world.output("EventLogGroup")?);
        let mut pages = request.start_time(self.from).into_paginator().send();
        let mut latest = self.from;
        while let Some(page) = pages.next().await {
            for event in page.map_err(causes("read the event log"))?.events() {
                latest = latest.max(event.timestamp().unwrap_or_default());
                if !self.seen.insert(event.event_id().unwrap_or_default().to_owned()) {
                    continue;
                }
                let envelope: Value = serde_json::from_str(event.message().unwrap_or_default())?;
                let event = cloud_event(&envelope["detail"]);
                if event.place.aggregate.starts_with(&history.prefix) {
                    history.sink.push(Step::Delivered(event));
                }
            }
        }
        // An event has the time of its PutEvents, in whole seconds, which the SDK may have repeated; and the clock may step back.
        let back = if matches!(world.stack.prepared, Prepared::Clock(_)) { 300_000 } else { 20_000 };
        self.from = (latest - back).max(0);
        Ok(())
    }
}

/// An event as the bus shows it, content in the canonical way of writing.
fn cloud_event(detail: &Value) -> Event {
    let text = |name: &str| detail[name].as_str().unwrap_or_default().to_owned();
    let place = Place { aggregate: text("subject"), sequence: text("sequence").parse().unwrap_or(-1) };
    let content = crate::world::canonical(&format!("{} {}", text("type"), detail["data"]));
    Event { place, id: text("id"), content }
}
