//! A target of POSTs.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use serde_json::Value;
use tokio::task::JoinHandle;

use crate::consumer::{Hook, Post};

/// A target of POSTs that remembers the requests and fails on request.
#[derive(Clone, Default)]
pub struct Target(Arc<Mutex<Received>>);

#[derive(Default)]
pub struct Received {
    /// Aggregate and sequence in order of arrival.
    pub events: Vec<(String, i64)>,
    /// Number of requests that fail first.
    pub failures: usize,
    /// Every n-th request fails after it was stored; 0 for none.
    pub fail_every: usize,
    /// Duration of a request.
    pub slow: Duration,
    pub requests: usize,
    /// Requests in progress, and the maximum so far.
    pub under_way: usize,
    pub most_under_way: usize,
}

/// A request ends when it is answered or its client disconnects.
struct Answered<'t>(&'t Target);

impl Drop for Answered<'_> {
    fn drop(&mut self) {
        self.0.with(|received| received.under_way -= 1);
    }
}

impl Target {
    pub fn with<T>(&self, run: impl FnOnce(&mut Received) -> T) -> T {
        run(&mut self.0.lock())
    }

    async fn take(self, body: String) -> (axum::http::StatusCode, &'static str) {
        let event: Value = serde_json::from_str(&body).expect("a CloudEvent");
        let (subject, sequence) = (event["subject"].as_str().expect("text"), &event["sequence"]);
        let sequence = sequence.as_i64().or_else(|| sequence.as_str()?.parse().ok()).expect("a number");
        let (fails, slow) = self.with(|received| {
            received.requests += 1;
            received.under_way += 1;
            received.most_under_way = received.most_under_way.max(received.under_way);
            received.events.push((subject.to_owned(), sequence));
            let unlucky = received.fail_every > 0 && received.requests.is_multiple_of(received.fail_every);
            let fails = unlucky || received.failures > 0;
            received.failures = received.failures.saturating_sub(1);
            (fails, received.slow)
        });
        let answered = Answered(&self);
        tokio::time::sleep(slow).await;
        drop(answered);
        if fails { (axum::http::StatusCode::SERVICE_UNAVAILABLE, "busy") } else { (axum::http::StatusCode::OK, "") }
    }

    /// Returns a target whose requests take so long, and serves it.
    pub async fn slow(duration: Duration) -> (Self, String) {
        let target = Self::default();
        target.set_slow(duration);
        let (url, _) = target.serve().await;
        (target, url)
    }

    pub fn set_slow(&self, duration: Duration) {
        self.with(|received| received.slow = duration);
    }

    pub fn requests(&self) -> usize {
        self.with(|received| received.requests)
    }

    /// Serves until the task ends; returns the URL.
    pub async fn serve(&self) -> (String, JoinHandle<()>) {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}/events", listener.local_addr().expect("an address"));
        let target = self.clone();
        let app =
            axum::Router::new().route("/events", axum::routing::post(move |body: String| target.clone().take(body)));
        (url, tokio::spawn(async move { axum::serve(listener, app).await.expect("served") }))
    }

    /// Returns the sequences of each aggregate in the order of their first arrival, and the number of repeats.
    pub fn first_seen(&self) -> (BTreeMap<String, Vec<i64>>, usize) {
        self.with(|received| {
            let (mut seen, mut again) = (BTreeMap::<String, Vec<i64>>::new(), 0);
            for (aggregate, sequence) in &received.events {
                let sequences = seen.entry(aggregate.clone()).or_default();
                if sequences.contains(sequence) { again += 1 } else { sequences.push(*sequence) }
            }
            (seen, again)
        })
    }
}

pub fn post(url: &str) -> Hook {
    Hook::Post(Box::new(Post::new(url, Duration::from_secs(5)).expect("a URL")))
}
