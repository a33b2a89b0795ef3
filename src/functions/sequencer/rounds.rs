//! Delivery of a batch: claims aggregates, sends the next events of each, and releases the claims, until all are done
//! or the time is up.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::future::Future;
use std::time::{Duration, Instant};

use futures_util::stream::{self, StreamExt};

use super::Read;
use super::history::{Committed, History};
use super::plan::{Aggregate, Pending, gap};
use super::positions::{Claim, Positions};
use crate::base::error::{Error, Kind, Result};
use crate::functions::publisher::backend::Reason;
use crate::functions::publisher::backlog::Item;
use crate::functions::publisher::{Origin, Report, Source};
use crate::outbox::Message;

/// Maximum concurrent requests to the tables.
const CONCURRENCY: usize = 16;
/// Validity of a claim: the events of an aggregate wait so long after the function that delivers them was killed.
const CLAIM: Duration = Duration::from_secs(15);
/// Interval of renewals while events are delivered. Several may fail before a claim expires.
const RENEWAL: Duration = Duration::from_millis(if cfg!(test) { 1 } else { 4_000 });
/// Interval between attempts to claim an aggregate that another consumer holds.
const BUSY_WAIT: Duration = Duration::from_millis(if cfg!(test) { 1 } else { 50 });
/// Delay before a gap is read again: a query is not a snapshot, and can return a commit without its predecessor.
const GAP_WAIT: Duration = Duration::from_millis(if cfg!(test) { 1 } else { 20 });

/// Time limit of the tables for one aggregate. A connection that broke while the environment was frozen may never
/// answer, and must not use up the time of the others in the batch.
const TABLE_TIMEOUT: Duration = Duration::from_secs(5);
/// Minimum of that limit near the end of the time.
const MIN_TIMEOUT: Duration = Duration::from_millis(500);

/// The tables and the engine that the rounds use.
pub trait Parts: Sync {
    type Positions: Positions;
    type History: History;

    fn positions(&self) -> &Self::Positions;
    fn history(&self) -> &Self::History;
    /// Returns the message as the engine delivers it.
    fn item(&self, position: usize, message: &Message) -> Item;
    /// Delivers `items`, whose positions point into `batch`; in order within an aggregate.
    fn deliver(&self, batch: &[Source], items: Vec<Item>, stop_at: Instant) -> impl Future<Output = Report> + Send;
}

/// One aggregate in a round.
struct Turn {
    aggregate: Aggregate,
    pending: Pending,
    claim: Claim,
    /// Sequence and position of the events to send, ascending.
    sent: Vec<(i64, usize)>,
    /// The sequence up to which the aggregate is finished once all of them are delivered.
    through: i64,
}

/// The next events of an aggregate.
struct Next {
    events: BTreeMap<i64, Message>,
    /// See [`Turn::through`].
    through: i64,
}

/// Delivers until `stop_at`. Returns the batch, extended by the events that were read from the outbox table, and the
/// report, whose `unfinished` are positions of records that arrived.
pub async fn run<P: Parts>(parts: &P, read: Read, stop_at: Instant) -> (Vec<Source>, Report) {
    let Read { mut batch, arrivals, mut poison } = read;
    let mut total = Report::default();
    let mut waiting = arrivals.aggregates;
    while !poison.is_empty() || !waiting.is_empty() {
        let claim = async |(aggregate, pending): (Aggregate, Pending)| {
            let claimed = in_time(stop_at, prepare(parts, &aggregate, &pending)).await;
            (aggregate, pending, claimed)
        };
        let claimed: Vec<_> =
            stream::iter(std::mem::take(&mut waiting)).map(claim).buffer_unordered(CONCURRENCY).collect().await;
        let (mut items, mut turns) = (std::mem::take(&mut poison), Vec::new());
        for (aggregate, pending, claimed) in claimed {
            match claimed {
                Ok(Some((claim, next))) => {
                    turns.push(turn(parts, &mut batch, &mut items, (aggregate, pending, claim), next))
                }
                Ok(None) => {
                    waiting.insert(aggregate, pending);
                }
                Err(error) => {
                    total.last_problem = Some(Reason::new("Positions", error.to_string()));
                    waiting.insert(aggregate, pending);
                }
            }
        }
        let poisoned: Vec<usize> = items.iter().filter(|item| item.key.is_none()).map(|item| item.position).collect();
        let report = tokio::select! {
            report = parts.deliver(&batch, items, stop_at) => report,
            never = renew(parts, &turns) => match never {},
        };
        total.accepted += report.accepted;
        total.kept += report.kept;
        total.last_problem = report.last_problem.or(total.last_problem);
        total.unfinished.extend(report.unfinished.iter().filter(|position| poisoned.contains(position)));
        let release_turn = async |turn: Turn| release(parts, turn, &report.unfinished, stop_at).await;
        let released: Vec<_> = stream::iter(turns).map(release_turn).buffer_unordered(CONCURRENCY).collect().await;
        for (aggregate, pending, problem) in released.into_iter().flatten() {
            total.last_problem = problem.or(total.last_problem);
            waiting.insert(aggregate, pending);
        }
        if Instant::now() + BUSY_WAIT >= stop_at {
            break;
        }
        if !waiting.is_empty() {
            tokio::time::sleep(BUSY_WAIT.mul_f64(fastrand::f64() + 0.5)).await;
        }
    }
    total.unfinished.extend(waiting.values().map(|pending| pending.first_position));
    total.unfinished.sort_unstable();
    (batch, total)
}

/// Renews the claims at intervals. The errors of a renewal are not reported: the order does not depend on claims.
async fn renew<P: Parts>(parts: &P, turns: &[Turn]) -> Infallible {
    loop {
        tokio::time::sleep(RENEWAL).await;
        let renew = async |turn: &Turn| {
            let renewed = parts.positions().renew(&turn.aggregate, &turn.claim, CLAIM);
            if let Ok(Err(error)) = tokio::time::timeout(TABLE_TIMEOUT, renewed).await {
                tracing::warn!("{error}");
            }
        };
        stream::iter(turns).map(renew).buffer_unordered(CONCURRENCY).collect::<Vec<()>>().await;
    }
}

async fn in_time<T>(stop_at: Instant, work: impl Future<Output = Result<T>>) -> Result<T> {
    let limit = stop_at.saturating_duration_since(Instant::now()).clamp(MIN_TIMEOUT, TABLE_TIMEOUT);
    let silent = |_| Err(Error::new(Kind::Unreachable, format!("no answer within {limit:?}")));
    tokio::time::timeout(limit, work).await.unwrap_or_else(silent)
}

/// Claims the aggregate and collects its next events: none if all of them were delivered before.
async fn prepare<P: Parts>(parts: &P, aggregate: &Aggregate, pending: &Pending) -> Result<Option<(Claim, Next)>> {
    let Some(claim) = parts.positions().claim(aggregate, CLAIM).await? else { return Ok(None) };
    let delivered = claim.delivered;
    let arrived = pending.events.range(delivered.saturating_add(1)..);
    let mut events: BTreeMap<i64, Message> =
        arrived.map(|(sequence, (_, message))| (*sequence, message.clone())).collect();
    let mut through = events.last_key_value().map_or(delivered, |(sequence, _)| *sequence);
    if pending.has_gap(delivered) {
        match fill(parts.history(), &aggregate.1, delivered, pending.highest()).await {
            Ok(read) => {
                // Events beyond the page that was read wait for the next round.
                if let Some((last, _)) = read.last() {
                    through = *last;
                    events.retain(|sequence, _| *sequence <= through);
                }
                events.extend(read.into_iter().filter_map(|(sequence, message)| Some((sequence, message?))));
            }
            Err(error) => {
                parts.positions().release(aggregate, claim, delivered).await?;
                return Err(error);
            }
        }
    }
    Ok(Some((claim, Next { events, through })))
}

/// Reads the committed events above `delivered` up to `highest`. Events that are missing at the second read, too, were
/// purged long after their delivery.
async fn fill<H: History>(history: &H, id: &str, delivered: i64, highest: i64) -> Result<Vec<Committed>> {
    let committed = history.read(id, delivered, highest).await?;
    if !gap(delivered, committed.iter().map(|(sequence, _)| *sequence)) {
        return Ok(committed);
    }
    tokio::time::sleep(GAP_WAIT).await;
    history.read(id, delivered, highest).await
}

fn turn<P: Parts>(
    parts: &P,
    batch: &mut Vec<Source>,
    items: &mut Vec<Item>,
    (aggregate, pending, claim): (Aggregate, Pending, Claim),
    Next { events, through }: Next,
) -> Turn {
    let mut sent = Vec::with_capacity(events.len());
    for (sequence, message) in events {
        let position = match pending.events.get(&sequence) {
            Some((position, _)) => *position,
            None => {
                batch.push(from_history(&message));
                batch.len() - 1
            }
        };
        items.push(parts.item(position, &message));
        sent.push((sequence, position));
    }
    Turn { aggregate, pending, claim, sent, through }
}

/// Returns a source for a record that did not arrive, for the failure destination.
fn from_history(message: &Message) -> Source {
    let origin = Origin {
        stream_arn: String::new(),
        shard_id: "outbox-table".into(),
        sequence_number: message.sequence.unwrap_or_default().to_string(),
        partition_key: message.aggregate_id.clone(),
        arrived_at: message.committed_at,
    };
    let data = serde_json::to_vec(&message.to_cloud_event()).unwrap_or_default();
    Source { origin, data, event_id: Some(message.id) }
}

/// Releases the claim at the delivered position. Returns the aggregate if it is unfinished.
async fn release<P: Parts>(
    parts: &P,
    turn: Turn,
    unfinished: &[usize],
    stop_at: Instant,
) -> Option<(Aggregate, Pending, Option<Reason>)> {
    let Turn { aggregate, pending, claim, sent, through } = turn;
    // Positions ascend and the engine keeps the order: everything before the first unfinished one is done.
    let first_unfinished = sent.iter().position(|(_, position)| unfinished.contains(position));
    let delivered = match first_unfinished {
        None => through,
        Some(place) => place.checked_sub(1).map_or(claim.delivered, |before| sent[before].0),
    };
    let delivered = delivered.max(claim.delivered);
    if let Err(error) = in_time(stop_at, parts.positions().release(&aggregate, claim, delivered)).await {
        return Some((aggregate, pending, Some(Reason::new("Positions", error.to_string()))));
    }
    (!pending.is_finished(delivered)).then_some((aggregate, pending, None))
}
