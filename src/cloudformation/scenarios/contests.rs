//! Change sets under concurrent deploys: executed once, and never those of others.

use super::{BOLD, CAREFUL, acts, desired};
use crate::base::error::Kind;
use crate::cloudformation::change_set::Desired;
use crate::cloudformation::engine::token;
use crate::cloudformation::fake::{NAME, World, serve, step};
use crate::cloudformation::{Consent, Guard};

#[tokio::test]
async fn a_new_stack_is_created_with_one_execution() {
    let (server, engine) = serve(World::default());
    let deployed = engine.deploy(&desired(), CAREFUL, None).await.unwrap();
    assert_eq!(deployed.changes.len(), 1);
    assert!(engine.under_way().is_empty());
    let world = server.world();
    let forms = world.forms("ExecuteChangeSet");
    assert_eq!(forms.len(), 1);
    assert_eq!(forms[0]["RetainExceptOnCreate"], "true");
    let derived = token([forms[0]["ChangeSetName"].as_str()]);
    assert_eq!(forms[0]["ClientRequestToken"], derived, "derived, so that a repeat is the same request");
}

#[tokio::test]
async fn deploy_attaches_to_an_operation_and_no_change_is_success() {
    let mut busy = World::with(NAME, "UPDATE_IN_PROGRESS");
    let stack = busy.stack(NAME);
    stack.coming = [step("Bucket", "UPDATE_COMPLETE", ""), step("stack", "UPDATE_COMPLETE", "")].into();
    stack.changes = Some(Vec::new());
    let (server, engine) = serve(busy);
    let deployed = engine.deploy(&desired(), CAREFUL, None).await.unwrap();
    assert!(deployed.changes.is_empty());
    assert_eq!((acts(&server).len(), server.world().count("DeleteChangeSet")), (0, 1));
}

#[tokio::test]
async fn a_concurrent_deploy_is_not_a_failure() {
    let mut contested = World::with(NAME, "CREATE_COMPLETE");
    contested.stack(NAME).contests = 2;
    contested.stack(NAME).changes = Some(Vec::new());
    let (server, engine) = serve(contested);
    assert!(engine.deploy(&desired(), CAREFUL, None).await.unwrap().changes.is_empty());
    assert_eq!(server.world().count("CreateChangeSet"), 3);
}

#[tokio::test]
async fn a_foreign_change_set_is_neither_executed_nor_deleted() {
    let mut reviewed = World::default();
    let stack = reviewed.stack(NAME);
    stack.happen(step("stack", "REVIEW_IN_PROGRESS", ""));
    stack.foreign_change_sets = vec!["not-ours"];
    let (server, engine) = serve(reviewed);
    assert_eq!(engine.deploy(&desired(), BOLD, None).await.unwrap_err().kind(), Kind::NeedsRecovery);
    assert_eq!(engine.destroy("database", NAME).await.unwrap_err().kind(), Kind::NeedsRecovery);
    assert_eq!(engine.preview(&desired()).await.unwrap_err().kind(), Kind::NeedsRecovery);
    assert_eq!(engine.recover("database", NAME, &Default::default()).await.unwrap_err().kind(), Kind::NeedsRecovery);
    let world = server.world();
    for action in ["CreateChangeSet", "DeleteChangeSet", "ExecuteChangeSet", "DeleteStack"] {
        assert_eq!(world.count(action), 0, "{action}");
    }
}

#[tokio::test]
async fn a_change_set_planted_under_a_name_of_ours_is_never_executed() {
    // Its name is in use already; or ours was deleted, and the planted one has its name. For new and existing stacks.
    for (squatters, usurpers, lives) in [(1, 0, true), (0, 1, true), (1, 1, true), (1, 0, false), (0, 1, false)] {
        let mut world = if lives { World::with(NAME, "CREATE_COMPLETE") } else { World::default() };
        (world.stack(NAME).squatters, world.stack(NAME).usurpers) = (squatters, usurpers);
        let (server, engine) = serve(world);
        engine.deploy(&desired(), BOLD, None).await.unwrap();
        let mut world = server.world();
        let (_, template, _) = world.stack(NAME).state();
        assert_eq!((template.as_str(), world.stack(NAME).executed.len()), (desired().template, 1));
        for form in world.forms("ExecuteChangeSet") {
            assert!(form["ChangeSetName"].starts_with("arn:"), "a name alone is not ours: {form:?}");
        }
    }
}

#[tokio::test]
async fn change_set_names_are_unpredictable() {
    let (server, engine) = serve(World::with(NAME, "CREATE_COMPLETE"));
    for _ in 0..2 {
        server.world().stack(NAME).changes = Some(vec![("Modify", "Bucket", "AWS::S3::Bucket", "False")]);
        engine.preview(&desired()).await.unwrap();
        engine.deploy(&desired(), BOLD, None).await.unwrap();
    }
    let world = server.world();
    let mut names: Vec<_> = world.forms("CreateChangeSet").iter().map(|form| form["ChangeSetName"].clone()).collect();
    names.sort();
    names.dedup();
    assert_eq!(names.len(), 4, "{names:?}");
}

#[tokio::test]
async fn a_stack_that_is_as_desired_gets_no_change_set() {
    let (server, engine) = serve(World::default());
    engine.deploy(&desired(), BOLD, None).await.unwrap();
    server.world().calls.clear();
    assert!(engine.deploy(&desired(), BOLD, None).await.unwrap().changes.is_empty());
    assert_eq!(engine.preview(&desired()).await.unwrap().action, crate::cloudformation::StackAction::Stay);
    let asked: Vec<_> = server.world().calls.iter().map(|(_, action, _)| action.clone()).collect();
    assert_eq!(asked, ["DescribeStacks", "GetTemplate", "DescribeStacks", "GetTemplate"]);
}

fn replacing(resource: &'static str, kind: &'static str) -> World {
    let mut world = World::with(NAME, "CREATE_COMPLETE");
    world.stack(NAME).changes = Some(vec![("Modify", resource, kind, "True")]);
    world
}

#[tokio::test]
async fn replacing_a_database_needs_its_own_flag_even_with_yes() {
    let (server, engine) = serve(replacing("Database", "AWS::RDS::DBInstance"));
    let yes = Guard { allow_replacement: false, consent: Consent::Given };
    let error = engine.deploy(&desired(), yes, None).await.unwrap_err();
    assert_eq!(error.kind(), Kind::Usage);
    assert_eq!((acts(&server).len(), server.world().count("DeleteChangeSet")), (0, 1));
    engine.deploy(&desired(), BOLD, None).await.unwrap();
    assert_eq!(acts(&server), ["ExecuteChangeSet"]);
}

#[tokio::test]
async fn allow_replacement_is_not_suggested_for_named_resources() {
    const NAMED: &str = "Resources: {Database: {Type: 'AWS::RDS::DBInstance', Properties: {DBInstanceIdentifier: a}}}";
    for (template, named) in [(NAMED, true), (desired().template, false)] {
        let (_server, engine) = serve(replacing("Database", "AWS::RDS::DBInstance"));
        let error = engine.deploy(&Desired { template, ..desired() }, CAREFUL, None).await.unwrap_err();
        let hints: Vec<_> = error.hints().collect();
        assert_eq!(
            hints.iter().any(|hint| hint.contains("--allow-replacement does not help for Database")),
            named,
            "{hints:?}"
        );
    }
}

#[tokio::test]
async fn replacing_other_resources_needs_consent() {
    let (server, engine) = serve(replacing("Writer", "AWS::Lambda::Function"));
    for consent in [Consent::Never, Consent::Ask] {
        // The tests' stdin is not a terminal: asking fails.
        let error = engine.deploy(&desired(), Guard { allow_replacement: false, consent }, None).await.unwrap_err();
        assert_eq!((error.kind(), error.exit_code()), (Kind::NeedsInput, 2));
        assert!(error.message().contains("Writer"), "{}", error.message());
    }
    assert_eq!(acts(&server), [""; 0]);
    engine.deploy(&desired(), Guard { allow_replacement: false, consent: Consent::Given }, None).await.unwrap();
}
