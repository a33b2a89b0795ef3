//! Delivery of an operator's request, by the engine that delivers batches: the same envelope, limits, order and
//! retries. Events that the bus rejects are not stored again: the caller still has them, and gets the verdict.

use std::time::Instant;

use parking_lot::Mutex;

use super::backend::{FailureDestination, Publisher, Reason};
use super::decode::{self, Decoded};
use super::delivery::{Policy, deliver};
use crate::base::error::Result;
use crate::outbox::{Chunk, Message, Redelivered, Verdict};

/// Collects the rejections.
#[derive(Default)]
struct Refusals(Mutex<Vec<(usize, Reason)>>);

impl FailureDestination for Refusals {
    async fn store(&self, position: usize, reason: &Reason) -> Result<()> {
        self.0.lock().push((position, reason.clone()));
        Ok(())
    }
}

/// Delivers the chunks until `deadline`; `read` decodes a record of the function's stream.
pub async fn redeliver<P: Publisher>(
    publisher: &P,
    chunks: &[Chunk],
    deadline: Instant,
    policy: Policy,
    read: impl Fn(usize, &[u8]) -> Decoded,
) -> Redelivered {
    let mut verdicts = vec![Verdict::Accepted; chunks.len()];
    let mut items = Vec::with_capacity(chunks.len());
    for (position, chunk) in chunks.iter().enumerate() {
        if let Some(message) = chunk.as_event() {
            items.push(decode::item(publisher, position, message));
            continue;
        }
        let bytes = chunk.as_record().unwrap_or_default();
        // The sequencer stores undeliverable events that it read from the outbox table as CloudEvents.
        let event = std::str::from_utf8(&bytes).ok().and_then(Message::from_cloud_event);
        let decoded = match event {
            Some(message) => Decoded::event(publisher, position, &message),
            None => read(position, &bytes),
        };
        match decoded {
            Decoded::Item { item, .. } => items.push(item),
            Decoded::NotAnEvent => verdicts[position] = Verdict::Nothing,
        }
    }
    let refusals = Refusals::default();
    let report = deliver(publisher, &refusals, items, deadline, policy).await;
    for (position, Reason { code, message }) in refusals.0.into_inner() {
        verdicts[position] = Verdict::Refused { code, message };
    }
    let Reason { code, message } =
        report.last_problem.unwrap_or_else(|| Reason::new("Deadline", "the deadline passed"));
    for position in report.unfinished {
        verdicts[position] = Verdict::Unfinished { code: code.clone(), message: message.clone() };
    }
    let count = |wanted: fn(&Verdict) -> bool| verdicts.iter().filter(|verdict| wanted(verdict)).count();
    let (accepted, refused) =
        (count(|verdict| *verdict == Verdict::Accepted), count(|verdict| matches!(verdict, Verdict::Refused { .. })));
    tracing::info!(asked = chunks.len(), accepted, refused, "redelivery");
    Redelivered { redelivered: verdicts }
}
