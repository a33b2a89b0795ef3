//! Aggregates of which later events were delivered before a missing one.

use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::Compared;
use crate::base::error::{Error, Result};
use crate::outbox::Message;
use crate::repair::source::{Filter, Outbox};

/// Maximum candidates that are looked up at once.
const CANDIDATES: usize = 100_000;

/// Events that a repair would deliver out of order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Overtaken {
    /// Aggregates with a missing event before one that is not missing.
    pub aggregates: u64,
    /// One of them, in the form of `--aggregate`.
    pub example: Option<String>,
}

/// A pass over the outbox in the order of the aggregates.
#[derive(Debug, Default)]
struct Pass {
    current: Option<Current>,
    /// For each aggregate with a missing event the first event after it that is not missing, and the aggregate's id.
    candidates: Vec<(Uuid, String)>,
}

/// The current aggregate.
#[derive(Debug)]
struct Current {
    aggregate_type: String,
    aggregate_id: String,
    has_lost: bool,
    is_decided: bool,
}

impl Overtaken {
    /// Reads the outbox with `filter`. `lost` must be sorted.
    ///
    /// An event that was committed after the comparison is neither missing nor delivered, so it is not counted: only
    /// the events in `compared` are. The events of an aggregate are committed in the order of their sequence, so that
    /// those are its last ones.
    ///
    /// # Errors
    /// Those of the outbox; `Io`; `Interrupted`.
    pub async fn find(
        outbox: &mut Outbox,
        filter: Filter,
        lost: &[Uuid],
        compared: &Compared,
        cancel: &CancellationToken,
    ) -> Result<Self> {
        let (mut found, mut pass) = (Self::default(), Pass::default());
        let mut reader = outbox.read_in_order(filter, Default::default());
        loop {
            let page = cancel.run_until_cancelled(reader.next()).await;
            let page = page.ok_or_else(Error::interrupted)??;
            let is_last = page.is_none();
            page.iter().flatten().for_each(|message| pass.observe(message, lost.binary_search(&message.id).is_ok()));
            if is_last || pass.candidates.len() >= CANDIDATES {
                found.count(std::mem::take(&mut pass.candidates), compared)?;
            }
            if is_last {
                return Ok(found);
            }
        }
    }

    /// Counts the aggregates whose candidate was compared.
    fn count(&mut self, candidates: Vec<(Uuid, String)>, compared: &Compared) -> Result<()> {
        let ids: Vec<Uuid> = candidates.iter().map(|(id, _)| *id).collect();
        let compared = compared.among(&ids)?;
        for (_, aggregate) in candidates.into_iter().filter(|(id, _)| compared.contains(id)) {
            self.aggregates += 1;
            self.example.get_or_insert(aggregate);
        }
        Ok(())
    }
}

impl Pass {
    /// Records the next event of its aggregate.
    fn observe(&mut self, message: &Message, is_lost: bool) {
        let Message { aggregate_type, aggregate_id, .. } = message;
        let same = |one: &Current| one.aggregate_type == *aggregate_type && one.aggregate_id == *aggregate_id;
        if !self.current.as_ref().is_some_and(same) {
            let (aggregate_type, aggregate_id) = (aggregate_type.clone(), aggregate_id.clone());
            self.current = Some(Current { aggregate_type, aggregate_id, has_lost: false, is_decided: false });
        }
        let Some(current) = &mut self.current else { return };
        current.has_lost |= is_lost;
        if current.has_lost && !is_lost && !current.is_decided {
            current.is_decided = true;
            self.candidates.push((message.id, aggregate_id.clone()));
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::value::RawValue;

    use super::super::compare::Counts;
    use super::super::entry::Entry;
    use super::super::ledger::{Ledger, Side};
    use super::*;

    /// Whether an event was missing, delivered, or committed after the comparison.
    #[derive(Clone, Copy, PartialEq)]
    enum Is {
        Lost,
        Delivered,
        Later,
    }
    use Is::{Delivered, Later, Lost};

    fn compared(events: &[(&str, Is)]) -> Compared {
        let mut ledger = Ledger::new().expect("temporary files");
        for (n, _) in events.iter().enumerate().filter(|(_, (_, is))| *is != Later) {
            let entry = Entry::new(Uuid::from_u128(n as u128), chrono::Utc::now(), None, false);
            ledger.add(Side::Committed, &entry).expect("written");
        }
        let mut comparison = ledger.comparison((None, chrono::Utc::now()));
        while comparison.next(&mut Counts::default(), &mut |_, _| Ok(())).expect("compared") {}
        comparison.into_compared()
    }

    fn overtaken(events: &[(&str, Is)]) -> Overtaken {
        let mut pass = Pass::default();
        for (n, (aggregate, is)) in events.iter().enumerate() {
            let message = Message {
                id: Uuid::from_u128(n as u128),
                aggregate_type: "car".into(),
                aggregate_id: (*aggregate).into(),
                event_type: "E".into(),
                sequence: Some(i64::try_from(n).expect("fits")),
                payload: RawValue::from_string("{}".into()).expect("JSON"),
                traceparent: None,
                schema_version: 1,
                committed_at: chrono::Utc::now(),
                replay: None,
            };
            pass.observe(&message, *is == Lost);
        }
        let mut found = Overtaken::default();
        found.count(pass.candidates, &compared(events)).expect("read");
        found
    }

    #[test]
    fn missing_events_at_the_end_of_an_aggregate_are_in_order() {
        let events = [("a", Delivered), ("a", Lost), ("a", Lost), ("b", Delivered), ("c", Lost)];
        assert_eq!(overtaken(&events).aggregates, 0);
    }

    #[test]
    fn an_aggregate_counts_once() {
        let a = [("a", Lost), ("a", Delivered), ("a", Lost), ("a", Delivered)];
        let found = overtaken(&[&a[..], &[("b", Lost), ("b", Delivered)]].concat());
        assert_eq!((found.aggregates, found.example.as_deref()), (2, Some("a")));
    }

    #[test]
    fn events_that_were_committed_after_the_comparison_overtake_nothing() {
        let a = [("a", Delivered), ("a", Lost), ("a", Later)];
        let found = overtaken(&[&a[..], &[("b", Lost), ("b", Delivered), ("b", Later)]].concat());
        assert_eq!((found.aggregates, found.example.as_deref()), (1, Some("b")));
    }
}
