//! The engine against a CloudFormation that plays the awkward cases.

use super::events::Follower;
use super::fake::{ID, NAME, World, serve};
use super::{Desired, Guard};
use crate::error::Kind;

const CAREFUL: Guard = Guard { allow_replacement: false };

fn desired() -> Desired {
    Desired { name: NAME.into(), scope: "database".into(), template: "{}", parameters: vec![], tags: vec![] }
}

/// A stack in this status, after an operation that began long ago.
fn world(status: &'static str) -> World {
    let mut world = World::default();
    world.happen(("stack", "CREATE_IN_PROGRESS", ""));
    world.happen(("stack", status, ""));
    world
}

#[tokio::test]
async fn a_new_stack_is_created_with_one_execution() {
    let fresh = World {
        changes: vec![("Add", "Bucket", "AWS::S3::Bucket", "")],
        on_execute: vec![
            ("stack", "CREATE_IN_PROGRESS", ""),
            ("Bucket", "CREATE_COMPLETE", ""),
            ("stack", "CREATE_COMPLETE", ""),
        ],
        ..World::default()
    };
    let (world, engine) = serve(fresh).await;
    let deployed = engine.deploy(&desired(), CAREFUL).await.unwrap();
    assert_eq!(deployed.changes.len(), 1);
    let world = world.lock().unwrap();
    assert_eq!(world.count("ExecuteChangeSet"), 1);
    let (_, form) = world.calls.iter().find(|(action, _)| action == "ExecuteChangeSet").unwrap();
    assert_eq!(form["RetainExceptOnCreate"], "true");
    assert_eq!(
        form["ClientRequestToken"],
        super::engine::token(["set"]),
        "derived, so that a repeat is the same request"
    );
}

#[tokio::test]
async fn throttling_changes_nothing_but_the_time() {
    let mut throttling = world("CREATE_COMPLETE");
    throttling.throttle_every = 4;
    throttling.changes = vec![("Modify", "Bucket", "AWS::S3::Bucket", "False")];
    throttling.on_execute = vec![("stack", "UPDATE_IN_PROGRESS", ""), ("stack", "UPDATE_COMPLETE", "")];
    let (world, engine) = serve(throttling).await;
    engine.deploy(&desired(), CAREFUL).await.unwrap();
    assert_eq!(world.lock().unwrap().status.as_deref(), Some("UPDATE_COMPLETE"));
}

#[tokio::test]
async fn an_operation_under_way_is_attached_to_and_no_change_is_success() {
    let mut busy = world("CREATE_COMPLETE");
    busy.happen(("stack", "UPDATE_IN_PROGRESS", ""));
    busy.coming = [("Bucket", "UPDATE_COMPLETE", ""), ("stack", "UPDATE_COMPLETE", "")].into();
    let (world, engine) = serve(busy).await;
    let deployed = engine.deploy(&desired(), CAREFUL).await.unwrap();
    assert!(deployed.changes.is_empty());
    let world = world.lock().unwrap();
    assert_eq!((world.count("ExecuteChangeSet"), world.count("DeleteChangeSet")), (0, 1));
}

#[tokio::test]
async fn another_deploy_that_is_faster_is_no_failure() {
    let mut contested = world("CREATE_COMPLETE");
    contested.contests = 2;
    let (world, engine) = serve(contested).await;
    assert!(engine.deploy(&desired(), CAREFUL).await.unwrap().changes.is_empty());
    assert_eq!(world.lock().unwrap().count("CreateChangeSet"), 3);
}

#[tokio::test]
async fn attached_to_a_failure_the_cause_is_told() {
    let mut failing = world("CREATE_COMPLETE");
    failing.happen(("Old", "UPDATE_FAILED", "of an operation before"));
    failing.happen(("stack", "UPDATE_IN_PROGRESS", ""));
    failing.coming = [
        ("Sibling", "UPDATE_FAILED", "Resource update cancelled"),
        ("Table", "UPDATE_FAILED", "the real cause"),
        ("stack", "UPDATE_ROLLBACK_IN_PROGRESS", "failed: [Table]"),
        ("stack", "UPDATE_ROLLBACK_COMPLETE", ""),
    ]
    .into();
    let (_, engine) = serve(failing).await;
    let error = engine.deploy(&desired(), CAREFUL).await.unwrap_err();
    assert!(error.message().ends_with("Table (T) UPDATE_FAILED: the real cause"), "{}", error.message());
}

#[tokio::test]
async fn what_never_lived_is_deleted_and_made_anew() {
    let mut dead = world("ROLLBACK_COMPLETE");
    dead.changes = vec![("Add", "Bucket", "AWS::S3::Bucket", "")];
    dead.on_delete = vec![("stack", "DELETE_IN_PROGRESS", ""), ("stack", "DELETE_COMPLETE", "")];
    dead.on_execute = vec![("stack", "CREATE_IN_PROGRESS", ""), ("stack", "CREATE_COMPLETE", "")];
    let (world, engine) = serve(dead).await;
    engine.deploy(&desired(), CAREFUL).await.unwrap();
    let world = world.lock().unwrap();
    assert_eq!((world.count("DeleteStack"), world.count("ExecuteChangeSet")), (1, 1));
}

#[tokio::test]
async fn a_foreign_change_set_is_neither_executed_nor_deleted() {
    let mut reviewed = World::default();
    reviewed.happen(("stack", "REVIEW_IN_PROGRESS", ""));
    reviewed.foreign_change_sets = vec!["somebody-elses"];
    let (world, engine) = serve(reviewed).await;
    assert_eq!(engine.deploy(&desired(), CAREFUL).await.unwrap_err().kind(), Kind::NeedsRecovery);
    assert_eq!(engine.destroy("database", NAME).await.unwrap_err().kind(), Kind::NeedsRecovery);
    let world = world.lock().unwrap();
    for action in ["CreateChangeSet", "DeleteChangeSet", "ExecuteChangeSet", "DeleteStack"] {
        assert_eq!(world.count(action), 0, "{action}");
    }
}

#[tokio::test]
async fn a_failed_rollback_needs_a_person() {
    let (_, engine) = serve(world("UPDATE_ROLLBACK_FAILED")).await;
    let error = engine.deploy(&desired(), CAREFUL).await.unwrap_err();
    assert_eq!((error.kind(), error.exit_code()), (Kind::NeedsRecovery, 6));
}

#[tokio::test]
async fn replacing_a_database_needs_its_own_flag() {
    let mut replacing = world("CREATE_COMPLETE");
    replacing.changes = vec![("Modify", "Database", "AWS::RDS::DBInstance", "True")];
    replacing.on_execute = vec![("stack", "UPDATE_IN_PROGRESS", ""), ("stack", "UPDATE_COMPLETE", "")];
    let (world, engine) = serve(replacing).await;
    let error = engine.deploy(&desired(), CAREFUL).await.unwrap_err();
    assert_eq!(error.kind(), Kind::Usage);
    {
        let world = world.lock().unwrap();
        assert_eq!((world.count("ExecuteChangeSet"), world.count("DeleteChangeSet")), (0, 1));
    }
    engine.deploy(&desired(), Guard { allow_replacement: true }).await.unwrap();
}

#[tokio::test]
async fn events_are_handed_out_once_in_order_over_many_pages() {
    let mut long = World::default();
    for _ in 0..250 {
        long.happen(("Bucket", "UPDATE_IN_PROGRESS", ""));
    }
    let (world, engine) = serve(long).await;
    let mut follower = Follower::from_now(&engine, ID).await.unwrap();
    assert!(follower.next(&engine).await.unwrap().is_empty());
    {
        let mut world = world.lock().unwrap();
        for _ in 0..230 {
            world.happen(("Bucket", "UPDATE_COMPLETE", ""));
        }
    }
    let fresh = follower.next(&engine).await.unwrap();
    let ids: Vec<_> = fresh.iter().filter_map(|event| event.event_id()).collect();
    let expected: Vec<_> = (250..480).map(|number| format!("event-{number}")).collect();
    assert_eq!(ids, expected);
    assert!(follower.next(&engine).await.unwrap().is_empty());
}
