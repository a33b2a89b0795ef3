//! The content of `outboxctl.toml`. `find.rs` searches for it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Deserializer};

use super::{Existing, nearest};
use crate::base::error::{Error, Kind, Result};
use crate::outbox;

pub const FILE_NAME: &str = "outboxctl.toml";

/// The file's content. Unknown keys are errors: a misspelt key must not be ignored.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConfigFile {
    #[serde(default, deserialize_with = "unless_empty")]
    pub profile: Option<String>,
    #[serde(default, deserialize_with = "unless_empty")]
    pub region: Option<String>,
    #[serde(default, deserialize_with = "unless_empty")]
    pub stage: Option<String>,
    #[serde(default, deserialize_with = "unless_empty")]
    pub pipeline: Option<String>,
    pub local: Option<bool>,
    #[serde(default, deserialize_with = "unless_empty")]
    pub endpoint_url: Option<String>,
    /// Template parameters by name, for every stack that has the parameter.
    #[serde(default, deserialize_with = "scalars")]
    pub parameters: BTreeMap<String, String>,
    /// Resources that outboxctl did not create.
    #[serde(default)]
    pub existing: Existing,
    /// The outbox table, if the section is there.
    pub outbox: Option<outbox::layout::Keys>,
    /// Path of the file; None for the defaults.
    #[serde(skip)]
    pub path: Option<PathBuf>,
    /// Files and folders that were skipped, and the reasons.
    #[serde(skip)]
    pub warnings: Vec<String>,
}

/// One key of the file, for `init` and the JSON Schema.
#[derive(Debug, Clone, Copy)]
pub struct Key {
    pub name: &'static str,
    /// Type in the JSON Schema.
    pub kind: &'static str,
    pub about: &'static str,
}

/// Keys of [`ConfigFile`], in the order of the file.
pub const KEYS: &[Key] = &[
    Key { name: "region", kind: "string", about: "AWS region to work in" },
    Key { name: "profile", kind: "string", about: "AWS profile to use, as in ~/.aws/config" },
    Key {
        name: "stage",
        kind: "string",
        about: "Part of every resource name, so that one account can hold several stages: 1 to 20 lower-case letters, \
                digits and single hyphens",
    },
    Key { name: "pipeline", kind: "string", about: "Pipeline to work on" },
    Key { name: "local", kind: "boolean", about: "Use the local stack (outboxctl local up) instead of AWS" },
    Key { name: "endpoint_url", kind: "string", about: "Endpoint on this machine to send every AWS request to" },
    Key {
        name: "outbox",
        kind: "object",
        about: "Outbox table of your own (PostgreSQL): schema, table and columns. Without it, `outboxctl db init` creates public.outbox",
    },
    Key {
        name: "parameters",
        kind: "object",
        about: "Template parameters by name, for every stack that has a parameter of that name",
    },
    Key {
        name: "existing",
        kind: "object",
        about: "Resources that exist already: outboxctl uses them in place of its own, and neither changes nor deletes them",
    },
];

/// Template parameters that open an API, a database or a bus to others.
const OPENING: [&str; 6] = [
    "OpenApi",
    "DatabaseAccessCidr",
    "ApplicationCidr",
    "ApplicationSecurityGroupId",
    "ConsumerAccountId",
    "ConsumerOrganizationId",
];

impl ConfigFile {
    /// Returns the settings that choose an account, an endpoint or a resource, or open something to the internet.
    pub fn consequential(&self) -> Vec<String> {
        let mut sets = Vec::new();
        let texts = [("profile", &self.profile), ("endpoint_url", &self.endpoint_url)];
        sets.extend(texts.iter().filter_map(|(key, value)| Some(format!("{key} = {:?}", value.as_ref()?))));
        let opening = self.parameters.iter().filter(|(name, _)| OPENING.contains(&name.as_str()));
        let opening = opening.filter(|(_, value)| !matches!(value.as_str(), "" | "false"));
        sets.extend(opening.map(|(name, value)| format!("{name} = {value:?}")));
        sets.extend(self.existing.iter().map(|(key, value)| format!("existing.{} = {value:?}", key.name())));
        sets
    }

    /// Parses the text of a file that is not the user's own, or that is reached through a link: a repository can
    /// contain a link to a file with secrets. Errors do not repeat its content.
    ///
    /// # Errors
    /// `Config`, with the line number.
    pub fn parse_foreign(text: &str, path: &Path) -> Result<Self> {
        toml::from_str(text).map_err(|error| {
            let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
            let line = before.matches('\n').count() + 1;
            let message = format!("{} is not valid: an error is in line {line}", path.display());
            Error::new(Kind::Config, message).hint("the line is not shown, because the file is a link or not your own")
        })
    }

    /// Parses the text of a file; `path` is for the message.
    ///
    /// # Errors
    /// `Config`, with the line.
    pub fn parse(text: &str, path: &Path) -> Result<Self> {
        // The message of toml has line, column and the line itself with a marker below it.
        toml::from_str(text).map_err(|e| {
            let message = format!("{} is not valid:\n{}", path.display(), e.to_string().trim_end());
            let error = Error::new(Kind::Config, message);
            let unknown = toml::from_str::<toml::Table>(text).unwrap_or_default();
            let unknown = unknown.keys().find(|key| KEYS.iter().all(|known| known.name != key.as_str()));
            let meant = unknown.and_then(|key| nearest(key, KEYS.iter().map(|key| key.name)));
            match meant {
                Some(meant) => error.hint(format!("did you mean {meant}?")),
                None => error.hint("correct the line shown"),
            }
        })
    }
}

/// Reads an empty text as unset, as with an empty variable.
fn unless_empty<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    Ok(Some(String::deserialize(deserializer)?).filter(|text| !text.is_empty()))
}

/// Converts texts, numbers and booleans to text, for CloudFormation.
fn scalars<'de, D: Deserializer<'de>>(deserializer: D) -> Result<BTreeMap<String, String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged, expecting = "a parameter's value must be a text, a number, true or false")]
    enum Scalar {
        Text(String),
        Whole(i64),
        Number(f64),
        Truth(bool),
    }
    let values = BTreeMap::<String, Scalar>::deserialize(deserializer)?;
    let text = |scalar| match scalar {
        Scalar::Text(text) => text,
        Scalar::Whole(number) => number.to_string(),
        Scalar::Number(number) => number.to_string(),
        Scalar::Truth(truth) => truth.to_string(),
    };
    Ok(values.into_iter().map(|(name, scalar)| (name, text(scalar))).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<ConfigFile> {
        ConfigFile::parse(text, Path::new(FILE_NAME))
    }

    #[test]
    fn errors_do_not_quote_foreign_files() {
        let path = Path::new("/x/outboxctl.toml");
        for text in
            ["local = true\nroot:s3cr3t:19000\n", "local = true\ns3cr3t = 1\n", "local = true\nstage = s3cr3t\n"]
        {
            let error = ConfigFile::parse_foreign(text, path).expect_err(text);
            let shown = format!("{error:?}");
            assert!(!shown.contains("s3cr3t") && error.message().contains("line 2"), "{shown}");
        }
        assert_eq!(ConfigFile::parse_foreign("stage = \"a\"", path).expect("valid").stage.as_deref(), Some("a"));
    }

    #[test]
    fn listed_keys_are_the_accepted_keys() {
        for key in KEYS {
            let value = match key.kind {
                "string" => "\"x\"",
                "boolean" => "true",
                _ if key.name == "existing" => "{ stream = \"x\" }",
                _ if key.name == "outbox" => "{ preset = \"debezium\" }",
                _ => "{ Shards = 2 }",
            };
            parse(&format!("{} = {value}", key.name)).unwrap_or_else(|error| panic!("{}: {error}", key.name));
        }
        let error = parse("nothing_like_it = 1").expect_err("unknown").message().to_owned();
        for key in KEYS {
            assert!(error.contains(&format!("`{}`", key.name)), "{} is not in: {error}", key.name);
        }
        assert_eq!(error.matches('`').count(), 2 * (KEYS.len() + 1), "{error}");
    }

    #[test]
    fn misspelt_keys_are_reported_with_line_and_suggestion() {
        let error = parse("stage = \"dev\"\npipelin = \"rds-kinesis\"\n").expect_err("unknown key");
        assert!(error.message().contains("line 2"), "{}", error.message());
        assert_eq!(error.hints().next(), Some("did you mean pipeline?"));
    }

    #[test]
    fn parameters_may_be_numbers_and_booleans() {
        let file = parse("[parameters]\nShards = 2\nDatabaseMultiAz = true\nDatabaseClass = \"db.t4g.small\"\n")
            .expect("valid");
        let values: Vec<&str> = file.parameters.values().map(String::as_str).collect();
        assert_eq!(values, ["db.t4g.small", "true", "2"]);
        let error = parse("[parameters]\nShards = [2]\n").expect_err("a list");
        assert!(
            error.message().contains("line 2") && error.message().contains("text, a number"),
            "{}",
            error.message()
        );
    }
}
