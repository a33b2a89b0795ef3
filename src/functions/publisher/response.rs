//! The batch response of a function with `ReportBatchItemFailures`.

use serde::Serialize;

/// Batch item failures; an empty list means that the whole batch is done.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct BatchResponse {
    pub batch_item_failures: Vec<ItemFailure>,
}

#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ItemFailure {
    /// A sequence number: everything from the lowest one is delivered again.
    pub item_identifier: String,
}
