//! What a running local stack says of itself, on disk for every other command.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::home::{Home, write_atomically};
use super::transports::Transports;
use crate::aws::{AccessKey, LocalEndpoint};
use crate::error::{Error, Kind, OrFail, Result};

/// The account of everything that lives in the local stack.
pub const ACCOUNT: &str = "000000000000";
/// The region of the local stack, unless a command names another.
pub const REGION: &str = "us-east-1";

/// Returns the region that an ARN names; the default one for an ARN without.
pub fn region_of(arn: &str) -> &str {
    arn.split(':').nth(3).filter(|region| !region.is_empty()).unwrap_or(REGION)
}

/// How to reach the local PostgreSQL.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Postgres {
    /// "localhost": the name its certificate is for.
    pub host: String,
    pub port: u16,
    /// The number in the name of its socket: the server itself has no port, outboxctl stands in front of it.
    pub server_port: u16,
    /// PEM of the authority that signed its certificate; for PGSSLROOTCERT.
    pub ca_file: PathBuf,
    /// Like "15.14".
    pub version: String,
    /// The folder of its programs.
    pub bin: PathBuf,
    /// The folder of the socket on which the daemon, and only it, is superuser.
    pub socket: PathBuf,
}

/// state.json: there only while the stack is up, or after its daemon was killed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    /// Like `http://127.0.0.1:4566`: the one endpoint for every AWS service.
    pub endpoint: String,
    pub region: String,
    /// What requests to the endpoint must be signed with.
    pub key: AccessKey,
    pub account: String,
    /// The daemon's process id.
    pub pid: u32,
    /// The daemon's version; another one must not talk to it blindly.
    pub version: String,
    pub postgres: Postgres,
    /// The emulator behind the gateway.
    pub emulator_url: String,
    pub emulator_pid: u32,
    /// The id of the user that the emulator and the functions run as. 0 where root started the stack and no other user can
    /// run Python.
    pub emulator_uid: u32,
    pub emulator_version: String,
    pub transports: Transports,
    pub started_at: chrono::DateTime<chrono::Utc>,
}

impl State {
    /// The state left on disk, whether its daemon lives or not. None when there is none or it can't be read as one.
    pub fn read(home: &Home) -> Option<Self> {
        serde_json::from_slice(&std::fs::read(home.state_file()).ok()?).ok()
    }

    /// # Errors
    /// `Io` when it can't be written.
    pub fn write(&self, home: &Home) -> Result<()> {
        let text = serde_json::to_vec_pretty(self).or_fail(Kind::Unexpected, || "state.json".into())?;
        write_atomically(&home.state_file(), &text)
    }

    /// Returns what SDK clients need to reach it.
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

    /// Returns the environment variables by which other tools reach the stack: the AWS SDKs (each reads one of the two
    /// for the region) and whatever uses PostgreSQL's client library.
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

/// The state of the running stack.
///
/// # Errors
/// `LocalDown` when it is not up.
pub fn running() -> Result<State> {
    let home = Home::find()?;
    let down = |text: &str| Error::new(Kind::LocalDown, text.to_owned());
    let state = State::read(&home).ok_or_else(|| down("the local stack is not up"))?;
    if super::lock::is_free(&home) {
        return Err(down("the local stack is not up: its daemon was killed"));
    }
    Ok(state)
}

/// The endpoint of the running stack.
///
/// # Errors
/// `LocalDown` when it is not up.
pub fn connect() -> Result<LocalEndpoint> {
    Ok(running()?.local_endpoint())
}
