//! The causes that failures are reduced to.

use super::{CAREFUL, acts, desired, fail_creation};
use crate::base::error::Kind;
use crate::base::report::{Collected, Reporter};
use crate::cloudformation::fake::{NAME, World, serve, step};

const RACE: &str = "The IAM Role arn:aws:iam::123456789012:role/dms-vpc-role is not configured properly. (Service: DatabaseMigration, Status Code: 400)";

#[tokio::test]
async fn attaching_to_a_failing_operation_reports_the_cause() {
    let mut failing = World::with(NAME, "CREATE_COMPLETE");
    let stack = failing.stack(NAME);
    stack.happen(step("Old", "UPDATE_FAILED", "of an operation before"));
    stack.happen(step("stack", "UPDATE_IN_PROGRESS", ""));
    stack.coming = [
        step("Sibling", "UPDATE_FAILED", "Resource update cancelled"),
        step("Table", "UPDATE_FAILED", "the real cause"),
        step("stack", "UPDATE_ROLLBACK_IN_PROGRESS", "failed: [Table]"),
        step("stack", "UPDATE_ROLLBACK_COMPLETE", ""),
    ]
    .into();
    let (_server, engine) = serve(failing);
    let error = engine.deploy(&desired(), CAREFUL, None).await.unwrap_err();
    assert!(error.message().ends_with("Table (AWS::X::Y) UPDATE_FAILED: the real cause"), "{}", error.message());
    assert_eq!(error.kind(), Kind::StackFailed);
    let console = error.data().unwrap()["console"].as_str().unwrap();
    assert!(console.starts_with("https://eu-central-1.console.aws.amazon.com/cloudformation/"), "{console}");
}

#[tokio::test]
async fn a_nested_stacks_failure_is_followed_to_its_resource() {
    let mut world = World::default();
    let failing = |inner: &str| {
        let id = format!("arn:aws:cloudformation:eu-central-1:123456789012:stack/{inner}/0");
        let reason = "Embedded stack was not successfully created: [X]";
        step("Inner", "CREATE_FAILED", reason).kind("AWS::CloudFormation::Stack").physical(&id)
    };
    fail_creation(&mut world, NAME, failing("middle"));
    let middle = world.stack("middle");
    middle.happen(step("stack", "CREATE_IN_PROGRESS", ""));
    middle.happen(step("Cancelled", "CREATE_FAILED", "Resource creation cancelled"));
    middle.happen(failing("deepest"));
    let deepest = world.stack("deepest");
    deepest.happen(step("stack", "CREATE_IN_PROGRESS", ""));
    deepest.happen(step("Queue", "CREATE_FAILED", "the cause in the depths"));
    let (_server, engine) = serve(world);
    let error = engine.deploy(&desired(), CAREFUL, None).await.unwrap_err();
    assert_eq!(error.message(), "stack deepest: Queue (AWS::X::Y) CREATE_FAILED: the cause in the depths");
}

#[tokio::test]
async fn findings_of_validation_and_hooks_are_added_if_readable() {
    let failing = || {
        let mut world = World::default();
        fail_creation(&mut world, NAME, step("Bucket", "CREATE_FAILED", "a hook"));
        world
    };
    let mut detailed = failing();
    detailed.details = Some(vec![
        ("HOOK_INVOCATION_ERROR", "Bucket", "Corp::Encryption::Hook", "encryption is off"),
        ("VALIDATION_ERROR", "Bucket", "NAME_CONFLICT_VALIDATION", "the name is taken"),
    ]);
    let (_server, engine) = serve(detailed);
    let error = engine.deploy(&desired(), CAREFUL, None).await.unwrap_err();
    let hints: Vec<_> = error.hints().collect();
    assert!(hints[0].ends_with("Bucket: Corp::Encryption::Hook: encryption is off"), "{hints:?}");
    assert!(hints[1].ends_with("Bucket: NAME_CONFLICT_VALIDATION: the name is taken"), "{hints:?}");

    let mut denied = failing();
    denied.details = None;
    let (server, engine) = serve(denied);
    let error = engine.deploy(&desired(), CAREFUL, None).await.unwrap_err();
    assert!(error.message().ends_with("CREATE_FAILED: a hook"), "{}", error.message());
    assert_eq!(server.world().count("DescribeEvents"), 1);
}

/// A first attempt that fails over the role, and a second one as scripted.
fn racing(attempts: usize) -> World {
    let mut world = World::default();
    for _ in 0..attempts {
        let failure = step("SubnetGroup", "CREATE_FAILED", RACE).kind("AWS::DMS::ReplicationSubnetGroup");
        fail_creation(&mut world, NAME, failure);
    }
    world
}

#[tokio::test]
async fn deploy_waits_for_a_new_role() {
    let (server, engine) = serve(racing(2));
    engine.deploy(&desired(), CAREFUL, None).await.unwrap();
    let once = ["ExecuteChangeSet", "DeleteStack"];
    assert_eq!(acts(&server), [once[0], once[1], once[0], once[1], once[0]]);
}

#[tokio::test]
async fn a_role_that_stays_unknown_fails_the_deploy() {
    let (server, engine) = serve(racing(10));
    let error = engine.deploy(&desired(), CAREFUL, None).await.unwrap_err();
    assert_eq!(error.data().unwrap()["remedy"], "dms-vpc-role");
    assert_eq!(acts(&server).iter().filter(|act| *act == "ExecuteChangeSet").count(), 4);
}

#[tokio::test]
async fn a_denied_request_names_the_action() {
    let mut denied = World::default();
    let reason = "User: u is not authorized to perform: iam:CreateRole on resource: r";
    fail_creation(&mut denied, NAME, step("Role", "CREATE_FAILED", reason).kind("AWS::IAM::Role"));
    let (_server, engine) = serve(denied);
    let error = engine.deploy(&desired(), CAREFUL, None).await.unwrap_err();
    assert!(error.hints().any(|hint| hint.contains("grant iam:CreateRole")));
}

#[tokio::test]
async fn a_change_set_that_can_not_be_deleted_does_not_hide_the_result() {
    let replacement = vec![("Modify", "Database", "AWS::RDS::DBInstance", "True")];
    for (changes, expected) in [(replacement, Some(Kind::Usage)), (Vec::new(), None)] {
        let mut world = World::with(NAME, "CREATE_COMPLETE");
        world.stack(NAME).changes = Some(changes);
        let (server, mut engine) = serve(world);
        let reporter = Collected::default();
        engine.reporter = reporter.share();
        server.world().refused = vec!["DeleteChangeSet"];
        let result = engine.deploy(&desired(), CAREFUL, None).await;
        assert_eq!(result.err().map(|error| error.kind()), expected);
        let warnings = reporter.warnings();
        assert!(warnings.len() == 1 && warnings[0].starts_with("delete a change set of stack"), "{warnings:?}");
    }
}
