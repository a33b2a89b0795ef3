//! What is still to be done, aggregate by aggregate: pure bookkeeping, no clock of its own, no I/O.
//!
//! A lane is one aggregate's events in their order. Only a lane's head is ever in flight, so an event never goes out
//! before the one ahead of it was accepted or kept in the failure destination.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, VecDeque};
use std::sync::Arc;
use std::time::Instant;

use super::backend::{Entry, Limits, Reason};

/// One record of the batch that has to leave.
#[derive(Debug)]
pub struct Item {
    /// Index in the batch; the lowest unfinished one is where Lambda redelivers from.
    pub position: usize,
    /// Aggregate type and id; `None` for a record that could not be read so far.
    pub lane: Option<(String, String)>,
    pub content: Content,
}

#[derive(Debug)]
pub enum Content {
    Event {
        entry: Arc<Entry>,
        bytes: usize,
    },
    /// Goes to the failure destination.
    Poison(Reason),
}

#[derive(Debug, Default)]
struct Lane {
    items: VecDeque<Item>,
    attempts: u32,
}

#[derive(Debug, Default)]
pub struct Lanes {
    lanes: Vec<Lane>,
    ready: VecDeque<usize>,
    resting: BinaryHeap<Reverse<(Instant, usize)>>,
}

/// What to do next; lanes are named by index.
#[derive(Debug, PartialEq, Eq)]
pub enum Work {
    Publish(Vec<(usize, Arc<Entry>)>),
    Store { lane: usize, position: usize, reason: Reason },
}

impl Lanes {
    pub fn new(items: Vec<Item>) -> Self {
        let mut names: HashMap<(String, String), usize> = HashMap::new();
        let mut lanes: Vec<Lane> = Vec::new();
        for mut item in items {
            let fresh = lanes.len();
            let lane = item.lane.take().map_or(fresh, |name| *names.entry(name).or_insert(fresh));
            if lane == fresh {
                lanes.push(Lane::default());
            }
            lanes[lane].items.push_back(item);
        }
        let ready = (0..lanes.len()).collect();
        Self { lanes, ready, resting: BinaryHeap::new() }
    }

    /// The next piece of work among the ready lanes: a record to keep, or a request as full as the limits allow.
    pub fn next_work(&mut self, limits: Limits) -> Option<Work> {
        let mut taken = Vec::new();
        let mut bytes_left = limits.bytes;
        let mut passed_over = VecDeque::new();
        while taken.len() < limits.entries
            && let Some(lane) = self.ready.pop_front()
        {
            let Some(head) = self.lanes[lane].items.front() else { continue };
            match &head.content {
                // A first entry always goes: what does not fit alone was made poison before.
                Content::Event { entry, bytes } if *bytes <= bytes_left || taken.is_empty() => {
                    bytes_left = bytes_left.saturating_sub(*bytes);
                    taken.push((lane, Arc::clone(entry)));
                }
                Content::Poison(reason) if taken.is_empty() => {
                    let work = Work::Store { lane, position: head.position, reason: reason.clone() };
                    self.put_back(passed_over);
                    return Some(work);
                }
                _ => passed_over.push_back(lane),
            }
        }
        self.put_back(passed_over);
        (!taken.is_empty()).then_some(Work::Publish(taken))
    }

    fn put_back(&mut self, mut lanes: VecDeque<usize>) {
        lanes.append(&mut self.ready);
        self.ready = lanes;
    }

    /// The head was accepted or kept: the next one may go.
    pub fn done(&mut self, lane: usize) {
        self.lanes[lane].items.pop_front();
        self.lanes[lane].attempts = 0;
        if !self.lanes[lane].items.is_empty() {
            self.ready.push_back(lane);
        }
    }

    /// The head will never be accepted: it goes to the failure destination next.
    pub fn refused(&mut self, lane: usize, reason: Reason) {
        if let Some(item) = self.lanes[lane].items.front_mut() {
            item.content = Content::Poison(reason);
        }
        self.lanes[lane].attempts = 0;
        self.ready.push_front(lane);
    }

    /// How often the head has failed, this failure included.
    pub fn count_attempt(&mut self, lane: usize) -> u32 {
        self.lanes[lane].attempts += 1;
        self.lanes[lane].attempts
    }

    /// The head is tried again at `at`.
    pub fn rest(&mut self, lane: usize, at: Instant) {
        self.resting.push(Reverse((at, lane)));
    }

    /// When the first resting lane is due.
    pub fn next_due(&self) -> Option<Instant> {
        self.resting.peek().map(|Reverse((at, _))| *at)
    }

    /// Makes every lane that is due ready again.
    pub fn wake(&mut self, now: Instant) {
        while let Some(Reverse((at, lane))) = self.resting.peek().copied()
            && at <= now
        {
            self.resting.pop();
            self.ready.push_back(lane);
        }
    }

    /// Positions not finished, lowest first.
    pub fn unfinished(&self) -> Vec<usize> {
        let mut positions: Vec<_> = self.lanes.iter().flat_map(|lane| &lane.items).map(|item| item.position).collect();
        positions.sort_unstable();
        positions
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Limits = Limits { entries: 3, bytes: 100 };

    fn event(position: usize, lane: &str, bytes: usize) -> Item {
        let entry = Entry {
            event_id: uuid::Uuid::nil(),
            time: chrono::DateTime::UNIX_EPOCH,
            source: String::new(),
            detail_type: String::new(),
            detail: position.to_string(),
        };
        let content = Content::Event { entry: Arc::new(entry), bytes };
        Item { position, lane: Some(("car".into(), lane.into())), content }
    }

    /// The lanes of the next request; empty where there is none.
    fn published(lanes: &mut Lanes) -> Vec<usize> {
        match lanes.next_work(LIMITS) {
            Some(Work::Publish(entries)) => entries.into_iter().map(|(lane, _)| lane).collect(),
            Some(Work::Store { .. }) => panic!("nothing is poison here"),
            None => Vec::new(),
        }
    }

    #[test]
    fn one_event_of_an_aggregate_at_a_time() {
        let mut lanes = Lanes::new(vec![event(0, "a", 1), event(1, "a", 1), event(2, "b", 1)]);
        assert_eq!(published(&mut lanes), [0, 1]);
        assert_eq!(lanes.next_work(LIMITS), None);
        lanes.done(1);
        assert_eq!(lanes.next_work(LIMITS), None);
        lanes.done(0);
        assert_eq!(published(&mut lanes), [0]);
        assert_eq!(lanes.unfinished(), [1]);
    }

    #[test]
    fn requests_keep_the_limits() {
        let mut lanes = Lanes::new(vec![event(0, "a", 60), event(1, "b", 60), event(2, "c", 40)]);
        assert_eq!(published(&mut lanes), [0, 2]);
        assert_eq!(published(&mut lanes), [1]);
        let mut lanes = Lanes::new((0..5).map(|n| event(n, &n.to_string(), 1)).collect());
        assert_eq!(published(&mut lanes), [0, 1, 2]);
        assert_eq!(published(&mut lanes), [3, 4]);
    }

    #[test]
    fn a_refused_event_is_kept_before_the_next_goes() {
        let mut lanes = Lanes::new(vec![event(0, "a", 1), event(1, "a", 1)]);
        assert_eq!(published(&mut lanes), [0]);
        lanes.refused(0, Reason::new("X", "x"));
        let reason = Reason::new("X", "x");
        assert_eq!(lanes.next_work(LIMITS), Some(Work::Store { lane: 0, position: 0, reason }));
        assert_eq!(lanes.next_work(LIMITS), None);
        lanes.done(0);
        assert_eq!(published(&mut lanes), [0]);
    }

    #[test]
    fn rests_until_due() {
        let mut lanes = Lanes::new(vec![event(0, "a", 1)]);
        lanes.next_work(LIMITS);
        let now = Instant::now();
        let due = now + std::time::Duration::from_secs(1);
        assert_eq!(lanes.count_attempt(0), 1);
        lanes.rest(0, due);
        lanes.wake(now);
        assert_eq!((lanes.next_work(LIMITS), lanes.next_due()), (None, Some(due)));
        lanes.wake(due);
        assert_eq!(published(&mut lanes), [0]);
    }
}
