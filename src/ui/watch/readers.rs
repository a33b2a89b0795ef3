//! Reads the stream and the event log with the readers of `streams`.

use std::sync::Arc;
use std::time::Duration;

use chrono::Utc;

use super::Watch;
use super::observations::take;
use super::resume::Resume;
use crate::deployment::{Deployment, Reading};
use crate::pipelines::{Part, Stop};
use crate::settings::DEFAULT_GROUP;
use crate::streams::{self, StartAt, Warnings};

/// Maximum items put into the model under one lock.
const BATCH: usize = 256;

/// Follows a stop; a failed reader starts again, and misses no items.
pub async fn follow(watch: Watch, deployment: Arc<Deployment>, stop: &'static Stop, from: StartAt) {
    let name = match stop.part {
        Part::TableStream => "table's stream",
        Part::EventLog => "event log",
        part => part.hop().name(),
    };
    let mut resume = Resume::new(from, Utc::now());
    loop {
        let end = watch.cancel.child_token();
        let (sink, mut items) = streams::channel();
        let reading = Reading {
            layout: deployment.layout.clone(),
            from: resume.open(Utc::now()),
            until: None,
            group: DEFAULT_GROUP.into(),
            enhanced_fan_out: false,
            warnings: Warnings::default(),
        };
        watch.model.lock().ask(name);
        let mut trouble = deployment.read(stop, &reading, sink, end.clone()).await.err();
        let opened = trouble.is_none();
        if opened {
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
                        resume.take(&item, Utc::now());
                        take(&mut state, &item);
                    }
                    Err(error) => trouble = Some(error),
                }
            }
        }
        end.cancel();
        if opened {
            resume.fail(Utc::now());
        }
        let text = trouble.map_or_else(|| "the reader ended".to_owned(), |error| error.message().to_owned());
        watch.model.lock().source(name, Some(text));
        // Items that are read again were seen before and do not count again.
        if !watch.pause(Duration::from_secs(2), Duration::from_secs(10)).await {
            return;
        }
    }
}
