//! Reports about the temporary resources of readers.

use crate::error::Result;
use crate::report::{Event, Reporter};

/// Reports the names of `what` that killed processes left behind, and that were removed now.
pub fn report_leftovers(reporter: &dyn Reporter, what: &str, removed: Result<Vec<String>>) {
    match removed {
        Ok(names) if names.is_empty() => {}
        Ok(names) => reporter.note(format!("removed leftovers of a killed run: {}", names.join(", "))),
        Err(error) => reporter.warn(format!("could not list leftover {what}: {error}")),
    }
}

/// Reports the end of a step that creates a resource: `done` if it is active, otherwise its error, after which the
/// resource is removed.
///
/// # Errors
/// That of `active`.
pub async fn keep_if_active<T>(
    resource: T,
    active: Result<()>,
    remove: impl AsyncFnOnce(T) -> Result<()>,
    (step, done): (&'static str, &str),
    reporter: &dyn Reporter,
) -> Result<T> {
    let Err(error) = active else {
        reporter.emit(Event::finished(step, done, true));
        return Ok(resource);
    };
    reporter.emit(Event::failed(step, error.message()));
    if let Err(left) = remove(resource).await {
        reporter.warn(format!("{left}; {}", left.hints().next().unwrap_or_default()));
    }
    Err(error)
}
