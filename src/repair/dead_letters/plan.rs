//! Selection and order of the dead letters to send. Pure.

use std::cmp::Ordering;
use std::collections::{BTreeSet, HashMap};

use super::letter::{Arrival, DeadLetter};
use crate::base::error::{Error, Kind, Result};
use crate::outbox::is_abbreviated;

/// Selects letters; without conditions all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Selection {
    /// This cause, in any case.
    pub cause: Option<String>,
    /// An aggregate's id, or `type/id`.
    pub aggregate: Option<String>,
    /// Any of these names; all if empty.
    pub ids: Vec<String>,
}

impl Selection {
    /// Replaces abbreviated event ids by the whole ones of these letters. An abbreviation has at least 8 characters.
    ///
    /// # Errors
    /// `Usage` if an abbreviation matches several events.
    pub fn complete(&mut self, letters: &[DeadLetter]) -> Result<()> {
        for id in &mut self.ids {
            if !is_abbreviated(id) || letters.iter().any(|letter| letter.is_called(id)) {
                continue;
            }
            let events = letters.iter().flat_map(DeadLetter::event_ids);
            let meant: BTreeSet<&str> = events.filter(|event| event.starts_with(id.as_str())).collect();
            if meant.len() > 1 {
                let all: Vec<&str> = meant.into_iter().collect();
                return Err(Error::new(Kind::Usage, format!("{id} begins the ids of several events"))
                    .hint(format!("name one of them: {}", all.join(", "))));
            }
            if let Some(event) = meant.first() {
                *id = (*event).to_owned();
            }
        }
        Ok(())
    }

    /// Returns whether any of the ids may be an abbreviation, which [`Selection::complete`] replaces.
    pub fn is_abbreviated(&self) -> bool {
        self.ids.iter().any(|id| is_abbreviated(id))
    }

    pub fn takes(&self, letter: &DeadLetter) -> bool {
        let aggregate = |wanted: &str| {
            let any = |view: &super::view::View| {
                view.aggregate_id.as_deref() == Some(wanted) || view.key().as_deref() == Some(wanted)
            };
            any(&letter.event) || letter.arrivals.iter().any(|arrival| any(&arrival.view))
        };
        self.cause.as_ref().is_none_or(|cause| cause.eq_ignore_ascii_case(&letter.cause))
            && self.aggregate.as_deref().is_none_or(aggregate)
            && (self.ids.is_empty() || self.ids.iter().any(|id| letter.is_called(id)))
    }
}

/// A record of a letter, by index.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RecordIndex {
    pub letter: usize,
    pub record: usize,
}

/// Returns all records of the letters in the order of sending: as they arrived in the stream, and within an aggregate
/// by the events' sequence, even if the stream had another order.
pub fn order(letters: &[DeadLetter]) -> Vec<RecordIndex> {
    let mut turns: Vec<RecordIndex> = Vec::new();
    for (letter, opened) in letters.iter().enumerate() {
        turns.extend((0..opened.arrivals.len()).map(|record| RecordIndex { letter, record }));
    }
    let arrival = |turn: &RecordIndex| &letters[turn.letter].arrivals[turn.record];
    turns.sort_by(|a, b| compare(arrival(a), arrival(b)));
    let mut aggregates: HashMap<String, Vec<usize>> = HashMap::new();
    for (place, turn) in turns.iter().enumerate() {
        let view = &arrival(turn).view;
        if let (Some(aggregate), Some(_)) = (view.key(), view.sequence) {
            aggregates.entry(aggregate).or_default().push(place);
        }
    }
    // The records of an aggregate are sorted within the positions that they have in the whole.
    let arrived = turns.clone();
    for places in aggregates.into_values() {
        let mut sorted = places.clone();
        sorted.sort_by_key(|place| arrival(&arrived[*place]).view.sequence);
        for (place, from) in places.into_iter().zip(sorted) {
            turns[place] = arrived[from];
        }
    }
    turns
}

/// Compares the positions of two records; sequence numbers are decimal, of any length.
fn compare(a: &Arrival, b: &Arrival) -> Ordering {
    let number = |arrival: &Arrival| arrival.sequence_number.trim_start_matches('0').len();
    (a.arrived_at, number(a), &a.sequence_number).cmp(&(b.arrived_at, number(b), &b.sequence_number))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use chrono::DateTime;
    use proptest::prelude::*;

    use super::super::view::View;
    use super::*;

    fn arrival(second: i64, aggregate: Option<u8>, sequence: i64) -> Arrival {
        let view = View {
            aggregate_type: aggregate.map(|_| "car".into()),
            aggregate_id: aggregate.map(|id| id.to_string()),
            sequence: aggregate.map(|_| sequence),
            ..View::default()
        };
        let arrived_at = DateTime::from_timestamp(second, 0).unwrap();
        Arrival { arrived_at, sequence_number: format!("{sequence}"), view }
    }

    fn letter(arrivals: Vec<Arrival>) -> DeadLetter {
        let event = arrivals.first().map(|arrival| arrival.view.clone()).unwrap_or_default();
        DeadLetter {
            id: "i".into(),
            part: "publisher".into(),
            cause: "Undecodable".into(),
            event,
            records: arrivals.len(),
            arrivals,
            ..DeadLetter::new("bucket", "k", DateTime::UNIX_EPOCH)
        }
    }

    proptest! {
        #[test]
        fn aggregates_are_in_order_and_complete(
            records in proptest::collection::vec((0i64..9, proptest::option::of(0u8..4), 1i64..50), 0..40),
            sizes in proptest::collection::vec(1usize..4, 40),
        ) {
            let mut records = records.into_iter().map(|(second, aggregate, n)| arrival(second, aggregate, n));
            let mut letters = Vec::new();
            for size in sizes {
                letters.push(letter(records.by_ref().take(size).collect()));
            }
            let turns = order(&letters);
            let all: usize = letters.iter().map(|letter| letter.arrivals.len()).sum();
            prop_assert_eq!(turns.len(), all);
            let mut last: BTreeMap<String, i64> = BTreeMap::new();
            let mut seen = std::collections::HashSet::new();
            for turn in &turns {
                prop_assert!(seen.insert((turn.letter, turn.record)));
                let view = &letters[turn.letter].arrivals[turn.record].view;
                if let (Some(aggregate), Some(sequence)) = (view.key(), view.sequence) {
                    prop_assert!(last.insert(aggregate, sequence).is_none_or(|before| before <= sequence));
                }
            }
        }
    }

    #[test]
    fn records_without_an_aggregate_keep_their_order_of_arrival() {
        let letters = [
            letter(vec![arrival(5, None, 1)]),
            letter(vec![arrival(2, None, 1_000)]),
            letter(vec![arrival(2, None, 99)]),
        ];
        let order: Vec<usize> = order(&letters).iter().map(|turn| turn.letter).collect();
        assert_eq!(order, [2, 1, 0]);
    }

    #[test]
    fn an_abbreviated_event_id_selects_the_only_match() {
        let of = |id: &str| {
            let mut one = letter(vec![arrival(1, Some(7), 1)]);
            one.event.event_id = Some(id.to_owned());
            one
        };
        let letters = ["e2529020-0373-410b-b8cd-afb4cea4fe41", "e2529020-ffff-410b-b8cd-afb4cea4fe41"].map(of);
        let completed = |id: &str| {
            let mut selection = Selection { ids: vec![id.to_owned()], ..Selection::default() };
            selection.complete(&letters).map(|()| selection.ids.remove(0)).map_err(|error| error.kind())
        };
        assert_eq!(completed("e2529020-0"), Ok("e2529020-0373-410b-b8cd-afb4cea4fe41".to_owned()));
        assert_eq!(completed("e2529020"), Err(Kind::Usage));
        assert_eq!(completed("e252902"), Ok("e252902".to_owned()), "too short for an abbreviation");
        assert_eq!(completed("00000000"), Ok("00000000".to_owned()));
    }

    #[test]
    fn filters_are_combined() {
        let letter = letter(vec![arrival(1, Some(7), 1)]);
        let takes = |cause: Option<&str>, aggregate: Option<&str>, ids: &[&str]| {
            let ids = ids.iter().map(|id| (*id).to_owned()).collect();
            let selection = Selection { cause: cause.map(str::to_owned), aggregate: aggregate.map(str::to_owned), ids };
            selection.takes(&letter)
        };
        assert!(takes(None, None, &[]) && takes(Some("Undecodable"), Some("7"), &["x", "i"]));
        assert!(takes(Some("undecodable"), None, &[]));
        assert!(takes(None, Some("car/7"), &["k"]));
        assert!(!takes(Some("Other"), None, &[]) && !takes(None, Some("8"), &[]) && !takes(None, None, &["x"]));
    }
}
