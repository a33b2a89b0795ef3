//! The migrations of this executable, in order.

use sha2::{Digest, Sha256};

use crate::outbox::Layout;

/// One step of the schema. Once released its text never changes: the checksum is stored in the database.
#[derive(Debug, Clone, Copy)]
pub struct Migration {
    pub version: i32,
    pub name: &'static str,
    pub sql: &'static str,
    /// Indicates whether it creates a table of the sample, not of the outbox.
    pub sample: bool,
    /// Indicates whether it needs our own outbox table. The others apply beside a table of the application's own, too.
    pub own: bool,
}

impl Migration {
    /// Returns whether it applies to a database with this outbox table.
    pub fn belongs_to(&self, layout: &Layout) -> bool {
        layout.is_own() || !self.own
    }

    /// Returns the SHA-256 of the text, in hex.
    pub fn checksum(&self) -> String {
        Sha256::digest(self.sql).iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

/// All migrations, oldest first.
pub const MIGRATIONS: &[Migration] = &[
    Migration {
        version: 1,
        name: "outbox",
        sql: include_str!("../../schema/postgres/0001_outbox.sql"),
        sample: false,
        own: true,
    },
    Migration {
        version: 2,
        name: "cars",
        sql: include_str!("../../schema/postgres/0002_cars.sql"),
        sample: true,
        own: true,
    },
    Migration {
        version: 3,
        name: "processed",
        sql: include_str!("../../schema/postgres/0003_processed.sql"),
        sample: false,
        own: false,
    },
    Migration {
        version: 4,
        name: "people",
        sql: include_str!("../../schema/postgres/0004_people.sql"),
        sample: true,
        own: true,
    },
    Migration {
        version: 5,
        name: "retention",
        sql: include_str!("../../schema/postgres/0005_retention.sql"),
        sample: false,
        own: true,
    },
    Migration {
        version: 6,
        name: "digest",
        sql: include_str!("../../schema/postgres/0006_digest.sql"),
        sample: false,
        own: false,
    },
    Migration {
        version: 7,
        name: "append_reasons",
        sql: include_str!("../../schema/postgres/0007_append_reasons.sql"),
        sample: false,
        own: true,
    },
    Migration {
        version: 8,
        name: "any_outbox",
        sql: include_str!("../../schema/postgres/0008_any_outbox.sql"),
        sample: false,
        own: false,
    },
];

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
        let listed: Vec<String> = MIGRATIONS.iter().map(|m| format!("{:04}_{}.sql", m.version, m.name)).collect();
        assert_eq!(files, listed);
    }
}
