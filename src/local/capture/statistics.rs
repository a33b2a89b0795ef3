//! Counts by table, for DescribeTableStatistics.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};

/// Counts of one table since the last start of the task that was not a resume.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableCounts {
    pub loaded: u64,
    pub inserts: u64,
    pub updates: u64,
    pub deletes: u64,
    pub ddls: u64,
    pub updated_at: Option<DateTime<Utc>>,
}

/// Counts shared between the data plane, which adds, and the API, which reads.
#[derive(Debug, Default)]
pub struct Statistics {
    tables: Mutex<BTreeMap<(String, String), TableCounts>>,
}

impl Statistics {
    pub fn new(tables: impl IntoIterator<Item = ((String, String), TableCounts)>) -> Self {
        Self { tables: Mutex::new(tables.into_iter().collect()) }
    }

    /// Updates the counts of a table, which are created on first use.
    pub fn update(&self, schema: &str, table: &str, change: impl FnOnce(&mut TableCounts)) {
        let mut tables = self.tables.lock();
        let counts = tables.entry((schema.to_owned(), table.to_owned())).or_default();
        change(counts);
        counts.updated_at = Some(Utc::now());
    }

    /// Returns every table with its counts.
    pub fn snapshot(&self) -> Vec<((String, String), TableCounts)> {
        let tables = self.tables.lock();
        tables.iter().map(|(name, counts)| (name.clone(), counts.clone())).collect()
    }
}
