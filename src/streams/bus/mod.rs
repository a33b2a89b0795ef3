//! The tap on a bus: a temporary queue behind a temporary rule, which is checked before it is used.
//!
//! A new rule takes up to a minute to match events on AWS, and starts gradually. So the tap sends sentinel events until
//! several in a row have arrived.

mod resources;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use aws_sdk_eventbridge::types::{PutEventsRequestEntry, PutEventsResultEntry};
use aws_sdk_sqs::types::{DeleteMessageBatchRequestEntry, Message, MessageSystemAttributeName};
use chrono::{DateTime, TimeDelta, Utc};
use parking_lot::Mutex;
use serde_json::{Value, json};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::temporary::{keep_if_active, report_leftovers};
use super::{Item, Origin, SENTINEL_SOURCE, Sink, decode, owner, read_into};
use crate::aws::Clients;
use crate::base::error::{AwsContext, Error, Kind, Result, sdk_code};
use crate::base::report::{Event, Expect, Reporter};
use crate::outbox::Recent;
use crate::pipelines::Hop;
use resources::Resources;
pub use resources::{is_missing_queue, orphans, remove_orphans, rules};

/// Consecutive sentinels that must arrive.
const IN_A_ROW: u64 = 3;
/// Maximum time until a rule matches events.
const LIVE_WITHIN: Duration = Duration::from_secs(180);
/// A new rule takes up to a minute on AWS (PutRule in the EventBridge API reference: "allow a short period of time").
const USUAL: Expect = Expect::Usually(15, 60);
/// Maximum time of an event from bus to queue.
const GRACE: TimeDelta = TimeDelta::seconds(2);
/// Message ids kept to detect repeated deliveries; far more than are in flight.
const REMEMBERED: usize = 100_000;
/// Concurrent receivers: one receives about 10 messages per round trip.
const RECEIVERS: usize = 3;

/// An active tap. [`Tap::remove`] must follow, even after an error.
pub struct Tap {
    clients: Clients,
    resources: Resources,
    /// Cancels the receivers and the renewal.
    stop: CancellationToken,
}

impl Tap {
    /// Creates the tap and waits until it is active; first removes taps that killed processes left on this bus. After
    /// an error or when `cancel` fires, nothing of it remains.
    ///
    /// # Errors
    /// `Interrupted` when cancelled.
    pub async fn open(
        clients: &Clients,
        bus: &str,
        reporter: &dyn Reporter,
        cancel: &CancellationToken,
    ) -> Result<Self> {
        report_leftovers(reporter, "taps", resources::remove_orphans(clients, bus).await);
        reporter.emit(Event::started("tap", "creating a temporary queue and rule"));
        let name = format!("{}{}", resources::PREFIX, Uuid::now_v7().simple());
        // Not cancellable: a queue created by a dropped request could not be removed.
        let resources = resources::create_queue(clients, bus, &name).await?;
        let tap = Self { clients: clients.clone(), resources, stop: CancellationToken::new() };
        let going_live = async {
            tap.resources.connect(clients).await?;
            tap.prove(reporter).await
        };
        let live = cancel.run_until_cancelled(going_live).await.unwrap_or_else(|| Err(Error::interrupted()));
        keep_if_active(tap, live, Self::remove, ("tap", "the tap on the bus is live"), reporter).await
    }

    /// Sends sentinels until [`IN_A_ROW`] consecutive ones have arrived.
    async fn prove(&self, reporter: &dyn Reporter) -> Result<()> {
        let begun = Instant::now();
        let interval = Duration::from_millis(if self.clients.is_local() { 50 } else { 1_000 });
        let mut back = BTreeSet::new();
        for n in 0_u64.. {
            if begun.elapsed() > LIVE_WITHIN {
                let text =
                    format!("the tap on bus {} did not go live in {} s", self.resources.bus, LIVE_WITHIN.as_secs());
                return Err(
                    Error::new(Kind::Failed, text).hint("try again; a new rule usually takes less than a minute")
                );
            }
            self.send_sentinel(n).await?;
            // Later than the local stack needs.
            if n == 10 {
                reporter.emit(Event::progress("tap", "waiting for the rule to go live"));
                reporter.expect("tap", USUAL);
            }
            tokio::time::sleep(interval).await;
            for message in self.receive(0).await? {
                back.extend(sentinel_number(&message, &self.resources.name));
            }
            if n + 1 >= IN_A_ROW && (n + 1 - IN_A_ROW..=n).all(|n| back.contains(&n)) {
                return Ok(());
            }
        }
        Ok(())
    }

    async fn send_sentinel(&self, n: u64) -> Result<()> {
        let entry = PutEventsRequestEntry::builder()
            .event_bus_name(&self.resources.bus)
            .source(SENTINEL_SOURCE)
            .detail_type("Sentinel")
            .detail(json!({ "tap": self.resources.name, "n": n }).to_string())
            .build();
        let answer = self.clients.eventbridge().put_events().entries(entry).send().await;
        let answer = answer.aws(format!("send a sentinel to bus {}", self.resources.bus))?;
        answer.entries().first().map_or(Ok(()), refusal)
    }

    /// Receives into the sink in the background until the tap is removed, `until` has passed, `finish` is cancelled, or
    /// the receiver of the items is closed.
    pub fn listen(&self, sink: &Sink, until: Option<DateTime<Utc>>, finish: &CancellationToken) {
        let recent = Arc::new(Mutex::new(Recent::new(REMEMBERED)));
        for _ in 0..RECEIVERS {
            let (tap, sink, recent, finish) = (self.share(), sink.clone(), recent.clone(), finish.clone());
            tokio::spawn(async move {
                let reading = read_into(&sink, &tap.stop, tap.receive_into(&sink, &recent, until));
                finish.run_until_cancelled(reading).await;
            });
        }
        let tap = self.share();
        tokio::spawn(async move {
            let mut ticks = tokio::time::interval(owner::LEASE_TIME.to_std().unwrap_or_default() / 4);
            while tap.stop.run_until_cancelled(ticks.tick()).await.is_some() {
                // A failed renewal is retried long before the lease expires.
                if let Err(error) = tap.resources.renew(&tap.clients).await {
                    tracing::debug!(%error, "renewing the tap");
                }
            }
        });
    }

    fn share(&self) -> Self {
        Self { clients: self.clients.clone(), resources: self.resources.clone(), stop: self.stop.clone() }
    }

    async fn receive_into(&self, sink: &Sink, recent: &Mutex<Recent>, until: Option<DateTime<Utc>>) -> Result<()> {
        // A standard queue may deliver a message twice. Two messages of one event are two deliveries by the bus.
        let is_new = |message: &Message| {
            let mut recent = recent.lock();
            message.message_id().is_none_or(|id| recent.is_new(id))
        };
        loop {
            // Checked before receiving, so that the last receive comes after the end.
            let last = until.is_some_and(|until| Utc::now() > until + GRACE);
            let messages = self.receive(2).await?;
            for message in &messages {
                if is_new(message)
                    && let Some(item) = item(message)
                    && until.is_none_or(|until| item.at <= until)
                    && sink.send(Ok(item)).await.is_err()
                {
                    return Ok(());
                }
            }
            if last || sink.is_closed() {
                return Ok(());
            }
        }
    }

    /// Receives up to ten messages and deletes them.
    async fn receive(&self, wait_seconds: i32) -> Result<Vec<Message>> {
        let sqs = self.clients.sqs();
        let answer = sqs
            .receive_message()
            .queue_url(&self.resources.queue_url)
            .max_number_of_messages(10)
            .wait_time_seconds(wait_seconds)
            .message_system_attribute_names(MessageSystemAttributeName::SentTimestamp)
            .send()
            .await
            .aws(format!("receive from queue {}", self.resources.name))?;
        let messages = answer.messages.unwrap_or_default();
        let entries: Vec<_> = messages
            .iter()
            .enumerate()
            .filter_map(|(i, message)| {
                let entry = DeleteMessageBatchRequestEntry::builder().id(i.to_string());
                entry.receipt_handle(message.receipt_handle()?).build().ok()
            })
            .collect();
        if !entries.is_empty() {
            let deleted =
                sqs.delete_message_batch().queue_url(&self.resources.queue_url).set_entries(Some(entries)).send().await;
            // A message that is not deleted is received again, with the same id.
            if let Err(error) = deleted {
                tracing::debug!(code = sdk_code(&error), "deleting received messages");
            }
        }
        Ok(messages)
    }

    /// Removes the rule and the queue.
    pub async fn remove(self) -> Result<()> {
        self.stop.cancel();
        self.resources.remove(&self.clients).await
    }
}

/// Returns an error if no sentinel will be accepted. A sentinel that a busy bus refused counts as lost: the next one is
/// sent anyway.
fn refusal(entry: &PutEventsResultEntry) -> Result<()> {
    match (entry.error_code(), entry.error_message().unwrap_or_default()) {
        (None | Some("ThrottlingException" | "InternalFailure" | "InternalException"), _) => Ok(()),
        (Some(code), text) => Err(Error::new(Kind::Aws, format!("send a sentinel: {code}: {text}"))),
    }
}

/// Returns the number of this tap's own sentinel.
fn sentinel_number(message: &Message, tap: &str) -> Option<u64> {
    let envelope: Value = serde_json::from_str(message.body()?).ok()?;
    let detail = &envelope["detail"];
    (detail["tap"] == tap).then(|| detail["n"].as_u64()).flatten()
}

fn item(message: &Message) -> Option<Item> {
    let sent = message.attributes().and_then(|all| all.get(&MessageSystemAttributeName::SentTimestamp));
    let at = sent.and_then(|millis| DateTime::from_timestamp_millis(millis.parse().ok()?)).unwrap_or_else(Utc::now);
    let message_id = message.message_id().unwrap_or_default().to_owned();
    decode::bus_event(Hop::Bus, message.body().unwrap_or_default(), at, |bus_event_id| Origin::Bus {
        bus_event_id,
        message_id,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_busy_bus_does_not_fail_the_check() {
        let answered = |code: Option<&str>| {
            let entry =
                PutEventsResultEntry::builder().set_error_code(code.map(str::to_owned)).error_message("m").build();
            refusal(&entry).map_err(|error| error.message().to_owned())
        };
        assert_eq!((answered(None), answered(Some("ThrottlingException"))), (Ok(()), Ok(())));
        assert_eq!(answered(Some("AccessDeniedException")), Err("send a sentinel: AccessDeniedException: m".into()));
    }
}
