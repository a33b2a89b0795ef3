//! Delivery of the event transports of a local stack: chosen when it starts, done in the emulator's process.

use serde::{Deserialize, Serialize};

use crate::base::error::{Error, Kind, OrFail, Result};
use crate::settings::environment::{flag, text};

/// Variable for a seed; `local up --seed` takes precedence over it.
const SEED: &str = "OUTBOXCTL_LOCAL_SEED";
/// Limit of random seeds: short enough to be typed.
const SEEDS: u64 = 1_000_000;

/// Randomised delivery and shard limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Transports {
    /// Seed of order, repetition and delays; without it, everything is delivered once, in order and at once.
    pub seed: Option<u64>,
    /// Set if shards of Kinesis streams have their limits.
    pub shard_limits: bool,
}

impl Transports {
    /// Reads the environment: `OUTBOXCTL_LOCAL_SEED`, or a random seed; `OUTBOXCTL_LOCAL_DELIVERY=ordered`, for tests
    /// that depend on the order in which events were sent; `OUTBOXCTL_LOCAL_SHARD_LIMITS=false`, for measuring a
    /// client's maximum speed. A seed that is passed takes precedence.
    ///
    /// # Errors
    /// `Usage` for an invalid value, and for a seed with ordered delivery.
    pub fn choose(seed: Option<u64>) -> Result<Self> {
        let number = |text: String| text.parse().or_fail(Kind::Usage, || format!("{SEED} is {text:?}, not a number"));
        let from_environment = text(SEED)?.map(number).transpose()?;
        let ordered = match text("OUTBOXCTL_LOCAL_DELIVERY")?.as_deref() {
            None | Some("unordered") => false,
            Some("ordered") => true,
            Some(other) => {
                let error = Error::new(Kind::Usage, format!("OUTBOXCTL_LOCAL_DELIVERY is {other:?}"));
                return Err(error.hint("use \"unordered\" (the default) or \"ordered\""));
            }
        };
        if ordered && seed.is_some() {
            let text = "--seed has no effect with OUTBOXCTL_LOCAL_DELIVERY=ordered";
            return Err(Error::new(Kind::Usage, text).hint("unset OUTBOXCTL_LOCAL_DELIVERY"));
        }
        let seed = seed.or(from_environment).unwrap_or_else(|| fastrand::u64(..SEEDS));
        let shard_limits = flag("OUTBOXCTL_LOCAL_SHARD_LIMITS")?.unwrap_or(true);
        Ok(Self { seed: (!ordered).then_some(seed), shard_limits })
    }

    /// Describes it for people.
    pub fn summary(self) -> String {
        match self.seed {
            Some(seed) => format!("{seed}; repeat the run: outboxctl local up --seed {seed}"),
            None => "none: every event is delivered once, in order and without delay".into(),
        }
    }
}
