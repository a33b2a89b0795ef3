use std::collections::HashSet;
use std::time::Duration;

use chrono::TimeZone;
use proptest::prelude::*;
use serde_json::Value;
use uuid::Uuid;

use super::*;
use crate::streams::{Body, Content, EventView, Origin};

const HOPS: &[Hop] = &[Hop::Stream, Hop::Bus];

fn at(millis: i64) -> DateTime<Utc> {
    Utc.timestamp_millis_opt(1_000_000 + millis).single().expect("a time")
}

pub fn event(n: u64, aggregate: u64, sequence: i64) -> Inserted {
    Inserted {
        n,
        event_id: Uuid::nil(),
        aggregate_id: format!("a{aggregate}"),
        event_type: "T".into(),
        sequence: Some(sequence),
        correlation_id: format!("run-{n}"),
        committed_at: at(0),
    }
}

pub fn commit(ledger: &mut Ledger, event: Inserted) {
    ledger.commit(event, TimeDelta::zero());
}

/// Returns an item; `delivery` identifies the delivery.
pub fn seen(hop: Hop, event: &Inserted, delivery: usize, millis: i64) -> Item {
    Item {
        hop,
        at: at(millis),
        content: Content::Event,
        summary: String::new(),
        event: EventView {
            correlation_id: Some(event.correlation_id.clone()),
            aggregate_id: Some(event.aggregate_id.clone()),
            sequence: event.sequence,
            ..EventView::default()
        },
        origin: Origin::Bus { bus_event_id: Some(delivery.to_string()), message_id: String::new() },
        body: Body::Record(Value::Null.into()),
    }
}

#[test]
fn everything_once_and_in_order_passes() {
    let mut ledger = Ledger::new("run", Hop::Database, HOPS, &[Hop::Stream]);
    for n in 0..4 {
        let event = event(n, n % 2, n as i64 / 2 + 1);
        for hop in HOPS {
            ledger.see(&seen(*hop, &event, n as usize, 10 + n as i64));
        }
        commit(&mut ledger, event);
    }
    assert!(ledger.is_complete() && ledger.pending.is_empty(), "completed events are removed");
    let report = ledger.report();
    assert!(report.verdict.passed(), "{report:?}");
    assert_eq!(report.hops[0].from_commit.as_ref().map(|l| l.max_ms), Some(13.0));
}

#[test]
fn a_lost_event_is_named_with_the_hop_it_reached_and_its_aggregate() {
    let mut ledger = Ledger::new("run", Hop::Database, HOPS, &[Hop::Stream]);
    commit(&mut ledger, event(0, 0, 1));
    ledger.commit(event(1, 7, 2), TimeDelta::seconds(5));
    ledger.see(&seen(Hop::Stream, &event(1, 7, 2), 1, 1));
    assert!(!ledger.is_complete());
    assert!(ledger.is_overdue(TimeDelta::seconds(1)) && !ledger.is_overdue(TimeDelta::zero()));
    let report = ledger.report();
    assert!(!report.verdict.delivered);
    assert_eq!(report.last_seen, BTreeMap::from([(Hop::Database, 1), (Hop::Stream, 1)]));
    assert_eq!(report.hops[1].lost_events, ["run-0", "run-1"]);
    assert!(report.complaint(Duration::from_millis(1)).starts_with("2 of 2 events did not arrive within 0.001 s ("));
    assert!(report.complaint(Duration::from_secs(120)).contains(" within 120 s ("));
    let aggregates: Vec<(&str, u64)> = report.aggregates.iter().map(|a| (a.aggregate_id.as_str(), a.lost)).collect();
    assert_eq!(aggregates, [("a0", 1), ("a7", 1)]);
}

#[test]
fn events_of_other_runs_never_count() {
    let mut ledger = Ledger::new("run", Hop::Database, HOPS, &[Hop::Stream]);
    commit(&mut ledger, event(0, 0, 1));
    let other = Inserted { correlation_id: "other-0".into(), ..event(0, 0, 1) };
    assert!(!ledger.see(&seen(Hop::Stream, &other, 1, 1)));
    let longer = Inserted { correlation_id: "run-0x".into(), ..event(0, 0, 1) };
    assert!(!ledger.see(&seen(Hop::Stream, &longer, 2, 1)));
    assert!(!ledger.see(&seen(Hop::Log, &event(0, 0, 1), 1, 1)), "a hop that is not watched");
    assert!(!ledger.is_complete());
}

#[test]
fn a_second_delivery_is_a_duplicate_and_a_second_read_is_not() {
    let mut ledger = Ledger::new("run", Hop::Database, HOPS, &[Hop::Stream]);
    commit(&mut ledger, event(0, 0, 1));
    for (hop, delivery) in [(Hop::Bus, 1), (Hop::Bus, 1), (Hop::Bus, 2), (Hop::Stream, 3)] {
        ledger.see(&seen(hop, &event(0, 0, 1), delivery, 1));
    }
    // Also after it has arrived everywhere.
    assert!(ledger.is_complete());
    ledger.see(&seen(Hop::Bus, &event(0, 0, 1), 4, 1));
    let report = ledger.report();
    assert_eq!((report.hops[0].duplicated, report.hops[1].duplicated), (0, 2));
    assert_eq!((report.hops[1].repeated, report.times()), (1, "at least once"), "the bus delivered its event 1 again");
    assert_eq!(report.aggregates[0].duplicated, 2);
}

/// Repetitions by AWS are counted and do not fail the run; repetitions by the pipeline do.
#[test]
fn repeated_stream_records_fail_unless_allowed() {
    for (repeating, passes) in [(&[Hop::Stream][..], true), (&[], false)] {
        let mut ledger = Ledger::new("run", Hop::Database, HOPS, &[]).repeating(repeating);
        commit(&mut ledger, event(0, 0, 1));
        for (hop, delivery) in [(Hop::Stream, 1), (Hop::Stream, 2), (Hop::Bus, 3)] {
            ledger.see(&seen(hop, &event(0, 0, 1), delivery, 1));
        }
        let report = ledger.report();
        assert_eq!((report.hops[0].repeated, report.hops[0].duplicated), (u64::from(passes), u64::from(!passes)));
        assert_eq!((report.verdict.passed(), report.aggregates.is_empty()), (passes, passes));
        assert_eq!(
            report.remark().is_some_and(|text| text.contains("delivered again by AWS: 1 in the stream")),
            passes
        );
    }
}

#[test]
fn a_rolled_back_event_must_not_arrive() {
    for reported_first in [true, false] {
        let mut ledger = Ledger::new("run", Hop::Database, HOPS, &[Hop::Stream]);
        if reported_first {
            ledger.forbid(&event(9, 0, 1));
        }
        ledger.see(&seen(Hop::Stream, &event(9, 0, 1), 1, 1));
        ledger.forbid(&event(9, 0, 1));
        let report = ledger.report();
        assert!(!report.verdict.rolled_back_stayed_away);
        assert_eq!(report.rolled_back_arrived, ["run-9"]);
    }
}

#[test]
fn order_is_by_reading_in_a_shard_and_by_time_elsewhere() {
    let mut ledger = Ledger::new("run", Hop::Database, HOPS, &[Hop::Stream]);
    let events = [event(0, 0, 1), event(1, 0, 2)];
    for hop in HOPS {
        ledger.see(&seen(*hop, &events[1], 1, 5));
        ledger.see(&seen(*hop, &events[0], 0, 5));
    }
    events.into_iter().for_each(|event| commit(&mut ledger, event));
    let report = ledger.report();
    assert_eq!((report.hops[0].out_of_order, report.hops[1].out_of_order), (1, 0));
    assert!(!report.verdict.in_order);
}

/// A bus that reorders, as EventBridge may: reported in full, and failing the run only with `--strict-order`.
#[test]
fn a_shuffled_bus_fails_a_strict_run_only() {
    for (ordered, passes) in [(&HOPS[..1], true), (HOPS, false)] {
        let mut ledger = Ledger::new("run", Hop::Database, HOPS, ordered);
        for n in 0..6 {
            let event = event(n, 0, n as i64 + 1);
            ledger.see(&seen(Hop::Stream, &event, n as usize, n as i64));
            ledger.see(&seen(Hop::Bus, &event, n as usize, 100 - n as i64));
            commit(&mut ledger, event);
        }
        let report = ledger.report();
        assert_eq!((report.hops[1].out_of_order, report.hops[1].order_judged), (5, !passes));
        assert_eq!((report.verdict.in_order, report.verdict.passed()), (passes, passes));
        assert_eq!(report.aggregates.is_empty(), passes, "{:?}", report.aggregates);
        assert_eq!(report.remark().is_some_and(|text| text.starts_with("out of order: 5 on the bus")), passes);
        assert_eq!(report.order_kept(), ", in order in the stream");
        assert_eq!(report.complaint(Duration::from_secs(1)).contains("5 arrived out of order on the bus"), !passes);
    }
}

#[test]
fn only_streaming_destinations_may_repeat_records() {
    let repeating = crate::pipelines::ALL.iter().filter(|pipeline| !pipeline.repeating_hops().is_empty());
    assert_eq!(repeating.map(|pipeline| pipeline.name).collect::<Vec<_>>(), ["dynamodb-kinesis"]);
}

#[test]
fn order_is_judged_where_the_pipeline_keeps_it() {
    let judged = |name: &str| {
        let pipeline = crate::pipelines::ALL.iter().find(|pipeline| pipeline.name == name).expect("a pipeline");
        pipeline.ordered_hops()
    };
    assert_eq!(judged("rds-eventbridge"), [Hop::Stream]);
    assert_eq!(judged("rds-kinesis"), [Hop::Stream, Hop::Processed]);
    assert_eq!(judged("dynamodb-eventbridge"), [Hop::Stream]);
    assert_eq!(judged("dynamodb-cdc"), [Hop::Stream]);
    assert_eq!(judged("dynamodb-kinesis"), []);
}

proptest! {
    /// Any subset delivered any number of times, in any order, before and after the commits are reported: the counts
    /// are exact.
    #[test]
    fn counts_are_exact(deliveries in proptest::collection::vec(0u64..20, 0..100), reported in 0usize..100) {
        let mut ledger = Ledger::new("run", Hop::Database, &[Hop::Stream], &[Hop::Stream]);
        let commits = |ledger: &mut Ledger| (0..20).for_each(|n| commit(ledger, event(n, n, 1)));
        for (i, n) in deliveries.iter().enumerate() {
            if i == reported {
                commits(&mut ledger);
            }
            ledger.see(&seen(Hop::Stream, &event(*n, *n, 1), i, i as i64));
        }
        if reported >= deliveries.len() {
            commits(&mut ledger);
        }
        let distinct = deliveries.iter().collect::<HashSet<_>>().len();
        prop_assert_eq!(ledger.is_complete(), distinct == 20);
        prop_assert_eq!(ledger.pending.len(), 20 - distinct);
        let report = ledger.report();
        prop_assert_eq!(report.hops[0].arrived, distinct as u64);
        prop_assert_eq!(report.hops[0].lost, 20 - distinct as u64);
        prop_assert_eq!(report.hops[0].duplicated, (deliveries.len() - distinct) as u64);
        prop_assert_eq!(report.hops[0].out_of_order, 0);
    }

    /// No event is out of order exactly if the sequences of every aggregate rise.
    #[test]
    fn disorder_is_found(order in Just((0u64..12).collect::<Vec<_>>()).prop_shuffle()) {
        let mut ledger = Ledger::new("run", Hop::Database, &[Hop::Stream], &[Hop::Stream]);
        let event = |n: u64| event(n, n % 3, n as i64 / 3 + 1);
        (0..12).for_each(|n| commit(&mut ledger, event(n)));
        for n in &order {
            ledger.see(&seen(Hop::Stream, &event(*n), *n as usize, 0));
        }
        let rises = (0..3).all(|a| order.iter().filter(|n| *n % 3 == a).is_sorted());
        prop_assert_eq!(ledger.report().hops[0].out_of_order == 0, rises);
    }
}

#[test]
fn memory_depends_on_events_in_flight_only() {
    let mut ledger = Ledger::new("run", Hop::Database, HOPS, &[Hop::Stream]);
    for n in 0..50_000 {
        let event = event(n, n % 10, n as i64 / 10 + 1);
        commit(&mut ledger, event.clone());
        for hop in HOPS {
            ledger.see(&seen(*hop, &event, n as usize, n as i64));
        }
        assert!(ledger.pending.is_empty() && ledger.everywhere.above.is_empty());
    }
    let report = ledger.report();
    assert!(report.verdict.passed());
    assert_eq!(report.hops[1].arrived, 50_000);
}
