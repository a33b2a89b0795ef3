//! Tests of the reader with streams in memory, with and without positions by time: through any resharding and any
//! failures, each record is returned once, in the order of its shard, and after all of the shard's parents.

use std::collections::BTreeMap;

use parking_lot::Mutex;
use proptest::prelude::*;

use super::steps::{Step, steps};
use super::*;
use crate::outbox::Layout;
use crate::streams::decode::{self, Place};
use crate::streams::{Item, Origin, channel};

const INTERVALS: Intervals = Intervals { at_tip: Duration::from_millis(1), behind: Duration::ZERO };
/// Time limit, far longer than needed.
const PATIENCE: Duration = Duration::from_secs(60);

/// Percentages of requests with each fault.
#[derive(Debug, Clone, Copy)]
struct Chaos {
    throttle: u8,
    /// The iterator has expired.
    expire: u8,
    /// A page without records although there are some.
    short: u8,
    /// New shards are not listed at first.
    unlisted: u8,
    /// The end of a shard does not name its children.
    nameless: u8,
    /// The token of a further page of shards has expired.
    stale: u8,
}

fn chaos() -> impl Strategy<Value = Chaos> {
    let some = || prop_oneof![Just(0u8), 0..30u8];
    let nameless = prop_oneof![Just(0u8), Just(50), Just(100)];
    // A list of many pages has to succeed as a whole.
    let stale = prop_oneof![Just(0u8), 0..4u8];
    (some(), some(), some(), some(), nameless, stale).prop_map(
        |(throttle, expire, short, unlisted, nameless, stale)| Chaos {
            throttle,
            expire,
            short,
            unlisted,
            nameless,
            stale,
        },
    )
}

#[derive(Debug, Clone)]
struct Record {
    number: u64,
    sequence: String,
    arrived: DateTime<Utc>,
}

#[derive(Debug, Default)]
struct Shard {
    parents: Vec<String>,
    closed: bool,
    records: Vec<Record>,
}

struct State {
    shards: BTreeMap<String, Shard>,
    /// Arrival time of the next record; `None` for the present.
    clock: Option<DateTime<Utc>>,
    next: u64,
    disabled: bool,
    chaos: Chaos,
    random: fastrand::Rng,
}

/// A stream in memory; clones share it. `TIMES`: its iterators can start at a time, and it reports its lag.
#[derive(Clone)]
struct Memory<const TIMES: bool>(Arc<Mutex<State>>);

impl State {
    fn happens(&mut self, of_a_hundred: impl Fn(&Chaos) -> u8) -> bool {
        self.random.u8(0..100) < of_a_hundred(&self.chaos)
    }

    fn throttle(&mut self) -> Result<(), Failure> {
        let passing = || Failure { reason: Reason::Passing, error: Error::new(Kind::Aws, "throttled") };
        if self.happens(|chaos| chaos.throttle) { Err(passing()) } else { Ok(()) }
    }

    fn open(&self) -> Vec<String> {
        self.shards.iter().filter(|(_, shard)| !shard.closed).map(|(id, _)| id.clone()).collect()
    }

    /// Adds a shard. Names sort in the reverse order of creation.
    fn add(&mut self, parents: &[String]) {
        for parent in parents {
            self.shards.get_mut(parent).expect("a parent").closed = true;
        }
        let name = format!("shard-{:03}", 999 - self.shards.len());
        self.shards.insert(name, Shard { parents: parents.to_vec(), ..Shard::default() });
    }

    fn put(&mut self, shard: &str) {
        self.next += 1;
        // Each record is 300 milliseconds later, if times are scripted.
        let arrived = self.clock.map_or_else(Utc::now, |clock| clock + TimeDelta::milliseconds(300));
        self.clock = self.clock.and(Some(arrived));
        let record = Record { number: self.next, sequence: self.next.to_string(), arrived };
        self.shards.get_mut(shard).expect("a shard").records.push(record);
    }
}

impl<const TIMES: bool> Memory<TIMES> {
    fn new(chaos: Chaos, seed: u64, clock: Option<DateTime<Utc>>) -> Self {
        let random = fastrand::Rng::with_seed(seed);
        let mut state = State { shards: BTreeMap::new(), clock, next: 0, disabled: false, chaos, random };
        state.add(&[]);
        state.add(&[]);
        Self(Arc::new(Mutex::new(state)))
    }

    fn state(&self) -> parking_lot::MutexGuard<'_, State> {
        self.0.lock()
    }

    async fn take(&self, steps: &[Step]) {
        for step in steps {
            if let Step::Wait = step {
                tokio::time::sleep(Duration::from_millis(2)).await;
                continue;
            }
            let mut state = self.state();
            let open = state.open();
            let pick = |n: usize| open[n % open.len()].clone();
            match *step {
                Step::Put(shard, count) => (0..count).for_each(|_| state.put(&pick(shard))),
                Step::Split(shard) => {
                    state.add(&[pick(shard)]);
                    state.add(&[pick(shard)]);
                }
                Step::Merge(one, other) if pick(one) != pick(other) => state.add(&[pick(one), pick(other)]),
                Step::Merge(..) | Step::Wait => {}
            }
        }
    }

    /// Closes all shards, so that a reader ends once it has read everything.
    fn disable(&self) {
        let mut state = self.state();
        state.disabled = true;
        state.shards.values_mut().for_each(|shard| shard.closed = true);
    }

    /// Opens a reader; then takes the steps, disables the stream, and returns what was read until the end.
    async fn read(&self, from: StartAt, until: Option<DateTime<Utc>>, during: &[Step]) -> Vec<(String, u64)> {
        let (sink, mut items) = channel();
        let options = Options { from, until, warnings: Warnings::default() };
        open(self.clone(), options, INTERVALS, sink, CancellationToken::new()).await.expect("positions");
        self.take(during).await;
        self.disable();
        let mut seen = Vec::new();
        while let Some(item) = tokio::time::timeout(PATIENCE, items.recv()).await.expect("an end") {
            match item.expect("no failure").origin {
                Origin::Shard { shard, sequence_number, .. } => {
                    seen.push((shard, sequence_number.parse().expect("a number")));
                }
                other => panic!("{other:?}"),
            }
        }
        seen
    }

    /// Checks that the wanted records were read, each once, in order, and after those of their shard's parents.
    fn check(&self, seen: &[(String, u64)], wanted: impl Fn(&Record) -> bool) -> Result<(), TestCaseError> {
        let state = self.state();
        let mut read: BTreeMap<&str, Vec<u64>> = BTreeMap::new();
        for (at, (shard, number)) in seen.iter().enumerate() {
            read.entry(shard).or_default().push(*number);
            let late = seen[at..].iter().find(|(other, _)| state.shards[shard].parents.contains(other));
            prop_assert!(late.is_none(), "{shard} was read before its parent {late:?}");
        }
        let numbers = |shard: &Shard| -> Vec<u64> {
            shard.records.iter().filter(|record| wanted(record)).map(|record| record.number).collect()
        };
        let all = state.shards.iter().map(|(id, shard)| (id.as_str(), numbers(shard)));
        let expected: BTreeMap<&str, Vec<u64>> = all.filter(|(_, numbers)| !numbers.is_empty()).collect();
        prop_assert_eq!(read, expected, "each record once, in its shard's order");
        Ok(())
    }
}

fn info(id: &str, shard: &Shard) -> ShardInfo {
    ShardInfo { id: id.to_owned(), parents: shard.parents.clone(), closed: shard.closed }
}

impl<const TIMES: bool> Source for Memory<TIMES> {
    type Record = Record;

    const MOST_RECORDS: i32 = 2;
    const HAS_TIMES: bool = TIMES;

    fn name(&self) -> &str {
        "memory"
    }

    async fn list(&self, token: Option<&str>) -> Result<Listed, Failure> {
        let mut state = self.state();
        state.throttle()?;
        if token.is_some() && state.happens(|chaos| chaos.stale) {
            return Err(Failure { reason: Reason::Expired, error: Error::new(Kind::Aws, "expired") });
        }
        let hide = !state.disabled && state.happens(|chaos| chaos.unlisted);
        let after = token.unwrap_or_default();
        let listed = |shard: &Shard| !(hide && !shard.parents.is_empty() && !shard.closed);
        let mut rest = state.shards.iter().filter(|(id, shard)| id.as_str() > after && listed(shard));
        let shards: Vec<ShardInfo> = rest.by_ref().take(3).map(|(id, shard)| info(id, shard)).collect();
        let next = rest.next().map(|_| shards[shards.len() - 1].id.clone());
        Ok(Listed { shards, next, disabled: state.disabled })
    }

    async fn iterator(&self, shard: &str, from: &Cursor) -> Result<String, Failure> {
        let mut state = self.state();
        state.throttle()?;
        let records = &state.shards[shard].records;
        let after = match from {
            Cursor::Oldest => 0,
            Cursor::At(_) if !TIMES => 0,
            Cursor::At(at) => records.iter().take_while(|record| record.arrived < *at).last().map_or(0, |r| r.number),
            Cursor::LatestSince(_) => records.last().map_or(0, |record| record.number),
            Cursor::After(sequence) => sequence.parse().expect("a number"),
        };
        Ok(after.to_string())
    }

    async fn read(&self, shard: &str, iterator: &str, limit: i32) -> Result<Answer<Record>, Failure> {
        let mut state = self.state();
        state.throttle()?;
        if state.happens(|chaos| chaos.expire) {
            return Err(Failure { reason: Reason::Expired, error: Error::new(Kind::Aws, "expired") });
        }
        let after: u64 = iterator.parse().expect("a number");
        let limit = if state.happens(|chaos| chaos.short) { 0 } else { limit as usize };
        let nameless = state.happens(|chaos| chaos.nameless);
        let from = &state.shards[shard];
        let mut rest = from.records.iter().filter(|record| record.number > after);
        let records: Vec<Record> = rest.by_ref().take(limit).cloned().collect();
        let unread = rest.next().map(|record| record.arrived);
        let ended = from.closed && unread.is_none();
        let last = records.last().map_or(after, |record| record.number);
        let child = |(id, shard): (&String, &Shard)| ShardInfo { closed: false, ..info(id, shard) };
        let is_child = |(_, other): &(&String, &Shard)| other.parents.iter().any(|parent| parent == shard);
        Ok(Answer {
            records,
            next: (!ended).then(|| last.to_string()),
            behind: TIMES.then(|| unread.map_or(Duration::ZERO, |at| (Utc::now() - at).to_std().unwrap_or_default())),
            children: state.shards.iter().filter(is_child).filter(|_| ended && !nameless).map(child).collect(),
        })
    }

    fn sequence(record: &Record) -> Option<&str> {
        Some(&record.sequence)
    }

    fn arrived(record: &Record) -> Option<DateTime<Utc>> {
        Some(record.arrived)
    }
}

impl<const TIMES: bool> Readable for Memory<TIMES> {
    type Feed = Pages<Self>;

    async fn feed(&self, shard: &str, from: Cursor, warnings: Warnings) -> Result<Pages<Self>> {
        Pages::open(self.clone(), shard, from, warnings).await
    }

    fn decode(&self, shard: &str, record: &Record, items: &mut Vec<Item>) {
        let place = Place { shard, sequence_number: &record.sequence, partition_key: "k" };
        decode::stream_record(b"{}", Layout::own(), record.arrived, place, items);
    }
}

/// Runs the test of a stream with positions by time, or of one without.
fn run(
    times: bool,
    with_times: impl Future<Output = Result<(), TestCaseError>>,
    without: impl Future<Output = Result<(), TestCaseError>>,
) -> Result<(), TestCaseError> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let runtime = runtime.expect("a runtime");
    if times { runtime.block_on(with_times) } else { runtime.block_on(without) }
}

async fn everything<const TIMES: bool>(
    before: &[Step],
    during: &[Step],
    chaos: Chaos,
    seed: u64,
) -> Result<(), TestCaseError> {
    let stream = Memory::<TIMES>::new(chaos, seed, None);
    stream.take(before).await;
    let seen = stream.read(StartAt::Start, None, during).await;
    stream.check(&seen, |_| true)
}

/// An iterator that is lost before its first record is replaced by a time some seconds earlier, and a shard that is not
/// listed at first is read from its oldest record: older records may come as well, but none of the newer ones is
/// missed.
async fn everything_new<const TIMES: bool>(
    before: &[Step],
    during: &[Step],
    chaos: Chaos,
    seed: u64,
) -> Result<(), TestCaseError> {
    let stream = Memory::<TIMES>::new(chaos, seed, None);
    stream.take(before).await;
    let last = stream.state().next;
    let mut seen = stream.read(StartAt::Latest, None, during).await;
    if chaos.expire == 0 && chaos.unlisted == 0 {
        prop_assert!(seen.iter().all(|(_, number)| *number > last), "older records were read");
    }
    seen.retain(|(_, number)| *number > last);
    stream.check(&seen, |record| record.number > last)
}

async fn a_time_window<const TIMES: bool>(
    before: &[Step],
    chaos: Chaos,
    seed: u64,
    window: (i64, i64),
) -> Result<(), TestCaseError> {
    let start = DateTime::from_timestamp(1_700_000_000, 0).expect("a time");
    let (from, until) =
        (start + TimeDelta::milliseconds(window.0), start + TimeDelta::milliseconds(window.0 + window.1));
    let stream = Memory::<TIMES>::new(chaos, seed, Some(start));
    stream.take(before).await;
    let seen = stream.read(StartAt::At(from), Some(until), &[]).await;
    // Without positions by time, times are compared in full seconds.
    let from = if TIMES { from } else { chrono::SubsecRound::trunc_subsecs(from, 0) };
    stream.check(&seen, |record| record.arrived >= from && record.arrived <= until)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn each_record_is_read_once_and_after_those_of_its_parents(
        before in steps(), during in steps(), chaos in chaos(), seed: u64, times: bool,
    ) {
        run(times, everything::<true>(&before, &during, chaos, seed), everything::<false>(&before, &during, chaos, seed))?;
    }

    #[test]
    fn from_the_latest_position_each_new_record_is_read_once(
        before in steps(), during in steps(), chaos in chaos(), seed: u64, times: bool,
    ) {
        run(times, everything_new::<true>(&before, &during, chaos, seed), everything_new::<false>(&before, &during, chaos, seed))?;
    }

    #[test]
    fn a_time_window_is_read_completely(
        before in steps(), chaos in chaos(), seed: u64, times: bool, window in (0..20_000i64, 0..20_000i64),
    ) {
        run(times, a_time_window::<true>(&before, chaos, seed, window), a_time_window::<false>(&before, chaos, seed, window))?;
    }
}
