//! Reports about the temporary resources of readers.

use crate::base::error::Result;
use crate::base::report::{Event, Reporter};

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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::error::{Error, Kind};
    use crate::base::report::Collected;

    #[tokio::test]
    async fn a_failed_removal_does_not_hide_why_the_resource_is_removed() {
        let reporter = Collected::default();
        let inactive = Err(Error::new(Kind::Failed, "the tap received nothing"));
        let remove = async |_: &str| Err(Error::new(Kind::AccessDenied, "the queue remains").hint("delete it"));
        let kept = keep_if_active("queue", inactive, remove, ("tap", "live"), &reporter).await;
        assert_eq!(kept.expect_err("inactive").message(), "the tap received nothing");
        assert_eq!(reporter.warnings(), ["the queue remains; delete it"]);
    }
}
