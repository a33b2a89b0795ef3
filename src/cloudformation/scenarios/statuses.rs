//! The effect of each command on a stack in each status.

use aws_sdk_cloudformation::types::StackStatus;

use super::{BOLD, acts, desired};
use crate::base::error::Kind;
use crate::cloudformation::RecoverOptions;
use crate::cloudformation::fake::{NAME, World, serve, step};

/// Calls that change a stack, or the exit code of a refusal.
type Calls = Result<&'static [&'static str], u8>;

/// A stack in this status whose running operation, if any, succeeds; it is in the desired state.
fn standing(status: &str) -> World {
    let mut world = World::with(NAME, status);
    let stack = world.stack(NAME);
    if status.ends_with("_IN_PROGRESS") && status != "REVIEW_IN_PROGRESS" {
        let verb = status.replace("_COMPLETE_CLEANUP_IN_PROGRESS", "").replace("_IN_PROGRESS", "");
        stack.coming.push_back(step("stack", &format!("{verb}_COMPLETE"), ""));
    }
    if !matches!(
        status,
        "CREATE_FAILED" | "ROLLBACK_COMPLETE" | "ROLLBACK_FAILED" | "DELETE_COMPLETE" | "REVIEW_IN_PROGRESS"
    ) {
        stack.changes = Some(Vec::new());
    }
    world
}

#[tokio::test]
async fn every_status_makes_the_calls_of_the_table() {
    // Status → the calls of deploy, and of recover; an exit code where it refuses.
    let nothing: Calls = Ok(&[]);
    let table: Vec<(&str, Calls, Calls)> = vec![
        ("CREATE_COMPLETE", nothing, nothing),
        ("CREATE_FAILED", Ok(&["DeleteStack", "ExecuteChangeSet"]), Ok(&["DeleteStack"])),
        ("CREATE_IN_PROGRESS", nothing, nothing),
        ("DELETE_COMPLETE", Ok(&["ExecuteChangeSet"]), nothing),
        ("DELETE_FAILED", Err(6), Ok(&["DeleteStack"])),
        ("DELETE_IN_PROGRESS", Ok(&["ExecuteChangeSet"]), nothing),
        ("IMPORT_COMPLETE", nothing, nothing),
        ("IMPORT_IN_PROGRESS", nothing, nothing),
        ("IMPORT_ROLLBACK_COMPLETE", nothing, nothing),
        ("IMPORT_ROLLBACK_FAILED", Err(6), Err(6)),
        ("IMPORT_ROLLBACK_IN_PROGRESS", Err(1), nothing),
        ("REVIEW_IN_PROGRESS", Ok(&["ExecuteChangeSet"]), nothing),
        ("ROLLBACK_COMPLETE", Ok(&["DeleteStack", "ExecuteChangeSet"]), Ok(&["DeleteStack"])),
        ("ROLLBACK_FAILED", Ok(&["DeleteStack", "ExecuteChangeSet"]), Ok(&["DeleteStack"])),
        ("ROLLBACK_IN_PROGRESS", Err(1), Ok(&["DeleteStack"])),
        ("UPDATE_COMPLETE", nothing, nothing),
        ("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", nothing, nothing),
        ("UPDATE_FAILED", Err(6), Ok(&["RollbackStack"])),
        ("UPDATE_IN_PROGRESS", nothing, nothing),
        ("UPDATE_ROLLBACK_COMPLETE", nothing, nothing),
        ("UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS", nothing, nothing),
        ("UPDATE_ROLLBACK_FAILED", Err(6), Ok(&["ContinueUpdateRollback"])),
        ("UPDATE_ROLLBACK_IN_PROGRESS", Err(1), nothing),
        ("MELTED", Err(6), Err(6)),
    ];
    let listed: Vec<_> = table.iter().map(|row| row.0).collect();
    assert!(StackStatus::values().iter().all(|status| listed.contains(status)), "a status has no row");
    for (status, deploys, recovers) in table {
        let mut world = standing(status);
        // After the deletion in progress the stack is created again.
        if status == "DELETE_IN_PROGRESS" {
            world.stack(NAME).changes = None;
        }
        let (server, engine) = serve(world);
        let end = engine.deploy(&desired(), BOLD, None).await.map(|_| ()).map_err(|error| error.exit_code());
        assert_eq!(end.err(), deploys.err(), "deploy at {status}");
        assert_eq!(acts(&server), deploys.unwrap_or_default(), "deploy at {status}");

        let (server, engine) = serve(standing(status));
        let end = engine.recover("database", NAME, &RecoverOptions::default()).await;
        let end = end.map(|_| ()).map_err(|error| error.exit_code());
        assert_eq!(end.err(), recovers.err(), "recover at {status}");
        assert_eq!(acts(&server), recovers.unwrap_or_default(), "recover at {status}");
    }
}

#[tokio::test]
async fn stacks_that_need_recovery_hint_at_recover() {
    for status in ["UPDATE_ROLLBACK_FAILED", "DELETE_FAILED", "UPDATE_FAILED"] {
        let (_server, engine) = serve(World::with(NAME, status));
        let error = engine.deploy(&desired(), BOLD, None).await.unwrap_err();
        assert_eq!((error.kind(), error.exit_code()), (Kind::NeedsRecovery, 6));
        assert!(error.hints().any(|hint| hint == "run `outboxctl recover database`"), "{status}");
    }
}

#[tokio::test]
async fn a_rollback_skips_resources_only_on_request() {
    for skip in [vec![], vec!["Table".to_owned()]] {
        let (server, engine) = serve(World::with(NAME, "UPDATE_ROLLBACK_FAILED"));
        let options = RecoverOptions { skip: skip.clone(), ..RecoverOptions::default() };
        let recovered = engine.recover("database", NAME, &options).await.unwrap();
        assert_eq!(
            (recovered.after.as_str(), recovered.action),
            ("UPDATE_ROLLBACK_COMPLETE", Some("ContinueUpdateRollback"))
        );
        let world = server.world();
        let form = world.forms("ContinueUpdateRollback")[0];
        assert_eq!(form.get("ResourcesToSkip.member.1"), skip.first());
    }
}

#[tokio::test]
async fn a_deletion_that_fails_again_names_the_resources() {
    let mut stuck = World::with(NAME, "DELETE_FAILED");
    let again = vec![
        step("stack", "DELETE_IN_PROGRESS", ""),
        step("Bucket", "DELETE_FAILED", "The bucket you tried to delete is not empty"),
        step("stack", "DELETE_FAILED", "The following resource(s) failed to delete: [Bucket]."),
    ];
    stuck.stack(NAME).script("delete", again);
    let (server, engine) = serve(stuck);
    let error = engine.recover("database", NAME, &RecoverOptions::default()).await.unwrap_err();
    assert_eq!(error.kind(), Kind::NeedsRecovery);
    assert!(error.message().ends_with("The bucket you tried to delete is not empty"), "{}", error.message());
    assert!(error.hints().any(|hint| hint.contains("outboxctl recover database --retain Bucket")));

    let options = RecoverOptions { retain: vec!["Bucket".into()], ..RecoverOptions::default() };
    let recovered = engine.recover("database", NAME, &options).await.unwrap();
    assert_eq!((recovered.before.as_str(), recovered.after.as_str()), ("DELETE_FAILED", "not deployed"));
    let world = server.world();
    let deletions = world.forms("DeleteStack");
    assert_eq!(deletions[0].get("RetainResources.member.1"), None);
    assert_eq!(deletions[1].get("RetainResources.member.1").map(String::as_str), Some("Bucket"));
    assert!(deletions.iter().all(|form| !form.contains_key("DeletionMode")));
}

#[tokio::test]
async fn a_protected_stack_is_not_deleted_by_recover() {
    let mut world = World::with(NAME, "ROLLBACK_COMPLETE");
    world.stack(NAME).protected = true;
    let (server, engine) = serve(world);
    assert_eq!(engine.recover("database", NAME, &RecoverOptions::default()).await.unwrap_err().kind(), Kind::Usage);
    assert_eq!(acts(&server), [""; 0]);
}

#[tokio::test]
async fn watch_returns_the_stacks_final_status() {
    let mut busy = World::with(NAME, "UPDATE_IN_PROGRESS");
    busy.stack(NAME).coming = [step("Bucket", "UPDATE_COMPLETE", ""), step("stack", "UPDATE_COMPLETE", "")].into();
    let (_server, engine) = serve(busy);
    let watched = engine.watch("database", NAME).await.unwrap();
    assert_eq!((watched.status.as_str(), watched.attached), ("UPDATE_COMPLETE", true));
    let watched = engine.watch("database", NAME).await.unwrap();
    assert!(!watched.attached, "nothing is under way any more");

    let mut failing = World::with(NAME, "UPDATE_IN_PROGRESS");
    failing.stack(NAME).coming =
        [step("Table", "UPDATE_FAILED", "the cause"), step("stack", "UPDATE_ROLLBACK_FAILED", "")].into();
    let (_server, engine) = serve(failing);
    for _ in 0..2 {
        let error = engine.watch("database", NAME).await.unwrap_err();
        assert_eq!(error.exit_code(), 6);
        assert!(error.message().ends_with("the cause"), "{}", error.message());
    }
}

#[tokio::test]
async fn only_an_update_is_cancelled() {
    let (server, engine) = serve(World::with(NAME, "UPDATE_IN_PROGRESS"));
    assert!(engine.cancel(NAME).await.unwrap());
    assert_eq!(acts(&server), ["CancelUpdateStack"]);
    assert_eq!(engine.watch("database", NAME).await.unwrap_err().exit_code(), 1);

    let (server, engine) = serve(World::with(NAME, "CREATE_IN_PROGRESS"));
    assert!(!engine.cancel(NAME).await.unwrap());
    assert_eq!(acts(&server), [""; 0]);
}
