//! Good histories pass; a history with one violation planted is found out, whatever the rest looks like.

use std::collections::VecDeque;

use proptest::prelude::*;

use super::*;

const LIMITS: Limits = Limits { window: 4 };

fn event(aggregate: &str, sequence: i64) -> Event {
    let place = Place { aggregate: aggregate.into(), sequence };
    let content = format!("T {{\"at\":\"{place}\"}}");
    Event { id: format!("id-{place}"), content, place }
}

/// A history as a correct pipeline makes it: one queue in order of commit, a window of what is delivered and not yet
/// acknowledged, which a fault may repeat. At least one fault strikes, and at least one transaction rolls back.
fn good(seed: u64, events: usize) -> Vec<Step> {
    let mut rng = fastrand::Rng::with_seed(seed);
    let mut history = Vec::new();
    let mut last: HashMap<String, i64> = HashMap::new();
    let (mut queue, mut unacknowledged): (VecDeque<Event>, VecDeque<Event>) = (VecDeque::new(), VecDeque::new());
    let (mut written, mut struck) = (0, false);
    while written < events || !queue.is_empty() || !unacknowledged.is_empty() {
        match rng.u8(..10) {
            0..=3 if written < events => {
                let aggregate = format!("a{}", rng.u8(..3));
                let sequence = last.entry(aggregate.clone()).or_default();
                *sequence += 1;
                let one = event(&aggregate, *sequence);
                written += 1;
                history.push(Step::Committed(one.clone()));
                queue.push_back(one);
            }
            4 => {
                let mut gone = event("a0", last.get("a0").copied().unwrap_or_default() + 1);
                gone.content = format!("rolled back {}", rng.u64(..));
                gone.id = "gone".into();
                history.push(Step::RolledBack(gone));
            }
            5 if !unacknowledged.is_empty() && (!struck || rng.u8(..4) == 0) => {
                struck = true;
                history.push(Step::FaultBegan);
                history.push(Step::FaultEnded { strikes: 1 });
                history.extend(unacknowledged.iter().cloned().map(Step::Delivered));
            }
            6 | 7 if struck || unacknowledged.len() > 2 => {
                if let Some(one) = unacknowledged.pop_front() {
                    history.push(Step::Acknowledged(one.place));
                }
            }
            _ if unacknowledged.len() < LIMITS.window => {
                if let Some(one) = queue.pop_front() {
                    history.push(Step::Delivered(one.clone()));
                    unacknowledged.push_back(one);
                }
            }
            _ => {}
        }
    }
    let poison = event("poison", 0);
    history.push(Step::Undeliverable(poison.clone()));
    history.push(Step::Kept(poison));
    history.push(Step::RolledBack(Event { content: "gone".into(), ..event("a0", 99) }));
    history
}

fn violations(history: &[Step]) -> Vec<Violation> {
    check(history, LIMITS).violations
}

/// Every delivery, by position.
fn deliveries(history: &[Step]) -> Vec<(usize, Event)> {
    let one = |(index, step): (usize, &Step)| match step {
        Step::Delivered(event) => Some((index, event.clone())),
        _ => None,
    };
    history.iter().enumerate().filter_map(one).collect()
}

/// One delivered event of the history.
fn any(history: &[Step], pick: usize) -> (usize, Event) {
    let all = deliveries(history);
    all[pick % all.len()].clone()
}

/// The position of an event's first delivery.
fn first(history: &[Step], place: &Place) -> usize {
    deliveries(history).into_iter().find(|(_, event)| event.place == *place).expect("delivered").0
}

proptest! {
    #[test]
    fn good_histories_pass(seed: u64, events in 1_usize..60) {
        let history = good(seed, events);
        let findings = check(&history, LIMITS);
        prop_assert_eq!(&findings.violations, &vec![], "{:#?}", history);
        prop_assert_eq!((findings.rows, findings.lost, findings.reordered), (events + 1, 0, 0));
        prop_assert_eq!(findings.repeats as usize, deliveries(&history).len() - events);
    }

    #[test]
    fn a_lost_event_is_found(seed: u64, events in 1_usize..60, pick: usize) {
        let mut history = good(seed, events);
        let (_, lost) = any(&history, pick);
        history.retain(|step| !matches!(step, Step::Delivered(event) if *event == lost));
        prop_assert!(violations(&history).contains(&Violation::Lost(lost.place)));
    }

    #[test]
    fn poison_that_is_not_kept_is_lost(seed: u64, events in 1_usize..20) {
        let mut history = good(seed, events);
        history.retain(|step| !matches!(step, Step::Kept(_)));
        prop_assert!(violations(&history).contains(&Violation::Lost(event("poison", 0).place)));
    }

    #[test]
    fn two_events_in_the_wrong_order_are_found(seed: u64, events in 8_usize..60, pick: usize) {
        let mut history = good(seed, events);
        let later: Vec<Event> = deliveries(&history).into_iter().map(|(_, e)| e).filter(|e| e.place.sequence > 1).collect();
        prop_assume!(!later.is_empty());
        let later = later[pick % later.len()].clone();
        let before = Place { sequence: later.place.sequence - 1, ..later.place.clone() };
        let (one, other) = (first(&history, &before), first(&history, &later.place));
        history.swap(one, other);
        let found = Violation::Reordered { place: before, after: later.place.sequence };
        prop_assert!(violations(&history).contains(&found));
    }

    #[test]
    fn a_rolled_back_event_is_found(seed: u64, events in 1_usize..60, pick: usize) {
        let mut history = good(seed, events);
        let gone: Vec<Event> = history.iter().filter_map(|step| match step {
            Step::RolledBack(event) => Some(event.clone()),
            _ => None,
        }).collect();
        let gone = gone[pick % gone.len()].clone();
        let at = pick % (history.len() + 1);
        history.insert(at, Step::Delivered(gone.clone()));
        prop_assert!(violations(&history).contains(&Violation::RolledBack(gone)));
    }

    #[test]
    fn an_event_that_was_never_written_is_found(seed: u64, events in 1_usize..60, pick: usize) {
        let mut history = good(seed, events);
        let stray = event("stray", 1);
        let at = pick % (history.len() + 1);
        history.insert(at, Step::Delivered(stray.clone()));
        prop_assert!(violations(&history).contains(&Violation::NeverWritten(stray)));
    }

    #[test]
    fn one_changed_byte_is_found(seed: u64, events in 1_usize..60, pick: usize) {
        let mut history = good(seed, events);
        let (index, changed) = any(&history, pick);
        let byte = pick % changed.content.len();
        let mut bytes = changed.content.clone().into_bytes();
        bytes[byte] ^= 1;
        let arrived = String::from_utf8(bytes).expect("ASCII");
        history[index] = Step::Delivered(Event { content: arrived.clone(), ..changed.clone() });
        let found = Violation::Altered { place: changed.place, written: changed.content, arrived };
        prop_assert!(violations(&history).contains(&found));
    }

    #[test]
    fn another_id_is_found(seed: u64, events in 1_usize..60, pick: usize, known: bool) {
        let mut history = good(seed, events);
        let (index, changed) = any(&history, pick);
        if !known {
            // The writer does not know the ids: then all deliveries of one event must agree.
            for step in &mut history {
                if let Step::Committed(event) = step { event.id.clear(); }
            }
            history.push(Step::Delivered(changed.clone()));
        }
        history[index] = Step::Delivered(Event { id: "other".into(), ..changed.clone() });
        prop_assert!(violations(&history).contains(&Violation::OtherId(changed.place)));
    }

    #[test]
    fn a_healthy_event_in_the_failure_destination_is_found(seed: u64, events in 1_usize..60, pick: usize) {
        let mut history = good(seed, events);
        let (index, kept) = any(&history, pick);
        history[index] = Step::Kept(kept.clone());
        prop_assert!(violations(&history).contains(&Violation::DeadLettered(kept.place)));
    }

    #[test]
    fn a_repeat_without_a_fault_is_found(seed: u64, events in 1_usize..60, pick: usize) {
        let mut history = good(seed, events);
        let (_, again) = any(&history, pick);
        history.retain(|step| !matches!(step, Step::FaultBegan | Step::FaultEnded { .. }));
        history.push(Step::Delivered(again.clone()));
        prop_assert!(violations(&history).contains(&Violation::RepeatedWithoutCause(again.place)));
    }

    #[test]
    fn a_duplicate_of_an_event_delivered_long_before_the_fault_is_found(seed: u64, events in 12_usize..60) {
        let mut history = good(seed, events);
        history.retain(|step| !matches!(step, Step::FaultBegan | Step::FaultEnded { .. }));
        let (_, old) = deliveries(&history)[0].clone();
        history.extend([Step::FaultBegan, Step::FaultEnded { strikes: 1 }, Step::Delivered(old.clone())]);
        prop_assert!(violations(&history).contains(&Violation::RepeatedWithoutCause(old.place)));
    }

    #[test]
    fn more_repeats_than_strikes_explain_are_found(seed: u64, events in 1_usize..60, pick: usize) {
        let mut history = good(seed, events);
        let (_, again) = any(&history, pick);
        let faults = history.iter().filter(|step| matches!(step, Step::FaultBegan)).count();
        for _ in 0..=faults * events {
            history.push(Step::Delivered(again.clone()));
        }
        let too_many = |violation: &Violation| matches!(violation, Violation::TooManyRepeats { .. });
        prop_assert!(violations(&history).iter().any(too_many));
    }

    #[test]
    fn an_early_acknowledgement_is_found(seed: u64, events in 1_usize..60, pick: usize) {
        let mut history = good(seed, events);
        let (_, early) = any(&history, pick);
        let delivered = first(&history, &early.place);
        history.insert(pick % (delivered + 1), Step::Acknowledged(early.place.clone()));
        prop_assert!(violations(&history).contains(&Violation::AcknowledgedEarly(early.place)));
    }
}

#[test]
fn acknowledged_but_undelivered_events_are_early_and_lost() {
    let one = event("a", 1);
    let history = [Step::Committed(one.clone()), Step::Acknowledged(one.place.clone())];
    assert_eq!(violations(&history), [Violation::AcknowledgedEarly(one.place.clone()), Violation::Lost(one.place)]);
}
