//! `chaos` on a local stack: faults while events are written, and a verdict that can fail.

use serde_json::Value;

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

    // Faults begin after the first event, however long the tap of the bus takes.
    let report = pipeline.ok(&["chaos", "--duration", "9s", "--fault", "put-500"]);
    assert_ne!(report["faults"][0]["strikes"], 0, "{report}");

    pipeline.ok(&["dms", "stop"]);
    let args = ["chaos", "--duration", "6s", "--timeout", "3s", "--fault", "bus-throttled", "--junit", file];
    let lost = pipeline.fails(5, &args);
    assert_eq!(lost["data"]["verify"]["verdict"]["delivered"], false, "{lost}");
    let written = std::fs::read_to_string(file).expect("a JUnit file");
    assert!(!written.contains(r#"failures="0""#), "{written}");
}

/// The local stack as an account of AWS would be: nothing that only a local stack can do.
#[tokio::test(flavor = "multi_thread")]
async fn a_stage_for_development_has_the_faults_that_can_be_undone() {
    let pipeline = Pipeline::deployed("chaos-stage", PIPELINE).await;
    let state = pipeline.stack.state();
    let chaos = |more: &[&str]| {
        let args = ["chaos", "--duration", "30s", "--seed", "1", "--output", "ndjson"];
        let mut command = pipeline.command(&[&args, more].concat());
        let endpoint = state.local_endpoint();
        command
            .env_remove("OUTBOXCTL_LOCAL")
            .env("AWS_ENDPOINT_URL", &state.endpoint)
            .env("AWS_REGION", &endpoint.region);
        command.env("AWS_ACCESS_KEY_ID", &endpoint.key.id).env("AWS_SECRET_ACCESS_KEY", &endpoint.key.secret);
        let output = command.output().expect("the binary starts");
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        (
            output.status.code(),
            text.lines().last().and_then(|line| serde_json::from_str(line).ok()).unwrap_or(Value::Null),
        )
    };
    let (code, asked) = chaos(&["--no-input"]);
    assert_eq!(code, Some(2), "{asked}");
    assert!(
        asked["error"]["message"].to_string().contains("pause-function, stop-resume-task into stage dev"),
        "{asked}"
    );
    let junit = tempfile::NamedTempFile::new().expect("a file");
    let (code, report) = chaos(&["--yes", "--junit", junit.path().to_str().expect("text")]);
    assert_eq!(code, Some(0), "{report}");
    let faults = report["data"]["faults"].as_array().expect("the faults");
    for fault in ["pause-function", "stop-resume-task"] {
        assert!(faults.iter().any(|one| one["fault"] == fault && one["strikes"] != 0), "{fault}: {faults:?}");
    }
    assert_eq!(report["data"]["verify"]["verdict"]["delivered"], true, "{report}");
    assert!(std::fs::read_to_string(junit.path()).expect("a JUnit file").contains(r#"failures="0""#));
    // Everything runs as before.
    assert_eq!(pipeline.ok(&["dms", "status"])["status"], "running");
    pipeline.ok(&["verify", "--count", "5"]);
}

#[test]
fn a_stage_of_production_and_faults_and_groups_of_another_pipeline_are_refused() {
    let world = World::new();
    for stage in ["prod", "staging", "dev-prod"] {
        let refused =
            world.run(["chaos", "--pipeline", PIPELINE, "--region", "eu-central-1", "--stage", stage, "--yes"]);
        assert!(refused.starts_with("exit: 2\n") && refused.contains("is not for development"), "{refused}");
    }
    let args = ["chaos", "--pipeline", PIPELINE, "--region", "eu-central-1", "--fault", "bus-late"];
    let refused = world.run(args);
    assert!(refused.starts_with("exit: 2\n") && refused.contains("is for the local stack only"), "{refused}");
    let refused = world.run(["chaos", "--local", "--pipeline", "dynamodb-cdc", "--fault", "put-late"]);
    assert!(refused.starts_with("exit: 2\n") && refused.contains("does not apply to dynamodb-cdc"), "{refused}");
    let refused = world.run(["chaos", "--local", "--pipeline", PIPELINE, "--group", "billing"]);
    assert!(refused.starts_with("exit: 2\n") && refused.contains("no consumer groups"), "{refused}");
}
