//! Server-sent events: changes, a few times per second, for each open page.
//!
//! A connection remembers only its position, so that a slow reader costs nothing: it gets the latest state when it
//! reads again. A new connection gets everything first, so reconnecting needs no state either.

use std::convert::Infallible;
use std::time::Duration;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::sse::{Event, KeepAlive, Sse};
use futures_util::stream::{self, Stream, StreamExt};
use serde::Serialize;
use serde_json::{Map, Value, json};
use tokio::sync::OwnedSemaphorePermit;

use super::Site;
use super::api::{EVENTS, dead_letter_rows, outbox_rows};
use super::problem::Problem;
use crate::ui::model;

const TICK: Duration = Duration::from_millis(250);
/// Ticks between two pictures, and between two messages of lists.
const PICTURE: u64 = 4;
const LISTS: u64 = 2;

struct Live {
    site: Site,
    tick: u64,
    version: u64,
    lists: u64,
    /// The change up to which the tables' rows were sent.
    tables: u64,
    /// The outbox as last sent: its rows include the steps of their events.
    outbox: Value,
    _permit: OwnedSemaphorePermit,
}

pub async fn events(State(site): State<Site>) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, Problem> {
    let permit = site.live.clone().try_acquire_owned();
    let permit =
        permit.map_err(|_| Problem::new(StatusCode::SERVICE_UNAVAILABLE, "too many pages are live at once"))?;
    let live = Live { site, tick: 0, version: 0, lists: 0, tables: 0, outbox: Value::Null, _permit: permit };
    let messages = stream::unfold(live, |mut live| async move {
        if live.tick > 0 {
            tokio::select! {
                () = tokio::time::sleep(TICK) => {}
                () = live.site.cancel.cancelled() => return None,
            }
        }
        let messages = live.news();
        live.tick += 1;
        Some((stream::iter(messages.into_iter().map(Ok)), live))
    });
    Ok(Sse::new(messages.flatten()).keep_alive(KeepAlive::new().interval(Duration::from_secs(10))))
}

impl Live {
    fn news(&mut self) -> Vec<Event> {
        let mut news = Vec::new();
        if self.tick.is_multiple_of(PICTURE) {
            news.extend(message("pipeline", &self.site.model.picture()));
        }
        let model = self.site.model.clone();
        let state = model.lock();
        if self.tick == 0 || state.version > self.version {
            let changed = state.changed(self.version, EVENTS);
            if self.tick == 0 || !changed.is_empty() {
                news.extend(message("traces", &changed));
            }
            self.version = state.version;
        }
        // The steps of an event are part of its row: any change may change the lists.
        if self.tick.is_multiple_of(LISTS) && (self.tick == 0 || state.version > self.lists) {
            let lists = self.changed_lists(&state);
            if !lists.is_empty() {
                news.extend(message("lists", &lists));
            }
            self.lists = state.version;
        }
        news
    }

    /// Returns the lists that differ from those last sent; all of them the first time.
    fn changed_lists(&mut self, state: &model::State) -> Map<String, Value> {
        let mut lists = Map::new();
        let outbox = outbox_rows(state, self.site.model.head.since);
        if self.tick == 0 || outbox != self.outbox {
            lists.insert("outbox".into(), outbox.clone());
            self.outbox = outbox;
        }
        if self.tick == 0 || state.tables.version > self.tables {
            lists.insert("people".into(), json!(state.tables.people));
            lists.insert("processed".into(), json!(state.tables.processed));
            lists.insert("dead_letters".into(), dead_letter_rows(state));
            self.tables = state.tables.version;
        }
        lists
    }
}

/// Returns a message; `None` if the data can't be written as JSON, which does not happen.
fn message(name: &str, data: &impl Serialize) -> Option<Event> {
    Event::default().event(name).retry(Duration::from_secs(1)).json_data(data).ok()
}
