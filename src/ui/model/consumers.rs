//! The consumers of the stream, from the lease table.

use std::time::Duration;

use serde::Serialize;

use super::Condition;

/// A consumer renews every 5 s by default: only after this time a missing renewal is significant.
const PATIENCE: Duration = Duration::from_secs(10);
/// Default time without a renewal after which others take its shards.
const SILENT: Duration = Duration::from_secs(20);

/// The members of the consumer group.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Consumers {
    pub members: Vec<Member>,
    /// Shards that are not read to their end.
    pub shards: usize,
    /// Time since the first observation of the leases.
    #[serde(skip)]
    pub watched: Duration,
}

/// One consumer.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Member {
    pub name: String,
    /// Shards that it holds.
    pub shards: usize,
    /// Seconds since its last observed renewal, by our own clock; null before the first one.
    pub renewed_s: Option<u64>,
}

impl Member {
    fn is_alive(&self) -> bool {
        self.renewed_s.is_some_and(|seconds| seconds < SILENT.as_secs())
    }
}

impl Consumers {
    /// Returns the condition of consuming, and a short text.
    pub fn condition(&self) -> (Condition, String) {
        let alive: Vec<_> = self.members.iter().filter(|member| member.is_alive()).collect();
        let held: usize = alive.iter().map(|member| member.shards).sum();
        match (self.members.len(), alive.len()) {
            (0, _) => (Condition::Bad, "no consumer: run `outboxctl consume --exec COMMAND`".into()),
            (_, 1..) => {
                let plural = if alive.len() == 1 { "" } else { "s" };
                let words = format!("{} consumer{plural}, {held} of {} shards", alive.len(), self.shards);
                // Free shards are taken within a lease duration.
                (if held < self.shards { Condition::Unsure } else { Condition::Good }, words)
            }
            (_, 0) if self.watched < PATIENCE => (Condition::Unsure, "looking for a renewal".into()),
            (_, 0) => {
                let silent = self.members.iter().filter_map(|member| member.renewed_s).min();
                let silent = silent.unwrap_or(self.watched.as_secs());
                (Condition::Bad, format!("no consumer has renewed for {silent} s"))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group(watched: u64, members: &[(&str, usize, Option<u64>)]) -> (Condition, String) {
        let member =
            |&(name, shards, renewed_s): &(&str, usize, Option<u64>)| Member { name: name.into(), shards, renewed_s };
        let members = members.iter().map(member).collect();
        Consumers { members, shards: 4, watched: Duration::from_secs(watched) }.condition()
    }

    #[test]
    fn missing_renewals_count_only_after_a_while() {
        assert_eq!(group(0, &[]), (Condition::Bad, "no consumer: run `outboxctl consume --exec COMMAND`".into()));
        assert_eq!(group(1, &[("a", 4, None)]).0, Condition::Unsure);
        assert_eq!(group(11, &[("a", 4, None)]), (Condition::Bad, "no consumer has renewed for 11 s".into()));
        assert_eq!(group(60, &[("a", 4, Some(45))]), (Condition::Bad, "no consumer has renewed for 45 s".into()));
    }

    #[test]
    fn live_consumers_are_counted_with_their_shards() {
        assert_eq!(group(9, &[("a", 4, Some(3))]), (Condition::Good, "1 consumer, 4 of 4 shards".into()));
        let (condition, words) = group(30, &[("a", 2, Some(4)), ("b", 1, Some(1)), ("dead", 1, Some(25))]);
        assert_eq!((condition, words.as_str()), (Condition::Unsure, "2 consumers, 3 of 4 shards"));
    }
}
