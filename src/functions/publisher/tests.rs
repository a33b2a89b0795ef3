//! The engine with a backend that fails at random: order, completeness, and the events left for redelivery.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use proptest::prelude::*;

use super::backend::{Entry, FailureDestination, Limits, Publisher, Reason, Verdict};
use super::backlog::{Content, Item};
use super::delivery::{Policy, Report, deliver};
use super::{decode, stop_at};
use crate::base::error::{Error, Kind, Result};
use crate::base::timing::Backoff;
use crate::outbox::Layout;

/// The fake bus's reaction to each attempt of an entry; it accepts once the list is used up.
#[derive(Debug, Clone, Copy)]
enum Act {
    Accept,
    Retry,
    /// Accepts the entry but reports a failure.
    LateAccept,
    Refuse,
    /// Omits this and the following entries from the answer.
    Silence,
}

#[derive(Default)]
struct Bus {
    script: Mutex<Vec<Act>>,
    seen: Mutex<Vec<String>>,
    kept: Mutex<Vec<usize>>,
    /// Number of writes to the failure destination that fail first.
    broken_stores: Mutex<usize>,
}

impl Publisher for Bus {
    fn limits(&self) -> Limits {
        Limits { entries: 3, bytes: 50 }
    }

    fn size(&self, entry: &Entry) -> usize {
        entry.detail.len()
    }

    fn check(&self, entry: &Entry) -> std::result::Result<(), Reason> {
        if self.size(entry) > 5000 { Err(Reason::new("EventTooLarge", "")) } else { Ok(()) }
    }

    async fn publish(&self, entries: &[Arc<Entry>]) -> Vec<Verdict> {
        assert!(entries.len() <= 3);
        tokio::task::yield_now().await;
        let mut verdicts = Vec::new();
        for entry in entries {
            let act = self.script.lock().pop().unwrap_or(Act::Accept);
            let reason = Reason::new("Scripted", "");
            if matches!(act, Act::Accept | Act::LateAccept) {
                self.seen.lock().push(entry.detail.clone());
            }
            verdicts.push(match act {
                Act::Accept => Verdict::Accepted,
                Act::Retry | Act::LateAccept => Verdict::Retry(reason),
                Act::Refuse => Verdict::Refused(reason),
                Act::Silence => break,
            });
        }
        verdicts
    }
}

impl FailureDestination for Bus {
    async fn store(&self, position: usize, _: &Reason) -> Result<()> {
        let mut broken = self.broken_stores.lock();
        if *broken > 0 {
            *broken -= 1;
            return Err(Error::new(Kind::Aws, "no such bucket"));
        }
        self.kept.lock().push(position);
        Ok(())
    }
}

fn event(position: usize, aggregate: u8) -> Item {
    let entry = Entry::sample("CarCreated", format!("{aggregate}:{position}"));
    let bytes = entry.detail.len();
    let key = Some(("car".into(), aggregate.to_string()));
    Item { position, key, content: Content::Event { entry: Arc::new(entry), bytes } }
}

const QUICK: Policy =
    Policy { concurrency: 4, backoff: Backoff::new(Duration::from_micros(50), Duration::from_micros(200)) };

fn run(bus: &Bus, items: Vec<Item>, time: Duration) -> Report {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    runtime.block_on(deliver(bus, bus, items, Instant::now() + time, QUICK))
}

/// Returns the positions in the order in which the bus first accepted them, by aggregate.
fn first_arrivals(bus: &Bus) -> BTreeMap<String, Vec<usize>> {
    let mut arrivals: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for seen in bus.seen.lock().iter() {
        let (aggregate, position) = seen.split_once(':').unwrap();
        let position = position.parse().unwrap();
        let positions = arrivals.entry(aggregate.into()).or_default();
        if !positions.contains(&position) {
            positions.push(position);
        }
    }
    arrivals
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        4 => Just(Act::Accept), 3 => Just(Act::Retry), 1 => Just(Act::LateAccept),
        1 => Just(Act::Refuse), 1 => Just(Act::Silence),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn random_failures_keep_every_event_in_order(
        aggregates in proptest::collection::vec(0u8..5, 0..40),
        script in proptest::collection::vec(act(), 0..80),
        broken_stores in 0usize..4,
    ) {
        let bus = Bus { script: Mutex::new(script), broken_stores: Mutex::new(broken_stores), ..Bus::default() };
        let items = aggregates.iter().enumerate().map(|(position, &aggregate)| event(position, aggregate)).collect();
        let report = run(&bus, items, Duration::from_secs(20));
        prop_assert_eq!(&report.unfinished, &Vec::<usize>::new());
        prop_assert_eq!(report.accepted + report.kept, aggregates.len());

        let arrivals = first_arrivals(&bus);
        for positions in arrivals.values() {
            prop_assert!(positions.is_sorted(), "an aggregate was reordered: {:?}", positions);
        }
        let mut all: Vec<usize> = arrivals.into_values().flatten().chain(bus.kept.lock().iter().copied()).collect();
        all.sort_unstable();
        all.dedup();
        prop_assert_eq!(all, (0..aggregates.len()).collect::<Vec<_>>());
    }

    #[test]
    fn a_deadline_leaves_the_last_events_unfinished(
        aggregates in proptest::collection::vec(0u8..4, 1..20),
        script in proptest::collection::vec(act(), 0..20),
    ) {
        // The backend stops answering well after the script: every unfinished record must be reported.
        let endless = std::iter::repeat_n(Act::Retry, 100_000).chain(script).collect();
        let bus = Bus { script: Mutex::new(endless), ..Bus::default() };
        let items = aggregates.iter().enumerate().map(|(position, &aggregate)| event(position, aggregate)).collect();
        let report = run(&bus, items, Duration::from_millis(10));
        prop_assert_eq!(report.accepted + report.kept + report.unfinished.len(), aggregates.len());
        prop_assert!(report.unfinished.is_sorted());
        // The finished events of each aggregate come first: redelivery from the first unfinished one keeps the order.
        let unfinished = &report.unfinished;
        for aggregate in 0..4u8 {
            let state: Vec<bool> = aggregates.iter().enumerate().filter(|(_, a)| **a == aggregate)
                .map(|(position, _)| unfinished.contains(&position)).collect();
            prop_assert!(state.is_sorted(), "a later event of the aggregate went first: {:?}", state);
        }
    }
}

#[test]
fn poison_does_not_block_others_and_keeps_its_place() {
    let bus = Bus::default();
    let poison = Item {
        position: 1,
        key: Some(("car".into(), "1".into())),
        content: Content::Poison(Reason::new("EventTooLarge", "")),
    };
    let report = run(&bus, vec![event(0, 1), poison, event(2, 1), event(3, 2)], Duration::from_secs(5));
    assert_eq!((report.accepted, report.kept, report.unfinished), (3, 1, vec![]));
    assert_eq!(*bus.kept.lock(), [1]);
    assert_eq!(first_arrivals(&bus)["1"], [0, 2]);
}

#[test]
fn records_that_can_not_be_stored_are_not_acknowledged() {
    let bus = Bus { broken_stores: Mutex::new(usize::MAX), ..Bus::default() };
    let poison = Item { position: 0, key: None, content: Content::Poison(Reason::new("Undecodable", "")) };
    let report = run(&bus, vec![poison, event(1, 1)], Duration::from_millis(20));
    assert_eq!((report.accepted, report.unfinished), (1, vec![0]));
    assert_eq!(report.last_problem.unwrap().code, "FailureDestination");
}

fn record(table: &str, operation: &str, payload: &str) -> Vec<u8> {
    serde_json::json!({
        "data": {
            "id": "0198a6a0-0000-7000-8000-000000000001", "aggregate_type": "car", "aggregate_id": "c-1",
            "event_type": "CarCreated", "payload": payload, "sequence": 1, "created_at": "2026-11-21T06:14:00Z",
        },
        "metadata": {
            "timestamp": "2026-11-21T06:14:01.000000Z", "record-type": "data", "operation": operation,
            "partition-key-type": "attribute-name", "schema-name": "public", "table-name": table,
            "commit-timestamp": "2026-11-21T06:14:00.500000Z",
        },
    })
    .to_string()
    .into_bytes()
}

#[test]
fn only_outbox_inserts_are_events() {
    let decode = |data: &[u8]| decode::decode(&Bus::default(), 7, data, Layout::own());
    for (table, operation) in
        [("outbox", "update"), ("outbox", "delete"), ("cars", "insert"), ("awsdms_status", "insert")]
    {
        assert!(matches!(decode(&record(table, operation, "{}")), decode::Decoded::NotAnEvent), "{table} {operation}");
    }
    let decode::Decoded::Item { item, event_id } = decode(&record("outbox", "insert", "{\"year\": 2024}")) else {
        panic!("an insert is an event");
    };
    assert_eq!((item.position, item.key), (7, Some(("car".into(), "c-1".into()))));
    assert!(event_id.is_some());
    let Content::Event { entry, .. } = item.content else { panic!("it is well formed") };
    let detail: serde_json::Value = serde_json::from_str(&entry.detail).unwrap();
    assert_eq!((&detail["data"]["year"], &detail["time"]), (&2024.into(), &"2026-11-21T06:14:00.500000Z".into()));
}

#[test]
fn poison_has_a_reason() {
    let code = |data: &[u8]| match decode::decode(&Bus::default(), 0, data, Layout::own()) {
        decode::Decoded::Item { item: Item { content: Content::Poison(reason), .. }, event_id } => {
            (reason.code, event_id.is_some())
        }
        other => panic!("{other:?}"),
    };
    assert_eq!(code(b"\xff\x00"), ("Undecodable".into(), false));
    assert_eq!(code(b"{\"data\":{}}"), ("Undecodable".into(), false));
    assert_eq!(code(&record("outbox", "insert", "{\"cut")), ("NotAnOutboxRow".into(), true));
    let large = format!("\"{}\"", "x".repeat(6000));
    assert_eq!(code(&record("outbox", "insert", &large)), ("EventTooLarge".into(), true));
}

#[test]
fn stops_before_the_invocation_ends() {
    let now = Instant::now();
    assert_eq!(stop_at(now, Duration::from_secs(60)), now + Duration::from_secs(59));
    assert_eq!(stop_at(now, Duration::from_secs(2)), now + Duration::from_millis(1500));
    assert_eq!(stop_at(now, Duration::ZERO), now);
}

#[test]
fn a_redelivery_has_a_verdict_for_every_chunk_and_stores_none() {
    use crate::outbox::{Chunk, Message, Verdict};

    let event = record("outbox", "insert", "{\"year\": 2024}");
    let again = r#"{"specversion":"1.0","id":"0198a6a0-0000-7000-8000-000000000002","source":"outbox.car","type":"T",
        "subject":"c-1","time":"2026-11-21T06:14:00Z","sequence":"2","replay":"r","data":{}}"#;
    let large = record("outbox", "insert", &format!("\"{}\"", "x".repeat(6000)));
    let chunks = [
        Chunk::record(&event),
        Chunk::record(&record("cars", "insert", "{}")),
        Chunk::record(b"\xff"),
        Chunk::record(&large),
        Chunk::event(Message::from_cloud_event(again).unwrap()),
        Chunk::record(again.as_bytes()),
    ];
    let run = |bus: &Bus, time: Duration| {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let read = |position, data: &[u8]| decode::decode(bus, position, data, Layout::own());
        let redelivery = super::redelivery::redeliver(bus, &chunks, Instant::now() + time, QUICK, read);
        runtime.block_on(redelivery).redelivered
    };
    let bus = Bus::default();
    let verdicts = run(&bus, Duration::from_secs(20));
    let refused = |verdict: &Verdict, wanted: &str| matches!(verdict, Verdict::Refused { code, .. } if code == wanted);
    assert_eq!((&verdicts[0], &verdicts[1]), (&Verdict::Accepted, &Verdict::Nothing));
    assert!(refused(&verdicts[2], "Undecodable") && refused(&verdicts[3], "EventTooLarge"), "{verdicts:?}");
    assert_eq!((&verdicts[4], &verdicts[5]), (&Verdict::Accepted, &Verdict::Accepted));
    assert!(bus.kept.lock().is_empty(), "the caller has the records");
    let seen = bus.seen.lock().clone();
    assert_eq!(seen.iter().filter(|detail| detail.contains("\"replay\":\"r\"")).count(), 2, "{seen:?}");

    // A bus that never accepts an entry: the whole aggregate is unfinished, with the reason.
    let endless = Bus { script: Mutex::new(vec![Act::Retry; 100_000]), ..Bus::default() };
    let verdicts = run(&endless, Duration::from_millis(500));
    assert!(matches!(&verdicts[0], Verdict::Unfinished { code, .. } if code == "Scripted"), "{verdicts:?}");
    assert!(matches!(&verdicts[4], Verdict::Unfinished { .. }), "{verdicts:?}");
}
