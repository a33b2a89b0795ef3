//! The one table: stack status → what it means, what `deploy` does about it, what `destroy` does about it.

use aws_sdk_cloudformation::types::StackStatus;

/// Where the stack's latest operation stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// CloudFormation works on it.
    Running,
    /// The stack is what its template says. Old resources may still be cleaned up.
    Good,
    /// The operation failed, and the stack is what it was before, or half of each.
    Bad,
    /// The stack is gone.
    Gone,
}

/// What `deploy` does with a stack it meets in this status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnDeploy {
    Create,
    Update,
    /// Attach to the operation under way, then look again.
    Wait,
    /// It never got to life and can only be deleted; delete it, then create.
    Recreate,
    /// Only change sets so far: go on if they are ours.
    Review,
    /// Needs a decision that `deploy` must not take.
    Recover,
}

/// What `destroy` does with a stack it meets in this status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnDestroy {
    Nothing,
    Delete,
    /// CloudFormation refuses to delete now: wait, then look again.
    Wait,
    /// Only change sets so far: delete if they are ours.
    Review,
}

/// A row of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Actions {
    pub phase: Phase,
    pub deploy: OnDeploy,
    pub destroy: OnDestroy,
}

/// The row for a status. A status that this executable does not know is never acted on by `deploy`.
pub fn actions(status: &StackStatus) -> Actions {
    use StackStatus as S;
    let row = |phase, deploy, destroy| Actions { phase, deploy, destroy };
    match status {
        S::CreateComplete | S::UpdateComplete | S::ImportComplete => {
            row(Phase::Good, OnDeploy::Update, OnDestroy::Delete)
        }
        // The new resources serve already; only old ones are still being removed.
        S::UpdateCompleteCleanupInProgress => row(Phase::Good, OnDeploy::Wait, OnDestroy::Wait),

        S::CreateInProgress
        | S::UpdateInProgress
        | S::ImportInProgress
        | S::RollbackInProgress
        | S::UpdateRollbackInProgress
        | S::ImportRollbackInProgress
        | S::DeleteInProgress => row(Phase::Running, OnDeploy::Wait, OnDestroy::Wait),

        S::UpdateRollbackCompleteCleanupInProgress => row(Phase::Bad, OnDeploy::Wait, OnDestroy::Wait),
        // Back on the earlier template, which is a fine place to update from. UPDATE_FAILED is where an update with
        // rollback disabled stops; the next update goes on from there.
        S::UpdateRollbackComplete | S::ImportRollbackComplete | S::UpdateFailed => {
            row(Phase::Bad, OnDeploy::Update, OnDestroy::Delete)
        }
        S::CreateFailed | S::RollbackComplete | S::RollbackFailed | S::DeleteFailed => {
            row(Phase::Bad, OnDeploy::Recreate, OnDestroy::Delete)
        }
        S::UpdateRollbackFailed | S::ImportRollbackFailed => row(Phase::Bad, OnDeploy::Recover, OnDestroy::Delete),

        S::ReviewInProgress => row(Phase::Running, OnDeploy::Review, OnDestroy::Review),
        S::DeleteComplete => row(Phase::Gone, OnDeploy::Create, OnDestroy::Nothing),
        _ => row(Phase::Bad, OnDeploy::Recover, OnDestroy::Delete),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_status_has_an_action() {
        for name in StackStatus::values() {
            let row = actions(&StackStatus::from(*name));
            assert_eq!(
                row.phase == Phase::Running,
                name.ends_with("IN_PROGRESS") && !name.contains("CLEANUP"),
                "{name}: phase"
            );
            if name.ends_with("IN_PROGRESS") && *name != "REVIEW_IN_PROGRESS" {
                assert_eq!((row.deploy, row.destroy), (OnDeploy::Wait, OnDestroy::Wait), "{name}");
            } else {
                assert_ne!(row.deploy, OnDeploy::Wait, "{name} does not change by itself");
                assert_ne!(row.destroy, OnDestroy::Wait, "{name} does not change by itself");
            }
            if name.ends_with("FAILED") || name.contains("ROLLBACK_COMPLETE") {
                assert_eq!(row.phase, Phase::Bad, "{name}");
            }
        }
    }

    #[test]
    fn an_unknown_status_is_never_acted_on() {
        assert_eq!(actions(&StackStatus::from("MELTED")).deploy, OnDeploy::Recover);
    }

    #[test]
    fn what_never_lived_is_made_anew_and_what_lived_is_updated() {
        assert_eq!(actions(&StackStatus::RollbackComplete).deploy, OnDeploy::Recreate);
        assert_eq!(actions(&StackStatus::UpdateRollbackComplete).deploy, OnDeploy::Update);
        assert_eq!(actions(&StackStatus::UpdateRollbackFailed).deploy, OnDeploy::Recover);
        assert_eq!(actions(&StackStatus::DeleteComplete).deploy, OnDeploy::Create);
    }
}
