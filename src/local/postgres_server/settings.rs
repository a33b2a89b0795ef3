//! postgresql.conf, pg_hba.conf and the roles that RDS has.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use crate::error::{Kind, OrFail, Result};
use crate::listener;
use crate::local::home::write_atomically;
use crate::local::user::User;

/// The superuser. Nobody else's: RDS gives none either.
pub const SUPERUSER: &str = "postgres";

/// Who may connect how; the first line that fits counts.
///
/// As on RDS with rds.force_ssl=1: TLS only, the master by password, members of rds_iam by an authentication token.
/// Tokens are not verified here: there is nobody to ask.
const ACCESS: &str = "\
# TYPE   DATABASE  USER            ADDRESS       METHOD
local    all       postgres                      trust
host     all       postgres        all           reject
hostssl  all       +rds_superuser  127.0.0.1/32  scram-sha-256
hostssl  all       +rds_superuser  ::1/128       scram-sha-256
hostssl  all       +rds_iam        127.0.0.1/32  trust
hostssl  all       +rds_iam        ::1/128       trust
hostssl  all       all             127.0.0.1/32  scram-sha-256
hostssl  all       all             ::1/128       scram-sha-256
";

/// What RDS has before anybody makes a role (docs: RDS, "Understanding PostgreSQL roles and permissions").
const ROLES: &str = "\
DO $$
DECLARE wanted text;
BEGIN
  FOREACH wanted IN ARRAY ARRAY['rds_superuser', 'rds_iam', 'rds_replication', 'rds_password'] LOOP
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = wanted) THEN
      EXECUTE format('CREATE ROLE %I NOLOGIN', wanted);
    END IF;
  END LOOP;
END $$;
GRANT pg_monitor, pg_signal_backend, rds_replication, rds_password TO rds_superuser WITH ADMIN OPTION;
";

/// Where the server listens.
pub struct Place {
    pub port: u16,
    pub socket: PathBuf,
    /// Whether it does TLS itself.
    pub tls: bool,
}

/// Writes both files; the server reads them when it starts.
///
/// # Errors
/// `Io` when they can't be written.
pub fn write(data: &Path, folder: &Path, place: &Place, user: Option<&User>) -> Result<()> {
    // Without TLS of its own it sees plain connections; our front lets none but encrypted ones through.
    let access = if place.tls { ACCESS.to_owned() } else { ACCESS.replace("hostssl", "host   ") };
    let files = [("postgresql.conf", server(data, folder, place)), ("pg_hba.conf", access)];
    for (name, text) in files {
        let path = data.join(name);
        write_atomically(&path, text.as_bytes())?;
        if let Some(user) = user {
            user.own(&path)?;
        }
    }
    Ok(())
}

/// # Errors
/// `LocalSetup` when the server refuses.
pub async fn make_roles(client: &tokio_postgres::Client) -> Result<()> {
    client.batch_execute(ROLES).await.or_fail(Kind::LocalSetup, || "the local database's roles can't be made".into())
}

fn server(data: &Path, folder: &Path, place: &Place) -> String {
    // Relative to the data folder: an absolute path may hold what this file or a list in it can't.
    let socket = match place.socket.strip_prefix(folder) {
        Ok(near) => format!("'../{}'", near.display()),
        Err(_) => format!("'{}'", place.socket.display()),
    };
    let port = place.port.to_string();
    let shared_memory = super::shared_memory::choose(&data.join("postgresql.conf"));
    let settings = [
        // `localhost` may stand for either.
        ("listen_addresses", if listener::has_ipv6() { "'127.0.0.1, ::1'" } else { "'127.0.0.1'" }),
        ("port", &port),
        ("unix_socket_directories", &socket),
        ("unix_socket_permissions", "0700"),
        ("max_connections", "200"),
        ("ssl", if place.tls { "on" } else { "off" }),
        ("ssl_cert_file", "'../server.pem'"),
        ("ssl_key_file", "'../server.key'"),
        ("ssl_min_protocol_version", "'TLSv1.2'"),
        ("password_encryption", "'scram-sha-256'"),
        // rds.logical_replication=1 stands for these.
        ("wal_level", "logical"),
        ("max_replication_slots", "20"),
        ("max_wal_senders", "20"),
        ("wal_sender_timeout", "30000"),
        ("timezone", "'UTC'"),
        ("log_timezone", "'UTC'"),
        ("log_line_prefix", "'%m [%p] %u@%d '"),
        // A statement may hold a password, and its details and parameters a row, as in the parameter group on RDS.
        ("log_error_verbosity", "terse"),
        ("log_min_error_statement", "panic"),
        ("log_parameter_max_length_on_error", "0"),
        ("dynamic_shared_memory_type", &shared_memory),
        ("shared_buffers", "'64MB'"),
        ("max_wal_size", "'1GB'"),
    ];
    let mut text = String::from("# Written at each start of the local stack.\n");
    for (name, value) in settings {
        // Writing to a string does not fail.
        let _ = writeln!(text, "{name} = {value}");
    }
    text
}
