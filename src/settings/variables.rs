//! The environment variables for global flags.

use clap::ValueEnum;

use super::existing::{self, ExistingPair};
use super::{DatabaseUrl, GlobalArgs, Origin, OutputFormat};
use crate::base::error::{Error, Kind, Result};
use crate::settings::environment::{flag, parse_flag, text};

/// Values of the environment variables for flags; an empty variable counts as unset.
#[derive(Debug, Clone, Default)]
pub struct Variables {
    /// AWS_PROFILE
    pub profile: Option<String>,
    /// AWS_REGION, else AWS_DEFAULT_REGION, as in the AWS CLI.
    pub region: Option<String>,
    /// OUTBOXCTL_STAGE
    pub stage: Option<String>,
    /// OUTBOXCTL_PIPELINE
    pub pipeline: Option<String>,
    /// OUTBOXCTL_LOCAL
    pub local: Option<bool>,
    /// AWS_ENDPOINT_URL, unless AWS_IGNORE_CONFIGURED_ENDPOINT_URLS is true.
    pub endpoint_url: Option<String>,
    /// OUTBOXCTL_EXISTING
    pub existing: Vec<ExistingPair>,
    /// OUTBOXCTL_DATABASE_URL
    pub database_url: Option<DatabaseUrl>,
}

impl Variables {
    /// Reads all of them.
    ///
    /// # Errors
    /// `Usage` for an invalid value, with the variable's name.
    pub fn read() -> Result<Self> {
        let ignored = text("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS")?.and_then(|value| parse_flag(&value)) == Some(true);
        let region = match text("AWS_REGION")? {
            Some(region) => Some(region),
            None => text("AWS_DEFAULT_REGION")?,
        };
        Ok(Self {
            profile: text("AWS_PROFILE")?,
            region,
            stage: text("OUTBOXCTL_STAGE")?,
            pipeline: text("OUTBOXCTL_PIPELINE")?,
            local: flag("OUTBOXCTL_LOCAL")?,
            endpoint_url: if ignored { None } else { text("AWS_ENDPOINT_URL")? },
            existing: existing::variable()?,
            database_url: DatabaseUrl::read()?,
        })
    }
}

const OUTPUT: &str = "OUTBOXCTL_OUTPUT";

impl GlobalArgs {
    /// Returns the origin of the output format.
    pub fn format_origin(&self) -> Origin {
        match (self.output, crate::settings::environment::raw(OUTPUT)) {
            (Some(_), _) => Origin::Flag,
            (None, Some(_)) => Origin::Variable,
            (None, None) => Origin::Default,
        }
    }

    /// Returns the output format: the flag's, else OUTBOXCTL_OUTPUT's.
    ///
    /// # Errors
    /// `Usage` if the variable does not name a format.
    pub fn format(&self) -> Result<OutputFormat> {
        if let Some(format) = self.output {
            return Ok(format);
        }
        let Some(value) = text(OUTPUT)? else { return Ok(OutputFormat::Table) };
        OutputFormat::from_str(&value, true).map_err(|_| {
            Error::new(Kind::Usage, format!("{OUTPUT}={value:?} is not an output format"))
                .hint("use table, json or ndjson")
        })
    }
}
