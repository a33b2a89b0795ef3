//! One run: load, a fault, recovery, and the check of what was recorded.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::checker::{Findings, Limits, Violation, check};
use crate::consumers::Consumers;
use crate::history::{Place, Recorder, Step};
use crate::inject::{Fault, Scene};
use crate::options::Options;
use crate::pipeline::Pipeline;
use crate::prepare::Needs;
use crate::resources::Phase;
use crate::steady::Steady;
use crate::trouble::{DEADLINE, Result, until};
use crate::watch::{self, Current, Handler, Watch};
use crate::world::{History, World};
use crate::write::{Load, resolve};

/// Events that are delivered before a fault begins.
const WARM: usize = 20;
/// After the last expected delivery: repeats that are under way are seen within this time.
const SETTLED: Duration = Duration::from_millis(1_500);

/// Looks at the deliveries without anything new, after which nothing more is awaited.
const LOOKS: u64 = 3;

/// After the recovery of a run whose resources are sampled.
const AFTERWARDS: Duration = Duration::from_secs(60);

/// A deployed pipeline with everything that drives and watches it.
pub struct Rig {
    pub world: Arc<World>,
    current: Current,
    consumers: Option<Arc<Consumers>>,
    handler: Option<Handler>,
    _watch: Watch,
}

/// What a run found.
pub struct Outcome {
    pub rows: usize,
    pub lost: usize,
    pub reordered: usize,
    pub repeats: u64,
    /// Acknowledgements that were compared with deliveries.
    pub acknowledged: usize,
    /// From the removal of the cause until all that was committed before it was delivered.
    pub recovery: Duration,
    /// Until the fault began, and from then until its cause was removed.
    pub before: Duration,
    pub during: Duration,
    pub violations: Vec<String>,
}

impl Rig {
    pub async fn deployed(pipeline: Pipeline, options: &Options, needs: Needs) -> Result<Self> {
        let world = World::deployed(pipeline, options, needs).await?;
        let current = Current::default();
        let pause = if options.steady == 0 { watch::PAUSE } else { watch::SHARED };
        let watch = Watch::start(&world, &current, pause);
        let mut rig = Self { world, current, consumers: None, handler: None, _watch: watch };
        if !pipeline.has_bus() {
            let handler = Handler::start(rig.current.clone()).await?;
            rig.consumers = Some(Arc::new(Consumers::start(&rig.world, &handler.url, 2)));
            rig.handler = Some(handler);
        }
        Ok(rig)
    }

    /// # Errors
    /// What keeps the run from being carried out. Violations are in the outcome.
    pub async fn run(&self, fault: &Fault, seed: u64, number: usize, options: &Options) -> Result<Outcome> {
        let prefix = format!("f{number}x{:x}-", seed % 0xffff);
        // Ids come from it, too: no two runs on one deployment may have one in common.
        let seed = seed.wrapping_mul(1_000).wrapping_add(number as u64);
        let history = Arc::new(History::new(self.world.pipeline, prefix));
        self.current.set(Some(Arc::clone(&history))).await;
        let steady = Steady::start(&self.world, self.consumers.clone(), options).await?;
        let load = Load::start(&self.world, &history, seed);
        let done = self.disturbed(fault, seed, options, &history, &load, steady.as_ref()).await;
        let stopped = load.stop().await;
        let phases = done?;
        stopped?;
        self.complete(&history).await?;
        tokio::time::sleep(SETTLED).await;
        self.current.set(None).await;
        let mut outcome = self.outcome(&history, phases);
        if let Some(steady) = steady {
            outcome.violations.extend(steady.growth(options.steady));
        }
        Ok(outcome)
    }

    /// The part under load: how long it took until the fault began, until it ended, and until the pipeline recovered.
    async fn disturbed(
        &self,
        fault: &Fault,
        seed: u64,
        options: &Options,
        history: &Arc<History>,
        load: &Load,
        steady: Option<&Steady>,
    ) -> Result<[Duration; 3]> {
        let begun = Instant::now();
        until("the first events are delivered", async || Ok((delivered(&history.sink).len() >= WARM).then_some(())))
            .await?;
        let scene = Scene {
            world: &self.world,
            history,
            load,
            rng: tokio::sync::Mutex::new(fastrand::Rng::with_seed(seed)),
            consumers: self.consumers.as_deref(),
            handler: self.handler.as_ref(),
            rows: options.rows,
            outage: Duration::from_secs(60 * options.outage),
        };
        if let Some(steady) = steady {
            tokio::time::sleep(Duration::from_secs(60 * options.steady)).await;
            load.continues(1).await?;
            steady.enter(Phase::Fault);
        }
        let before = begun.elapsed();
        history.mark(&Step::FaultBegan);
        let strikes = (fault.inject)(&scene).await?;
        history.mark(&Step::FaultEnded { strikes });
        let (healed, wanted) = (Instant::now(), committed(&history.sink));
        // What does not recover is found lost by the checker.
        self.arrival(|| wanted.difference(&delivered(&history.sink)).count()).await;
        let recovery = healed.elapsed();
        if let Some(steady) = steady {
            steady.enter(Phase::Recovered);
            tokio::time::sleep(AFTERWARDS).await;
        }
        load.continues(WARM).await?;
        Ok([before, healed - begun - before, recovery])
    }

    /// Decides what is uncertain, and waits until everything has arrived, or the time is over.
    async fn complete(&self, history: &Arc<History>) -> Result<()> {
        if self.world.pipeline.has_database() {
            until("the database answers", async || resolve(&self.world, history).await.map(Some)).await?;
        }
        let hops: Vec<&Recorder> = history.complete_stream().into_iter().chain([&history.sink]).collect();
        self.arrival(|| hops.iter().map(|hop| missing(hop)).sum()).await;
        Ok(())
    }

    /// Waits until nothing is missing any more, or what is missing has not become less for [`DEADLINE`] and several looks:
    /// of a long history one look takes a while.
    async fn arrival(&self, missing: impl Fn() -> usize) {
        let (mut last, mut since, mut looks) = (usize::MAX, Instant::now(), self.current.looks());
        loop {
            let begun = Instant::now();
            let now = missing();
            if now == 0 || (since.elapsed() > DEADLINE && self.current.looks() > looks + LOOKS) {
                return;
            }
            if now < last {
                (last, since, looks) = (now, Instant::now(), self.current.looks());
            }
            // A long history takes a while to look through.
            tokio::time::sleep(Duration::from_millis(50).max(begun.elapsed() * 5)).await;
        }
    }

    fn outcome(&self, history: &History, [before, during, recovery]: [Duration; 3]) -> Outcome {
        // One batch of a function, or of a request to the stream; the handlers of all shards.
        let window = if self.world.pipeline.has_bus() { 100 } else { 64 };
        let sink = history.sink.read(|steps| check(steps, Limits { window }));
        let stream = history.stream.as_ref().map(|hop| hop.read(|steps| check(steps, Limits { window: 100 })));
        let mut outcome = Outcome {
            rows: sink.rows,
            lost: sink.lost,
            reordered: sink.reordered,
            repeats: sink.repeats,
            acknowledged: sink.acknowledged,
            recovery,
            before,
            during,
            violations: named("sink", &sink),
        };
        if let Some(mut stream) = stream {
            excuse(&mut stream, history);
            // What the stream lacks the sink lacks; what it has out of order is a finding of its own.
            outcome.lost = outcome.lost.max(stream.lost);
            outcome.reordered = outcome.reordered.max(stream.reordered);
            outcome.acknowledged += stream.acknowledged;
            outcome.violations.extend(named("stream", &stream));
        }
        outcome
    }
}

/// Takes out what a replaced slot makes of the stream: its first position is after events that the capture never saw. They
/// come from the outbox; on pipelines with a bus they go to the publisher instead of the stream. The sink has them all.
fn excuse(stream: &mut Findings, history: &History) {
    if history.has_new_slot() {
        stream.violations.retain(|violation| !matches!(violation, Violation::AcknowledgedEarly(_)));
    }
    if history.complete_stream().is_none() {
        stream.violations.retain(|violation| !matches!(violation, Violation::Lost(_)));
        stream.lost = 0;
    }
}

fn named(hop: &str, findings: &Findings) -> Vec<String> {
    findings.violations.iter().map(|violation| format!("{hop}: {violation}")).collect()
}

fn committed(hop: &Recorder) -> HashSet<Place> {
    hop.read(|steps| {
        let place = |step: &Step| match step {
            Step::Committed(event) => Some(event.place.clone()),
            _ => None,
        };
        steps.iter().filter_map(place).collect()
    })
}

fn delivered(hop: &Recorder) -> HashSet<Place> {
    hop.read(|steps| {
        let place = |step: &Step| match step {
            Step::Delivered(event) | Step::Kept(event) => Some(event.place.clone()),
            _ => None,
        };
        steps.iter().filter_map(place).collect()
    })
}

/// How many events neither arrived nor were kept.
pub fn missing(hop: &Recorder) -> usize {
    let arrived = delivered(hop);
    let is_missing = |step: &&Step| match step {
        Step::Committed(event) | Step::Undeliverable(event) => !arrived.contains(&event.place),
        _ => false,
    };
    hop.read(|steps| steps.iter().filter(is_missing).count())
}
