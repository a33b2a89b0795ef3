//! Checks that a history keeps the guarantees. Pure: without pipelines and clocks.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt;

use crate::history::{Event, Place, Step};

/// The guarantees of a hop.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Maximum number of events that are delivered and not yet acknowledged when a fault begins: batches of all shards.
    pub window: usize,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Violation {
    /// Committed, and neither delivered nor kept.
    Lost(Place),
    /// Its first delivery came after that of a later event of the aggregate.
    Reordered { place: Place, after: i64 },
    /// Delivered though its transaction rolled back.
    RolledBack(Event),
    /// Delivered, and not known to the writer.
    NeverWritten(Event),
    /// Delivered or kept with other bytes than those that were written.
    Altered { place: Place, written: String, arrived: String },
    /// Delivered under an id that is not the one that was written, or under two ids.
    OtherId(Place),
    /// Kept as undeliverable, though nothing is wrong with it.
    DeadLettered(Place),
    /// Repeated, though no fault struck while it was in flight.
    RepeatedWithoutCause(Place),
    /// More repeats than the faults account for.
    TooManyRepeats { repeats: u64, allowed: u64 },
    /// Acknowledged before its first delivery.
    AcknowledgedEarly(Place),
}

/// The findings in a history.
#[derive(Debug, Default)]
pub struct Findings {
    pub rows: usize,
    pub lost: usize,
    pub reordered: usize,
    pub repeats: u64,
    pub acknowledged: usize,
    pub violations: Vec<Violation>,
}

/// A fault, by positions in the history.
struct Episode {
    begin: usize,
    end: usize,
    strikes: u64,
    /// First deliveries before its begin.
    before: usize,
}

/// The state of one place.
#[derive(Default)]
struct Known<'a> {
    written: Option<&'a Event>,
    undeliverable: bool,
    /// Position in the history at which it was there for the first time.
    since: usize,
    /// Position in the history, and number among all first deliveries.
    first: Option<(usize, usize)>,
    copies: u64,
    kept: bool,
    acknowledged: bool,
}

/// Compares a history with every guarantee.
pub fn check(history: &[Step], limits: Limits) -> Findings {
    let mut places: BTreeMap<&Place, Known<'_>> = BTreeMap::new();
    let mut rolled_back: HashSet<&str> = HashSet::new();
    for (index, step) in history.iter().enumerate() {
        match step {
            Step::Committed(event) | Step::Undeliverable(event) => {
                let known = places.entry(&event.place).or_insert(Known { since: index, ..Known::default() });
                known.written = Some(event);
                known.undeliverable = matches!(step, Step::Undeliverable(_));
            }
            Step::RolledBack(event) => {
                rolled_back.insert(&event.content);
            }
            _ => {}
        }
    }
    let mut findings = Findings { rows: places.len(), ..Findings::default() };
    let episodes = walk(history, &mut places, &rolled_back, &mut findings);
    for (place, known) in &places {
        if known.written.is_some() && (known.first.is_none() || known.undeliverable) && !known.kept {
            findings.lost += 1;
            findings.violations.push(Violation::Lost((*place).clone()));
        }
    }
    bound(&places, &episodes, limits, &mut findings);
    findings
}

/// Goes through the steps in their order; the faults that were found.
fn walk<'a>(
    history: &'a [Step],
    places: &mut BTreeMap<&'a Place, Known<'a>>,
    rolled_back: &HashSet<&str>,
    findings: &mut Findings,
) -> Vec<Episode> {
    let mut highest: HashMap<&str, i64> = HashMap::new();
    let mut ids: HashMap<&Place, &str> = HashMap::new();
    let (mut episodes, mut deliveries): (Vec<Episode>, usize) = (Vec::new(), 0);
    for (index, step) in history.iter().enumerate() {
        match step {
            Step::Delivered(event) | Step::Kept(event) => {
                let known = match places.get_mut(&event.place) {
                    Some(known) if known.written.is_some() => known,
                    _ if rolled_back.contains(event.content.as_str()) => {
                        findings.violations.push(Violation::RolledBack(event.clone()));
                        continue;
                    }
                    _ => {
                        findings.violations.push(Violation::NeverWritten(event.clone()));
                        continue;
                    }
                };
                findings.violations.extend(compare(event, known, rolled_back));
                if matches!(step, Step::Kept(_)) {
                    known.kept = true;
                    if !known.undeliverable {
                        findings.violations.push(Violation::DeadLettered(event.place.clone()));
                    }
                    continue;
                }
                if *ids.entry(&event.place).or_insert(&event.id) != event.id {
                    findings.violations.push(Violation::OtherId(event.place.clone()));
                }
                known.copies += 1;
                if known.first.is_none() {
                    known.first = Some((index, deliveries));
                    deliveries += 1;
                    let highest = highest.entry(&event.place.aggregate).or_insert(i64::MIN);
                    if *highest > event.place.sequence {
                        findings.reordered += 1;
                        let place = event.place.clone();
                        findings.violations.push(Violation::Reordered { place, after: *highest });
                    }
                    *highest = (*highest).max(event.place.sequence);
                }
            }
            Step::Acknowledged(place) => {
                findings.acknowledged += 1;
                let known = places.entry(place).or_default();
                if known.first.is_none() && !known.kept && !known.acknowledged {
                    findings.violations.push(Violation::AcknowledgedEarly(place.clone()));
                }
                known.acknowledged = true;
            }
            Step::FaultBegan => {
                episodes.push(Episode { begin: index, end: history.len(), strikes: 0, before: deliveries });
            }
            Step::FaultEnded { strikes } => {
                if let Some(episode) = episodes.last_mut() {
                    (episode.end, episode.strikes) = (index, *strikes);
                }
            }
            Step::Committed(_) | Step::Undeliverable(_) | Step::RolledBack(_) | Step::Uncertain(_) => {}
        }
    }
    episodes
}

/// A delivery, compared with the event written at its place.
fn compare(arrived: &Event, known: &Known<'_>, rolled_back: &HashSet<&str>) -> Option<Violation> {
    let written = known.written?;
    if written.content != arrived.content {
        if rolled_back.contains(arrived.content.as_str()) {
            return Some(Violation::RolledBack(arrived.clone()));
        }
        let (written, content) = (written.content.clone(), arrived.content.clone());
        return Some(Violation::Altered { place: arrived.place.clone(), written, arrived: content });
    }
    let other = !written.id.is_empty() && written.id != arrived.id;
    other.then(|| Violation::OtherId(arrived.place.clone()))
}

/// Repeats must be of events that were in flight during a fault, and no more than its strikes can have caused.
fn bound(places: &BTreeMap<&Place, Known<'_>>, episodes: &[Episode], limits: Limits, findings: &mut Findings) {
    let in_flight = |episode: &Episode, known: &Known<'_>| {
        let Some((first, number)) = known.first else { return known.since < episode.end };
        known.since.min(first) < episode.end && (first > episode.begin || number + limits.window >= episode.before)
    };
    let struck = |episode: &&Episode| episode.strikes > 0;
    let allowed: u64 = episodes
        .iter()
        .map(|episode| episode.strikes * places.values().filter(|known| in_flight(episode, known)).count() as u64)
        .sum();
    for (place, known) in places {
        let repeats = known.copies.saturating_sub(1);
        findings.repeats += repeats;
        if repeats > 0 && !episodes.iter().filter(struck).any(|episode| in_flight(episode, known)) {
            findings.violations.push(Violation::RepeatedWithoutCause((*place).clone()));
        }
    }
    if findings.repeats > allowed {
        findings.violations.push(Violation::TooManyRepeats { repeats: findings.repeats, allowed });
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.aggregate, self.sequence)
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Lost(place) => write!(f, "lost: {place}"),
            Self::Reordered { place, after } => write!(f, "out of order: {place} after {after}"),
            Self::RolledBack(event) => write!(f, "delivered though rolled back: {} {}", event.place, event.content),
            Self::NeverWritten(event) => write!(f, "delivered, never written: {} {}", event.place, event.content),
            Self::Altered { place, written, arrived } => write!(f, "altered: {place}: {written} became {arrived}"),
            Self::OtherId(place) => write!(f, "delivered under another id: {place}"),
            Self::DeadLettered(place) => write!(f, "kept as undeliverable though nothing is wrong with it: {place}"),
            Self::RepeatedWithoutCause(place) => write!(f, "repeated though no fault struck it in flight: {place}"),
            Self::TooManyRepeats { repeats, allowed } => write!(f, "{repeats} repeats, {allowed} explained by faults"),
            Self::AcknowledgedEarly(place) => write!(f, "acknowledged before it was delivered: {place}"),
        }
    }
}

#[cfg(test)]
#[path = "checker_tests.rs"]
mod tests;
