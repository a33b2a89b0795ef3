//! A mark on the task that it was stopped for an update and is to be resumed afterwards, by whichever run comes next.

use aws_sdk_databasemigration::types::Tag;

use super::Task;
use crate::error::{AwsContext, Result};

/// The tag that is the mark.
const RESUME: &str = "outboxctl:resume";

impl Task {
    /// Marks the task as one to be resumed.
    ///
    /// # Errors
    /// What DMS says.
    pub async fn mark(&self) -> Result<()> {
        let tag = Tag::builder().key(RESUME).value("true").build();
        let marked = self.client.add_tags_to_resource().resource_arn(&self.arn).tags(tag).send().await;
        marked.aws("tag the replication task").map(drop)
    }

    /// Removes the mark, where there is one.
    ///
    /// # Errors
    /// What DMS says.
    pub async fn unmark(&self) -> Result<()> {
        let unmarked = self.client.remove_tags_from_resource().resource_arn(&self.arn).tag_keys(RESUME).send().await;
        unmarked.aws("remove a tag of the replication task").map(drop)
    }

    /// Returns whether the task is marked.
    ///
    /// # Errors
    /// What DMS says.
    pub async fn is_marked(&self) -> Result<bool> {
        let tags = self.client.list_tags_for_resource().resource_arn(&self.arn).send().await;
        let tags = tags.aws("read the tags of the replication task")?;
        Ok(tags.tag_list().iter().any(|tag| tag.key() == Some(RESUME)))
    }
}
