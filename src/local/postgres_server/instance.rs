//! The database instance or cluster of a server, which a comment on its database names.

use super::superuser;
use crate::base::error::{Kind, OrFail, Result};
use crate::local::state::{Postgres, REGION};
use serde::{Deserialize, Serialize};

/// A database instance, or a cluster: its identifier is unique in a region among those of its kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Instance {
    pub region: String,
    pub identifier: String,
    /// An Aurora cluster, whose instances share one server.
    #[serde(default)]
    pub is_cluster: bool,
}

impl Instance {
    /// Reads the instance of a server; `None` if it has none.
    ///
    /// # Errors
    /// `DatabaseUnreachable` if the server does not answer, `LocalSetup` if it refuses the query.
    pub async fn of_server(server: &Postgres) -> Result<Option<Self>> {
        let query = "SELECT shobj_description(oid, 'pg_database') FROM pg_database
                     WHERE shobj_description(oid, 'pg_database') ~ '^outboxctl (instance|cluster) '";
        let found = superuser(server, "postgres").await?.query(query, &[]).await;
        let found = found.or_fail(Kind::LocalSetup, || "the instance of the local PostgreSQL can't be read".into())?;
        Ok(found.first().and_then(|row| Self::parse(row.get(0))))
    }

    /// Returns the comment on the instance's database.
    pub fn label(&self) -> String {
        let Self { region, identifier, is_cluster } = self;
        let kind = if *is_cluster { "cluster" } else { "instance" };
        // The label of stacks before there were regions.
        if region == REGION {
            format!("outboxctl {kind} {identifier}")
        } else {
            format!("outboxctl {kind} {identifier} in {region}")
        }
    }

    /// Parses a [`Instance::label`].
    fn parse(label: &str) -> Option<Self> {
        let (kind, text) = label.strip_prefix("outboxctl ")?.split_once(' ')?;
        let is_cluster = match kind {
            "instance" => false,
            "cluster" => true,
            _ => return None,
        };
        let (identifier, region) = text.split_once(" in ").unwrap_or((text, REGION));
        Some(Self { region: region.to_owned(), identifier: identifier.to_owned(), is_cluster })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_parsed_to_their_instance() {
        for region in [REGION, "eu-central-1"] {
            for is_cluster in [false, true] {
                let instance = Instance { region: region.into(), identifier: "db-1".into(), is_cluster };
                assert_eq!(Instance::parse(&instance.label()), Some(instance));
            }
        }
        assert_eq!(Instance::parse("of another program"), None);
    }
}
