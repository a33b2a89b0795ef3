//! Converts PostgreSQL's errors to ours: by SQLSTATE and type, never by text.

use std::error::Error as StdError;
use std::io;

use rustls_pki_types::InvalidDnsNameError;
use tokio_postgres::error::SqlState;

use super::Target;
use super::names::quote_identifier;
use super::pooler::Pooler;
use super::tls::Roots;
use crate::base::error::{Error, Kind};
use crate::settings::is_loopback_host;

/// Converts a failure to connect.
pub(super) fn connecting(error: tokio_postgres::Error, target: &Target) -> Error {
    let at = target.describe();
    let pooler = error.as_db_error().and_then(|server| Pooler::of_error(server.code().code(), server.message()));
    if let Some(pooler) = pooler {
        return pooler.error(&format!("{at}: {}", describe(&error))).with_source(error);
    }
    if let Some(state) = error.code() {
        let answer = format!("{at}: {}", describe(&error));
        let refused = |kind, remedy: String| Error::new(kind, answer).hint(remedy).without_standing_hint();
        let fault = match *state {
            SqlState::INVALID_PASSWORD => {
                Error::new(Kind::WrongSecret, format!("{at}: user name or password refused ({})", state.code()))
            }
            SqlState::INVALID_AUTHORIZATION_SPECIFICATION => refused(Kind::WrongSecret, NOT_ADMITTED.to_owned()),
            SqlState::INVALID_CATALOG_NAME => {
                Error::new(Kind::UnknownDatabase, format!("{at}: database not found ({})", state.code()))
            }
            // The server was reached: neither the route nor a port is the problem.
            _ => refused(Kind::DatabaseUnreachable, remedy(state, target)),
        };
        return fault.with_source(error);
    }
    if let Some(reason) = certificate_fault(&error) {
        let text = format!("{at}: the server's certificate is not trusted: {reason}");
        return Error::new(Kind::UntrustedCertificate, text);
    }
    let fault = Error::new(Kind::DatabaseUnreachable, format!("{at}: no connection"));
    let fault = match lacks_tls(&error, target) {
        true => fault.hint("a server of this machine without TLS: add sslmode=disable to the connection string"),
        false => fault,
    };
    fault.with_source(error)
}

/// Remedy for SQLSTATE 28000, with which PostgreSQL refuses a user for any other reason than the password.
const NOT_ADMITTED: &str = "the user must exist with the attribute LOGIN, and pg_hba.conf must admit it from this address; on RDS, a \
     user with the role rds_iam signs in with a token instead of a password";

/// Returns the remedy for a server that was reached and refuses the connection.
fn remedy(state: &SqlState, target: &Target) -> String {
    let (database, user) = (quote_identifier(&target.database), quote_identifier(&target.user));
    match *state {
        SqlState::TOO_MANY_CONNECTIONS => {
            "close connections that are not used (pg_stat_activity lists them), or raise max_connections or the CONNECTION \
             LIMIT of the user or the database"
                .to_owned()
        }
        SqlState::CANNOT_CONNECT_NOW | SqlState::ADMIN_SHUTDOWN | SqlState::CRASH_SHUTDOWN => {
            "the server is starting, stopping or recovering: try again in a moment".to_owned()
        }
        SqlState::INSUFFICIENT_PRIVILEGE => {
            format!("as the owner of the database: GRANT CONNECT ON DATABASE {database} TO {user}")
        }
        SqlState::OBJECT_NOT_IN_PREREQUISITE_STATE => {
            format!("as a superuser: ALTER DATABASE {database} ALLOW_CONNECTIONS true")
        }
        _ => "the server was reached, and refuses the connection for this reason".to_owned(),
    }
}

/// Returns whether a server of this machine does not speak TLS. The driver reports that without an error of the system
/// or of rustls as the cause.
fn lacks_tls(error: &tokio_postgres::Error, target: &Target) -> bool {
    let is_other = |cause: &(dyn StdError + 'static)| {
        !cause.is::<io::Error>() && !cause.is::<rustls::Error>() && !cause.is::<InvalidDnsNameError>()
    };
    target.roots != Roots::NoTls && is_loopback_host(&target.host) && error.source().is_some_and(is_other)
}

/// Returns the causes of an error, outermost first.
fn causes<'e>(error: &'e (dyn StdError + 'static)) -> impl Iterator<Item = &'e (dyn StdError + 'static)> {
    std::iter::successors(error.source(), |&cause| cause.source())
}

/// Returns rustls' reason to reject the server's certificate, if the certificate was the problem.
fn certificate_fault(error: &tokio_postgres::Error) -> Option<String> {
    causes(error).find_map(|cause| {
        // io::Error shows its inner error through get_ref, not as its source.
        let inner = cause.downcast_ref::<io::Error>().and_then(|io| io.get_ref()).and_then(|e| e.downcast_ref());
        match inner.or_else(|| cause.downcast_ref::<rustls::Error>()) {
            Some(rustls::Error::InvalidCertificate(reason)) => Some(reason.to_string()),
            _ => None,
        }
    })
}

/// Returns the server's message with its detail and hint; for other failures the error's text and cause.
pub fn describe(error: &tokio_postgres::Error) -> String {
    let Some(server) = error.as_db_error() else {
        return match error.source() {
            Some(cause) => format!("{error}: {cause}"),
            None => error.to_string(),
        };
    };
    let mut text = format!("{} ({})", server.message(), server.code().code());
    for more in [server.detail(), server.hint()].into_iter().flatten() {
        text.push_str("; ");
        text.push_str(more);
    }
    text
}

/// Returns whether an error is temporary without any change: the server can't be reached, has no disk or memory left,
/// or can't read (SQLSTATE 53100, 53200, 58030). DMS calls these environmental, and retries (DMS user guide, "Error
/// handling task settings", RecoverableErrorCount).
pub fn is_environmental(error: &Error) -> bool {
    let states = [SqlState::DISK_FULL, SqlState::OUT_OF_MEMORY, SqlState::IO_ERROR];
    let mut found = causes(error).filter_map(|cause| cause.downcast_ref::<tokio_postgres::Error>()?.code());
    error.kind() == Kind::DatabaseUnreachable || found.any(|state| states.contains(state))
}

/// Formats an error for a function's log: without the server's `DETAIL`, which quotes rows, and with the table and the
/// constraint instead.
pub fn without_rows(error: &Error) -> String {
    let server = causes(error).find_map(|cause| cause.downcast_ref::<tokio_postgres::Error>()?.as_db_error());
    let Some(server) = server else {
        let causes = error.causes();
        return if causes.is_empty() { error.to_string() } else { format!("{error}: {}", causes.join(": ")) };
    };
    let mut text = error.message().to_owned();
    if let Some(detail) = server.detail() {
        text = text.replace(&format!("; {detail}"), "");
    }
    for (what, name) in [("table", server.table()), ("constraint", server.constraint())] {
        if let Some(name) = name {
            text.push_str(&format!("; {what} {name}"));
        }
    }
    text
}

/// Returns the error of a statement during which the connection ended: neither the route nor a port is the problem.
fn lost(text: String) -> Error {
    Error::new(Kind::DatabaseUnreachable, text)
        .hint(
            "the server ended the connection, as it does when it restarts, fails over or runs out of memory: its log has the \
             reason; run the command again once it accepts connections",
        )
        .without_standing_hint()
}

/// Converts a failure of a statement: `.map_err(failed("insert a car"))`.
pub fn failed(action: &str) -> impl FnOnce(tokio_postgres::Error) -> Error + '_ {
    move |error| {
        let text = format!("{action}: {}", describe(&error));
        let fault = match error.code() {
            Some(&SqlState::UNDEFINED_TABLE | &SqlState::UNDEFINED_FUNCTION | &SqlState::UNDEFINED_COLUMN) => {
                Error::new(Kind::Schema, text)
            }
            Some(&SqlState::INSUFFICIENT_PRIVILEGE) => Error::new(Kind::Failed, text)
                .hint("run it as the database's owner: the user in the secret that `outboxctl deploy` generated"),
            Some(&SqlState::READ_ONLY_SQL_TRANSACTION) => Error::new(Kind::Failed, text).hint(
                "the server accepts no writes: connect to the primary, or to the writer endpoint of a cluster, instead of a \
                 replica or a reader endpoint",
            ),
            Some(&SqlState::LOCK_NOT_AVAILABLE) => Error::new(Kind::Failed, text).hint(
                "another session holds the lock: wait for it, or end its transaction (pg_stat_activity lists them)",
            ),
            Some(&SqlState::QUERY_CANCELED) => Error::new(Kind::Failed, text).hint(
                "the server cancelled the statement (SQLSTATE 57014): by request of another session, or by a time limit of the server",
            ),
            // The server is stopping or starting: the last message before it closes the connection.
            Some(&SqlState::ADMIN_SHUTDOWN | &SqlState::CRASH_SHUTDOWN | &SqlState::CANNOT_CONNECT_NOW) => lost(text),
            _ if error.is_closed() => lost(text),
            _ => Error::new(Kind::Failed, text),
        };
        fault.with_source(error)
    }
}
