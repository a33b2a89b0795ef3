//! Previews show changes and leave nothing behind.

use super::{acts, desired};
use crate::base::report::{Collected, Reporter};
use crate::cloudformation::change_set::Desired;
use crate::cloudformation::fake::{Detail, NAME, World, serve, step};
use crate::cloudformation::values::parameter;
use crate::cloudformation::{Preview, StackAction};

#[tokio::test]
async fn a_change_is_shown_and_its_change_set_deleted() {
    let mut world = World::with(NAME, "CREATE_COMPLETE");
    world.stack(NAME).changes = Some(vec![("Modify", "Database", "AWS::RDS::DBInstance", "True")]);
    let (server, engine) = serve(world);
    let preview = engine.preview(&desired()).await.unwrap();
    assert_eq!((preview.action, preview.changes.len()), (StackAction::Update, 1));
    assert!(preview.changes[0].destroys_data());
    assert_eq!((acts(&server).len(), server.world().count("DeleteChangeSet")), (0, 1));
}

#[tokio::test]
async fn no_change_is_shown_as_such() {
    let mut world = World::with(NAME, "UPDATE_ROLLBACK_COMPLETE");
    world.stack(NAME).changes = Some(Vec::new());
    let (_server, engine) = serve(world);
    assert_eq!(engine.preview(&desired()).await.unwrap().action, StackAction::Stay);
}

#[tokio::test]
async fn a_new_stacks_preview_leaves_no_stack() {
    let (server, engine) = serve(World::default());
    let preview = engine.preview(&desired()).await.unwrap();
    assert_eq!((preview.action, preview.changes[0].resource.as_str()), (StackAction::Create, "Bucket"));
    assert_eq!(server.world().stack(NAME).status, None);
    assert_eq!(acts(&server), ["DeleteStack"]);
}

#[tokio::test]
async fn a_stack_of_an_earlier_run_is_kept() {
    let mut world = World::default();
    world.stack(NAME).happen(step("stack", "REVIEW_IN_PROGRESS", ""));
    let (server, engine) = serve(world);
    assert_eq!(engine.preview(&desired()).await.unwrap().action, StackAction::Create);
    assert_eq!(acts(&server), [""; 0]);
}

#[tokio::test]
async fn a_stack_to_recreate_is_shown_from_its_template() {
    let (server, engine) = serve(World::with(NAME, "ROLLBACK_COMPLETE"));
    let preview = engine.preview(&desired()).await.unwrap();
    assert_eq!((preview.action, preview.changes.len()), (StackAction::Recreate, 1));
    assert_eq!(server.world().count("CreateChangeSet"), 0);
}

#[tokio::test]
async fn the_failure_of_a_preview_is_reported_even_if_its_stack_remains() {
    let (server, mut engine) = serve(World::default());
    let reporter = Collected::default();
    engine.reporter = reporter.share();
    server.world().refused = vec!["DescribeChangeSet", "ListChangeSets"];
    let error = engine.preview(&desired()).await.unwrap_err();
    assert!(error.message().contains("read the change set"), "{}", error.message());
    let warnings = reporter.warnings();
    assert!(warnings.len() == 1 && warnings[0].contains("list the change sets"), "{warnings:?}");
}

/// A function with a key in its environment, which the template takes from a parameter that CloudFormation masks.
const WITH_KEY: &str = "Parameters: {ApiKey: {Type: String, NoEcho: true}, Size: {Type: String}}\n\
                        Resources: {Function: {Type: 'AWS::Lambda::Function'}}\n";

/// Previews a change of that key and of the function's size.
async fn of_a_key(path: &'static str, cause: Option<&'static str>) -> (Preview, usize) {
    let mut world = World::with(NAME, "CREATE_COMPLETE");
    let stack = world.stack(NAME);
    stack.parameters = [("ApiKey".into(), "****".into()), ("Size".into(), "128".into())].into();
    stack.changes = Some(vec![("Modify", "Function", "AWS::Lambda::Function", "False")]);
    let detail = |path, before, after, cause| Detail { resource: "Function", path, before, after, cause };
    stack.properties = vec![
        // CloudFormation lists it once as the template's change and once as the parameter's.
        detail(path, "planted-old", "planted-new", None),
        detail(path, "planted-old", "planted-new", cause),
        detail("/Properties/MemorySize", "128", "256", Some("Size")),
    ];
    let parameters = vec![parameter("ApiKey", "planted-new"), parameter("Size", "256")];
    let (server, engine) = serve(world);
    let preview = engine.preview(&Desired { template: WITH_KEY, parameters, ..desired() }).await.unwrap();
    let world = server.world();
    let asked = world.forms("DescribeChangeSet").into_iter();
    let values = asked.filter(|form| form.get("IncludePropertyValues").is_some_and(|value| value == "true")).count();
    (preview, values)
}

#[tokio::test]
async fn values_of_masked_parameters_are_never_shown() {
    let inside = "/Properties/Environment/Variables/KEY";
    // By its cause, by its value alone, and by its parent.
    for (path, cause) in [(inside, Some("ApiKey")), (inside, None), ("/Properties/Environment", Some("ApiKey"))] {
        let (preview, values) = of_a_key(path, cause).await;
        assert_eq!(values, 1, "the values were asked for");
        let json = serde_json::to_string(&(&preview.changes, &preview.parameters)).unwrap();
        assert!(!json.contains("planted"), "{json}");
        let [key, size] = &preview.changes[0].values[..] else { panic!("{json}") };
        assert_eq!((key.before.as_deref(), key.after.as_deref()), (Some("****"), Some("****")));
        assert_eq!((size.before.as_deref(), size.after.as_deref()), (Some("128"), Some("256")));
        let key = preview.parameters.iter().find(|parameter| parameter.name == "ApiKey").unwrap();
        assert_eq!((key.before.as_deref(), key.after.as_deref()), (Some("****"), Some("****")));
    }
}
