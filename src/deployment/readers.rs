//! Readers of the stops of a deployment.

use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio::sync::mpsc::Receiver;
use tokio_util::sync::CancellationToken;

use super::Deployment;
use crate::error::{Error, Kind, Result};
use crate::pipelines::{Part, Stop};
use crate::report::Reporter;
use crate::streams::kinesis::fan_out::FanOut;
use crate::streams::{self, Item, Sink, StartAt, Warnings, bus, dynamodb, kinesis, log, processed};

/// Options of the readers.
#[derive(Debug, Clone)]
pub struct Reading {
    pub from: StartAt,
    pub until: Option<DateTime<Utc>>,
    /// The consumer group whose processed log is read.
    pub group: String,
    /// Indicates whether Kinesis is read with enhanced fan-out, through a temporary consumer.
    pub enhanced_fan_out: bool,
    pub warnings: Warnings,
}

impl Deployment {
    /// Opens the reader of a stop. It sends items to `sink`, until `end` is cancelled.
    ///
    /// # Errors
    /// `NotDeployed`, and those of the service; `Unexpected` for a stop that has no reader of its own.
    pub async fn read(&self, stop: &Stop, reading: &Reading, sink: Sink, end: CancellationToken) -> Result<()> {
        self.read_through(stop, reading, None, sink, end).await
    }

    /// [`Deployment::read`], Kinesis through the consumer of this ARN.
    async fn read_through(
        &self,
        stop: &Stop,
        reading: &Reading,
        consumer: Option<String>,
        sink: Sink,
        end: CancellationToken,
    ) -> Result<()> {
        let (clients, name) = (&self.clients, self.output(stop.output)?.to_owned());
        let Reading { from, until, group, warnings, .. } = reading.clone();
        match stop.part {
            Part::Kinesis => {
                let options = kinesis::Options { stream: name, from, until, consumer, warnings };
                kinesis::open(clients, options, sink, end).await
            }
            Part::TableStream => {
                let options = dynamodb::Options { stream_arn: name, from, until, warnings };
                dynamodb::open(clients, options, sink, end).await
            }
            Part::EventLog => log::open(clients, log::Options { group: name, from, until }, sink, end).await,
            Part::ProcessedLog => {
                let pause = Duration::from_millis(if clients.is_local() { 50 } else { 1_000 });
                let options = processed::Options { group, from, until, pause };
                processed::open(self.database().await?, options, sink, end).await
            }
            part => Err(Error::new(Kind::Unexpected, format!("{} has no reader", part.hop().name()))),
        }
    }
}

/// Open readers, and the temporary resources that they need.
#[derive(Default)]
pub struct Readers {
    end: CancellationToken,
    tap: Option<bus::Tap>,
    consumer: Option<FanOut>,
}

impl Readers {
    /// Opens a reader of each stop. All items are sent to one receiver, which ends with the last reader.
    /// [`Readers::close`] must follow, whatever happens; after an error here nothing remains open.
    ///
    /// # Errors
    /// `Interrupted` when cancelled, and those of [`Deployment::read`].
    pub async fn open(
        deployment: &Deployment,
        stops: &[&Stop],
        reading: &Reading,
        reporter: &dyn Reporter,
        cancel: &CancellationToken,
    ) -> Result<(Self, Receiver<Result<Item>>)> {
        let (sink, items) = streams::channel();
        let mut readers = Self::default();
        match readers.start(deployment, stops, reading, &sink, (reporter, cancel)).await {
            Ok(()) => Ok((readers, items)),
            Err(error) => {
                if let Err(left) = readers.close().await {
                    reporter.warn(left.to_string());
                }
                Err(error)
            }
        }
    }

    async fn start(
        &mut self,
        deployment: &Deployment,
        stops: &[&Stop],
        reading: &Reading,
        sink: &Sink,
        (reporter, cancel): (&dyn Reporter, &CancellationToken),
    ) -> Result<()> {
        // The tap takes longest. Like a consumer for fan-out it must not be dropped while it is created.
        if let Some(bus) = stops.iter().find(|stop| stop.part == Part::Bus) {
            let name = deployment.output(bus.output)?;
            let tap = self.tap.insert(bus::Tap::open(&deployment.clients, name, reporter, cancel).await?);
            tap.listen(sink, reading.until);
        }
        for stop in stops.iter().filter(|stop| stop.part != Part::Bus) {
            if stop.part == Part::Kinesis && reading.enhanced_fan_out {
                let stream = deployment.output(stop.output)?;
                self.consumer = Some(FanOut::open(&deployment.clients, stream, reporter, cancel).await?);
            }
            let consumer = self.consumer.as_ref().map(|consumer| consumer.arn.clone());
            let opening = deployment.read_through(stop, reading, consumer, sink.clone(), self.end.clone());
            let stopped = || Err(Error::new(Kind::Interrupted, "stopped"));
            cancel.run_until_cancelled(opening).await.unwrap_or_else(stopped)?;
        }
        Ok(())
    }

    /// Ends the readers and removes the temporary resources. Tries to remove all of them, and returns the first error.
    ///
    /// # Errors
    /// Those of the services.
    pub async fn close(self) -> Result<()> {
        self.end.cancel();
        let tap = match self.tap {
            Some(tap) => tap.remove().await,
            None => Ok(()),
        };
        let consumer = match self.consumer {
            Some(consumer) => consumer.remove().await,
            None => Ok(()),
        };
        tap.and(consumer)
    }
}
