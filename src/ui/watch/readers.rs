//! The stream and the event log, through the streams room's readers.

use std::time::Duration;

use super::Watch;
use super::sightings::take;
use crate::aws::Clients;
use crate::error::Result;
use crate::pipelines::Hop;
use crate::streams::{self, From, Warnings, dynamodb, kinesis, log};

/// Items put into the model under one lock.
const BATCH: usize = 256;

/// Follows the stream; a reader that failed starts again where it was.
pub async fn stream(watch: Watch, clients: Clients, stream: String, from: From) {
    follow(watch, Hop::Stream.name(), from, |sink, from, stop| {
        let options = kinesis::Options {
            stream: stream.clone(),
            from,
            until: None,
            consumer: None,
            warnings: Warnings::default(),
        };
        let clients = clients.clone();
        async move { kinesis::open(&clients, options, sink, stop).await }
    })
    .await;
}

/// Follows the change stream of a DynamoDB table.
pub async fn table_stream(watch: Watch, clients: Clients, stream_arn: String, from: From) {
    follow(watch, Hop::Stream.name(), from, |sink, from, stop| {
        let options =
            dynamodb::Options { stream_arn: stream_arn.clone(), from, until: None, warnings: Warnings::default() };
        let clients = clients.clone();
        async move { dynamodb::open(&clients, options, sink, stop).await }
    })
    .await;
}

/// Follows the event log.
pub async fn log(watch: Watch, clients: Clients, group: String, from: From) {
    follow(watch, Hop::Log.name(), from, |sink, from, stop| {
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
                        take(&mut state, &item);
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
