//! Events of an event log: what was delivered over a bus was committed, and the log may know it longer than the outbox.
//!
//! A log is in the order of arrival, with replays in between. So everything that is wanted is first dealt into temporary
//! files by aggregate, and then given out file by file, each event once, in the order of its aggregate. Memory is that of
//! one file, a 64th of what is wanted; the files have no name and are gone with the process, however it ends.

use std::collections::{HashSet, VecDeque};
use std::fs::File;
use std::io::{BufReader, BufWriter, Read, Seek, Write};

use chrono::{DateTime, TimeDelta, Utc};
use serde::Deserialize;
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};

use super::Filter;
use crate::aws::Clients;
use crate::error::{AwsContext, Kind, OrFail, Result};
use crate::outbox::Message;
use crate::postgres::admin::OutboxKey;

/// Files, each open at the same time.
const FILES: usize = 64;
/// Bytes that are gathered before they are written, by file: 2 MB in all.
const GATHERED: usize = 32 << 10;
/// Events and bytes of payload of a page.
const PAGE: usize = 1_000;
const PAGE_BYTES: usize = 4 << 20;
/// The bus stamps events with whole seconds.
const COARSE: TimeDelta = TimeDelta::seconds(2);

/// An event log, and what was read of it.
pub struct Log {
    clients: Clients,
    group: String,
    sorted: Option<Sorted>,
}

impl Log {
    pub(super) fn new(clients: &Clients, group: &str) -> Self {
        Self { clients: clients.clone(), group: group.to_owned(), sorted: None }
    }

    /// The next page after a place; None once there is no more. The first one reads the whole log.
    pub(super) async fn page(
        &mut self,
        filter: &Filter,
        after: Option<&OutboxKey>,
    ) -> Result<(Vec<Message>, Option<OutboxKey>)> {
        let sorted = match &mut self.sorted {
            Some(sorted) => sorted,
            none => none.insert(gather(&self.clients, &self.group, filter).await?),
        };
        let page = sorted.page(after)?;
        let next = page.last().map(key);
        if next.is_none() {
            self.sorted = None;
        }
        Ok((page, next))
    }
}

async fn gather(clients: &Clients, group: &str, filter: &Filter) -> Result<Sorted> {
    let (mut sorter, mut token) = (Sorter::new()?, None);
    loop {
        let (messages, next) = page(clients, group, (filter.from, None), token).await?;
        for message in messages.into_iter().filter(|message| filter.passes(message)) {
            sorter.add(message)?;
        }
        token = next;
        if token.is_none() {
            return sorter.sorted();
        }
    }
}

/// A page of an event log: the events of outboxes in it, and the token of the next page. `window` is of the time of their
/// delivery; either end may be open.
///
/// # Errors
/// What CloudWatch Logs says.
pub async fn page(
    clients: &Clients,
    group: &str,
    window: (Option<DateTime<Utc>>, Option<DateTime<Utc>>),
    token: Option<String>,
) -> Result<(Vec<Message>, Option<String>)> {
    let request = clients
        .logs()
        .filter_log_events()
        .log_group_name(group)
        .set_start_time(window.0.map(|from| (from - COARSE).timestamp_millis()))
        .set_end_time(window.1.map(|last| last.timestamp_millis()))
        .set_next_token(token);
    let page = request.send().await.aws(format!("read log group {group}"))?;
    let messages = page.events().iter().filter_map(|event| message(event.message()?));
    Ok((messages.collect(), page.next_token().map(str::to_owned)))
}

/// An event as EventBridge writes it into a log; None for what is no event of an outbox.
fn message(text: &str) -> Option<Message> {
    #[derive(Deserialize)]
    struct Envelope {
        detail: Box<RawValue>,
    }
    let envelope: Envelope = serde_json::from_str(text).ok()?;
    Message::from_cloud_event(envelope.detail.get())
}

/// Events on their way into their files.
struct Sorter(Vec<BufWriter<File>>);

impl Sorter {
    fn new() -> Result<Self> {
        let file = |_| {
            let file = tempfile::tempfile().or_fail(Kind::Io, || "no temporary file can be made".into())?;
            Ok(BufWriter::with_capacity(GATHERED, file))
        };
        Ok(Self((0..FILES).map(file).collect::<Result<_>>()?))
    }

    /// Whatever replay brought it: it is the same event.
    fn add(&mut self, message: Message) -> Result<()> {
        let message = Message { replay: None, ..message };
        let text = serde_json::to_vec(&message).or_fail(Kind::Unexpected, || "an event has no JSON form".into())?;
        let length = u32::try_from(text.len()).or_fail(Kind::Unexpected, || "an event is too large".into())?;
        let file = &mut self.0[file_of(&message.aggregate_type, &message.aggregate_id)];
        let written = file.write_all(&length.to_be_bytes()).and_then(|()| file.write_all(&text));
        written.or_fail(Kind::Io, || "a temporary file can't be written".into())
    }

    fn sorted(self) -> Result<Sorted> {
        Ok(Sorted { files: self.0.into_iter().enumerate().collect(), open: VecDeque::new() })
    }
}

/// Events in the order of their aggregates.
struct Sorted {
    files: VecDeque<(usize, BufWriter<File>)>,
    /// What is left of the file that was read last.
    open: VecDeque<Message>,
}

impl Sorted {
    /// What comes next, but nothing up to `after`.
    fn page(&mut self, after: Option<&OutboxKey>) -> Result<Vec<Message>> {
        let (mut page, mut bytes) = (Vec::new(), 0);
        let after = after.map(place);
        while page.len() < PAGE && bytes < PAGE_BYTES {
            match self.open.pop_front() {
                Some(message) if after.as_ref().is_some_and(|after| place(&key(&message)) <= *after) => {}
                Some(message) => {
                    bytes += message.payload.get().len();
                    page.push(message);
                }
                None => match self.files.pop_front() {
                    // Passed over by one who goes on.
                    Some((file, _)) if after.as_ref().is_some_and(|(at, ..)| file < *at) => {}
                    Some((_, file)) => self.open = read(file)?.into(),
                    None => break,
                },
            }
        }
        Ok(page)
    }
}

fn key(message: &Message) -> OutboxKey {
    let Message { aggregate_type, aggregate_id, sequence, .. } = message;
    OutboxKey { aggregate_type: aggregate_type.clone(), aggregate_id: aggregate_id.clone(), sequence: *sequence }
}

/// Where an event comes in the whole; it is the same in every process.
fn place(key: &OutboxKey) -> (usize, String, String, i64) {
    let OutboxKey { aggregate_type, aggregate_id, sequence } = key;
    (file_of(aggregate_type, aggregate_id), aggregate_type.clone(), aggregate_id.clone(), *sequence)
}

fn file_of(aggregate_type: &str, aggregate_id: &str) -> usize {
    let hash = Sha256::new_with_prefix(aggregate_type).chain_update([0]).chain_update(aggregate_id).finalize();
    usize::from(hash[0]) % FILES
}

/// The file's events, each once, in order.
fn read(file: BufWriter<File>) -> Result<Vec<Message>> {
    let failed = || "a temporary file can't be read back".to_owned();
    let written = file.into_inner().map_err(std::io::IntoInnerError::into_error);
    let mut file = written.or_fail(Kind::Io, || "a temporary file can't be written".into())?;
    file.rewind().or_fail(Kind::Io, failed)?;
    let (mut file, mut messages, mut seen) = (BufReader::new(file), Vec::new(), HashSet::new());
    let (mut length, mut text) = ([0; 4], Vec::new());
    while file.read_exact(&mut length).is_ok() {
        text.resize(u32::from_be_bytes(length) as usize, 0);
        file.read_exact(&mut text).or_fail(Kind::Io, failed)?;
        let message: Message = serde_json::from_slice(&text).or_fail(Kind::Unexpected, failed)?;
        if seen.insert(message.id) {
            messages.push(message);
        }
    }
    messages.sort_by(|a, b| {
        (&a.aggregate_type, &a.aggregate_id, a.sequence).cmp(&(&b.aggregate_type, &b.aggregate_id, b.sequence))
    });
    Ok(messages)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;

    fn event(aggregate: u8, sequence: i64) -> Message {
        let detail = format!(
            r#"{{"specversion":"1.0","id":"{}","source":"outbox.car","type":"T","subject":"c-{aggregate}","time":"2026-11-21T06:14:00Z","sequence":"{sequence}","replay":"r","data":{{"n": 1.10}}}}"#,
            Uuid::from_u128(u128::from(aggregate) << 64 | sequence.unsigned_abs() as u128)
        );
        message(&format!(r#"{{"version":"0","detail":{detail}}}"#)).expect("an event of an outbox")
    }

    fn sorted(events: &[(u8, i64)]) -> Sorted {
        let mut sorter = Sorter::new().expect("files");
        events.iter().for_each(|(aggregate, sequence)| sorter.add(event(*aggregate, *sequence)).expect("written"));
        sorter.sorted().expect("sorted")
    }

    fn rest(mut sorted: Sorted, after: Option<&OutboxKey>) -> Vec<OutboxKey> {
        let mut keys: Vec<OutboxKey> = Vec::new();
        loop {
            let page = sorted.page(keys.last().or(after)).expect("a page");
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
        fn each_event_comes_once_in_the_order_of_its_aggregate_also_for_one_who_goes_on(
            events in proptest::collection::vec((0u8..9, 1i64..30), 1..120),
            cut in any::<proptest::sample::Index>(),
        ) {
            let whole = rest(sorted(&events), None);
            let once: HashSet<(u8, i64)> = events.iter().copied().collect();
            prop_assert_eq!(whole.len(), once.len());
            for pair in whole.windows(2) {
                prop_assert!(place(&pair[0]) < place(&pair[1]));
            }
            // The log of another day, read again: what is after the place is the same.
            let at = cut.index(whole.len());
            let shuffled: Vec<_> = events.iter().rev().copied().collect();
            prop_assert_eq!(&rest(sorted(&shuffled), Some(&whole[at])), &whole[at + 1..]);
        }
    }

    #[test]
    fn what_is_no_event_of_an_outbox_is_passed_over() {
        for text in ["", "{}", r#"{"detail":{}}"#, r#"{"source":"outboxctl.sentinel","detail":{"n":1}}"#] {
            assert!(message(text).is_none(), "{text}");
        }
    }
}
