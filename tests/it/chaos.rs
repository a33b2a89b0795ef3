//! `chaos` on a local stack: faults while events are written, and a verdict that can fail.

use crate::support::World;
use crate::support::pipeline::Pipeline;

const PIPELINE: &str = "rds-eventbridge";

#[tokio::test(flavor = "multi_thread")]
async fn faults_are_injected_and_removed_and_a_lost_event_fails_the_run() {
    let pipeline = Pipeline::deployed("chaos", PIPELINE).await;
    let junit = tempfile::NamedTempFile::new().expect("a file");
    let file = junit.path().to_str().expect("text");
    let faults = ["--fault", "bus-late", "--fault", "kill-function", "--fault", "stop-resume-task"];
    let args = [&["chaos", "--duration", "40s", "--seed", "3", "--junit", file], &faults[..]].concat();
    let report = pipeline.ok(&args);
    let strikes = report["faults"].as_array().expect("the faults");
    for fault in ["bus-late", "kill-function", "stop-resume-task"] {
        assert!(
            strikes.iter().any(|strike| strike["fault"] == fault && strike["strikes"] != 0),
            "{fault}: {strikes:?}"
        );
    }
    let verified = &report["verify"];
    assert_eq!((&verified["verdict"]["delivered"], &verified["verdict"]["in_order"]), (&true.into(), &true.into()));
    assert!(verified["committed"].as_u64().is_some_and(|events| events > 100), "{verified}");
    let written = std::fs::read_to_string(file).expect("a JUnit file");
    assert!(written.contains(r#"failures="0""#), "{written}");
    // Nothing of a fault remains: each event arrives once.
    pipeline.ok(&["verify", "--count", "5"]);

    pipeline.ok(&["dms", "stop"]);
    let args = ["chaos", "--duration", "6s", "--timeout", "3s", "--fault", "bus-throttled", "--junit", file];
    let lost = pipeline.fails(5, &args);
    assert_eq!(lost["data"]["verify"]["verdict"]["delivered"], false, "{lost}");
    let written = std::fs::read_to_string(file).expect("a JUnit file");
    assert!(!written.contains(r#"failures="0""#), "{written}");
}

#[test]
fn a_remote_pipeline_and_a_fault_of_another_pipeline_are_refused() {
    let world = World::new();
    let refused = world.run(["chaos", "--pipeline", PIPELINE, "--region", "eu-central-1"]);
    assert!(refused.starts_with("exit: 2\n") && refused.contains("a local stack only"), "{refused}");
    let refused = world.run(["chaos", "--local", "--pipeline", "dynamodb-cdc", "--fault", "put-late"]);
    assert!(refused.starts_with("exit: 2\n") && refused.contains("does not apply to dynamodb-cdc"), "{refused}");
}
