//! What the user asked for, merged: flag > environment > outboxctl.toml > default. Imports only `error`.

mod file;
mod nearest;
mod place;

pub use file::{ConfigFile, FILE_NAME, KEYS, Key};
pub use nearest::nearest;
pub use place::{Place, quoted};

use clap::{Args, ValueEnum};

use crate::error::{Error, Kind, Result};

/// How results are written to stdout.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum OutputFormat {
    /// For people
    Table,
    /// One JSON document at the end
    Json,
    /// One JSON object a line as things happen, and a final `result` line
    Ndjson,
}

/// How progress is shown on stderr.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ProgressMode {
    /// Live on a terminal, lines elsewhere
    Auto,
    /// Always lines
    Plain,
    /// Always live
    Live,
    /// No progress at all
    None,
}

/// Flags that every command takes.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Global options")]
pub struct GlobalArgs {
    /// AWS profile to use
    #[arg(long, global = true, env = "AWS_PROFILE", value_name = "NAME")]
    pub profile: Option<String>,
    /// AWS region to work in
    #[arg(long, global = true, env = "AWS_REGION", value_name = "REGION")]
    pub region: Option<String>,
    /// Stage: part of every name, so that several can live in one account [default: dev]
    #[arg(long, global = true, env = "OUTBOXCTL_STAGE", value_name = "NAME")]
    pub stage: Option<String>,
    /// Pipeline to work on [default: rds-eventbridge]
    #[arg(long, global = true, env = "OUTBOXCTL_PIPELINE", value_name = "NAME")]
    pub pipeline: Option<String>,
    /// Work on the local stack (`outboxctl local up`) instead of AWS
    #[arg(long, global = true, env = "OUTBOXCTL_LOCAL")]
    pub local: bool,
    /// Endpoint to send every AWS request to
    #[arg(long, global = true, env = "AWS_ENDPOINT_URL", value_name = "URL")]
    pub endpoint_url: Option<String>,
    /// How results are written to stdout
    #[arg(long, short, global = true, env = "OUTBOXCTL_OUTPUT", value_name = "FORMAT", default_value = "table")]
    pub output: OutputFormat,
    /// Never ask; name what is missing and exit with 2
    #[arg(long, global = true)]
    pub no_input: bool,
    /// Answer yes to every question that has no flag of its own
    #[arg(long, short, global = true)]
    pub yes: bool,
    /// Only errors and warnings on stderr
    #[arg(long, short, global = true, conflicts_with = "verbose")]
    pub quiet: bool,
    /// Details on stderr: requests, waits, causes
    #[arg(long, short, global = true)]
    pub verbose: bool,
    /// How progress is shown on stderr
    #[arg(long, global = true, value_name = "MODE", default_value = "auto")]
    pub progress: ProgressMode,
}

/// The stage where none is chosen.
pub const DEFAULT_STAGE: &str = "dev";
/// The pipeline where none is chosen.
pub const DEFAULT_PIPELINE: &str = "rds-eventbridge";

/// Which settings were chosen by a flag or a variable, not by the file or a default.
#[derive(Debug, Clone, Copy, Default)]
pub struct Chosen {
    pub stage: bool,
    pub pipeline: bool,
}

/// The merged settings.
#[derive(Debug, Clone)]
pub struct Settings {
    pub profile: Option<String>,
    pub region: Option<String>,
    /// Lower-case letters, digits and hyphens, at most 20 characters: it goes into DMS and RDS identifiers (63).
    pub stage: String,
    pub pipeline: String,
    pub local: bool,
    pub endpoint_url: Option<String>,
    pub output: OutputFormat,
    pub no_input: bool,
    pub yes: bool,
    pub quiet: bool,
    pub verbose: bool,
    pub progress: ProgressMode,
    /// Template parameters set by the user (`[parameters]` in outboxctl.toml), by name.
    pub parameters: std::collections::BTreeMap<String, String>,
    pub chosen: Chosen,
}

impl Settings {
    pub fn merge(args: GlobalArgs, file: ConfigFile) -> Result<Self> {
        let chosen = Chosen { stage: args.stage.is_some(), pipeline: args.pipeline.is_some() };
        let stage = args.stage.or(file.stage).unwrap_or_else(|| DEFAULT_STAGE.into());
        check_stage(&stage)?;
        let region = args.region.or(file.region);
        check_region(region.as_deref())?;
        Ok(Self {
            profile: args.profile.or(file.profile),
            region,
            stage,
            pipeline: args.pipeline.or(file.pipeline).unwrap_or_else(|| DEFAULT_PIPELINE.into()),
            local: args.local || file.local,
            endpoint_url: args.endpoint_url.or(file.endpoint_url),
            output: args.output,
            no_input: args.no_input,
            yes: args.yes,
            quiet: args.quiet,
            verbose: args.verbose,
            progress: args.progress,
            parameters: file.parameters,
            chosen,
        })
    }
}

/// Whether it can be part of the names of DMS, RDS and S3.
///
/// # Errors
/// `Usage`.
pub fn check_stage(stage: &str) -> Result<()> {
    let well_formed = stage.len() <= 20
        && stage.starts_with(|c: char| c.is_ascii_lowercase())
        && !stage.ends_with('-')
        && !stage.contains("--")
        && stage.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
    if well_formed {
        return Ok(());
    }
    Err(Error::new(Kind::Usage, format!("stage {stage:?} can't be part of AWS names"))
        .hint("use 1 to 20 lower-case letters, digits and single hyphens, starting with a letter"))
}

/// Whether it is shaped like a region (`eu-central-1`, `us-gov-west-1`): a host name is made of it, and a misspelt one
/// would otherwise show as a network failure.
///
/// # Errors
/// `Region`.
pub fn check_region(region: Option<&str>) -> Result<()> {
    let Some(region) = region else { return Ok(()) };
    let parts: Vec<&str> = region.split('-').collect();
    let well_formed = parts.len() >= 3
        && parts[0].len() == 2
        && parts
            .iter()
            .all(|part| !part.is_empty() && part.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit()))
        && parts[parts.len() - 1].chars().all(|c| c.is_ascii_digit());
    if well_formed { Ok(()) } else { Err(Error::new(Kind::Region, format!("{region:?} is not an AWS region"))) }
}
