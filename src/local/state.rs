//! The state file of a running local stack, for other commands.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::home::{Home, read_json, write_json};
use super::transports::Transports;
use crate::aws::arn::Arn;
use crate::aws::{AccessKey, LocalEndpoint};
use crate::base::error::{Error, Kind, OrFail, Result};

/// Account of all resources in the local stack.
pub const ACCOUNT: &str = "000000000000";
/// Default region of the local stack.
pub const REGION: &str = "us-east-1";

/// Returns the region that an ARN names; the default one for an ARN without.
pub fn region_of(arn: &str) -> &str {
    Arn::parse(arn).map(|arn| arn.region).filter(|region| !region.is_empty()).unwrap_or(REGION)
}

/// Connection settings of the local PostgreSQL.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Postgres {
    /// "localhost": the name in its certificate.
    pub host: String,
    /// The port at which outboxctl listens in front of the server, and the number in the name of the server's socket: the
    /// server itself has no TCP port.
    pub port: u16,
    /// PEM of the authority that signed its certificate; for PGSSLROOTCERT.
    pub ca_file: PathBuf,
    /// Version, like "15.14".
    pub version: String,
    /// Folder of its programs.
    pub bin: PathBuf,
    /// Folder of the socket on which the daemon, and only it, is superuser.
    pub socket: PathBuf,
}

impl Postgres {
    /// Returns the certificate of the authority, in PEM.
    ///
    /// # Errors
    /// `LocalDown` if the file can't be read.
    pub fn ca_pem(&self) -> Result<String> {
        std::fs::read_to_string(&self.ca_file)
            .or_fail(Kind::LocalDown, || format!("can't read {}", self.ca_file.display()))
    }
}

/// The contents of state.json, which exists while the stack is running, or after its daemon was killed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    /// Endpoint for every AWS service, like `http://127.0.0.1:4566`.
    pub endpoint: String,
    pub region: String,
    /// Key that requests to the endpoint must be signed with.
    pub key: AccessKey,
    pub account: String,
    /// The daemon's process id.
    pub pid: u32,
    /// The daemon's version.
    pub version: String,
    pub postgres: Postgres,
    /// Address of the emulator behind the gateway.
    pub emulator_url: String,
    pub emulator_pid: u32,
    /// Id of the user that the emulator and the functions run as. 0 if root started the stack and no other user can run
    /// Python.
    pub emulator_uid: u32,
    pub emulator_version: String,
    pub transports: Transports,
    pub started_at: chrono::DateTime<chrono::Utc>,
}

impl State {
    /// Reads the state on disk, whether its daemon runs or not. Returns `None` if it is missing or invalid.
    pub fn read(home: &Home) -> Option<Self> {
        read_json(&home.state_file())
    }

    /// # Errors
    /// `Io` if it can't be written.
    pub fn write(&self, home: &Home) -> Result<()> {
        write_json(&home.state_file(), self)
    }

    /// Returns the settings for SDK clients.
    pub fn local_endpoint(&self) -> LocalEndpoint {
        LocalEndpoint { url: self.endpoint.clone(), region: self.region.clone(), key: self.key.clone() }
    }

    /// Returns it as commands show it: without the secret of its key.
    pub fn shown(&self) -> serde_json::Value {
        let mut shown = serde_json::json!(self);
        if let Some(key) = shown.get_mut("key").and_then(serde_json::Value::as_object_mut) {
            key.remove("secret");
        }
        shown
    }

    /// Returns the environment variables for other tools: the AWS SDKs (each reads one of the two for the region) and
    /// programs that use PostgreSQL's client library.
    pub fn variables(&self) -> [(&'static str, String); 9] {
        [
            ("AWS_ENDPOINT_URL", self.endpoint.clone()),
            ("AWS_REGION", self.region.clone()),
            ("AWS_DEFAULT_REGION", self.region.clone()),
            ("AWS_ACCESS_KEY_ID", self.key.id.clone()),
            ("AWS_SECRET_ACCESS_KEY", self.key.secret.clone()),
            ("PGHOST", self.postgres.host.clone()),
            ("PGPORT", self.postgres.port.to_string()),
            ("PGSSLMODE", "verify-full".into()),
            ("PGSSLROOTCERT", self.postgres.ca_file.display().to_string()),
        ]
    }
}

/// Returns the state of the running stack.
///
/// # Errors
/// `LocalDown` if it is not running, `LocalSetup` if it belongs to another user.
pub fn running() -> Result<State> {
    let home = Home::of_stack()?;
    let down = |text: &str| Error::new(Kind::LocalDown, text.to_owned());
    let state = State::read(&home).ok_or_else(|| down("the local stack is not running"))?;
    if super::lock::is_free(&home) {
        return Err(down("the local stack is not running: its daemon was killed"));
    }
    Ok(state)
}

/// Returns the endpoint of the running stack.
///
/// # Errors
/// `LocalDown` if it is not running.
pub fn connect() -> Result<LocalEndpoint> {
    Ok(running()?.local_endpoint())
}
