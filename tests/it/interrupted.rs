//! A writer that a signal ends reports exactly the events that it wrote; a record that can't be an event is discarded
//! for good.

use std::io::{BufRead, BufReader};
use std::process::Stdio;

use aws_sdk_kinesis::primitives::Blob;
use rustix::process::{Pid, Signal, kill_process};

use crate::support::pipeline::Pipeline;

const PIPELINE: &str = "rds-eventbridge";

#[tokio::test(flavor = "multi_thread")]
async fn an_interrupted_writer_reports_how_many_events_it_wrote() {
    let pipeline = Pipeline::deployed("interrupted", PIPELINE).await;
    let database = pipeline.database().await;
    for (args, progress) in [
        (&["sample", "insert", "--count", "100000", "--rate", "50"][..], "events written"),
        (&["sample", "insert", "--count", "100000"], "events written"),
        (&["verify", "--count", "100000", "--rate", "50"], "verify: written "),
    ] {
        let rows =
            async || -> i64 { database.query_one("SELECT count(*) FROM outbox", &[]).await.expect("a count").get(0) };
        let before = rows().await;
        let mut child = pipeline.command(args).stderr(Stdio::piped()).stdout(Stdio::null()).spawn().expect("it starts");
        let mut lines = BufReader::new(child.stderr.take().expect("stderr")).lines().map_while(Result::ok);
        lines.find(|line| line.contains(progress)).unwrap_or_else(|| panic!("{args:?} writes nothing"));
        kill_process(Pid::from_child(&child), Signal::INT).expect("a signal");
        let rest: Vec<String> = lines.collect();
        assert_eq!(child.wait().expect("it ends").code(), Some(130), "{rest:#?}");
        let written = rows().await - before;
        assert!(written > 0, "{rest:#?}");
        let message = format!("error: stopped; {written} ");
        assert!(rest.iter().any(|line| line.starts_with(&message)), "{written} were written: {rest:#?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_letter_is_discarded_only_by_its_own_name_and_with_consent() {
    let pipeline = Pipeline::deployed("discard", PIPELINE).await;
    for data in ["not a record", "not a record either"] {
        let put = pipeline.clients.kinesis().put_record().stream_name(pipeline.output("StreamName")).partition_key("k");
        put.data(Blob::new(data)).send().await.expect("a record");
    }
    pipeline.until(&["dlq", "list"], |data| data["total"] == 2);
    let listed = pipeline.ok(&["dlq", "list"]);
    let id = listed["dead_letters"][0]["id"].as_str().expect("an id");

    let asked = pipeline.fails(2, &["dlq", "discard", id]);
    assert_eq!(asked["error"]["code"], "needs-input", "{asked}");
    let unknown = pipeline.fails(2, &["dlq", "discard", id, "0123456789", "--yes"]);
    assert!(unknown["error"]["message"].as_str().is_some_and(|text| text.contains("0123456789")), "{unknown}");
    assert_eq!(pipeline.ok(&["dlq", "list"])["total"], 2, "nothing was deleted");

    let discarded = pipeline.ok(&["dlq", "discard", id, "--yes"]);
    assert_eq!(discarded["discarded"][0]["id"], id, "{discarded}");
    let left = pipeline.ok(&["dlq", "list"]);
    assert_eq!(left["total"], 1, "{left}");
    assert_ne!(left["dead_letters"][0]["id"], id, "{left}");
    let cause = left["dead_letters"][0]["cause"].as_str().expect("a cause");
    pipeline.ok(&["dlq", "discard", "--cause", cause, "--yes"]);
    assert_eq!(pipeline.ok(&["dlq", "list"])["total"], 0);
    pipeline.fails(2, &["dlq", "discard", "--cause", cause, "--yes"]);
}
