//! Selects the changes of an outbox table that are events. Pure.

use super::{Change, Operation};
use crate::outbox::{Message, RowError};

/// Returns the message that a change appended to the outbox. Items that are removed, by time to live or by hand, were
/// delivered long before; an outbox item is never modified.
///
/// # Errors
/// The first attribute that is missing or unreadable.
pub fn appended(change: &Change) -> Result<Option<Message>, RowError> {
    match (change.operation, &change.new) {
        (Operation::Insert, Some(image)) => Message::from_row(image, None).map(Some),
        (Operation::Insert, None) => Err(RowError::new("NewImage", "is missing")),
        (Operation::Modify | Operation::Remove, _) => Ok(None),
    }
}
