//! A preview shows what would change, and leaves nothing behind.

use super::{acts, desired};
use crate::cloudformation::Fate;
use crate::cloudformation::fake::{NAME, World, serve, step};

#[tokio::test]
async fn a_change_is_shown_and_its_change_set_deleted() {
    let mut world = World::with(NAME, "CREATE_COMPLETE");
    world.stack(NAME).changes = Some(vec![("Modify", "Database", "AWS::RDS::DBInstance", "True")]);
    let (server, engine) = serve(world).await;
    let preview = engine.preview(&desired()).await.unwrap();
    assert_eq!((preview.fate, preview.changes.len()), (Fate::Update, 1));
    assert!(preview.changes[0].destroys_data());
    assert_eq!((acts(&server).len(), server.world().count("DeleteChangeSet")), (0, 1));
}

#[tokio::test]
async fn no_change_is_shown_as_such() {
    let mut world = World::with(NAME, "UPDATE_ROLLBACK_COMPLETE");
    world.stack(NAME).changes = Some(Vec::new());
    let (_server, engine) = serve(world).await;
    assert_eq!(engine.preview(&desired()).await.unwrap().fate, Fate::Stay);
}

#[tokio::test]
async fn a_new_stacks_preview_leaves_no_stack() {
    let (server, engine) = serve(World::default()).await;
    let preview = engine.preview(&desired()).await.unwrap();
    assert_eq!((preview.fate, preview.changes[0].resource.as_str()), (Fate::Create, "Bucket"));
    assert_eq!(server.world().stack(NAME).status, None);
    assert_eq!(acts(&server), ["DeleteStack"]);
}

#[tokio::test]
async fn a_stack_that_an_earlier_run_began_stays() {
    let mut world = World::default();
    world.stack(NAME).happen(step("stack", "REVIEW_IN_PROGRESS", ""));
    let (server, engine) = serve(world).await;
    assert_eq!(engine.preview(&desired()).await.unwrap().fate, Fate::Create);
    assert_eq!(acts(&server), [""; 0]);
}

#[tokio::test]
async fn what_can_only_be_deleted_is_shown_from_its_template() {
    let (server, engine) = serve(World::with(NAME, "ROLLBACK_COMPLETE")).await;
    let preview = engine.preview(&desired()).await.unwrap();
    assert_eq!((preview.fate, preview.changes.len()), (Fate::Recreate, 1));
    assert_eq!(server.world().count("CreateChangeSet"), 0);
}
