//! The stream and the event log, through the streams room's readers.

use std::time::Duration;

use serde_json::Value;
use uuid::Uuid;

use super::Watch;
use crate::aws::Clients;
use crate::error::Result;
use crate::streams::{self, Body, Content, From, Item, Origin, kinesis, log};
use crate::ui::model::{Hop, State, Trace};

/// Items put into the model under one lock.
const BATCH: usize = 256;

/// Follows the stream; a reader that failed starts again where it was.
pub async fn stream(watch: Watch, clients: Clients, stream: String, from: From) {
    follow(watch, "stream", from, |sink, from, stop| {
        let options = kinesis::Options { stream: stream.clone(), from, until: None, consumer: None };
        let clients = clients.clone();
        async move { kinesis::open(&clients, options, sink, stop).await }
    })
    .await;
}

/// Follows the event log.
pub async fn log(watch: Watch, clients: Clients, group: String, from: From) {
    follow(watch, "event log", from, |sink, from, stop| {
        let options = log::Options { group: group.clone(), from, until: None };
        let clients = clients.clone();
        async move { log::open(&clients, options, sink, stop).await }
    })
    .await;
}

async fn follow<F, Opening>(watch: Watch, name: &'static str, from: From, open: F)
where
    F: Fn(streams::Sink, From, tokio_util::sync::CancellationToken) -> Opening,
    Opening: Future<Output = Result<()>>,
{
    let mut from = from;
    loop {
        let stop = watch.cancel.child_token();
        let (sink, mut items) = streams::channel();
        let mut trouble = open(sink, from, stop.clone()).await.err();
        if trouble.is_none() {
            watch.model.lock().source(name, None);
        }
        let mut batch = Vec::with_capacity(BATCH);
        while trouble.is_none() {
            tokio::select! {
                () = watch.cancel.cancelled() => return,
                count = items.recv_many(&mut batch, BATCH) => if count == 0 { break },
            }
            let mut state = watch.model.lock();
            for item in batch.drain(..) {
                match item {
                    Ok(item) => {
                        from = From::At(item.at);
                        take(&mut state, item);
                    }
                    Err(error) => trouble = Some(error),
                }
            }
        }
        stop.cancel();
        let text = trouble.map_or_else(|| "the reader ended".to_owned(), |error| error.message().to_owned());
        watch.model.lock().source(name, Some(text));
        // What is read again was seen before: it counts once.
        if !watch.pause(Duration::from_secs(2), Duration::from_secs(10)).await {
            return;
        }
    }
}

/// An event's sighting goes into the model; everything else at the hop is no event of the outbox.
fn take(state: &mut State, item: Item) {
    if item.content != Content::Event {
        return;
    }
    let Some(id) = item.event.event_id.as_deref().and_then(|id| Uuid::parse_str(id).ok()) else { return };
    match &item.origin {
        Origin::Shard { .. } => {
            let captured = text(&record(&item.body), &["metadata", "timestamp"]).and_then(|at| at.parse().ok());
            state.captured_until = state.captured_until.max(item.event.committed_at);
            if let Some(captured) = captured {
                state.see(id, Hop::Captured, captured, |trace| fill(trace, &item));
            }
            state.see(id, Hop::Stream, item.at, |trace| fill(trace, &item));
        }
        // Every other place that a reader shows is the good end.
        _ => {
            state.see(id, Hop::Delivered, item.at, |trace| fill(trace, &item));
        }
    }
}

fn fill(trace: &mut Trace, item: &Item) {
    let event = &item.event;
    let keep = |slot: &mut Option<String>, value: &Option<String>| {
        if slot.is_none() {
            slot.clone_from(value);
        }
    };
    keep(&mut trace.event_type, &event.event_type);
    keep(&mut trace.aggregate_type, &event.aggregate_type);
    keep(&mut trace.aggregate_id, &event.aggregate_id);
    trace.sequence = trace.sequence.or(event.sequence);
    if let Some(at) = event.committed_at {
        trace.committed_at(at);
    }
    let detail = &mut trace.detail;
    if let Origin::Shard { shard, sequence_number, partition_key, .. } = &item.origin {
        let record = record(&item.body);
        detail.shard = Some(shard.clone());
        detail.sequence_number = Some(sequence_number.clone());
        detail.partition_key = Some(partition_key.clone());
        detail.stream_position = text(&record, &["metadata", "stream-position"]).map(str::to_owned);
        detail.traceparent = text(&record, &["data", "traceparent"]).map(str::to_owned);
        if let Some(payload) = text(&record, &["data", "payload"]) {
            trace.keep_payload(payload.to_owned());
        }
    } else if let Origin::Bus { bus_event_id, .. } | Origin::Log { bus_event_id, .. } = &item.origin {
        detail.bus_event_id.clone_from(bus_event_id);
        let data = &record(&item.body)["detail"]["data"];
        if !data.is_null() {
            trace.keep_payload(data.to_string());
        }
    }
}

/// Null for what could not be decoded.
fn record(body: &Body) -> Value {
    match body {
        Body::Record(record) => record.value(),
        Body::Raw { .. } => Value::Null,
    }
}

fn text<'a>(record: &'a Value, path: &[&str]) -> Option<&'a str> {
    path.iter().try_fold(record, |value: &Value, key| value.get(key))?.as_str()
}
