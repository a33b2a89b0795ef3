//! The next step by the task's status. Pure.

/// The step that starts a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start {
    /// Never run: `start-replication`.
    First,
    /// Ran before: `resume-processing`.
    Resume,
    /// Already running.
    Nothing,
    /// In transition: wait, then decide again.
    Wait,
    /// Can't be started by us.
    Impossible,
}

/// The step that stops a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stop {
    Request,
    Nothing,
    /// In transition: wait, then decide again.
    Wait,
}

/// Returns the step for a status. All statuses in the DMS API reference have a step; an unknown one is waited out.
pub fn start(status: &str, ran_before: bool) -> Start {
    match status {
        "ready" | "stopped" | "failed" if ran_before => Start::Resume,
        // A task that failed before it ever ran has no position to resume from.
        "ready" | "stopped" | "failed" => Start::First,
        "running" => Start::Nothing,
        "deleting" | "failed-move" => Start::Impossible,
        _ => Start::Wait,
    }
}

/// Returns whether DMS leaves the status by itself. An unknown status counts: the deadline of the wait ends it.
pub fn is_in_transition(status: &str) -> bool {
    start(status, true) == Start::Wait
}

pub fn stop(status: &str) -> Stop {
    match status {
        // A start may hang: a new slot waits for every transaction that was open before it.
        "running" | "starting" => Stop::Request,
        "ready" | "stopped" | "failed" | "failed-move" | "deleting" => Stop::Nothing,
        _ => Stop::Wait,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STATUSES: &[&str] = &[
        "creating",
        "ready",
        "starting",
        "running",
        "stopping",
        "stopped",
        "failed",
        "modifying",
        "moving",
        "failed-move",
        "deleting",
        "testing",
    ];

    #[test]
    fn the_first_run_starts_and_later_ones_resume() {
        assert_eq!(start("ready", false), Start::First);
        for status in ["stopped", "failed", "ready"] {
            assert_eq!(start(status, true), Start::Resume, "{status}");
        }
    }

    #[test]
    fn no_request_is_made_that_aws_would_refuse() {
        for status in STATUSES {
            let startable = ["ready", "stopped", "failed"].contains(status);
            assert_eq!(matches!(start(status, true), Start::First | Start::Resume), startable, "{status}");
            assert_eq!(stop(status) == Stop::Request, ["running", "starting"].contains(status), "{status}");
        }
    }

    #[test]
    fn every_other_status_ends_by_itself_or_by_the_deadline() {
        let ends = ["creating", "modifying", "moving", "starting", "stopping", "testing", "a status of tomorrow"];
        assert!(ends.iter().all(|status| is_in_transition(status)));
        let others = STATUSES.iter().filter(|status| !ends.contains(status));
        assert!(others.clone().count() > 0 && others.clone().all(|status| !is_in_transition(status)));
    }
}
