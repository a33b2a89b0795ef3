//! Redelivery of dead letters.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};
use std::iter::Peekable;

use serde::Serialize;
use tokio_util::sync::CancellationToken;

use super::letter::{DeadLetter, Opened};
use super::place::{Place, Places};
use super::plan::{RecordIndex, Selection, order};
use crate::base::error::{Error, Kind, Result};
use crate::outbox::{Chunk, Verdict};
use crate::repair::delivery::{BATCH_BYTES, Record, Sender};

/// Options of a redrive.
#[derive(Debug, Clone, Default)]
pub struct Options {
    pub selection: Selection,
    /// Records per second; unlimited if `None`.
    pub rate: Option<f64>,
    /// Only report the letters that would be sent.
    pub dry_run: bool,
}

/// The outcome for one letter.
#[derive(Debug, Clone, Serialize)]
pub struct Step {
    pub r#type: &'static str,
    pub id: String,
    pub place: &'static str,
    pub key: String,
    pub aggregate: String,
    pub event_id: Option<String>,
    /// `sent` and removed, `refused` again and kept, or `planned` by a dry run.
    pub outcome: &'static str,
    /// The reason of a refusal.
    pub reason: Option<String>,
}

/// The outcome of a redrive.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Selected letters.
    pub selected: usize,
    /// Letters that were delivered and removed.
    pub sent: usize,
    /// Letters that were refused again and kept.
    pub refused: usize,
    /// Letters without a payload that could be sent.
    pub unsendable: usize,
    /// Letters that were not processed.
    pub left: usize,
    /// Approximate number of queue messages that were not read, because a queue has more than can be held at once.
    pub unread: u64,
    pub dry_run: bool,
}

/// Sends the selected letters, one place after the other, and calls `on_step` for each when its outcome is known. The
/// report is valid also after an error.
///
/// Records are sent in order per aggregate; one that is refused again stays in its store and does not block the others,
/// as in the pipeline itself. A letter is removed once all its records are accepted.
pub async fn redrive(
    places: &mut Places,
    options: &Options,
    cancel: &CancellationToken,
    mut on_step: impl FnMut(&Step),
) -> (Report, Result<()>) {
    let mut report = Report { dry_run: options.dry_run, ..Report::default() };
    let mut ended = Ok(());
    for place in &mut places.0 {
        ended = run(place, options, cancel, &mut report, &mut on_step).await;
        place.release().await;
        if ended.is_err() {
            break;
        }
    }
    report.unread = places.unread();
    report.left = report.selected - report.sent - report.refused - report.unsendable;
    (report, ended)
}

async fn run(
    place: &mut Place,
    options: &Options,
    cancel: &CancellationToken,
    report: &mut Report,
    on_step: &mut impl FnMut(&Step),
) -> Result<()> {
    let wanted = |letter: &DeadLetter| options.selection.takes(letter);
    let letters = if options.dry_run {
        place.list().await?.into_iter().filter(wanted).collect()
    } else {
        place.hold(wanted).await?
    };
    report.selected += letters.len();
    for letter in letters.iter().filter(|letter| letter.records == 0) {
        report.unsendable += 1;
        on_step(&step(letter, "refused", Some("it has no payload that could be sent".into())));
    }
    let turns = order(&letters);
    if options.dry_run {
        let mut seen = HashSet::new();
        for turn in turns.iter().filter(|turn| seen.insert(turn.letter)) {
            on_step(&step(&letters[turn.letter], "planned", None));
        }
        return Ok(());
    }
    let destination = place.destination.clone();
    let (mut sender, mut open) = (Sender::new(&destination, options.rate, cancel), HashMap::new());
    let mut next = turns.into_iter().peekable();
    while next.peek().is_some() {
        let (batch, records) = next_batch(place, &letters, &mut open, &mut next, sender.batch()).await?;
        place.prepare(&batch.iter().map(|turn| &letters[turn.letter]).collect::<Vec<_>>()).await?;
        let (verdicts, sent) = sender.send(&records).await;
        for (turn, verdict) in batch.iter().zip(verdicts) {
            let Some(state) = open.get_mut(&turn.letter) else { continue };
            if state.take(verdict) {
                let refusal = open.remove(&turn.letter).and_then(|state| state.refusal);
                conclude(place, &letters[turn.letter], refusal, report, on_step).await?;
            }
        }
        sent?;
    }
    Ok(())
}

/// Removes a letter whose records were all accepted, and keeps one with a refused record; reports its outcome.
async fn conclude(
    place: &mut Place,
    letter: &DeadLetter,
    refusal: Option<String>,
    report: &mut Report,
    on_step: &mut impl FnMut(&Step),
) -> Result<()> {
    if let Some(reason) = refusal {
        report.refused += 1;
        on_step(&step(letter, "refused", Some(reason)));
        return Ok(());
    }
    place.remove(letter).await?;
    report.sent += 1;
    on_step(&step(letter, "sent", None));
    Ok(())
}

/// Takes the next records, `most` at the most, and opens their letters.
async fn next_batch(
    place: &mut Place,
    letters: &[DeadLetter],
    open: &mut HashMap<usize, State>,
    next: &mut Peekable<impl Iterator<Item = RecordIndex>>,
    most: usize,
) -> Result<(Vec<RecordIndex>, Vec<Record>)> {
    let (mut batch, mut records, mut bytes) = (Vec::new(), Vec::new(), 0);
    while let Some(turn) = next.peek().copied() {
        let letter = &letters[turn.letter];
        let state = match open.entry(turn.letter) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(new) => new.insert(State::new(place.open_letter(letter).await?)),
        };
        let record = outgoing(letter, &state.opened, turn)?;
        let size = record.chunk.size();
        if !batch.is_empty() && (batch.len() >= most || bytes + size > BATCH_BYTES) {
            break;
        }
        bytes += size;
        batch.push(turn);
        records.push(record);
        next.next();
    }
    Ok((batch, records))
}

/// A letter in progress.
struct State {
    opened: Opened,
    missing: usize,
    refusal: Option<String>,
}

impl State {
    fn new(opened: Opened) -> Self {
        Self { missing: opened.records.len(), opened, refusal: None }
    }

    /// Applies a verdict; returns true once every record has one.
    fn take(&mut self, verdict: Verdict) -> bool {
        match verdict {
            Verdict::Accepted | Verdict::Nothing => {}
            Verdict::Refused { code, message } => self.refusal = Some(format!("{code}: {message}")),
            Verdict::Unfinished { .. } => return false,
        }
        self.missing -= 1;
        self.missing == 0
    }
}

fn outgoing(letter: &DeadLetter, opened: &Opened, turn: RecordIndex) -> Result<Record> {
    let record = opened
        .records
        .get(turn.record)
        .ok_or_else(|| Error::new(Kind::Failed, format!("{} changed while it was read: run it again", letter.key)))?;
    // If the aggregate is unknown, the stream's own partition key keeps the order of records that may share one.
    let key = Some(&record.partition_key).filter(|key| !key.is_empty()).cloned();
    let key = letter.arrivals[turn.record].view.key().or(key);
    let key = key.unwrap_or_else(|| format!("{}#{}", letter.key, turn.record));
    Ok(Record { chunk: Chunk::record(&record.data), key, partition_key: record.partition_key.clone() })
}

fn step(letter: &DeadLetter, outcome: &'static str, reason: Option<String>) -> Step {
    Step {
        r#type: "dead-letter",
        id: letter.id.clone(),
        place: letter.place,
        key: letter.key.clone(),
        aggregate: letter.event.aggregate(),
        event_id: letter.event.event_id.clone(),
        outcome,
        reason,
    }
}
