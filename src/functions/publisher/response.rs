//! The batch response of a function with `ReportBatchItemFailures`.

use serde::Serialize;

/// An empty list means that the whole batch is done.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct BatchResponse {
    pub batch_item_failures: Vec<ItemFailure>,
}

#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ItemFailure {
    /// A sequence number: on a stream everything from the lowest one on is delivered again.
    pub item_identifier: String,
}
