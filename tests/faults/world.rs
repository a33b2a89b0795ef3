//! A pipeline that is deployed on a stack of its own.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use parking_lot::Mutex;
use serde_json::Value;

use crate::aws::Aws;
use crate::database::Database;
use crate::history::{Event, Place, Recorder, Step};
use crate::options::Options;
use crate::pipeline::Pipeline;
use crate::prepare::Needs;
use crate::stack::Stack;
use crate::trouble::{Result, trouble};

pub struct World {
    pub pipeline: Pipeline,
    pub stack: Stack,
    pub aws: Aws,
    outputs: Value,
}

impl World {
    /// Deploys the pipeline; with a database, its schema and its capture are there, too.
    pub async fn deployed(pipeline: Pipeline, options: &Options, needs: Needs) -> Result<Arc<Self>> {
        let stack = Stack::up(&options.binary, pipeline.name(), needs).await?;
        let of = ["--pipeline", pipeline.name()];
        stack.ok(&[&["deploy", "--yes"], &of[..]].concat()).await?;
        if pipeline.has_database() {
            stack.ok(&[&["db", "init"], &of[..]].concat()).await?;
            stack.ok(&[&["dms", "start"], &of[..]].concat()).await?;
        }
        let outputs = stack.ok(&[&["outputs"], &of[..]].concat()).await?;
        let aws = Aws::of(&stack.state()?).await;
        Ok(Arc::new(Self { pipeline, stack, aws, outputs }))
    }

    pub fn output(&self, name: &str) -> Result<&str> {
        self.outputs[name].as_str().ok_or_else(|| trouble(format!("{} has no output {name}", self.pipeline.name())))
    }

    /// A command on this pipeline.
    pub async fn ok(&self, args: &[&str]) -> Result<Value> {
        self.stack.ok(&[args, &["--pipeline", self.pipeline.name()]].concat()).await
    }

    /// A connection to the source database as superuser.
    pub async fn database(&self) -> Result<Database> {
        Database::connect(&self.stack.state()?["postgres"], self.output("DatabaseName")?).await
    }
}

/// The histories of a run: one for each hop that is observed.
pub struct History {
    /// Begins the aggregates of this run: events of others are not its own.
    pub prefix: String,
    /// The stream behind the capture; of pipelines with a database.
    pub stream: Option<Recorder>,
    /// Where the pipeline ends: handler or bus.
    pub sink: Recorder,
    /// JSON at the sink was parsed and written again on the way (the emulator's bus): compared by content.
    pub rewritten: bool,
    /// Position in the write-ahead log after the commit of each event.
    pub positions: Mutex<Vec<(Place, u64)>>,
    /// The capture reads another slot than at first: it never saw some events, which came from the outbox instead.
    slot_replaced: AtomicBool,
}

impl History {
    pub fn new(pipeline: Pipeline, prefix: String) -> Self {
        Self {
            prefix,
            stream: pipeline.has_database().then(Recorder::default),
            sink: Recorder::default(),
            rewritten: pipeline.has_bus(),
            positions: Mutex::default(),
            slot_replaced: AtomicBool::new(false),
        }
    }

    pub fn slot_replaced(&self) {
        self.slot_replaced.store(true, Ordering::SeqCst);
    }

    /// The stream, if every event passes it: on pipelines with a bus, events from the outbox do not.
    pub fn complete_stream(&self) -> Option<&Recorder> {
        self.stream.as_ref().filter(|_| !(self.rewritten && self.has_new_slot()))
    }

    pub fn has_new_slot(&self) -> bool {
        self.slot_replaced.load(Ordering::SeqCst)
    }

    /// A step that concerns every hop. `step` makes it of an event as it was written.
    pub fn wrote(&self, step: impl Fn(Event) -> Step, event: Event) {
        if let Some(stream) = &self.stream {
            stream.push(step(event.clone()));
        }
        self.sink.push(step(self.at_sink(event)));
    }

    /// The event as the sink shows it.
    pub fn at_sink(&self, mut event: Event) -> Event {
        if self.rewritten {
            event.content = canonical(&event.content);
        }
        event
    }

    pub fn mark(&self, step: &Step) {
        if let Some(stream) = &self.stream {
            stream.push(step.clone());
        }
        self.sink.push(step.clone());
    }

    pub fn committed_by(&self, position: u64, places: impl IntoIterator<Item = Place>) {
        let mut positions = self.positions.lock();
        positions.extend(places.into_iter().map(|place| (place, position)));
    }

    /// Takes out the events that were committed before a position.
    pub fn take_up_to(&self, confirmed: u64) -> Vec<Place> {
        let mut positions = self.positions.lock();
        let (done, rest) = positions.drain(..).partition(|(_, position)| *position <= confirmed);
        *positions = rest;
        let done: Vec<(Place, u64)> = done;
        done.into_iter().map(|(place, _)| place).collect()
    }
}

/// `Type {payload}` with the payload's members sorted and without spaces. Strings and whole numbers stay what they are.
pub fn canonical(content: &str) -> String {
    fn sorted(value: Value) -> Value {
        match value {
            Value::Object(members) => {
                let mut members: Vec<(String, Value)> =
                    members.into_iter().map(|(name, v)| (name, sorted(v))).collect();
                members.sort_by(|one, other| one.0.cmp(&other.0));
                Value::Object(members.into_iter().collect())
            }
            Value::Array(values) => values.into_iter().map(sorted).collect(),
            other => other,
        }
    }
    let Some((kind, payload)) = content.split_once(' ') else { return content.to_owned() };
    match serde_json::from_str::<Value>(payload) {
        Ok(value) => format!("{kind} {}", sorted(value)),
        Err(_) => content.to_owned(),
    }
}
