//! Who consumes the stream, as the lease table tells.

use std::time::Duration;

use serde::Serialize;

use super::picture::Condition;

/// A consumer renews every 5 s unless told otherwise: so long after the first look silence means something.
const PATIENCE: Duration = Duration::from_secs(10);
/// After so long without a renewal others take its shards, unless it was told otherwise.
const SILENT: Duration = Duration::from_secs(20);

/// The members of the consumer group.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Consumers {
    pub members: Vec<Member>,
    /// Shards that are not read to their end.
    pub shards: usize,
    /// How long the leases have been watched.
    #[serde(skip)]
    pub watched: Duration,
}

/// One consumer.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Member {
    pub name: String,
    /// Shards it holds.
    pub shards: usize,
    /// Seconds since it was last seen to renew a lease, by our own clock; null before the first time.
    pub renewed_s: Option<u64>,
}

impl Member {
    fn is_alive(&self) -> bool {
        self.renewed_s.is_some_and(|seconds| seconds < SILENT.as_secs())
    }
}

impl Consumers {
    /// How consuming goes, in one word and in a few.
    pub fn condition(&self) -> (Condition, String) {
        let alive: Vec<_> = self.members.iter().filter(|member| member.is_alive()).collect();
        let held: usize = alive.iter().map(|member| member.shards).sum();
        match (self.members.len(), alive.len()) {
            (0, _) => (Condition::Bad, "no consumer: run `outboxctl consume`".into()),
            (_, 1..) => {
                let plural = if alive.len() == 1 { "" } else { "s" };
                let words = format!("{} consumer{plural}, {held} of {} shards", alive.len(), self.shards);
                // What nobody holds is taken within a lease duration.
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
    fn silence_means_something_only_after_a_while() {
        assert_eq!(group(0, &[]), (Condition::Bad, "no consumer: run `outboxctl consume`".into()));
        assert_eq!(group(1, &[("a", 4, None)]).0, Condition::Unsure);
        assert_eq!(group(11, &[("a", 4, None)]), (Condition::Bad, "no consumer has renewed for 11 s".into()));
        assert_eq!(group(60, &[("a", 4, Some(45))]), (Condition::Bad, "no consumer has renewed for 45 s".into()));
    }

    #[test]
    fn the_living_are_counted_with_what_they_hold() {
        assert_eq!(group(9, &[("a", 4, Some(3))]), (Condition::Good, "1 consumer, 4 of 4 shards".into()));
        let (condition, words) = group(30, &[("a", 2, Some(4)), ("b", 1, Some(1)), ("dead", 1, Some(25))]);
        assert_eq!((condition, words.as_str()), (Condition::Unsure, "2 consumers, 3 of 4 shards"));
    }
}
