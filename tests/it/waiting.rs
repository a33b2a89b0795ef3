//! A waiting command names what it waits for, and waiting events are not reported as lost.

use std::process::Stdio;
use std::time::{Duration, Instant};

use crate::support::pipeline::Pipeline;

const PIPELINE: &str = "rds-eventbridge";

#[tokio::test(flavor = "multi_thread")]
async fn a_start_names_the_transaction_that_it_waits_for_and_can_be_ended() {
    let pipeline = Pipeline::deployed("waiting", PIPELINE).await;
    pipeline.ok(&["dms", "stop"]);
    let application = pipeline.database().await;
    application.batch_execute("BEGIN; SELECT pg_current_xact_id()").await.expect("an open transaction");
    let pid: i32 = application.query_one("SELECT pg_backend_pid()", &[]).await.expect("a process").get(0);

    let mut start = pipeline.command(&["dms", "start", "--fresh"]);
    let mut start = start.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("the binary starts");
    let named = |data: &serde_json::Value| {
        data["waits_for"].as_array().is_some_and(|all| all.iter().any(|one| one["pid"] == pid))
    };
    pipeline.until(&["dms", "status"], named);
    let doctor = pipeline.command(&["doctor", "-o", "json"]).output().expect("the binary starts");
    let text = String::from_utf8_lossy(&doctor.stdout).into_owned();
    assert!(text.contains(&format!("pg_terminate_backend({pid})")), "{text}");
    let limited = pipeline.fails(1, &["dms", "start", "--timeout", "1"]);
    assert!(limited.to_string().contains(&format!("process {pid}")), "{limited}");

    assert_eq!(pipeline.ok(&["dms", "stop"])["status"], "stopped", "a start that waits is ended, not waited for");
    start.wait().expect("its end");
    application.batch_execute("COMMIT").await.expect("commit");
    assert_eq!(pipeline.ok(&["dms", "start"])["status"], "running");
}

#[tokio::test(flavor = "multi_thread")]
async fn events_that_wait_for_a_stopped_capture_are_not_repaired() {
    let pipeline = Pipeline::deployed("stopped", PIPELINE).await;
    pipeline.ok(&["dms", "stop"]);
    pipeline.ok(&["sample", "insert", "--count", "3"]);
    for args in [&["reconcile", "--grace", "0"][..], &["reconcile", "--grace", "0", "--repair", "--yes"]] {
        let result = pipeline.fails(5, args);
        let text = result["error"].to_string();
        assert!(text.contains("the capture is stopped: 3 of 3 events"), "{text}");
        assert!(text.contains("`outboxctl dms start --local`") || text.contains("`outboxctl dms start "), "{text}");
        assert!(!text.contains("`outboxctl reconcile --repair"), "{text}");
    }
    pipeline.ok(&["dms", "start"]);
    let begun = Instant::now();
    loop {
        let output = pipeline.command(&["reconcile", "--grace", "0"]).output().expect("the binary starts");
        if output.status.success() {
            let text = String::from_utf8_lossy(&output.stderr).into_owned();
            assert!(
                text.contains("3 events written before ") && text.contains("(--grace 0 s): all delivered"),
                "{text}"
            );
            return;
        }
        assert!(begun.elapsed() < Duration::from_secs(60), "{}", String::from_utf8_lossy(&output.stderr));
        std::thread::sleep(Duration::from_millis(300));
    }
}
