//! What to do next, by the task's status. Pure.

/// What starting comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start {
    /// Never run: `start-replication`.
    First,
    /// Ran before: `resume-processing`.
    Resume,
    /// It runs.
    Nothing,
    /// It is on its way to running: wait.
    Wait,
    /// It is on its way to something else: wait, then decide again.
    WaitAndDecide,
    /// It can't be started from here.
    Impossible,
}

/// What stopping comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stop {
    Request,
    Nothing,
    Wait,
    /// It is on its way to a state that can be stopped: wait, then decide again.
    WaitAndDecide,
}

/// Every status that the DMS API reference lists for a task has an answer here; an unknown one is waited out.
pub fn start(status: &str, ran_before: bool) -> Start {
    match status {
        "ready" if ran_before => Start::Resume,
        "ready" => Start::First,
        // A task that failed before it ever ran has no position to resume from.
        "stopped" | "failed" if ran_before => Start::Resume,
        "stopped" | "failed" => Start::First,
        "running" => Start::Nothing,
        "starting" => Start::Wait,
        "deleting" | "failed-move" => Start::Impossible,
        _ => Start::WaitAndDecide,
    }
}

pub fn stop(status: &str) -> Stop {
    match status {
        // A start may hang: a new slot waits for every transaction that was open before it.
        "running" | "starting" => Stop::Request,
        "ready" | "stopped" | "failed" | "failed-move" | "deleting" => Stop::Nothing,
        "stopping" => Stop::Wait,
        _ => Stop::WaitAndDecide,
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
    fn nothing_is_requested_where_aws_would_refuse_it() {
        for status in STATUSES {
            let startable = ["ready", "stopped", "failed"].contains(status);
            assert_eq!(matches!(start(status, true), Start::First | Start::Resume), startable, "{status}");
            assert_eq!(stop(status) == Stop::Request, ["running", "starting"].contains(status), "{status}");
        }
    }
}
