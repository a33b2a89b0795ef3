//! A tag on a task that was stopped for an update and is to be resumed by any later run.

use aws_sdk_databasemigration::types::Tag;

use super::Task;
use crate::error::{AwsContext, Result};

/// Key of the tag.
const RESUME: &str = "outboxctl:resume";

impl Task {
    /// Marks the task to be resumed.
    ///
    /// # Errors
    /// The errors of DMS.
    pub async fn mark(&self) -> Result<()> {
        let tag = Tag::builder().key(RESUME).value("true").build();
        let marked = self.client.add_tags_to_resource().resource_arn(&self.arn).tags(tag).send().await;
        marked.aws("tag the replication task").map(drop)
    }

    /// Removes the mark, if any.
    ///
    /// # Errors
    /// The errors of DMS.
    pub async fn unmark(&self) -> Result<()> {
        let unmarked = self.client.remove_tags_from_resource().resource_arn(&self.arn).tag_keys(RESUME).send().await;
        unmarked.aws("remove a tag of the replication task").map(drop)
    }

    /// Returns whether the task is marked.
    ///
    /// # Errors
    /// The errors of DMS.
    pub async fn is_marked(&self) -> Result<bool> {
        let tags = self.client.list_tags_for_resource().resource_arn(&self.arn).send().await;
        let tags = tags.aws("read the tags of the replication task")?;
        Ok(tags.tag_list().iter().any(|tag| tag.key() == Some(RESUME)))
    }
}
