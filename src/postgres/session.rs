//! Settings of every session, independent of the configuration of server, database and roles.

use tokio_postgres::{Client, Connection};

use super::fault::failed;
use crate::base::error::Result;

/// Settings of a new session. They override `ALTER ROLE … SET` and `ALTER DATABASE … SET`, which apply before a
/// client's own settings.
///
/// All of them exist in PostgreSQL 14 and later, and any role may set them. Source: PostgreSQL documentation, "Client
/// Connection Defaults" and "Connections and Authentication".
pub(in crate::postgres) const SETTINGS: &[(&str, &str)] = &[
    // Tables are found and created in `public`; temporary ones of the same name do not hide them.
    ("search_path", "public, pg_temp"),
    // Time limits are those of our own calls, and of single statements that set them.
    ("statement_timeout", "0"),
    ("lock_timeout", "0"),
    ("idle_in_transaction_session_timeout", "0"),
    ("idle_session_timeout", "0"),
    // The server notices within so many milliseconds that a client is gone, also during a statement.
    ("client_connection_check_interval", "2000"),
    ("default_transaction_read_only", "off"),
    ("default_transaction_isolation", "read committed"),
    ("default_transaction_deferrable", "off"),
    ("row_security", "on"),
    ("standard_conforming_strings", "on"),
    ("transform_null_equals", "off"),
    ("check_function_bodies", "on"),
    // Output formats: the formats of DMS are derived from these.
    ("client_encoding", "UTF8"),
    ("DateStyle", "ISO, MDY"),
    ("IntervalStyle", "postgres"),
    ("TimeZone", "UTC"),
    ("extra_float_digits", "1"),
    ("bytea_output", "hex"),
];

/// Returns [`SETTINGS`] as the startup parameter `options`.
pub fn options() -> String {
    let setting = |(name, value): &(&str, &str)| format!("-c {name}={}", value.replace(' ', "\\ "));
    SETTINGS.iter().map(setting).collect::<Vec<_>>().join(" ")
}

/// The first major version with `transaction_timeout`; earlier ones refuse a connection that sets it.
const TRANSACTION_TIMEOUT: u32 = 17;

/// Returns whether the server of this connection has a limit that [`SETTINGS`] can't lift.
pub(super) fn has_transaction_timeout<S, T>(connection: &Connection<S, T>) -> bool
where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin,
    T: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin,
{
    let version = connection.parameter("server_version").and_then(major);
    version.is_some_and(|version| version >= TRANSACTION_TIMEOUT)
}

fn major(version: &str) -> Option<u32> {
    let digits: String = version.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().ok()
}

/// Lifts the time limit for transactions.
///
/// # Errors
/// Those of the server.
pub(super) async fn lift_transaction_timeout(client: &Client) -> Result<()> {
    client.batch_execute("SET transaction_timeout = 0").await.map_err(failed("lift transaction_timeout"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_escaped_as_the_server_reads_them() {
        let options = options();
        assert!(options.starts_with("-c search_path=public,\\ pg_temp -c statement_timeout=0 "), "{options}");
        assert!(options.contains("-c default_transaction_isolation=read\\ committed"), "{options}");
    }

    #[test]
    fn versions_are_read_up_to_their_first_dot() {
        assert_eq!(major("17.2 (Debian 17.2-1)"), Some(17));
        assert_eq!(major("18beta1"), Some(18));
        assert_eq!(major(""), None);
    }
}
