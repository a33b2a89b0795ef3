//! The one table of stack statuses: their meaning, and the actions of `deploy`, `destroy` and `recover` for them.

use aws_sdk_cloudformation::types::{Stack as Described, StackStatus};

/// The phase of the stack's latest operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// In progress.
    Running,
    /// The stack matches its template. Old resources may still be cleaned up.
    Good,
    /// The operation failed, and the stack is in its previous state or in between.
    Bad,
    /// The stack is deleted.
    Gone,
}

/// The action of `deploy` for a stack in this status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnDeploy {
    Create,
    Update,
    /// Attach to the operation in progress, then check again.
    Wait,
    /// The creation failed and it can only be deleted; delete it, then create.
    Recreate,
    /// Only change sets so far: continue if they are ours.
    Review,
    /// Needs a decision of the user.
    Recover,
}

/// The action of `destroy` for a stack in this status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnDestroy {
    Nothing,
    Delete,
    /// CloudFormation refuses to delete now: wait, then check again.
    Wait,
    /// Only change sets so far: delete if they are ours.
    Review,
}

/// The action of `recover` for a stack in this status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnRecover {
    /// Ready for `deploy`.
    Nothing,
    /// Attach to the operation in progress, then check again.
    Wait,
    /// Roll back to the last stable state: `RollbackStack`.
    Rollback,
    /// Continue a rollback that got stuck: `ContinueUpdateRollback`.
    Continue,
    /// The creation failed and it can only be deleted.
    Delete,
    /// Repeat a deletion that got stuck, keeping the resources that the user names: `DeleteStack` with resources to
    /// retain.
    ForceDelete,
    /// No call helps: report the reason.
    Refuse,
}

/// A row of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Actions {
    pub phase: Phase,
    pub deploy: OnDeploy,
    pub destroy: OnDestroy,
    pub recover: OnRecover,
}

impl Actions {
    /// Returns whether an operation or its cleanup is in progress.
    pub fn is_in_progress(self) -> bool {
        self.deploy == OnDeploy::Wait
    }
}

/// Returns the stack's status; CloudFormation always gives one.
pub(super) fn status_of(stack: &Described) -> &StackStatus {
    stack.stack_status().unwrap_or(&StackStatus::ReviewInProgress)
}

/// Returns the row for the stack's status.
pub(super) fn actions_of(stack: &Described) -> Actions {
    actions(status_of(stack))
}

/// Returns the row for a status. `deploy` and `recover` never act on a status that this executable does not know.
pub fn actions(status: &StackStatus) -> Actions {
    use StackStatus as S;
    let row = |phase, deploy, destroy, recover| Actions { phase, deploy, destroy, recover };
    match status {
        S::CreateComplete | S::UpdateComplete | S::ImportComplete => {
            row(Phase::Good, OnDeploy::Update, OnDestroy::Delete, OnRecover::Nothing)
        }
        // The new resources are in use; only old ones are still being removed.
        S::UpdateCompleteCleanupInProgress => row(Phase::Good, OnDeploy::Wait, OnDestroy::Wait, OnRecover::Wait),

        S::CreateInProgress
        | S::UpdateInProgress
        | S::ImportInProgress
        | S::RollbackInProgress
        | S::UpdateRollbackInProgress
        | S::ImportRollbackInProgress
        | S::DeleteInProgress => row(Phase::Running, OnDeploy::Wait, OnDestroy::Wait, OnRecover::Wait),

        S::UpdateRollbackCompleteCleanupInProgress => row(Phase::Bad, OnDeploy::Wait, OnDestroy::Wait, OnRecover::Wait),
        // Back on the earlier template, which can be updated.
        S::UpdateRollbackComplete | S::ImportRollbackComplete => {
            row(Phase::Bad, OnDeploy::Update, OnDestroy::Delete, OnRecover::Nothing)
        }
        // The end of an update with rollback disabled. CloudFormation refuses every update that could roll back ("Stack
        // failure options" in its user guide), so it is rolled back first.
        S::UpdateFailed => row(Phase::Bad, OnDeploy::Recover, OnDestroy::Delete, OnRecover::Rollback),
        S::CreateFailed | S::RollbackComplete | S::RollbackFailed => {
            row(Phase::Bad, OnDeploy::Recreate, OnDestroy::Delete, OnRecover::Delete)
        }
        // The remaining resources may hold data that its owner needs: not for `deploy` to delete.
        S::DeleteFailed => row(Phase::Bad, OnDeploy::Recover, OnDestroy::Delete, OnRecover::ForceDelete),
        S::UpdateRollbackFailed => row(Phase::Bad, OnDeploy::Recover, OnDestroy::Delete, OnRecover::Continue),
        S::ImportRollbackFailed => row(Phase::Bad, OnDeploy::Recover, OnDestroy::Delete, OnRecover::Refuse),

        S::ReviewInProgress => row(Phase::Running, OnDeploy::Review, OnDestroy::Review, OnRecover::Nothing),
        S::DeleteComplete => row(Phase::Gone, OnDeploy::Create, OnDestroy::Nothing, OnRecover::Nothing),
        _ => row(Phase::Bad, OnDeploy::Recover, OnDestroy::Delete, OnRecover::Refuse),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_status_of_cloudformation_is_in_the_table() {
        use {OnDeploy as D, OnDestroy as X, OnRecover as R, Phase as P};
        let table = [
            ("CREATE_COMPLETE", P::Good, D::Update, X::Delete, R::Nothing),
            ("CREATE_FAILED", P::Bad, D::Recreate, X::Delete, R::Delete),
            ("CREATE_IN_PROGRESS", P::Running, D::Wait, X::Wait, R::Wait),
            ("DELETE_COMPLETE", P::Gone, D::Create, X::Nothing, R::Nothing),
            ("DELETE_FAILED", P::Bad, D::Recover, X::Delete, R::ForceDelete),
            ("DELETE_IN_PROGRESS", P::Running, D::Wait, X::Wait, R::Wait),
            ("IMPORT_COMPLETE", P::Good, D::Update, X::Delete, R::Nothing),
            ("IMPORT_IN_PROGRESS", P::Running, D::Wait, X::Wait, R::Wait),
            ("IMPORT_ROLLBACK_COMPLETE", P::Bad, D::Update, X::Delete, R::Nothing),
            ("IMPORT_ROLLBACK_FAILED", P::Bad, D::Recover, X::Delete, R::Refuse),
            ("IMPORT_ROLLBACK_IN_PROGRESS", P::Running, D::Wait, X::Wait, R::Wait),
            ("REVIEW_IN_PROGRESS", P::Running, D::Review, X::Review, R::Nothing),
            ("ROLLBACK_COMPLETE", P::Bad, D::Recreate, X::Delete, R::Delete),
            ("ROLLBACK_FAILED", P::Bad, D::Recreate, X::Delete, R::Delete),
            ("ROLLBACK_IN_PROGRESS", P::Running, D::Wait, X::Wait, R::Wait),
            ("UPDATE_COMPLETE", P::Good, D::Update, X::Delete, R::Nothing),
            ("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", P::Good, D::Wait, X::Wait, R::Wait),
            ("UPDATE_FAILED", P::Bad, D::Recover, X::Delete, R::Rollback),
            ("UPDATE_IN_PROGRESS", P::Running, D::Wait, X::Wait, R::Wait),
            ("UPDATE_ROLLBACK_COMPLETE", P::Bad, D::Update, X::Delete, R::Nothing),
            ("UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS", P::Bad, D::Wait, X::Wait, R::Wait),
            ("UPDATE_ROLLBACK_FAILED", P::Bad, D::Recover, X::Delete, R::Continue),
            ("UPDATE_ROLLBACK_IN_PROGRESS", P::Running, D::Wait, X::Wait, R::Wait),
        ];
        for (name, phase, deploy, destroy, recover) in table {
            assert_eq!(actions(&StackStatus::from(name)), Actions { phase, deploy, destroy, recover }, "{name}");
        }
        let mut listed = table.map(|row| row.0);
        let mut known = StackStatus::values().to_vec();
        listed.sort_unstable();
        known.sort_unstable();
        assert_eq!(known, listed, "the SDK knows a status that has no row");
    }

    #[test]
    fn an_unknown_status_is_never_acted_on() {
        let row = actions(&StackStatus::from("MELTED"));
        assert_eq!((row.deploy, row.recover), (OnDeploy::Recover, OnRecover::Refuse));
    }
}
