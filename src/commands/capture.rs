//! The explanation of missing events by a capture that is not running.

use crate::aws::dms::Snapshot;
use crate::base::error::Error;

/// Adds to an error about missing events that the capture is not running, and the remedy.
pub fn explain(error: Error, capture: &Snapshot) -> Error {
    let remedy = match capture.status.as_str() {
        "failed" => capture.failure().hints().next().map(str::to_owned),
        "starting" => None,
        _ => Some("`outboxctl dms start` resumes it where it stopped; then run this again".to_owned()),
    };
    error
        .hint(format!("the capture task is {}: new events wait in the database and are not lost", capture.status))
        .with_hints(remedy)
}
