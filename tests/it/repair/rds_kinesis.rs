//! A consumer's command that fails, the table of failed events, and their redelivery through the stream.

use serde_json::Value;

use crate::support::pipeline::Pipeline;

/// Runs consumers until they have dealt with so many events; returns how many were processed, failed and duplicates.
fn consume(pipeline: &Pipeline, command: &str, events: u64) -> [u64; 3] {
    let args = ["consume", "--exec", command, "--attempts", "1", "--until-idle", "2", "--lease-duration", "2"];
    let mut all = [0; 3];
    for _ in 0..20 {
        let totals = pipeline.printed_data(&args);
        for (sum, name) in all.iter_mut().zip(["processed", "failed", "duplicates"]) {
            *sum += totals[name].as_u64().unwrap_or_else(|| panic!("no {name}: {totals}"));
        }
        if all[0] + all[1] >= events {
            return all;
        }
    }
    panic!("of {events} events only {all:?} arrived");
}

#[tokio::test(flavor = "multi_thread")]
async fn dead_letters_of_a_consumer_are_redriven_through_the_stream() {
    let pipeline = Pipeline::deployed("repair-stream", "rds-kinesis").await;
    let inserted = pipeline.ok(&["sample", "insert", "--count", "6", "--aggregates", "2"]);
    assert!(!inserted.is_null());

    assert_eq!(consume(&pipeline, "echo no such customer >&2; exit 3", 6), [0, 6, 0]);
    let listed = pipeline.until(&["dlq", "list"], |data| data["total"] == 6);
    assert_eq!(listed["by_cause"].as_object().map(serde_json::Map::len), Some(1), "{listed}");
    let letters = pipeline.ok(&["dlq", "list"])["dead_letters"].as_array().expect("letters").clone();
    // A shell completes what only the deployment knows.
    let ids: Vec<&str> = letters.iter().filter_map(|letter| letter["id"].as_str()).collect();
    let offered =
        crate::completions::offered(&mut pipeline.command(&[]), &["--pipeline", "rds-kinesis", "dlq", "show", ""]);
    assert!(ids.iter().all(|id| offered.iter().any(|offered| offered == id)), "{ids:?} in {offered:?}");
    let first = &letters[0];
    let shown = pipeline.ok(&["dlq", "show", first["id"].as_str().expect("an id")]);
    assert!(shown["reason"].as_str().is_some_and(|reason| reason.contains("no such customer")), "{shown}");
    assert!(shown["payloads"][0]["json"]["data"]["payload"].is_string(), "{shown}");
    let out = pipeline.fails(5, &["reconcile", "--grace", "0"]);
    assert_eq!((&out["data"]["missing"], &out["data"]["dead_letters"]), (&6.into(), &6.into()), "{out}");
    let purge = pipeline.ok(&["db", "purge", "--older-than", "0s"]);
    assert_eq!((&purge["purged"], &purge["kept"]), (&0.into(), &6.into()), "{purge}");

    // One by its event's id, then one aggregate, then the rest.
    let event = first["event_id"].as_str().expect("an event's id");
    assert_eq!(pipeline.ok(&["dlq", "redrive", "--id", event])["sent"], 1);
    let aggregate = letters[5]["aggregate_id"].as_str().expect("an aggregate");
    let of_aggregate = pipeline.ok(&["dlq", "redrive", "--aggregate", aggregate])["sent"].as_u64().expect("a count");
    assert!(of_aggregate >= 2, "{of_aggregate}");
    assert_eq!(pipeline.ok(&["dlq", "redrive", "--all"])["sent"], 5 - of_aggregate);
    assert_eq!(pipeline.ok(&["dlq", "list"])["total"], 0);
    assert_eq!(consume(&pipeline, "cat > /dev/null", 6), [6, 0, 0]);
    let agreed = pipeline.ok(&["reconcile", "--grace", "0"]);
    assert_eq!((&agreed["delivered"], &agreed["payloads_compared"]), (&6.into(), &true.into()), "{agreed}");

    // The consumer received another content than the table has: a row was changed after its delivery, or a payload on the way.
    let database = pipeline.database().await;
    let change = "UPDATE outbox SET payload = payload || '{\"changed\": true}' WHERE id = $1::text::uuid";
    assert_eq!(database.execute(change, &[&event]).await.expect("changed"), 1);
    let altered = pipeline.fails(5, &["reconcile", "--grace", "0"]);
    assert_eq!((&altered["data"]["altered"], &altered["data"]["missing"]), (&1.into(), &0.into()), "{altered}");
    assert_eq!(altered["data"]["findings"][0]["event_id"], event, "{altered}");
    let back = "UPDATE outbox SET payload = payload - 'changed' WHERE id = $1::text::uuid";
    assert_eq!(database.execute(back, &[&event]).await.expect("changed back"), 1);
    assert_eq!(pipeline.ok(&["reconcile", "--grace", "0"])["altered"], 0);

    // A replay reaches the consumer's command though the events are marked, says so, and marks nothing anew.
    assert_eq!(pipeline.ok(&["replay", "--aggregate", aggregate])["sent"], 3);
    let file = tempfile::NamedTempFile::new().expect("a file");
    let command = format!("cat >> {0}; echo >> {0}", file.path().display());
    assert_eq!(consume(&pipeline, &command, 3), [3, 0, 0]);
    let text = std::fs::read_to_string(file.path()).expect("what the command wrote");
    let events: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).expect("an event")).collect();
    let sequences: Vec<&str> = events.iter().filter_map(|event| event["sequence"].as_str()).collect();
    assert_eq!(sequences, ["1", "2", "3"]);
    assert!(events.iter().all(|event| event["replay"].is_string()), "{text}");

    // A replay whose command fails is a dead letter with its event and the reason, and is redriven as a replay.
    assert_eq!(pipeline.ok(&["replay", "--aggregate", aggregate])["sent"], 3);
    assert_eq!(consume(&pipeline, "exit 3", 3), [0, 3, 0]);
    let listed = pipeline.ok(&["dlq", "list"]);
    assert_eq!(listed["by_cause"], serde_json::json!({ "exit status: 3": 3 }), "{listed}");
    assert_eq!(listed["dead_letters"][0]["aggregate_id"], aggregate, "{listed}");
    assert_eq!(pipeline.ok(&["dlq", "redrive", "--all"])["sent"], 3);
    assert_eq!(consume(&pipeline, "cat > /dev/null", 3), [3, 0, 0]);

    // Another group is behind: events that it has not processed can still be repaired from the outbox.
    let behind = "INSERT INTO outbox_processed (consumer, event_id, aggregate_type, aggregate_id, event_type, sequence,
                                                shard_id, sequence_number, succeeded, attempts, committed_at)
                  SELECT 'behind', event_id, aggregate_type, aggregate_id, event_type, sequence,
                         shard_id, sequence_number, succeeded, attempts, committed_at
                  FROM outbox_processed WHERE succeeded AND event_id = $1::text::uuid";
    assert_eq!(database.execute(behind, &[&event]).await.expect("marked"), 1);
    let purge = pipeline.ok(&["db", "purge", "--older-than", "0s"]);
    assert_eq!((&purge["purged"], &purge["kept"]), (&1.into(), &5.into()), "{purge}");
    let group = outboxctl::internals::settings::DEFAULT_GROUP;
    let purge = pipeline.ok(&["db", "purge", "--older-than", "0s", "--group", group]);
    assert_eq!((&purge["purged"], &purge["kept"], &purge["marks"]), (&5.into(), &0.into(), &0.into()), "{purge}");
}
