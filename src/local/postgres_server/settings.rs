//! postgresql.conf, pg_hba.conf and the roles that RDS has.

use std::fmt::Write;
use std::path::Path;

use crate::base::error::{Kind, OrFail, Result};
use crate::local::home::write_for;
use crate::local::state::Postgres;
use crate::local::user::User;

/// The superuser, for the daemon only: RDS does not provide one either.
pub const SUPERUSER: &str = "postgres";

/// Authentication rules; the first line that matches applies.
///
/// Only the daemon reaches the socket: `front.rs` takes all other connections, encrypted as with rds.force_ssl=1. Only
/// the daemon is superuser. Members of rds_iam have shown a token at the proxy, their only way in.
const ACCESS: &str = "\
# TYPE   DATABASE  USER            METHOD
local    all       postgres        trust
local    all       +rds_superuser  scram-sha-256
local    all       +rds_iam        trust
local    all       all             scram-sha-256
";

/// Roles that RDS has from the start (docs: RDS, "Understanding PostgreSQL roles and permissions").
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

/// Writes both files; the server reads them when it starts.
///
/// # Errors
/// `Io` if they can't be written.
pub fn write(data: &Path, folder: &Path, about: &Postgres, user: Option<&User>) -> Result<()> {
    let files = [("postgresql.conf", configuration(data, folder, about)), ("pg_hba.conf", ACCESS.to_owned())];
    for (name, text) in files {
        write_for(&data.join(name), text.as_bytes(), user)?;
    }
    Ok(())
}

/// # Errors
/// `LocalSetup` if the server refuses.
pub async fn make_roles(client: &tokio_postgres::Client) -> Result<()> {
    client.batch_execute(ROLES).await.or_fail(Kind::LocalSetup, || "the local database's roles can't be created".into())
}

fn configuration(data: &Path, folder: &Path, about: &Postgres) -> String {
    // Relative to the data folder: an absolute path may hold characters that this file or a list in it does not allow.
    let socket = match about.socket.strip_prefix(folder) {
        Ok(near) => format!("'../{}'", near.display()),
        Err(_) => format!("'{}'", about.socket.display()),
    };
    let port = about.port.to_string();
    let shared_memory = super::shared_memory::choose(&data.join("postgresql.conf"));
    let settings = [
        ("listen_addresses", "''"),
        ("port", &port),
        ("unix_socket_directories", &socket),
        ("unix_socket_permissions", "0700"),
        ("max_connections", "200"),
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
