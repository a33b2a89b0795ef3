//! The settings of a command: flags take precedence over environment variables, those over outboxctl.toml, and that
//! over defaults. Imports `base` and `outbox`.
//!
//! Start with `Settings` in this file; `merge.rs` merges them. `find.rs` searches `outboxctl.toml`, `file.rs` and `existing.rs` define its keys,
//! `environment.rs` reads all environment variables, and `place.rs` adds flags to printed commands.

mod args;
mod database_url;
pub mod environment;
mod existing;
mod file;
mod find;
mod loopback;
mod merge;
mod nearest;
mod place;
mod trust;
mod valid;
mod variables;

pub use args::{COMPLETE, ColorMode, GlobalArgs, OutputFormat, ProgressMode, parser};
pub use database_url::{DATABASE_URL, DatabaseUrl};
pub use existing::{EXISTING_FLAG, EXISTING_VARIABLE, Existing, ExistingKey};
pub use file::{ConfigFile, FILE_NAME, KEYS};
pub use loopback::is_loopback_host;
pub use nearest::{nearest, similar};
pub use place::{Place, quoted};
pub use valid::{check_region, check_stage, is_endpoint};
pub use variables::Variables;

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::outbox::Layout;

/// The default stage.
pub const DEFAULT_STAGE: &str = "dev";
/// The default pipeline.
pub const DEFAULT_PIPELINE: &str = "rds-eventbridge";
/// The default consumer group.
pub const DEFAULT_GROUP: &str = "outboxctl";

/// The origin of a setting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Origin {
    Flag,
    Variable,
    File,
    #[default]
    Default,
}

impl Origin {
    /// Returns whether the user chose the value for this run: by a flag or a variable, not by the file or a default.
    pub fn is_explicit(self) -> bool {
        matches!(self, Self::Flag | Self::Variable)
    }
}

/// The origins of all settings.
#[derive(Debug, Clone, Copy, Default)]
pub struct Chosen {
    pub stage: Origin,
    pub pipeline: Origin,
    pub region: Origin,
    pub profile: Origin,
    pub endpoint_url: Origin,
    pub local: Origin,
    pub output: Origin,
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
    pub color: ColorMode,
    /// Template parameters set by the user (`[parameters]` in outboxctl.toml), by name.
    pub parameters: BTreeMap<String, String>,
    /// Resources that outboxctl did not create (`--existing`, and `[existing]` in outboxctl.toml).
    pub existing: Existing,
    /// The outbox table (`[outbox]` in outboxctl.toml), if it is set.
    pub outbox: Option<Layout>,
    /// The database that this machine reaches itself (OUTBOXCTL_DATABASE_URL), in place of the deployed one.
    pub database_url: Option<DatabaseUrl>,
    pub chosen: Chosen,
    /// The outboxctl.toml in effect.
    pub file: Option<PathBuf>,
}
