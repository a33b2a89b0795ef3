//! A database to connect to, from settings or from the secret that names it.

use std::fmt;

use serde::Deserialize;

use super::tls::Roots;
use crate::base::error::{Error, Kind, Result};
use crate::settings::is_loopback_host;

/// A password, or an authentication token. Debug output hides it.
#[derive(Clone, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// Returns the text: for the connection only, never for a message.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// The host name of this machine.
const LOCALHOST: &str = "localhost";

/// A database, and the credentials to sign in.
#[derive(Debug, Clone)]
pub struct Target {
    /// Also the name that the server's certificate must have.
    pub host: String,
    pub port: u16,
    pub database: String,
    pub user: String,
    pub password: Secret,
    pub roots: Roots,
}

/// The document that RDS, and the attachment of a secret to a database, write into the secret.
#[derive(Deserialize)]
struct SecretDocument {
    username: String,
    password: Secret,
    host: Option<String>,
    #[serde(default, deserialize_with = "port")]
    port: Option<u16>,
    dbname: Option<String>,
}

/// Reads a number or text: secrets written by hand have either.
fn port<'de, D: serde::Deserializer<'de>>(input: D) -> std::result::Result<Option<u16>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Port {
        Number(u16),
        Text(String),
    }
    match Option::<Port>::deserialize(input)? {
        None => Ok(None),
        Some(Port::Number(number)) => Ok(Some(number)),
        Some(Port::Text(text)) => text.parse().map(Some).map_err(serde::de::Error::custom),
    }
}

impl Target {
    /// Creates a target from a database secret (`{"username", "password", "host", "port", "dbname"}`). Missing fields
    /// are taken from `host`, `port` and `database`, the values of the stack.
    ///
    /// # Errors
    /// `WrongSecret` if the text is not such a document; the text is not repeated.
    pub fn from_secret(text: &str, host: &str, port: u16, database: &str, roots: Roots) -> Result<Self> {
        // serde's message may quote the document, so it stays out of the error.
        let document: SecretDocument = serde_json::from_str(text).map_err(|_| {
            Error::new(Kind::WrongSecret, "the database secret is not a JSON object with username and password")
        })?;
        Ok(Self {
            host: document.host.unwrap_or_else(|| host.to_owned()),
            port: document.port.unwrap_or(port),
            database: document.dbname.unwrap_or_else(|| database.to_owned()),
            user: document.username,
            password: document.password,
            roots,
        })
    }

    /// Creates a target from a database secret that names its server and its database itself.
    ///
    /// # Errors
    /// `WrongSecret` if the text is not such a document; the text is not repeated.
    pub fn from_whole_secret(text: &str, roots: Roots) -> Result<Self> {
        let target = Self::from_secret(text, "", 5432, "", roots)?;
        let fields = [("host", &target.host), ("dbname", &target.database)];
        let missing: Vec<&str> =
            fields.into_iter().filter(|(_, value)| value.is_empty()).map(|(name, _)| name).collect();
        if missing.is_empty() {
            return Ok(target);
        }
        let text = format!("the database secret has no {}", missing.join(" and no "));
        Err(Error::new(Kind::WrongSecret, text)
            .hint("add it to the secret, or set database.endpoint and database.name in [existing]"))
    }

    /// Returns the name or address to connect to. `localhost` is not resolved: some machines, and containers above all,
    /// have no line for it in /etc/hosts, and it always means this machine (RFC 6761, section 6.3).
    pub(super) fn address(&self) -> (&str, u16) {
        (if self.host == LOCALHOST { "127.0.0.1" } else { &self.host }, self.port)
    }

    /// Returns whether the server is on this machine.
    pub fn is_here(&self) -> bool {
        self.host.starts_with('/') || is_loopback_host(&self.host)
    }

    /// Returns `user@host:port/database`, for messages.
    pub fn describe(&self) -> String {
        format!("{}@{}:{}/{}", self.user, self.host, self.port, self.database)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_fills_the_target_and_stays_secret() {
        let text = r#"{"username":"owner","password":"s3cr3t","host":"db","port":"5433","engine":"postgres"}"#;
        let target = Target::from_secret(text, "other", 1, "outbox", Roots::Rds).expect("valid");
        assert_eq!(target.describe(), "owner@db:5433/outbox");
        assert_eq!(target.password.expose(), "s3cr3t");
        assert!(!format!("{target:?}").contains("s3cr3t"));
    }

    #[test]
    fn a_broken_secret_is_not_repeated() {
        let error = Target::from_secret(r#"{"password":"s3cr3t"}"#, "h", 1, "d", Roots::Rds).expect_err("no user");
        assert_eq!(error.kind(), Kind::WrongSecret);
        assert!(!format!("{error:?}").contains("s3cr3t"));
    }
}
