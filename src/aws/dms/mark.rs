//! Tags on a task that record an interrupted operation, which any later run completes.

use aws_sdk_databasemigration::types::Tag;

use super::Task;
use crate::error::{AwsContext, Result};

/// An operation that stops the task.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// The task was stopped for an update, and is to be resumed. The value is `true`.
    Resume,
    /// The task's slot is being replaced. The value is the name of the new slot.
    Rebuild,
}

impl Mark {
    fn key(self) -> &'static str {
        match self {
            Self::Resume => "outboxctl:resume",
            Self::Rebuild => "outboxctl:rebuild",
        }
    }
}

impl Task {
    /// Marks the task.
    ///
    /// # Errors
    /// The errors of DMS.
    pub async fn mark(&self, mark: Mark, value: &str) -> Result<()> {
        let tag = Tag::builder().key(mark.key()).value(value).build();
        let marked = self.client.add_tags_to_resource().resource_arn(&self.arn).tags(tag).send().await;
        marked.aws("tag the replication task").map(drop)
    }

    /// Removes the mark, if any.
    ///
    /// # Errors
    /// The errors of DMS.
    pub async fn unmark(&self, mark: Mark) -> Result<()> {
        let request = self.client.remove_tags_from_resource().resource_arn(&self.arn).tag_keys(mark.key());
        request.send().await.aws("remove a tag of the replication task").map(drop)
    }

    /// Returns the value of the mark; None without it.
    ///
    /// # Errors
    /// The errors of DMS.
    pub async fn marked(&self, mark: Mark) -> Result<Option<String>> {
        let tags = self.client.list_tags_for_resource().resource_arn(&self.arn).send().await;
        let tags = tags.aws("read the tags of the replication task")?;
        let found = tags.tag_list().iter().find(|tag| tag.key() == Some(mark.key()));
        Ok(found.and_then(|tag| tag.value()).map(str::to_owned))
    }
}
