//! Sorts events by aggregate, on disk and in bounded memory.
//!
//! Unordered input (a log, the scan of a table) is distributed over temporary files by aggregate, and then returned
//! file by file, each event once, in the order of its aggregate. Memory is that of one file, a 64th of the selected
//! events; the files are unnamed and disappear with the process.

use std::collections::{HashSet, VecDeque};
use std::fs::File;
use std::io::{BufReader, BufWriter, Read, Seek, Write};

use chrono::{DateTime, Utc};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::Page;
use crate::base::error::{Kind, OrFail, Result};
use crate::outbox::Message;
use crate::postgres::admin::OutboxKey;
use crate::repair::temporary::{self, not_read, not_written, written};

/// Number of files, all open at the same time. Their write buffers take 2 MB in total.
const FILES: usize = 64;
/// Events and bytes of payload per page.
const PAGE: usize = 1_000;
const PAGE_BYTES: usize = 4 << 20;

/// Distributes events over the files.
pub(super) struct Sorter(Vec<BufWriter<File>>);

impl Sorter {
    /// # Errors
    /// `Io` if temporary files can't be created.
    pub(super) fn new() -> Result<Self> {
        temporary::writers(FILES).map(Self)
    }

    /// Adds an event, without the mark of a replay that may have delivered it: it is the same event.
    pub(super) fn add(&mut self, message: Message) -> Result<()> {
        let message = Message { replay: None, ..message };
        let text =
            serde_json::to_vec(&message).or_fail(Kind::Unexpected, || "an event can't be written as JSON".into())?;
        let length = u32::try_from(text.len()).or_fail(Kind::Unexpected, || "an event is too large".into())?;
        let file = &mut self.0[file_of(&message.aggregate_type, &message.aggregate_id)];
        let written = file.write_all(&length.to_be_bytes()).and_then(|()| file.write_all(&text));
        written.or_fail(Kind::Io, not_written)
    }

    pub(super) fn sorted(self) -> Sorted {
        Sorted { files: self.0.into_iter().enumerate().collect(), open: VecDeque::new() }
    }
}

/// Events in the order of their aggregates.
pub(super) struct Sorted {
    files: VecDeque<(usize, BufWriter<File>)>,
    /// The rest of the file that was read last.
    open: VecDeque<Message>,
}

impl Sorted {
    /// Returns the next events after `after`; an empty page at the end.
    pub(super) fn page(&mut self, after: Option<&OutboxKey>) -> Result<Page<OutboxKey>> {
        let (mut messages, mut bytes) = (Vec::new(), 0);
        // A position of an older version has no id: it is after every event of its sequence.
        let last = |key: &OutboxKey| OutboxKey { id: key.id.or(Some(Uuid::max())), ..key.clone() };
        let after = after.map(|key| place(&last(key)));
        while messages.len() < PAGE && bytes < PAGE_BYTES {
            match self.open.pop_front() {
                Some(message) if after.as_ref().is_some_and(|after| place(&key(&message)) <= *after) => {}
                Some(message) => {
                    bytes += message.payload.get().len();
                    messages.push(message);
                }
                None => match self.files.pop_front() {
                    // Skipped when continuing from a position.
                    Some((file, _)) if after.as_ref().is_some_and(|(at, ..)| file < *at) => {}
                    Some((_, file)) => self.open = read(file)?.into(),
                    None => break,
                },
            }
        }
        let next = messages.last().map(key);
        Ok(Page { messages, unreadable: 0, next })
    }
}

/// Returns the position of an event, from which another reader can continue.
pub(super) fn key(message: &Message) -> OutboxKey {
    let Message { aggregate_type, aggregate_id, sequence, .. } = message;
    // Without a sequence, the time of the commit orders events. The id distinguishes events of one sequence.
    let unnumbered = sequence.is_none();
    OutboxKey {
        aggregate_type: aggregate_type.clone(),
        aggregate_id: aggregate_id.clone(),
        sequence: sequence.unwrap_or_default(),
        at: unnumbered.then_some(message.committed_at),
        id: Some(message.id),
    }
}

/// Returns the sort key of an event; it is the same in every process.
fn place(key: &OutboxKey) -> (usize, String, String, i64, Option<DateTime<Utc>>, Option<Uuid>) {
    let OutboxKey { aggregate_type, aggregate_id, sequence, at, id } = key;
    (file_of(aggregate_type, aggregate_id), aggregate_type.clone(), aggregate_id.clone(), *sequence, *at, *id)
}

fn file_of(aggregate_type: &str, aggregate_id: &str) -> usize {
    let hash = Sha256::new_with_prefix(aggregate_type).chain_update([0]).chain_update(aggregate_id).finalize();
    usize::from(hash[0]) % FILES
}

/// Reads the file's events, each once, in order.
fn read(file: BufWriter<File>) -> Result<Vec<Message>> {
    let mut file = written(file)?;
    file.rewind().or_fail(Kind::Io, not_read)?;
    let (mut file, mut messages, mut seen) = (BufReader::new(file), Vec::new(), HashSet::new());
    let (mut length, mut text) = ([0; 4], Vec::new());
    while file.read_exact(&mut length).is_ok() {
        text.resize(u32::from_be_bytes(length) as usize, 0);
        file.read_exact(&mut text).or_fail(Kind::Io, not_read)?;
        let message: Message = serde_json::from_slice(&text).or_fail(Kind::Unexpected, not_read)?;
        if seen.insert(message.id) {
            messages.push(message);
        }
    }
    messages.sort_by_cached_key(|message| place(&key(message)));
    Ok(messages)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A sequence may occur twice: in a log that also has events from before a database was restored, or in a table of
    /// the application's own.
    type Numbered = (u8, i64, bool);

    fn event((aggregate, sequence, again): Numbered) -> Message {
        let detail = format!(
            r#"{{"specversion":"1.0","id":"{}","source":"outbox.car","type":"T","subject":"c-{aggregate}","time":"2026-11-21T06:14:00Z","sequence":"{sequence}","replay":"r","data":{{"n": 1.10}}}}"#,
            Uuid::from_u128(
                u128::from(again) << 96 | u128::from(aggregate) << 64 | u128::from(sequence.unsigned_abs())
            )
        );
        Message::from_cloud_event(&detail).expect("an event of an outbox")
    }

    fn sorted(events: &[Numbered]) -> Sorted {
        let mut sorter = Sorter::new().expect("files");
        events.iter().for_each(|numbered| sorter.add(event(*numbered)).expect("written"));
        sorter.sorted()
    }

    fn rest(mut sorted: Sorted, after: Option<&OutboxKey>) -> Vec<OutboxKey> {
        let mut keys: Vec<OutboxKey> = Vec::new();
        loop {
            let page = sorted.page(keys.last().or(after)).expect("a page").messages;
            if page.is_empty() {
                return keys;
            }
            assert!(page.iter().all(|message| message.replay.is_none() && message.payload.get() == r#"{"n": 1.10}"#));
            keys.extend(page.iter().map(key));
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]

        #[test]
        fn each_event_is_returned_once_in_order_also_from_a_position(
            events in proptest::collection::vec((0u8..9, 1i64..30, any::<bool>()), 1..120),
            cut in any::<proptest::sample::Index>(),
        ) {
            let whole = rest(sorted(&events), None);
            let once: HashSet<Numbered> = events.iter().copied().collect();
            prop_assert_eq!(whole.len(), once.len());
            for pair in whole.windows(2) {
                prop_assert!(place(&pair[0]) < place(&pair[1]));
            }
            // The same log, read again later: the events after the position are the same.
            let at = cut.index(whole.len());
            let shuffled: Vec<_> = events.iter().rev().copied().collect();
            prop_assert_eq!(&rest(sorted(&shuffled), Some(&whole[at])), &whole[at + 1..]);
        }
    }
}
