//! The tap on a bus: a temporary queue behind a temporary rule, proven live before anything relies on it.
//!
//! A new rule takes up to a minute to go live on AWS, and goes live bit by bit. So the tap sends sentinel events of its
//! own until several in a row have come through.

mod resources;

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aws_sdk_eventbridge::types::{PutEventsRequestEntry, PutEventsResultEntry};
use aws_sdk_sqs::types::{DeleteMessageBatchRequestEntry, Message, MessageSystemAttributeName};
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::{Item, Origin, SENTINEL_SOURCE, Sink, decode, owner, read_into};
use crate::aws::Clients;
use crate::error::{AwsContext, Error, Kind, Result, sdk_code};
use crate::outbox::Recent;
use crate::pipelines::Hop;
use crate::report::{Event, Expect, Reporter};
use resources::Resources;
pub use resources::{orphans, remove_orphans, rules};

/// Sentinels in a row that must come through.
const IN_A_ROW: u64 = 3;
/// How long a rule may take to go live.
const LIVE_WITHIN: Duration = Duration::from_secs(180);
/// A new rule takes up to a minute on AWS (PutRule in the EventBridge API reference: "allow a short period of time").
const USUAL: Expect = Expect::Usually(15, 60);
/// How long an event may be on its way from bus to queue.
const GRACE: TimeDelta = TimeDelta::seconds(2);
/// Messages kept to tell what comes again; far more than are under way at once.
const REMEMBERED: usize = 100_000;
/// Receivers at work at once: one receives about 10 messages a round trip.
const RECEIVERS: usize = 3;

/// A live tap. It must be removed with [`Tap::remove`], whatever happens.
pub struct Tap {
    clients: Clients,
    resources: Resources,
    /// Ends the receivers and the renewal.
    stop: CancellationToken,
}

impl Tap {
    /// Makes the tap and proves it live; what killed processes left behind on this bus is removed first. On failure,
    /// and when `cancel` fires meanwhile, nothing of it is left.
    ///
    /// # Errors
    /// `Interrupted` when cancelled.
    pub async fn open(
        clients: &Clients,
        bus: &str,
        reporter: &dyn Reporter,
        cancel: &CancellationToken,
    ) -> Result<Self> {
        match resources::remove_orphans(clients, bus).await {
            Ok(names) if names.is_empty() => {}
            Ok(names) => reporter.note(format!("removed what a killed run had left behind: {}", names.join(", "))),
            Err(error) => reporter.warn(format!("could not look for taps left behind: {error}")),
        }
        reporter.emit(Event::started("tap", "making a temporary queue and rule"));
        let name = format!("{}{}", resources::PREFIX, Uuid::now_v7().simple());
        // Not cancellable: a queue made by a request that nobody waits for could not be removed.
        let resources = resources::create_queue(clients, bus, &name).await?;
        let tap = Self { clients: clients.clone(), resources, stop: CancellationToken::new() };
        let live = tokio::select! {
            live = async {
                tap.resources.connect(clients).await?;
                tap.prove(reporter).await
            } => live,
            () = cancel.cancelled() => Err(Error::new(Kind::Interrupted, "stopped")),
        };
        match live {
            Ok(()) => {
                reporter.emit(Event::finished("tap", "the tap on the bus is live", true));
                Ok(tap)
            }
            Err(error) => {
                reporter.emit(Event::failed("tap", error.message()));
                if let Err(left) = tap.remove().await {
                    reporter.warn(format!("{left}; {}", left.hints().next().unwrap_or_default()));
                }
                Err(error)
            }
        }
    }

    /// Sends sentinels until [`IN_A_ROW`] that were sent one after the other have all come back.
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
            // Later than it takes on the local stack.
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

    /// Receives into the sink in the background until removed, past `until`, or nobody takes the items any more.
    pub fn listen(&self, sink: &Sink, until: Option<DateTime<Utc>>) {
        let recent = Arc::new(Mutex::new(Recent::new(REMEMBERED)));
        for _ in 0..RECEIVERS {
            let (tap, sink, recent) = (self.share(), sink.clone(), recent.clone());
            tokio::spawn(async move {
                read_into(&sink, &tap.stop, tap.receive_into(&sink, &recent, until)).await;
            });
        }
        let tap = self.share();
        tokio::spawn(async move {
            let mut ticks = tokio::time::interval(owner::LEASE_TIME.to_std().unwrap_or_default() / 4);
            while tap.stop.run_until_cancelled(ticks.tick()).await.is_some() {
                // A renewal that fails is tried again long before the lease runs out.
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
        // A standard queue may hand out a message twice. Two messages of one event are two deliveries by the bus.
        let is_new = |message: &Message| {
            let mut recent = recent.lock().unwrap_or_else(PoisonError::into_inner);
            message.message_id().is_none_or(|id| recent.is_new(id))
        };
        loop {
            // Judged before the look, so that the last look comes after the end.
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
            // A message that stays comes again; its id tells that it is the same one.
            if let Err(error) = deleted {
                tracing::debug!(code = sdk_code(&error), "deleting received messages");
            }
        }
        Ok(messages)
    }

    /// Takes rule and queue away.
    pub async fn remove(self) -> Result<()> {
        self.stop.cancel();
        self.resources.remove(&self.clients).await
    }
}

/// Why no sentinel will be taken. One that a busy bus refused is one that does not come back: the next is sent anyway.
fn refusal(entry: &PutEventsResultEntry) -> Result<()> {
    match (entry.error_code(), entry.error_message().unwrap_or_default()) {
        (None | Some("ThrottlingException" | "InternalFailure" | "InternalException"), _) => Ok(()),
        (Some(code), text) => Err(Error::new(Kind::Aws, format!("send a sentinel: {code}: {text}"))),
    }
}

/// The number of this tap's own sentinel.
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
    fn a_busy_bus_does_not_end_the_proof() {
        let answered = |code: Option<&str>| {
            let entry =
                PutEventsResultEntry::builder().set_error_code(code.map(str::to_owned)).error_message("m").build();
            refusal(&entry).map_err(|error| error.message().to_owned())
        };
        assert_eq!((answered(None), answered(Some("ThrottlingException"))), (Ok(()), Ok(())));
        assert_eq!(answered(Some("AccessDeniedException")), Err("send a sentinel: AccessDeniedException: m".into()));
    }
}
