//! Aggregates of which later events were delivered before a missing one.

use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::error::{Error, Kind, Result};
use crate::outbox::Message;
use crate::repair::source::{Filter, Outbox};

/// Events that a repair would deliver out of order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Overtaken {
    /// Aggregates with a missing event before one that is not missing.
    pub aggregates: u64,
    /// One of them, in the form of `--aggregate`.
    pub example: Option<String>,
    current: Option<Current>,
}

/// The current aggregate.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Current {
    aggregate_type: String,
    aggregate_id: String,
    has_lost: bool,
    is_counted: bool,
}

impl Overtaken {
    /// Reads the outbox with `filter`. `lost` must be sorted.
    ///
    /// # Errors
    /// Those of the outbox; `Interrupted`.
    pub async fn find(outbox: &mut Outbox, filter: Filter, lost: &[Uuid], cancel: &CancellationToken) -> Result<Self> {
        let mut found = Self::default();
        let mut reader = outbox.read_in_order(filter, Default::default());
        loop {
            let page = cancel.run_until_cancelled(reader.next()).await;
            let page = page.ok_or_else(|| Error::new(Kind::Interrupted, "stopped"))??;
            let Some(page) = page else { return Ok(found) };
            page.iter().for_each(|message| found.observe(message, lost.binary_search(&message.id).is_ok()));
        }
    }

    /// Records the next event of its aggregate.
    fn observe(&mut self, message: &Message, is_lost: bool) {
        let Message { aggregate_type, aggregate_id, .. } = message;
        let same = |one: &Current| one.aggregate_type == *aggregate_type && one.aggregate_id == *aggregate_id;
        if !self.current.as_ref().is_some_and(same) {
            let (aggregate_type, aggregate_id) = (aggregate_type.clone(), aggregate_id.clone());
            self.current = Some(Current { aggregate_type, aggregate_id, has_lost: false, is_counted: false });
        }
        let Some(current) = &mut self.current else { return };
        current.has_lost |= is_lost;
        if current.has_lost && !is_lost && !current.is_counted {
            current.is_counted = true;
            self.aggregates += 1;
            self.example.get_or_insert_with(|| aggregate_id.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::value::RawValue;

    use super::*;

    fn overtaken(events: &[(&str, bool)]) -> Overtaken {
        let mut found = Overtaken::default();
        for (n, (aggregate, is_lost)) in events.iter().enumerate() {
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
            found.observe(&message, *is_lost);
        }
        found
    }

    #[test]
    fn missing_events_at_the_end_of_an_aggregate_are_in_order() {
        assert_eq!(overtaken(&[("a", false), ("a", true), ("a", true), ("b", false), ("c", true)]).aggregates, 0);
    }

    #[test]
    fn an_aggregate_counts_once() {
        let found = overtaken(&[("a", true), ("a", false), ("a", true), ("a", false), ("b", true), ("b", false)]);
        assert_eq!((found.aggregates, found.example.as_deref()), (2, Some("a")));
    }
}
