//! The prerequisites of a capture, as the server and the user's rights have them.

use serde::{Deserialize, Serialize};
use tokio_postgres::Client;

use super::fault::failed;
use crate::base::error::Result;

/// Prerequisites of a capture.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Readiness {
    /// PostgreSQL's version, like "16.4".
    pub server: String,
    /// `logical` if changes can be captured.
    pub wal_level: String,
    /// The server applies changes of another one, and takes no writes.
    pub recovers: bool,
    pub slots: Room,
    pub senders: Room,
    /// The user, and whether it may create replication slots.
    pub user: String,
    pub may_replicate: bool,
    /// The user may create schemas and tables in the database.
    pub may_create: bool,
}

/// Use and limit of something that the server has a fixed number of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Room {
    pub used: i64,
    pub most: i64,
}

impl Room {
    /// Returns whether none is free.
    pub fn is_full(self) -> bool {
        self.used >= self.most
    }
}

/// Reads the prerequisites. `rds_replication` is the role of RDS with the right to replicate (RDS user guide,
/// "Performing logical replication for Amazon RDS for PostgreSQL").
pub(super) async fn readiness(client: &Client) -> Result<Readiness> {
    let query = "SELECT current_setting('server_version'), current_setting('wal_level'), pg_is_in_recovery(),
                        (SELECT count(*) FROM pg_replication_slots), current_setting('max_replication_slots')::bigint,
                        (SELECT count(*) FROM pg_stat_replication), current_setting('max_wal_senders')::bigint,
                        current_user::text, rolsuper OR rolreplication OR EXISTS (
                            SELECT FROM pg_roles AS role
                            WHERE role.rolname = 'rds_replication' AND pg_has_role(current_user, role.oid, 'member')),
                        has_database_privilege(current_database(), 'CREATE')
                 FROM pg_roles WHERE rolname = current_user";
    let row = client.query_one(query, &[]).await.map_err(failed("read the prerequisites of a capture"))?;
    Ok(Readiness {
        server: row.get(0),
        wal_level: row.get(1),
        recovers: row.get(2),
        slots: Room { used: row.get(3), most: row.get(4) },
        senders: Room { used: row.get(5), most: row.get(6) },
        user: row.get(7),
        may_replicate: row.get(8),
        may_create: row.get(9),
    })
}
