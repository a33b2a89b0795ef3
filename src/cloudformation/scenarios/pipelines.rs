//! Whole pipelines: stacks in parallel, and stacks that a failure skips.

use std::collections::BTreeMap;
use std::time::Duration;

use futures_util::future::BoxFuture;

use super::{BOLD, fail_creation};
use crate::base::error::Result;
use crate::cloudformation::fake::{Server, World, serve, step};
use crate::cloudformation::{Engine, Outputs, Rollout, StackReport, Supply, Values};
use crate::pipelines::{self, Artifact, Given, Pipeline};

struct Supplied;

impl Supply for Supplied {
    fn artifact<'a>(&'a self, artifact: Artifact, _: &'a Outputs) -> BoxFuture<'a, Result<String>> {
        Box::pin(async move { Ok(format!("{artifact:?}")) })
    }

    fn role_missing<'a>(&'a self, _: &'a str) -> BoxFuture<'a, Result<bool>> {
        Box::pin(async { Ok(true) })
    }
}

fn pipeline() -> &'static Pipeline {
    pipelines::find("rds-eventbridge").unwrap()
}

fn full(name: &str) -> String {
    pipeline().stack(name).unwrap().full_name(pipeline(), "dev")
}

async fn roll_out(engine: &Engine) -> Result<Vec<StackReport>> {
    let values = Values {
        stage: "dev",
        name_prefix: pipeline().name_prefix("dev"),
        protected: false,
        overrides: &BTreeMap::new(),
        given: &Given::default(),
        supply: &Supplied,
    };
    let rollout = Rollout { engine, pipeline: pipeline(), values, guard: BOLD, pause: None, with_sample: true };
    let ended = tokio::time::timeout(Duration::from_secs(120), rollout.deploy()).await;
    ended.expect("independent stacks wait for each other").map(|(reports, _)| reports)
}

/// Returns the position of the change set's execution in the list of all requests.
fn executed(server: &Server, name: &str) -> Option<usize> {
    let mut world = server.world();
    let set = world.stack(&full(name)).executed.first().cloned()?;
    world
        .calls
        .iter()
        .position(|(_, action, form)| action == "ExecuteChangeSet" && form["ChangeSetName"].contains(&set))
}

#[tokio::test]
async fn each_stack_starts_as_soon_as_its_dependencies_are_done() {
    // The critical path does not wait for unrelated stacks: each of these ends only after others were started that do
    // not depend on it.
    let mut world = World::default();
    let gates = [
        ("account", vec!["database"]),
        ("stream", vec!["network", "code", "bus", "account"]),
        ("network", vec!["code", "stream", "bus", "account"]),
        ("bus", vec!["database"]),
        ("code", vec!["database"]),
        ("dms", vec!["functions"]),
        ("functions", vec!["dms"]),
    ];
    for (stack, others) in gates {
        world.gates.insert(full(stack), others.into_iter().map(full).collect());
    }
    let (server, engine) = serve(world);
    let reports = roll_out(&engine).await.unwrap();
    assert_eq!(reports.len(), pipeline().stacks.len());
    for stack in pipeline().stacks {
        let mine = executed(&server, stack.name).expect("executed");
        for earlier in stack.depends_on {
            assert!(executed(&server, earlier).expect("executed") < mine, "{} before {earlier}", stack.name);
        }
    }
    let again = roll_out(&engine).await.unwrap();
    assert!(again.iter().all(|report| report.changes.is_empty()), "a second rollout changes nothing");
}

#[tokio::test]
async fn a_failed_stack_skips_only_its_dependents() {
    let mut world = World::default();
    let failure = step("Database", "CREATE_FAILED", "Cannot find version 15.3 for postgres");
    fail_creation(&mut world, &full("database"), failure.kind("AWS::RDS::DBInstance"));
    let (server, engine) = serve(world);
    let error = roll_out(&engine).await.unwrap_err();
    assert!(error.message().contains("Cannot find version 15.3"), "{}", error.message());
    for (name, begun) in [("network", true), ("bus", true), ("code", true), ("dms", false), ("functions", false)] {
        assert_eq!(executed(&server, name).is_some(), begun, "{name}");
    }
    assert!(engine.under_way().is_empty());
    // The cause is fixed: the same command continues from there.
    roll_out(&engine).await.unwrap();
}
