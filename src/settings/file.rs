//! `outboxctl.toml`: found in the working directory or one of its parents.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;

use crate::error::{Error, Kind, OrFail, Result};

pub const FILE_NAME: &str = "outboxctl.toml";

/// The file's content. Unknown keys are errors: a misspelt key must not be ignored.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConfigFile {
    pub profile: Option<String>,
    pub region: Option<String>,
    pub stage: Option<String>,
    pub pipeline: Option<String>,
    #[serde(default)]
    pub local: bool,
    pub endpoint_url: Option<String>,
    /// Template parameters by name, for every stack that has a parameter of that name.
    #[serde(default)]
    pub parameters: BTreeMap<String, String>,
}

impl ConfigFile {
    /// The nearest file at or above `start`; defaults where there is none.
    pub fn find(start: &Path) -> Result<Self> {
        for folder in start.ancestors() {
            let path = folder.join(FILE_NAME);
            match std::fs::read_to_string(&path) {
                Ok(text) => return Self::parse(&text, &path),
                Err(e) if e.kind() == std::io::ErrorKind::NotFound => {}
                Err(e) => {
                    return Err(e).or_fail(Kind::Config, || format!("can't read {}", path.display()));
                }
            }
        }
        Ok(Self::default())
    }

    fn parse(text: &str, path: &Path) -> Result<Self> {
        // toml's message holds line, column and the line itself with a marker below it.
        toml::from_str(text).map_err(|e| {
            Error::new(Kind::Config, format!("{} is not valid:\n{}", path.display(), e.to_string().trim_end()))
                .hint("correct the line shown")
        })
    }
}
