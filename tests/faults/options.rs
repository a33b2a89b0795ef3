//! The command line.

use std::path::PathBuf;

use crate::pipeline::Pipeline;

/// Inject faults into pipelines on a local stack under load, and check that nothing was lost
///
/// Prints a table in Markdown to stdout, and what happens to stderr. Exits with 0 only if no guarantee was violated.
#[derive(Debug, Clone, clap::Parser)]
#[command(name = "faults")]
pub struct Options {
    /// A few faults for each pipeline, within five minutes
    #[arg(long)]
    pub quick: bool,
    /// Seed of the random choices: the same seed chooses the same load and the same moments
    #[arg(long)]
    pub seed: Option<u64>,
    /// Only these pipelines
    #[arg(long)]
    pub pipeline: Vec<Pipeline>,
    /// Only these faults
    #[arg(long)]
    pub fault: Vec<String>,
    /// Repeat with further seeds for this long
    #[arg(long)]
    pub minutes: Option<u64>,
    /// Minutes of load before each fault; from 20 on, memory and open files of outboxctl's processes must stay flat
    #[arg(long, default_value_t = 0)]
    pub steady: u64,
    /// Minutes for which the target is down in `stream-down` and `bus-down`
    #[arg(long, default_value_t = 1)]
    pub outage: u64,
    /// Rows of a big transaction
    #[arg(long, default_value_t = 20_000)]
    pub rows: usize,
    /// List the faults and the pipelines that they apply to
    #[arg(long)]
    pub list: bool,
    /// Write the table into the topic `guarantees`
    #[arg(long)]
    pub update: bool,
    /// The executable to test
    #[arg(long, env = "OUTBOXCTL_BINARY", default_value = "target/debug/outboxctl")]
    pub binary: PathBuf,
}
