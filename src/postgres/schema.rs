//! The migrations: those of this executable, in order, and those that a database has.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use tokio_postgres::{GenericClient, Row};

use super::query::rows;
use crate::base::error::{Error, Kind, Result};
use crate::outbox::Layout;

/// One step of the schema. Once released its text never changes: the checksum is stored in the database.
#[derive(Debug, Clone, Copy)]
pub struct Migration {
    pub version: i32,
    pub name: &'static str,
    pub sql: &'static str,
    part: Part,
}

/// The part of the schema to which a migration belongs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    /// Our own outbox table.
    Outbox,
    /// Tables of the sample, which write to our own outbox table.
    Sample,
    /// The log of consumers, also beside a table of the application's own.
    Consumers,
}

impl Migration {
    const fn new(version: i32, name: &'static str, sql: &'static str, part: Part) -> Self {
        Self { version, name, sql, part }
    }

    /// Returns whether a database with this outbox table, and with or without the sample, needs it.
    pub fn is_needed(&self, layout: &Layout, sample: bool) -> bool {
        match self.part {
            Part::Outbox => layout.is_own(),
            Part::Sample => layout.is_own() && sample,
            Part::Consumers => true,
        }
    }

    /// Returns whether it creates a table of the sample.
    pub fn is_of_sample(&self) -> bool {
        self.part == Part::Sample
    }

    /// Returns the name of its file without the ending, like `0001_outbox`.
    pub fn title(&self) -> String {
        format!("{:04}_{}", self.version, self.name)
    }

    /// Returns the SHA-256 of the text, in hex.
    pub fn checksum(&self) -> String {
        Sha256::digest(self.sql).iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

/// All migrations, oldest first.
pub const MIGRATIONS: &[Migration] = &[
    Migration::new(1, "outbox", include_str!("../../schema/postgres/0001_outbox.sql"), Part::Outbox),
    Migration::new(2, "cars", include_str!("../../schema/postgres/0002_cars.sql"), Part::Sample),
    Migration::new(3, "processed", include_str!("../../schema/postgres/0003_processed.sql"), Part::Consumers),
    Migration::new(4, "people", include_str!("../../schema/postgres/0004_people.sql"), Part::Sample),
    Migration::new(5, "retention", include_str!("../../schema/postgres/0005_retention.sql"), Part::Outbox),
    Migration::new(6, "digest", include_str!("../../schema/postgres/0006_digest.sql"), Part::Consumers),
    Migration::new(7, "append_reasons", include_str!("../../schema/postgres/0007_append_reasons.sql"), Part::Outbox),
    Migration::new(8, "any_outbox", include_str!("../../schema/postgres/0008_any_outbox.sql"), Part::Consumers),
    Migration::new(9, "people_email", include_str!("../../schema/postgres/0009_people_email.sql"), Part::Sample),
    Migration::new(10, "any_aggregate", include_str!("../../schema/postgres/0010_any_aggregate.sql"), Part::Consumers),
];

/// The table of applied migrations.
pub(super) const LEDGER: &str = "CREATE TABLE IF NOT EXISTS public.outboxctl_migrations (
    version    integer      PRIMARY KEY,
    name       varchar(100) NOT NULL,
    checksum   char(64)     NOT NULL,
    applied_at timestamptz  NOT NULL DEFAULT now()
)";

/// A migration in a report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    pub version: i32,
    pub name: String,
}

impl From<&Migration> for Step {
    fn from(migration: &Migration) -> Self {
        Self { version: migration.version, name: migration.name.to_owned() }
    }
}

/// A row of the table of migrations.
#[derive(Debug, Clone)]
pub(super) struct Recorded {
    pub name: String,
    pub checksum: String,
    pub applied_at: DateTime<Utc>,
}

/// Reads the table of migrations, which must exist.
pub(super) async fn recorded(client: &impl GenericClient) -> Result<BTreeMap<i32, Recorded>> {
    let query = "SELECT version, name, checksum, applied_at FROM public.outboxctl_migrations";
    let read = |row: Row| (row.get(0), Recorded { name: row.get(1), checksum: row.get(2), applied_at: row.get(3) });
    Ok(rows(client, "read the table of migrations", query, &[], read).await?.into_iter().collect())
}

/// Returns the migrations to apply, after comparing the record with those of this executable.
pub(super) fn pending(recorded: &BTreeMap<i32, Recorded>) -> Result<Vec<Migration>> {
    for (version, row) in recorded {
        let title = format!("{version:04}_{}", row.name);
        match MIGRATIONS.iter().find(|m| m.version == *version) {
            None => {
                let text = format!("the database has migration {title}, which this outboxctl does not know");
                return Err(Error::new(Kind::Schema, text).hint("use the newer outboxctl that applied it"));
            }
            Some(migration) if migration.checksum() != row.checksum => {
                let text = format!("migration {title} was applied with another text than this outboxctl has");
                return Err(Error::new(Kind::Schema, text)
                    .hint("use the outboxctl version that applied it; an applied migration is never edited"));
            }
            Some(_) => {}
        }
    }
    Ok(MIGRATIONS.iter().filter(|m| !recorded.contains_key(&m.version)).copied().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_count_from_one_without_gaps() {
        assert!(MIGRATIONS.iter().map(|m| m.version).eq(1..=MIGRATIONS.len() as i32));
    }

    #[test]
    fn every_file_is_listed() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/schema/postgres");
        let mut files: Vec<String> = std::fs::read_dir(folder)
            .expect("folder")
            .map(|entry| entry.expect("entry").file_name().into_string().expect("UTF-8"))
            .collect();
        files.sort();
        let listed: Vec<String> = MIGRATIONS.iter().map(|m| format!("{}.sql", m.title())).collect();
        assert_eq!(files, listed);
    }

    fn row(checksum: String) -> Recorded {
        Recorded { name: "outbox".into(), checksum, applied_at: Utc::now() }
    }

    #[test]
    fn only_missing_migrations_are_pending() {
        assert_eq!(pending(&BTreeMap::new()).expect("fine").len(), MIGRATIONS.len());
        let first = BTreeMap::from([(1, row(MIGRATIONS[0].checksum()))]);
        assert_eq!(pending(&first).expect("fine").first().map(|m| m.version), Some(2));
    }

    #[test]
    fn edited_and_unknown_migrations_are_refused() {
        for recorded in [BTreeMap::from([(1, row("other".into()))]), BTreeMap::from([(9_999, row(String::new()))])] {
            assert_eq!(pending(&recorded).expect_err("refused").kind(), Kind::Schema);
        }
    }
}
