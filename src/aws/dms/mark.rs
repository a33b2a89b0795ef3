//! Tags on a task that record an interrupted operation, which any later run completes.

use std::fmt;

use aws_sdk_databasemigration::types::Tag;
use chrono::{DateTime, Utc};

use super::Task;
use crate::aws::upgrades::major;
use crate::base::error::{AwsContext, Result};

/// An operation that stops the task.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// The task was stopped for an update, and is to be resumed. The value is `true`.
    Resume,
    /// The task's slot is being replaced. The value is the name of the new slot.
    Rebuild,
    /// The database is being upgraded to another major version. The value is an [`Upgrading`].
    Upgrade,
}

/// A major upgrade of the database that is not complete.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upgrading {
    /// The version afterwards, like "17.6".
    pub to: String,
    /// The version before.
    pub from: String,
    /// Time at which it began.
    pub begun: DateTime<Utc>,
    /// The slot that the task read before; `None` if it had none.
    pub slot: Option<String>,
}

impl fmt::Display for Upgrading {
    /// Writes it with the characters that tags of DMS may have ("Tagging resources" in the DMS user guide).
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.from, self.to, self.begun.timestamp_millis())?;
        self.slot.iter().try_for_each(|slot| write!(f, " {slot}"))
    }
}

impl Upgrading {
    fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split(' ');
        let mut next = || parts.next().map(str::to_owned);
        let (from, to) = (next()?, next()?);
        let begun = DateTime::from_timestamp_millis(next()?.parse().ok()?)?;
        Some(Self { to, from, begun, slot: next() })
    }
}

/// An operation that stopped the task, and was interrupted before it started the task again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Interrupted {
    Rebuild,
    Upgrade(Upgrading),
}

impl Interrupted {
    /// Returns the command that completes it, without the program's name.
    pub fn command(&self) -> String {
        match self {
            Self::Rebuild => "dms rebuild".to_owned(),
            Self::Upgrade(upgrading) => format!("db upgrade --to {}", major(&upgrading.to)),
        }
    }
}

impl fmt::Display for Interrupted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rebuild => write!(f, "a rebuild of the capture was interrupted"),
            Self::Upgrade(upgrading) => {
                write!(f, "an upgrade of the database to PostgreSQL {} was interrupted", upgrading.to)
            }
        }
    }
}

impl Mark {
    fn key(self) -> &'static str {
        match self {
            Self::Resume => "outboxctl:resume",
            Self::Rebuild => "outboxctl:rebuild",
            Self::Upgrade => "outboxctl:upgrade",
        }
    }

    fn value(self, tags: &[Tag]) -> Option<String> {
        tags.iter().find(|tag| tag.key() == Some(self.key()))?.value().map(str::to_owned)
    }
}

impl Task {
    /// Marks the task.
    pub async fn mark(&self, mark: Mark, value: &str) -> Result<()> {
        let tag = Tag::builder().key(mark.key()).value(value).build();
        let marked = self.client.add_tags_to_resource().resource_arn(&self.arn).tags(tag).send().await;
        marked.aws("tag the replication task").map(drop)
    }

    /// Removes the mark, if any.
    pub async fn unmark(&self, mark: Mark) -> Result<()> {
        let request = self.client.remove_tags_from_resource().resource_arn(&self.arn).tag_keys(mark.key());
        request.send().await.aws("remove a tag of the replication task").map(drop)
    }

    /// Returns the value of the mark; None without it.
    pub async fn marked(&self, mark: Mark) -> Result<Option<String>> {
        Ok(mark.value(&self.tags().await?))
    }

    async fn tags(&self) -> Result<Vec<Tag>> {
        let tags = self.client.list_tags_for_resource().resource_arn(&self.arn).send().await;
        Ok(tags.aws("read the tags of the replication task")?.tag_list.unwrap_or_default())
    }

    /// Returns the operation that was interrupted; None if there is none, or the task runs.
    pub async fn interrupted(&self) -> Result<Option<Interrupted>> {
        let tags = self.tags().await?;
        let upgrading = Mark::Upgrade.value(&tags).as_deref().and_then(Upgrading::parse).map(Interrupted::Upgrade);
        let rebuilding = || Mark::Rebuild.value(&tags).map(|_| Interrupted::Rebuild);
        let Some(interrupted) = upgrading.or_else(rebuilding) else { return Ok(None) };
        Ok((self.describe().await?.status != "running").then_some(interrupted))
    }

    /// Returns the upgrade of the database that is not complete.
    pub async fn upgrading(&self) -> Result<Option<Upgrading>> {
        Ok(self.marked(Mark::Upgrade).await?.as_deref().and_then(Upgrading::parse))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_upgrade_survives_its_tag() {
        for slot in [None, Some("dms_1".to_owned())] {
            let begun = DateTime::from_timestamp_millis(1_764_000_000_123).unwrap();
            let upgrading = Upgrading { to: "17.6".into(), from: "16.4".into(), begun, slot };
            let text = upgrading.to_string();
            assert_eq!(Upgrading::parse(&text), Some(upgrading));
            let allowed = |c: char| c.is_ascii_alphanumeric() || " _.:/=+-@".contains(c);
            assert!(text.len() <= 256 && text.chars().all(allowed), "{text}");
        }
        assert_eq!(Upgrading::parse("17"), None);
    }
}
