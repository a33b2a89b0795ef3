//! Connection poolers, recognised by their host names, errors and answers.
//!
//! outboxctl sets options of its sessions, holds locks in them and opens replication connections. A pooler shares the
//! sessions of the server between clients and passes none of these on, so it is reported instead of its own error.

use std::fmt;

use super::Target;
use crate::base::error::{Error, Kind, Result};

/// A connection pooler between client and server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pooler {
    PgBouncer,
    RdsProxy,
    Pgpool,
}

impl fmt::Display for Pooler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::PgBouncer => "PgBouncer",
            Self::RdsProxy => "RDS Proxy",
            Self::Pgpool => "Pgpool-II",
        })
    }
}

impl Pooler {
    /// Returns the pooler that has this host name. Endpoints of RDS Proxy are `NAME.proxy-ID.REGION.rds.amazonaws.com`,
    /// and `NAME.endpoint.proxy-ID.…` ("Working with Amazon RDS Proxy endpoints" in the RDS user guide).
    pub fn of_host(host: &str) -> Option<Self> {
        let host = host.trim_end_matches('.').to_ascii_lowercase();
        let is_rds = host.ends_with(".rds.amazonaws.com") || host.ends_with(".rds.amazonaws.com.cn");
        (is_rds && host.split('.').skip(1).any(|label| label.starts_with("proxy-"))).then_some(Self::RdsProxy)
    }

    /// Returns the pooler that answers a startup with this error. PgBouncer refuses parameters that it does not track
    /// with SQLSTATE 08P01, which PostgreSQL does not use for them; RDS Proxy names itself.
    pub fn of_error(code: &str, message: &str) -> Option<Self> {
        match code {
            "08P01" if message.starts_with("unsupported startup parameter") => Some(Self::PgBouncer),
            _ if message.contains("RDS Proxy") => Some(Self::RdsProxy),
            _ => None,
        }
    }

    /// Returns the error for a connection through the pooler; `at` is the server, with its answer if it was queried.
    pub fn error(self, at: &str) -> Error {
        Error::new(Kind::Failed, format!("{at}: this is {self}, a connection pooler")).hint(
            "connect to the database server itself: a pooler does not pass on replication connections, session \
             options and session locks",
        )
    }
}

/// Checks that the target's host is not a known pooler's, before connecting.
///
/// # Errors
/// `Failed`, with the pooler's name.
pub(super) fn check(target: &Target) -> Result<()> {
    match Pooler::of_host(&target.host) {
        None => Ok(()),
        Some(pooler) => Err(pooler.error(&target.describe())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn proxies_are_recognised_by_their_host_names() {
        for host in [
            "shop.proxy-abc123.eu-west-1.rds.amazonaws.com",
            "reader.endpoint.proxy-abc123.eu-west-1.rds.amazonaws.com",
            "SHOP.PROXY-ABC.cn-north-1.rds.amazonaws.com.cn.",
        ] {
            assert_eq!(Pooler::of_host(host), Some(Pooler::RdsProxy), "{host}");
        }
        for host in [
            "shop.abc123.eu-west-1.rds.amazonaws.com",
            "localhost",
            "a.proxy-b.example.com",
            "proxy-shop.abc123.eu-west-1.rds.amazonaws.com",
        ] {
            assert_eq!(Pooler::of_host(host), None, "{host}");
        }
    }

    #[test]
    fn poolers_are_recognised_by_their_errors() {
        let refused = "unsupported startup parameter: replication";
        assert_eq!(Pooler::of_error("08P01", refused), Some(Pooler::PgBouncer));
        // PostgreSQL's own protocol violation, and its error for an unknown setting.
        assert_eq!(Pooler::of_error("08P01", "invalid startup packet layout"), None);
        assert_eq!(Pooler::of_error("42704", "unrecognized configuration parameter \"x\""), None);
        let proxy = "Feature not supported: RDS Proxy currently doesn't support command-line options.";
        assert_eq!(Pooler::of_error("0A000", proxy), Some(Pooler::RdsProxy));
    }
}
