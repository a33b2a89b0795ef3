use chrono::TimeZone;
use proptest::prelude::*;
use serde_json::Value;
use uuid::Uuid;

use super::*;
use crate::streams::{Body, Content, EventView, Origin};

const HOPS: &[Hop] = &[Hop::Kinesis, Hop::Events];

fn at(millis: i64) -> DateTime<Utc> {
    Utc.timestamp_millis_opt(1_000_000 + millis).single().expect("a time")
}

fn event(n: u64, aggregate: u64, sequence: i64) -> Inserted {
    Inserted {
        n,
        event_id: Uuid::nil(),
        aggregate_id: format!("a{aggregate}"),
        event_type: "T".into(),
        sequence,
        correlation_id: format!("run-{n}"),
        committed_at: at(0),
    }
}

fn seen(hop: Hop, id: &str, delivery: &str, millis: i64) -> Item {
    Item {
        kind: "item",
        hop,
        at: at(millis),
        content: Content::Event,
        summary: String::new(),
        event: EventView { correlation_id: Some(id.into()), ..EventView::default() },
        origin: Origin::Bus { bus_event_id: Some(delivery.into()), message_id: String::new() },
        body: Body::Record(Value::Null),
    }
}

#[test]
fn everything_once_and_in_order_passes() {
    let mut ledger = Ledger::new("run", HOPS);
    for n in 0..4 {
        for hop in HOPS {
            ledger.see(&seen(*hop, &format!("run-{n}"), &n.to_string(), 10 + n));
        }
        ledger.commit(event(n as u64, n as u64 % 2, n / 2 + 1));
    }
    let report = ledger.report();
    assert!(ledger.is_complete() && report.verdict.passed(), "{report:?}");
    assert_eq!(report.hops[0].from_commit.as_ref().map(|l| l.max_ms), Some(13.0));
}

#[test]
fn a_lost_event_is_named_with_the_hop_it_reached() {
    let mut ledger = Ledger::new("run", HOPS);
    ledger.commit(event(0, 0, 1));
    ledger.commit(event(1, 0, 2));
    ledger.see(&seen(Hop::Kinesis, "run-1", "1", 1));
    let report = ledger.report();
    assert!(!report.verdict.delivered);
    assert_eq!(report.last_seen, BTreeMap::from([("committed".into(), 1), ("kinesis".into(), 1)]));
    assert_eq!(report.hops[1].lost_events, ["run-0", "run-1"]);
}

#[test]
fn others_never_count() {
    let mut ledger = Ledger::new("run", HOPS);
    ledger.commit(event(0, 0, 1));
    assert!(!ledger.see(&seen(Hop::Kinesis, "other-0", "1", 1)));
    assert!(!ledger.see(&seen(Hop::Log, "run-0", "1", 1)), "a hop that is not watched");
    assert!(!ledger.is_complete());
}

#[test]
fn a_second_delivery_is_a_duplicate_and_a_second_look_is_not() {
    let mut ledger = Ledger::new("run", HOPS);
    ledger.commit(event(0, 0, 1));
    for delivery in ["1", "1", "2"] {
        ledger.see(&seen(Hop::Events, "run-0", delivery, 1));
    }
    assert_eq!(ledger.report().hops[1].duplicated, 1);
}

#[test]
fn the_rolled_back_event_must_stay_away() {
    let mut ledger = Ledger::new("run", HOPS);
    ledger.forbid(&event(9, 0, 1));
    ledger.see(&seen(Hop::Kinesis, "run-9", "1", 1));
    let report = ledger.report();
    assert!(!report.verdict.rolled_back_stayed_away);
    assert_eq!(report.rolled_back_arrived, ["run-9"]);
}

#[test]
fn order_is_by_reading_in_a_shard_and_by_time_elsewhere() {
    let mut ledger = Ledger::new("run", HOPS);
    ledger.commit(event(0, 0, 1));
    ledger.commit(event(1, 0, 2));
    for hop in HOPS {
        ledger.see(&seen(*hop, "run-1", "1", 5));
        ledger.see(&seen(*hop, "run-0", "0", 5));
    }
    let report = ledger.report();
    assert_eq!((report.hops[0].out_of_order, report.hops[1].out_of_order), (1, 0));
}

proptest! {
    /// Any subset delivered any number of times, in any order: the counts are exact.
    #[test]
    fn counts_are_exact(deliveries in proptest::collection::vec(0u64..20, 0..100)) {
        let mut ledger = Ledger::new("run", &[Hop::Kinesis]);
        (0..20).for_each(|n| ledger.commit(event(n, n, 1)));
        for (i, n) in deliveries.iter().enumerate() {
            ledger.see(&seen(Hop::Kinesis, &format!("run-{n}"), &i.to_string(), i as i64));
        }
        let distinct: HashSet<_> = deliveries.iter().collect();
        let report = ledger.report();
        prop_assert_eq!(report.hops[0].arrived, distinct.len());
        prop_assert_eq!(report.hops[0].lost, 20 - distinct.len());
        prop_assert_eq!(report.hops[0].duplicated, deliveries.len() - distinct.len());
        prop_assert_eq!(report.hops[0].out_of_order, 0);
        prop_assert_eq!(ledger.is_complete(), distinct.len() == 20);
    }

    /// Nothing is out of order exactly where every aggregate's sequences rise.
    #[test]
    fn disorder_is_found(order in Just((0u64..12).collect::<Vec<_>>()).prop_shuffle()) {
        let mut ledger = Ledger::new("run", &[Hop::Kinesis]);
        (0..12).for_each(|n| ledger.commit(event(n, n % 3, n as i64 / 3 + 1)));
        for n in &order {
            ledger.see(&seen(Hop::Kinesis, &format!("run-{n}"), &n.to_string(), 0));
        }
        let rises = (0..3).all(|a| order.iter().filter(|n| *n % 3 == a).is_sorted());
        prop_assert_eq!(ledger.report().hops[0].out_of_order == 0, rises);
    }
}
