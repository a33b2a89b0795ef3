//! The record of one hop in a run: commits, deliveries, acknowledgements and faults, in the order in which they were
//! seen.

use parking_lot::{Mutex, MutexGuard};

/// The position of the event within its aggregate.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Place {
    pub aggregate: String,
    pub sequence: i64,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    pub place: Place,
    /// Empty where the writer does not know it beforehand (`dynamodb-cdc`).
    pub id: String,
    /// Type and payload, as bytes that must arrive unchanged.
    pub content: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Seen no later than the moment at which the writer knew of it.
    Committed(Event),
    /// The answer to the commit was lost. [`Recorder::resolve`] replaces it before a history is checked.
    Uncertain(Event),
    RolledBack(Event),
    /// Can't be delivered by its nature (a poison record); must be kept with its content.
    Undeliverable(Event),
    Delivered(Event),
    /// Found in the failure destination.
    Kept(Event),
    /// A checkpoint, a confirmed position or a mark covers the event.
    Acknowledged(Place),
    FaultBegan,
    /// `strikes` is how often something was disturbed since [`Step::FaultBegan`]: kills, refused or late requests.
    FaultEnded {
        strikes: u64,
    },
}

/// Records the steps of one hop from several tasks.
#[derive(Default)]
pub struct Recorder(Mutex<Vec<Step>>);

impl Recorder {
    fn lock(&self) -> MutexGuard<'_, Vec<Step>> {
        self.0.lock()
    }

    pub fn push(&self, step: Step) {
        self.lock().push(step);
    }

    pub fn extend(&self, steps: impl IntoIterator<Item = Step>) {
        self.lock().extend(steps);
    }

    /// Reads the steps so far.
    pub fn read<T>(&self, read: impl FnOnce(&[Step]) -> T) -> T {
        read(&self.lock())
    }

    /// Decides each [`Step::Uncertain`] by the content of the source.
    pub fn resolve(&self, committed: impl Fn(&Event) -> bool) {
        for step in self.lock().iter_mut() {
            if let Step::Uncertain(event) = step {
                let event = event.clone();
                *step = if committed(&event) { Step::Committed(event) } else { Step::RolledBack(event) };
            }
        }
    }
}
