//! The URL that `outboxctl consume` posts events to, and how it behaves.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use parking_lot::Mutex;
use serde::Deserialize;
use serde_json::value::RawValue;
use tokio::task::JoinHandle;

use crate::history::{Event, Place, Step};
use crate::trouble::Result;

use super::Current;

/// The effect of the handler on a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Manner {
    #[default]
    Answers,
    /// 503, without effect, to every other request.
    Fails,
    /// No answer and no effect, for every other request.
    Hangs,
    /// Takes effect, and never answers, for every other request.
    AnswersTooLate,
}

struct Shared {
    current: Current,
    manner: Mutex<Manner>,
    requests: AtomicU64,
    struck: AtomicU64,
}

pub struct Handler {
    pub url: String,
    shared: Arc<Shared>,
    server: JoinHandle<()>,
}

impl Handler {
    pub async fn start(current: Current) -> Result<Self> {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://{}/", listener.local_addr()?);
        let (manner, requests, struck) = (Mutex::default(), AtomicU64::new(0), AtomicU64::new(0));
        let shared = Arc::new(Shared { current, manner, requests, struck });
        let app = Router::new().route("/", axum::routing::post(take)).with_state(Arc::clone(&shared));
        let server = tokio::spawn(async move {
            if let Err(error) = axum::serve(listener, app).await {
                eprintln!("the handler ended: {error}");
            }
        });
        Ok(Self { url, shared, server })
    }

    /// Changes how it behaves; how often it struck before.
    pub fn behave(&self, manner: Manner) -> u64 {
        *self.shared.manner.lock() = manner;
        self.shared.struck.swap(0, Ordering::SeqCst)
    }

    pub fn struck(&self) -> u64 {
        self.shared.struck.load(Ordering::SeqCst)
    }
}

impl Drop for Handler {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn take(State(shared): State<Arc<Shared>>, body: Bytes) -> StatusCode {
    let manner = *shared.manner.lock();
    let strikes = manner != Manner::Answers && shared.requests.fetch_add(1, Ordering::SeqCst) % 2 == 0;
    if strikes {
        shared.struck.fetch_add(1, Ordering::SeqCst);
    }
    let never = || tokio::time::sleep(Duration::from_secs(3_600));
    match manner {
        Manner::Fails if strikes => return StatusCode::SERVICE_UNAVAILABLE,
        Manner::Hangs if strikes => never().await,
        _ => {}
    }
    let (Ok(event), Some(history)) = (read(&body), shared.current.get()) else { return StatusCode::BAD_REQUEST };
    if event.place.aggregate.starts_with(&history.prefix) {
        history.sink.push(Step::Delivered(event));
    }
    if manner == Manner::AnswersTooLate && strikes {
        never().await;
    }
    StatusCode::NO_CONTENT
}

/// The CloudEvent as it came, its payload byte for byte.
fn read(body: &[u8]) -> Result<Event> {
    #[derive(Deserialize)]
    struct CloudEvent<'a> {
        id: String,
        #[serde(rename = "type")]
        kind: String,
        subject: String,
        sequence: String,
        #[serde(borrow)]
        data: &'a RawValue,
    }
    let event: CloudEvent<'_> = serde_json::from_slice(body)?;
    let place = Place { aggregate: event.subject, sequence: event.sequence.parse()? };
    Ok(Event { place, id: event.id, content: format!("{} {}", event.kind, event.data.get()) })
}
