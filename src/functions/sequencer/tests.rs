//! Tests of consumers with duplicate, late, unordered and missing records, and with other consumers of the same
//! aggregates.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use proptest::prelude::*;
use serde_json::json;

use super::history::{Committed, History};
use super::plan::{Aggregate, gap};
use super::positions::{Claim, Positions};
use super::{Read, read, rounds};
use crate::aws::dynamodb;
use crate::base::error::{Error, Kind, Result};
use crate::functions::publisher::backlog::{Content, Item};
use crate::functions::publisher::{Report, Source};
use crate::outbox::{Message, derived_id};

/// Tables and bus in memory, shared by all consumers of a test.
#[derive(Default)]
struct World {
    /// Number of committed events by aggregate id.
    committed: HashMap<String, i64>,
    /// Sequences whose items are not outbox items.
    broken: BTreeSet<i64>,
    positions: Mutex<HashMap<Aggregate, (i64, Option<String>)>>,
    delivered: Mutex<Vec<(String, i64)>>,
    /// Answers of the bus to the next deliveries: false refuses for now. Accepts once the list is used up.
    bus: Mutex<Vec<bool>>,
    /// Number of releases that fail after they took effect.
    lost_answers: Mutex<usize>,
    claims: Mutex<u64>,
    /// Number of claims that expire when another consumer asks for them.
    expiring: Mutex<usize>,
    renewals: Mutex<usize>,
    /// Number of renewals that a delivery waits for.
    awaited_renewals: usize,
    /// An aggregate whose claims never get an answer.
    silent: Option<&'static str>,
}

fn message(aggregate: &str, sequence: i64) -> Message {
    let row = json!({
        "id": derived_id(&[aggregate, &sequence.to_string()]), "aggregate_type": "order", "aggregate_id": aggregate,
        "event_type": "OrderChanged", "payload": format!("{{\"n\":{sequence}}}"), "sequence": sequence,
        "created_at": "2026-11-21T06:00:00Z",
    });
    dynamodb::read(row.as_object().unwrap()).unwrap()
}

fn record(aggregate: &str, sequence: i64) -> Vec<u8> {
    let message = message(aggregate, sequence);
    json!({
        "eventID": format!("{aggregate}{sequence}"), "eventName": "INSERT", "tableName": "outbox",
        "dynamodb": {
            "ApproximateCreationDateTime": 1_700_000_000_000_000_i64, "ApproximateCreationDateTimePrecision": "MICROSECOND",
            "Keys": {}, "NewImage": {
                "id": {"S": message.id}, "aggregate_type": {"S": "order"}, "aggregate_id": {"S": aggregate},
                "event_type": {"S": "OrderChanged"}, "payload": {"S": message.payload.get()},
                "sequence": {"N": sequence.to_string()}, "created_at": {"S": "2026-11-21T06:00:00Z"},
            },
        },
    })
    .to_string()
    .into_bytes()
}

fn batch(records: &[Vec<u8>]) -> Read {
    read(records.iter().enumerate().map(|(n, data)| Source::sample(n, data)).collect())
}

impl Positions for World {
    async fn claim(&self, aggregate: &Aggregate, _: Duration) -> Result<Option<Claim>> {
        tokio::task::yield_now().await;
        if self.silent == Some(aggregate.1.as_str()) {
            std::future::pending::<()>().await;
        }
        let mut positions = self.positions.lock();
        let (delivered, owner) = positions.entry(aggregate.clone()).or_default();
        if owner.is_some() {
            let mut expiring = self.expiring.lock();
            if *expiring == 0 {
                return Ok(None);
            }
            *expiring -= 1;
        }
        let mut claims = self.claims.lock();
        *claims += 1;
        *owner = Some(claims.to_string());
        Ok(Some(Claim { delivered: *delivered, owner: claims.to_string() }))
    }

    async fn renew(&self, aggregate: &Aggregate, claim: &Claim, _: Duration) -> Result<()> {
        let owner = self.positions.lock().get(aggregate).and_then(|(_, owner)| owner.clone());
        *self.renewals.lock() += usize::from(owner.as_deref() == Some(claim.owner.as_str()));
        Ok(())
    }

    async fn release(&self, aggregate: &Aggregate, claim: Claim, delivered: i64) -> Result<()> {
        tokio::task::yield_now().await;
        let mut positions = self.positions.lock();
        let (kept, owner) = positions.entry(aggregate.clone()).or_default();
        if owner.as_deref() == Some(claim.owner.as_str()) {
            (*kept, *owner) = (delivered, None);
        }
        let mut lost = self.lost_answers.lock();
        if *lost > 0 {
            *lost -= 1;
            return Err(Error::new(Kind::Unreachable, "no answer"));
        }
        Ok(())
    }
}

impl History for World {
    /// Returns three events per page, so that the tests cover paging.
    async fn read(&self, aggregate_id: &str, after: i64, to: i64) -> Result<Vec<Committed>> {
        let last = self.committed[aggregate_id].min(to);
        let item = |sequence| (sequence, (!self.broken.contains(&sequence)).then(|| message(aggregate_id, sequence)));
        Ok((after + 1..=last).take(3).map(item).collect())
    }
}

impl rounds::Parts for World {
    type Positions = Self;
    type History = Self;

    fn positions(&self) -> &Self {
        self
    }

    fn history(&self) -> &Self {
        self
    }

    fn item(&self, position: usize, message: &Message) -> Item {
        let key = Some((message.sequence.expect("a sequence").to_string(), message.aggregate_id.clone()));
        Item { position, key, content: Content::Poison(crate::functions::publisher::backend::Reason::new("", "")) }
    }

    /// Like the engine: an aggregate's first event that is not accepted blocks its later ones.
    async fn deliver(&self, _: &[Source], items: Vec<Item>, _: Instant) -> Report {
        while *self.renewals.lock() < self.awaited_renewals {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        let (mut report, mut held) = (Report::default(), BTreeSet::new());
        for item in items {
            tokio::task::yield_now().await;
            let Some((sequence, aggregate)) = item.key else {
                report.kept += 1;
                continue;
            };
            if held.contains(&aggregate) || !self.bus.lock().pop().unwrap_or(true) {
                held.insert(aggregate);
                report.unfinished.push(item.position);
                continue;
            }
            self.delivered.lock().push((aggregate, sequence.parse().unwrap()));
            report.accepted += 1;
        }
        report.unfinished.sort_unstable();
        report
    }
}

impl World {
    /// Returns the delivered sequences of an aggregate, each at its first delivery.
    fn first(&self, aggregate: &str) -> Vec<i64> {
        let mut first = Vec::new();
        for (_, sequence) in self.delivered.lock().iter().filter(|(id, _)| id == aggregate) {
            if !first.contains(sequence) {
                first.push(*sequence);
            }
        }
        first
    }
}

fn run(consumers: impl Future<Output = ()>) {
    tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(consumers);
}

async fn consume(world: &World, read: Read) -> Report {
    rounds::run(world, read, Instant::now() + Duration::from_secs(60)).await.1
}

fn world(committed: &BTreeMap<&str, i64>) -> World {
    World { committed: committed.iter().map(|(id, n)| ((*id).to_owned(), *n)).collect(), ..World::default() }
}

#[tokio::test]
async fn late_records_do_not_block_and_are_not_delivered_again() {
    let world = world(&BTreeMap::from([("a", 4)]));
    assert!(consume(&world, batch(&[record("a", 4)])).await.unfinished.is_empty());
    assert_eq!(world.first("a"), [1, 2, 3, 4]);
    assert!(consume(&world, batch(&[record("a", 2), record("a", 1), record("a", 3)])).await.unfinished.is_empty());
    assert_eq!(world.delivered.lock().len(), 4);
}

#[tokio::test]
async fn other_records_are_skipped_and_poison_is_stored() {
    let world = world(&BTreeMap::from([("a", 1)]));
    let removed = String::from_utf8(record("a", 1)).unwrap().replace("INSERT", "REMOVE").into_bytes();
    let report = consume(&world, batch(&[removed, b"\xff".to_vec(), record("a", 1)])).await;
    assert_eq!((report.accepted, report.kept, report.unfinished), (1, 1, vec![]));
}

#[tokio::test]
async fn malformed_items_are_stored_and_do_not_block() {
    // More events than one page holds.
    let world = World { broken: (3..=9).collect(), ..world(&BTreeMap::from([("a", 11)])) };
    let broken = String::from_utf8(record("a", 3)).unwrap().replace("OrderChanged", "").into_bytes();
    let report = consume(&world, batch(&[record("a", 1), record("a", 2), broken, record("a", 11)])).await;
    assert_eq!((report.accepted, report.kept, report.unfinished), (4, 1, vec![]));
    assert_eq!(world.first("a"), [1, 2, 10, 11]);
}

#[tokio::test]
async fn sequences_below_one_are_stored_as_poison() {
    let world = world(&BTreeMap::from([("a", 1)]));
    let report = consume(&world, batch(&[record("a", 0), record("a", -1), record("a", 1)])).await;
    assert_eq!((report.accepted, report.kept, report.unfinished), (1, 2, vec![]));
}

#[tokio::test]
async fn claimed_aggregates_are_unfinished_at_the_deadline() {
    let world = world(&BTreeMap::from([("a", 1), ("b", 1)]));
    world.positions.lock().insert(("order".into(), "a".into()), (0, Some("another".into())));
    let read = batch(&[record("b", 1), record("a", 1)]);
    let time = Duration::from_millis(200);
    let (_, report) = rounds::run(&world, read, Instant::now() + time).await;
    assert_eq!((report.accepted, report.unfinished), (1, vec![1]));
}

#[tokio::test]
async fn one_unanswered_claim_does_not_block_the_others() {
    let world = World { silent: Some("a"), ..world(&BTreeMap::from([("a", 1), ("b", 2)])) };
    let read = batch(&[record("a", 1), record("b", 1), record("b", 2)]);
    let time = Duration::from_millis(400);
    let ended = tokio::time::timeout(time * 20, rounds::run(&world, read, Instant::now() + time)).await;
    let (_, report) = ended.expect("it ends before Lambda ends it");
    assert_eq!((report.accepted, report.unfinished), (2, vec![0]));
    assert!(report.last_problem.is_some_and(|problem| problem.message.contains("no answer")));
}

#[tokio::test]
async fn claims_are_renewed_while_events_are_delivered() {
    let world = World { awaited_renewals: 6, ..world(&BTreeMap::from([("a", 1), ("b", 1)])) };
    let consumed = consume(&world, batch(&[record("a", 1), record("b", 1)]));
    let report = tokio::time::timeout(Duration::from_secs(30), consumed).await.expect("claims are renewed");
    assert!(report.unfinished.is_empty());
}

#[test]
fn gaps() {
    assert!(!gap(0, [1, 2, 3].into_iter()) && !gap(7, std::iter::empty()) && !gap(2, [3].into_iter()));
    assert!(gap(0, [2].into_iter()) && gap(0, [1, 3].into_iter()));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn several_consumers_restore_the_order(
        committed in prop::collection::vec(1i64..12, 1..4),
        shuffled in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..80),
        cuts in prop::collection::vec(1usize..9, 1..20),
        bus in prop::collection::vec(prop::bool::weighted(0.7), 0..30),
        lost_answers in 0usize..4,
        expiring in 0usize..4,
    ) {
        let names = ["a", "b", "c"];
        let committed: BTreeMap<&str, i64> = names.into_iter().zip(committed).collect();
        let all: Vec<(&str, i64)> = committed.iter().flat_map(|(id, n)| (1..=*n).map(|s| (*id, s))).collect();
        // Every event in some order, some of them duplicated; the last one of each aggregate always arrives.
        let mut records: Vec<Vec<u8>> = shuffled.iter().map(|(pick, _)| { let (id, s) = pick.get(&all); record(id, *s) }).collect();
        records.extend(committed.iter().map(|(id, n)| record(id, *n)));
        let world = World { bus: Mutex::new(bus), lost_answers: Mutex::new(lost_answers), expiring: Mutex::new(expiring), ..world(&committed) };
        let quiet = lost_answers == 0 && expiring == 0;
        run(async {
            let mut shards: Vec<Vec<Vec<u8>>> = vec![Vec::new(); 3];
            for (n, record) in records.into_iter().enumerate() {
                shards[usize::from(shuffled.get(n).map_or(0, |(_, shard)| shard % 3))].push(record);
            }
            let world = &world;
            let cuts = &cuts;
            let consumers = shards.into_iter().map(|shard| async move {
                let mut rest = shard.as_slice();
                for cut in cuts.iter().cycle() {
                    if rest.is_empty() { break }
                    let unfinished = consume(world, batch(&rest[..rest.len().min(*cut)])).await.unfinished;
                    rest = &rest[unfinished.first().copied().unwrap_or(rest.len().min(*cut))..];
                }
            });
            futures_util::future::join_all(consumers).await;
        });
        for (id, n) in &committed {
            prop_assert_eq!(world.first(id), (1..=*n).collect::<Vec<_>>(), "order of {}", id);
        }
        if quiet {
            let delivered = world.delivered.lock().len();
            prop_assert_eq!(delivered, all.len(), "an event was delivered more than once");
        }
    }
}
