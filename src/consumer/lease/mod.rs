//! Leases: the owner of each shard, and its checkpoint.
//!
//! There is one lease per shard. Its owner renews it by raising its counter. A consumer that sees a counter unchanged
//! for a whole lease duration, by its own clock, may take the lease: clocks of two machines are never compared. A
//! consumer with too few leases asks an owner for one, and the owner releases it when its records in flight are done.

mod dynamodb;
#[cfg(test)]
pub mod memory;
mod plan;

use std::collections::BTreeSet;
use std::fmt;
use std::future::Future;
use std::str::FromStr;
use std::time::{Duration, Instant};

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};

pub use dynamodb::Table;
pub use plan::{Plan, Watch, plan};

use crate::base::error::{Error, Kind, Result};
use crate::base::timing::Wait;
use crate::streams::shards::Cursor;

/// The reading position of a shard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Checkpoint {
    /// Not started: from the oldest record.
    Oldest,
    /// Not started: from records that arrive at this time or later.
    At(DateTime<Utc>),
    /// Every record up to this sequence number is processed.
    After(String),
    /// The shard is closed and read to its end.
    End,
}

impl Checkpoint {
    /// Returns the position to continue from; `None` at the end. A time ahead of `now` comes from a clock that was set
    /// back since: reading then starts that long before now, and a minute more, so that no record is missed.
    pub fn cursor(&self, now: DateTime<Utc>) -> Option<Cursor> {
        match self {
            Self::Oldest => Some(Cursor::Oldest),
            Self::At(at) if *at > now => Some(Cursor::At(now - (*at - now) - TimeDelta::minutes(1))),
            Self::At(at) => Some(Cursor::At(*at)),
            Self::After(sequence) => Some(Cursor::After(sequence.clone())),
            Self::End => None,
        }
    }
}

impl fmt::Display for Checkpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Oldest => f.write_str("TRIM_HORIZON"),
            Self::At(at) => write!(f, "AT_TIMESTAMP {}", at.to_rfc3339_opts(SecondsFormat::Millis, true)),
            Self::After(sequence) => f.write_str(sequence),
            Self::End => f.write_str("SHARD_END"),
        }
    }
}

impl FromStr for Checkpoint {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "TRIM_HORIZON" => Ok(Self::Oldest),
            "SHARD_END" => Ok(Self::End),
            _ => match text.strip_prefix("AT_TIMESTAMP ") {
                Some(at) => DateTime::parse_from_rfc3339(at).map(|at| Self::At(at.to_utc())).map_err(|e| e.to_string()),
                None if !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()) => Ok(Self::After(text.into())),
                None => Err(format!("{text:?} is not a checkpoint")),
            },
        }
    }
}

/// A lease as stored in the table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease {
    pub shard: String,
    pub parents: BTreeSet<String>,
    pub owner: Option<String>,
    /// Raised by every renewal and every change of owner.
    pub counter: u64,
    pub checkpoint: Checkpoint,
    /// The consumer that asked the owner for the lease.
    pub wanted_by: Option<String>,
}

impl Lease {
    /// Creates a lease without an owner.
    pub fn new(shard: impl Into<String>, parents: impl IntoIterator<Item = String>, checkpoint: Checkpoint) -> Self {
        Self {
            shard: shard.into(),
            parents: parents.into_iter().collect(),
            owner: None,
            counter: 0,
            checkpoint,
            wanted_by: None,
        }
    }
}

/// A store of leases. Every change is conditional, so that of two concurrent attempts only one succeeds; the other gets
/// `None` or `false`.
pub trait Leases: Send + Sync {
    /// Returns all leases of this group.
    fn list(&self) -> impl Future<Output = Result<Vec<Lease>>> + Send;
    /// Adds a lease unless its shard has one.
    fn create(&self, lease: &Lease) -> impl Future<Output = Result<()>> + Send;
    /// Makes `me` the owner if owner and counter are still as in `seen`.
    fn take(&self, seen: &Lease, me: &str) -> impl Future<Output = Result<Option<Lease>>> + Send;
    /// Raises the counter if `me` is the owner; `None` if the lease is lost.
    fn renew(&self, shard: &str, me: &str) -> impl Future<Output = Result<Option<Lease>>> + Send;
    /// Moves the checkpoint if `me` is the owner.
    fn checkpoint(&self, shard: &str, me: &str, to: &Checkpoint) -> impl Future<Output = Result<bool>> + Send;
    /// Asks the owner of `seen` to release it to `me`, unless another consumer has asked.
    fn ask(&self, seen: &Lease, me: &str) -> impl Future<Output = Result<bool>> + Send;
    /// Gives the lease to `to`, or frees it, if `me` is the owner.
    fn release(&self, shard: &str, me: &str, to: Option<&str>) -> impl Future<Output = Result<bool>> + Send;
    /// Removes a lease whose shard no longer exists, unless it has an owner.
    fn remove(&self, shard: &str) -> impl Future<Output = Result<()>> + Send;
}

/// Returns whether retries do not help; other errors may be a table that can't be reached at the moment.
pub fn is_final(error: &Error) -> bool {
    matches!(error.kind(), Kind::NotDeployed | Kind::StreamMissing | Kind::AccessDenied | Kind::Credentials)
}

/// Returns whether any consumer renews a lease within `timeout`.
pub async fn is_anyone_alive(leases: &impl Leases, timeout: Duration) -> Result<bool> {
    let (mut watch, wait) = (Watch::default(), Wait::new(Duration::from_millis(200), timeout));
    loop {
        let all = leases.list().await?;
        watch.observe(&all, Instant::now());
        if all.iter().any(|lease| lease.owner.is_some() && watch.has_moved(lease)) {
            return Ok(true);
        }
        if !wait.next().await {
            return Ok(false);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_in_the_future_skips_no_records() {
        let now = DateTime::from_timestamp(1_764_000_000, 0).expect("a time");
        let at = |seconds: i64| Checkpoint::At(now + TimeDelta::seconds(seconds)).cursor(now);
        assert_eq!(at(-5), Some(Cursor::At(now - TimeDelta::seconds(5))));
        // Taken 40 s ago by a clock that was 30 s fast, and is right now.
        assert_eq!(at(30), Some(Cursor::At(now - TimeDelta::seconds(90))));
    }

    #[test]
    fn checkpoints_round_trip_as_text() {
        for checkpoint in [
            Checkpoint::Oldest,
            Checkpoint::End,
            Checkpoint::After("49590338271490256608559692538361571095921575989136588898".into()),
            Checkpoint::At(DateTime::from_timestamp_millis(1_764_000_000_123).expect("a time")),
        ] {
            assert_eq!(checkpoint.to_string().parse(), Ok(checkpoint));
        }
        for wrong in ["", "LATEST", "12a", "AT_TIMESTAMP soon"] {
            assert!(wrong.parse::<Checkpoint>().is_err(), "{wrong}");
        }
    }
}
