//! One run: writes events and receives items until everything has arrived.

use std::time::Duration;

use chrono::TimeDelta;
use tokio::sync::mpsc::{Receiver, UnboundedSender, unbounded_channel};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::{Amount, Ledger, Options, Report};
use crate::base::error::{Error, Kind, Result};
use crate::base::report::{Event, Expect, Reporter, count};
use crate::deployment::Deployment;
use crate::deployment::samples::{self, Domain, Inserted, SampleRequest, Writer};
use crate::streams::Item;

/// Interval of progress reports and checks.
const TICK: Duration = Duration::from_secs(2);
/// Maximum time of the last read of the event log, after the time limit.
const LAST_READ: Duration = Duration::from_secs(30);
/// Maximum events written between two that are rolled back, if a duration ends the run.
const SEGMENT: u32 = 1_000;
/// First number of the rolled-back events, far above any that is committed.
const CONTROLS: u64 = 1 << 40;

pub struct Watch<'a> {
    reporter: &'a dyn Reporter,
    options: &'a Options,
    items: Receiver<Result<Item>>,
    /// Ends the readers, after they have read once more what can become visible late.
    finish: CancellationToken,
    begun: Instant,
    reported: Instant,
}

/// A report of the writer.
enum Written {
    Committed(Vec<Inserted>),
    RolledBack(Inserted),
}

impl<'a> Watch<'a> {
    pub fn new(
        reporter: &'a dyn Reporter,
        options: &'a Options,
        items: Receiver<Result<Item>>,
        finish: CancellationToken,
    ) -> Self {
        Self { reporter, options, items, finish, begun: Instant::now(), reported: Instant::now() }
    }

    /// Writes, watches, and returns the report.
    ///
    /// # Errors
    /// `Interrupted` if cancelled, and those of the writer and the readers.
    pub async fn run(
        mut self,
        deployment: &Deployment,
        writer: &mut Writer,
        cancel: &CancellationToken,
    ) -> Result<Report> {
        let run = Uuid::now_v7();
        let pipeline = deployment.pipeline;
        let hops: Vec<_> = deployment.visible_stops().map(|stop| stop.part.hop()).collect();
        let ordered = if self.options.strict_order { hops.clone() } else { pipeline.ordered_hops() };
        let mut ledger = Ledger::new(run.to_string(), pipeline.origin().part.hop(), &hops, &ordered)
            .repeating(&pipeline.repeating_hops());
        let amount = match self.options.amount {
            Amount::Events(events) => format!("writing {}", count(events, "event")),
            Amount::For(time) => format!("writing events for {} s", time.as_secs_f64()),
        };
        self.reporter.emit(Event::started("verify", amount));
        self.options.writing.cancel();
        if let Amount::For(time) = self.options.amount {
            self.reporter.expect("verify", Expect::Lasts(time));
        }
        let watched = tokio::select! {
            watched = self.watch(&mut ledger, writer, deployment.domain(), run, cancel) => Some(watched?),
            () = samples::overdue(cancel) => None,
        };
        let stopped = |written: String| Err(Error::new(Kind::Interrupted, format!("stopped; {written} written")));
        let complete = match watched {
            None => return stopped(format!("at least {}", count(ledger.committed(), "event"))),
            Some(_) if cancel.is_cancelled() => return stopped(count(ledger.committed(), "event")),
            Some(complete) => complete,
        };
        let mut report = ledger.report();
        report.timed_out = !complete;
        report.seconds = self.begun.elapsed().as_secs_f64();
        report.limits = deployment.layout.limits();
        Ok(report)
    }

    /// Writes and watches; returns false if a time limit came before everything had arrived.
    async fn watch(
        &mut self,
        ledger: &mut Ledger,
        writer: &mut Writer,
        domain: Domain,
        run: Uuid,
        cancel: &CancellationToken,
    ) -> Result<bool> {
        let (writer_reports, mut written) = unbounded_channel();
        let mut writing = Box::pin(write(writer, domain, run, self.options, cancel, writer_reports));
        // Items are received while events are written, so that readers never wait for the writer.
        loop {
            tokio::select! {
                done = &mut writing => { done?; break }
                Some(written) = written.recv() => self.take(ledger, written),
                item = self.items.recv() => { ledger.see(&seen(item)?); }
                () = tokio::time::sleep(TICK) => {}
            }
            // Both iterate over all events in flight.
            if self.report_progress(ledger) && matches!(self.options.amount, Amount::For(_)) && self.is_overdue(ledger)
            {
                self.read_once_more(ledger).await?;
                return Ok(false);
            }
        }
        while let Ok(written) = written.try_recv() {
            self.take(ledger, written);
        }
        cancel.run_until_cancelled(self.collect(ledger)).await.unwrap_or(Ok(false))
    }

    /// Receives items until everything has arrived and the extra time is over; returns false if the time limit came
    /// first.
    async fn collect(&mut self, ledger: &mut Ledger) -> Result<bool> {
        let deadline = Instant::now() + self.options.timeout;
        let mut end = None;
        loop {
            if end.is_none() && ledger.is_complete() {
                end = Some(Instant::now() + self.options.settle);
                self.reporter
                    .emit(Event::progress("verify", "all arrived; waiting for duplicates and rolled-back events"));
                self.reporter.expect("verify", Expect::Lasts(self.options.settle));
            }
            tokio::select! {
                item = self.items.recv() => { ledger.see(&seen(item)?); }
                () = tokio::time::sleep_until(end.unwrap_or(deadline)) => {
                    if end.is_none() {
                        self.read_once_more(ledger).await?;
                    }
                    return Ok(ledger.is_complete());
                }
                () = tokio::time::sleep(TICK) => {}
            }
            if end.is_none() {
                self.report_progress(ledger);
            }
        }
    }

    /// Receives what the readers have at the time limit: an event that EventBridge delivered late to the event log has an
    /// earlier time than those that were read before.
    async fn read_once_more(&mut self, ledger: &mut Ledger) -> Result<()> {
        self.finish.cancel();
        let end = tokio::time::sleep(LAST_READ);
        tokio::pin!(end);
        loop {
            tokio::select! {
                item = self.items.recv() => match item {
                    Some(item) => drop(ledger.see(&item?)),
                    None => return Ok(()),
                },
                () = &mut end => return Ok(()),
            }
        }
    }

    fn take(&self, ledger: &mut Ledger, written: Written) {
        match written {
            Written::Committed(events) => events.into_iter().for_each(|event| ledger.commit(event, self.clock())),
            Written::RolledBack(control) => ledger.forbid(&control),
        }
    }

    fn clock(&self) -> TimeDelta {
        TimeDelta::from_std(self.begun.elapsed()).unwrap_or(TimeDelta::MAX)
    }

    fn is_overdue(&self, ledger: &Ledger) -> bool {
        let timeout = TimeDelta::from_std(self.options.timeout).unwrap_or(TimeDelta::MAX);
        ledger.is_overdue(self.clock() - timeout)
    }

    /// Reports progress at intervals; returns false if the last report is recent.
    fn report_progress(&mut self, ledger: &Ledger) -> bool {
        if self.reported.elapsed() < TICK {
            return false;
        }
        self.reported = Instant::now();
        let arrived = ledger.arrived();
        if let Amount::Events(count) = self.options.amount {
            let done = arrived.iter().map(|(_, n)| n).sum();
            self.reporter.expect("verify", Expect::of(done, u64::from(count) * arrived.len() as u64));
        }
        let most = arrived.iter().map(|(_, n)| *n).max().unwrap_or_default();
        let counts: Vec<String> = arrived.into_iter().map(|(hop, n)| format!("{} {n}", hop.name())).collect();
        // An event can arrive before the report that it was committed.
        let written = most.max(ledger.committed());
        self.reporter.emit(Event::progress("verify", format!("written {written}: {}", counts.join(", "))));
        true
    }
}

fn seen(item: Option<Result<Item>>) -> Result<Item> {
    item.unwrap_or_else(|| Err(Error::new(Kind::Unexpected, "every reader ended before the run did")))
}

/// Writes part of the events, one that is rolled back, then the other part: a leaked one would arrive before the second
/// part.
async fn write(
    writer: &mut Writer,
    domain: Domain,
    run: Uuid,
    options: &Options,
    cancel: &CancellationToken,
    reports: UnboundedSender<Written>,
) -> Result<()> {
    let begun = Instant::now();
    let (mut first, mut controls) = (0, 0);
    loop {
        let count = match options.amount {
            Amount::Events(all) if controls == 0 => all / 2,
            Amount::Events(all) => all - u32::try_from(first).unwrap_or(all),
            Amount::For(_) => options.rate.map_or(SEGMENT, |rate| (rate * 5.0).clamp(1.0, f64::from(SEGMENT)) as u32),
        };
        let request = SampleRequest {
            run,
            first,
            count,
            domain,
            aggregates: options.aggregates,
            rate: options.rate,
            rollback: false,
        };
        // A closed receiver means that the run has ended.
        let on_progress = |events: &[Inserted]| drop(reports.send(Written::Committed(events.to_vec())));
        if count > 0 {
            writer.insert(&request, cancel, on_progress).await?;
        }
        if cancel.is_cancelled() {
            return Ok(());
        }
        first += u64::from(count);
        let over = match options.amount {
            Amount::Events(all) => first >= u64::from(all) && controls > 0,
            Amount::For(time) => begun.elapsed() >= time && controls > 0,
        };
        if over {
            return Ok(());
        }
        let control = SampleRequest { first: CONTROLS + controls, count: 1, rollback: true, ..request };
        let control = writer.insert(&control, cancel, |_| {}).await?.pop();
        if cancel.is_cancelled() && control.is_none() {
            return Ok(());
        }
        let control = control.ok_or_else(|| Error::new(Kind::Unexpected, "the rolled-back event was not written"))?;
        controls += 1;
        drop(reports.send(Written::RolledBack(control)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::report::Silent;
    use crate::pipelines::Hop;
    use crate::verify::ledger::tests::{commit, event, seen};

    #[tokio::test]
    async fn events_that_the_last_read_finds_have_arrived() {
        let options = Options {
            amount: Amount::Events(1),
            group: String::new(),
            aggregates: 1,
            strict_order: false,
            rate: None,
            timeout: Duration::ZERO,
            settle: Duration::ZERO,
            writing: CancellationToken::new(),
        };
        let mut ledger = Ledger::new("run", Hop::Database, &[Hop::Log], &[]);
        let written = event(0, 0, 1);
        let late = seen(Hop::Log, &written, 0, 10);
        commit(&mut ledger, written);
        let ((sink, items), finish) = (crate::streams::channel(), CancellationToken::new());
        let finished = finish.clone();
        tokio::spawn(async move {
            finished.cancelled().await;
            sink.send(Ok(late)).await.expect("a receiver");
        });
        let complete = Watch::new(&Silent, &options, items, finish).collect(&mut ledger).await;
        assert!(complete.expect("no error"), "{ledger:?}");
    }
}
