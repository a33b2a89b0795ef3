//! An update of the task on a real local stack, while events are written.

use std::process::Stdio;
use std::time::Duration;

use crate::support::pipeline::Pipeline;

const EVENTS: u64 = 200;

#[tokio::test]
async fn nothing_is_lost_while_the_task_is_updated_under_load() {
    let pipeline = Pipeline::deployed("update-task", "rds-eventbridge").await;
    let database = pipeline.database().await;
    let (count, rate) = (EVENTS.to_string(), "40");
    let mut writer = pipeline.command(&["sample", "insert", "--count", &count, "--rate", rate]);
    let mut writer = writer.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("the binary starts");
    let written = async || {
        let row = database.query_one("SELECT count(*) FROM outbox", &[]).await.expect("the outbox");
        row.get::<_, i64>(0)
    };
    while written().await < 20 {
        assert_eq!(writer.try_wait().expect("the writer"), None, "it ended early");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let update = ["deploy", "--yes", "--parameter", "MaximumPayloadKilobytes=900"];
    let updated = pipeline.printed_data(&update);
    let changed = updated["stacks"].as_array().expect("stacks").iter().find(|stack| stack["stack"] == "dms");
    assert!(changed.is_some_and(|stack| stack["changes"].to_string().contains("ReplicationTask")), "{updated}");
    assert_eq!(pipeline.ok(&["dms", "status"])["status"], "running", "resumed");
    assert!(writer.wait().expect("the writer").success());
    let reconciled = pipeline.until(&["reconcile", "--grace", "1"], |data| data["delivered"] == EVENTS);
    assert_eq!((&reconciled["missing"], &reconciled["committed"]), (&0.into(), &EVENTS.into()), "{reconciled}");
}
