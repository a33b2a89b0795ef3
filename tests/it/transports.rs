//! Event transports of the local stack, as AWS documents them: a rule goes live after a pause, shards have limits and stay
//! readable once they are closed, streaming destinations repeat records.

use std::collections::BTreeMap;
use std::process::Command;

use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_sdk_cloudwatchlogs::Client as Logs;
use aws_sdk_cloudwatchlogs::operation::put_log_events::PutLogEventsOutput;
use aws_sdk_cloudwatchlogs::types::InputLogEvent;
use aws_sdk_eventbridge::primitives::DateTime;
use aws_sdk_eventbridge::types::{PutEventsRequestEntry, Target};
use aws_sdk_kinesis::Client as Kinesis;
use aws_sdk_kinesis::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_kinesis::operation::get_records::GetRecordsError;
use aws_sdk_kinesis::primitives::Blob;
use aws_sdk_kinesis::types::{PutRecordsRequestEntry, ScalingType, ShardIteratorType, StreamMode, StreamModeDetails};
use aws_sdk_sqs::types::QueueAttributeName;
use outboxctl::internals::aws::Clients;
use serde_json::{Value, json};

use crate::support::api::eventually;
use crate::support::repository;
use crate::support::stack::Stack;

/// The pure parts that run in the emulator's process, over many seeds.
#[test]
fn properties_of_order_repetition_and_limits_hold() {
    let output = Command::new("python3")
        .args(["-m", "unittest", "discover", "-s", "tests/python", "-p", "*_test.py"])
        .current_dir(repository())
        .env("PYTHONPATH", repository().join("src/local/launcher"))
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .output()
        .expect("Python starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// One event on the default bus.
async fn put(clients: &Clients, number: u32) {
    let entry = PutEventsRequestEntry::builder().source("test").detail_type("Numbered");
    let entry = entry.detail(json!({ "number": number }).to_string()).build();
    clients.eventbridge().put_events().entries(entry).send().await.expect("accepted");
}

/// Numbers of the events that a queue received.
async fn received(clients: &Clients, queue: &str) -> Vec<u64> {
    let answer = clients.sqs().receive_message().queue_url(queue).max_number_of_messages(10).send().await;
    let messages = answer.expect("messages").messages.unwrap_or_default();
    let number = |text: &str| serde_json::from_str::<Value>(text).ok()?["detail"]["number"].as_u64();
    for message in &messages {
        let handle = message.receipt_handle().expect("a handle");
        clients.sqs().delete_message().queue_url(queue).receipt_handle(handle).send().await.expect("deleted");
    }
    messages.iter().filter_map(|message| number(message.body()?)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rule_matches_nothing_until_it_is_live() {
    let stack = Stack::unordered("rules");
    let clients = stack.clients();
    let sqs = clients.sqs();
    let queue = sqs.create_queue().queue_name("events").send().await.expect("a queue").queue_url.expect("a URL");
    let arn = sqs.get_queue_attributes().queue_url(&queue).attribute_names(QueueAttributeName::QueueArn);
    let arn =
        arn.send().await.expect("attributes").attributes.expect("attributes")[&QueueAttributeName::QueueArn].clone();
    let policy = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sqs:SendMessage",
        "Principal": {"Service": "events.amazonaws.com"}, "Resource": arn}]});
    let attributes =
        sqs.set_queue_attributes().queue_url(&queue).attributes(QueueAttributeName::Policy, policy.to_string());
    attributes.send().await.expect("a policy");
    let events = clients.eventbridge();
    events.put_rule().name("all").event_pattern(r#"{"source":["test"]}"#).send().await.expect("a rule");
    let target = Target::builder().id("queue").arn(arn).build().expect("a target");
    events.put_targets().rule("all").targets(target).send().await.expect("a target");

    put(&clients, 0).await;
    let mut number = 0;
    let mut seen = eventually("an event of a live rule", async || {
        number += 1;
        put(&clients, number).await;
        let seen = received(&clients, &queue).await;
        (!seen.is_empty()).then_some(seen)
    })
    .await;
    // A change also takes effect after a pause: events published immediately still match the old rule.
    events.delete_rule().name("all").force(true).send().await.expect("deleted");
    put(&clients, 1_000_000).await;
    eventually("the last event of the rule before", async || {
        seen.extend(received(&clients, &queue).await);
        seen.contains(&1_000_000).then_some(())
    })
    .await;
    assert!(!seen.contains(&0), "an event was delivered before the rule was live: {seen:?}");
}

#[test]
fn a_streaming_destination_reorders_and_repeats_records_and_the_bus_gets_each_once() {
    let stack = Stack::unordered("destination");
    let pipeline = ["--pipeline", "dynamodb-kinesis"];
    // An order of the sample has one event; an aggregate of the outbox alone has several.
    stack.ok(&[&["deploy", "--yes", "--without-sample"][..], &pipeline].concat());
    // With this seed, record 24 of the first 164 comes twice.
    let report = stack.ok(&[&["verify", "--count", "120"][..], &pipeline].concat());
    let hops: BTreeMap<&str, &Value> = report["hops"]
        .as_array()
        .expect("hops")
        .iter()
        .map(|hop| (hop["hop"].as_str().expect("a name"), hop))
        .collect();
    assert_eq!((&hops["stream"]["repeated"], &hops["stream"]["duplicated"]), (&json!(1), &json!(0)), "{report}");
    assert!(hops["stream"]["out_of_order"].as_u64().is_some_and(|count| count > 0), "{report}");
    assert_eq!((&hops["bus"]["duplicated"], &hops["log"]["duplicated"]), (&json!(0), &json!(0)), "{report}");
    assert_eq!(stack.ok(&["local", "status"])["state"]["transports"]["seed"], 7);
    stack.fails(2, &["local", "up", "--seed", "8"]);
    let again = String::from_utf8(stack.run(&["local", "up"]).stdout).expect("text");
    assert!(again.contains("\nseed of events: 7; ") && again.contains("\nset them in a shell: "), "{again}");
}

async fn stream(kinesis: &Kinesis, name: &str, shards: i32) {
    kinesis.create_stream().stream_name(name).shard_count(shards).send().await.expect("a stream");
}

fn record(key: &str, size: usize) -> PutRecordsRequestEntry {
    PutRecordsRequestEntry::builder().partition_key(key).data(Blob::new(vec![b'x'; size])).build().expect("a record")
}

/// Ids of shards, open ones and closed ones.
async fn shards(kinesis: &Kinesis, name: &str) -> (Vec<String>, Vec<String>) {
    let listed = kinesis.list_shards().stream_name(name).send().await.expect("shards");
    let is_open = |shard: &&aws_sdk_kinesis::types::Shard| {
        shard.sequence_number_range().is_some_and(|range| range.ending_sequence_number().is_none())
    };
    let (open, closed): (Vec<_>, Vec<_>) = listed.shards().iter().partition(is_open);
    let ids =
        |shards: Vec<&aws_sdk_kinesis::types::Shard>| shards.into_iter().map(|s| s.shard_id().to_owned()).collect();
    (ids(open), ids(closed))
}

/// Reads a shard from its beginning to its end; how many records it had, and its children.
async fn drained(kinesis: &Kinesis, name: &str, shard: &str) -> (usize, Vec<String>) {
    let position = kinesis.get_shard_iterator().stream_name(name).shard_id(shard);
    let position = position.shard_iterator_type(ShardIteratorType::TrimHorizon).send().await.expect("a position");
    let (mut iterator, mut records) = (position.shard_iterator, 0);
    loop {
        let page = kinesis
            .get_records()
            .shard_iterator(iterator.expect("an iterator"))
            .limit(2)
            .send()
            .await
            .expect("records");
        records += page.records.len();
        iterator = page.next_shard_iterator;
        if iterator.is_none() {
            return (records, page.child_shards.unwrap_or_default().into_iter().map(|shard| shard.shard_id).collect());
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_closed_shard_is_read_to_its_end_and_names_its_children() {
    let stack = Stack::up("closed");
    let clients = stack.clients();
    let kinesis = clients.kinesis();
    stream(&kinesis, "split", 1).await;
    let records = ["a", "b", "c"].map(|key| record(key, 1));
    kinesis.put_records().stream_name("split").set_records(Some(records.to_vec())).send().await.expect("accepted");
    let scale = |kinesis: &Kinesis, count: i32| {
        let request = kinesis.update_shard_count().stream_name("split").target_shard_count(count);
        request.scaling_type(ScalingType::UniformScaling).send()
    };
    scale(&kinesis, 2).await.expect("two shards");
    let first = "shardId-000000000000".to_owned();
    let (open, closed) = shards(&kinesis, "split").await;
    assert_eq!((open.len(), &closed), (2, &vec![first.clone()]));
    assert_eq!(drained(&kinesis, "split", &first).await, (3, open.clone()));
    // Records go to the children; a merge closes both of them.
    let put =
        kinesis.put_records().stream_name("split").set_records(Some(records.to_vec())).send().await.expect("accepted");
    assert!(
        put.records().iter().all(|record| open.contains(&record.shard_id().expect("a shard").to_owned())),
        "{put:?}"
    );
    let merge = kinesis.merge_shards().stream_name("split").shard_to_merge(&open[0]);
    merge.adjacent_shard_to_merge(&open[1]).send().await.expect("merged");
    let (merged, closed) = shards(&kinesis, "split").await;
    assert_eq!((merged.len(), closed.len()), (1, 3));
    let (left, right) = (drained(&kinesis, "split", &open[0]).await, drained(&kinesis, "split", &open[1]).await);
    assert_eq!((left.0 + right.0, left.1, right.1), (3, merged.clone(), merged));
    let summary = kinesis.describe_stream_summary().stream_name("split").send().await.expect("a summary");
    assert_eq!(summary.stream_description_summary().map(|summary| summary.open_shard_count()), Some(1));
    // "You cannot scale up to more than double". The SDK takes this code for throttling, and would retry for minutes.
    let refused = scale(&clients.fail_fast().kinesis(), 5).await.expect_err("more than double");
    assert_eq!(refused.code(), Some("LimitExceededException"));

    // Closed shards still exist after a restart of the stack.
    stack.ok(&["local", "down"]);
    stack.ok(&["local", "up"]);
    let kinesis = stack.clients().kinesis();
    assert_eq!(drained(&kinesis, "split", &first).await.0, 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shard_refuses_records_above_its_limits() {
    let stack = Stack::up("limits");
    let clients = stack.clients();
    let kinesis = clients.kinesis();
    let config = kinesis.config().to_builder().retry_config(aws_config::retry::RetryConfig::disabled()).build();
    let kinesis = Kinesis::from_conf(config);
    stream(&kinesis, "one", 1).await;
    // Together above 1 MiB; the small one after those that are refused fits.
    let records = [800_000, 400_000, 400_000, 1_000].map(|size| record("k", size));
    let put =
        kinesis.put_records().stream_name("one").set_records(Some(records.to_vec())).send().await.expect("an answer");
    let codes: Vec<Option<&str>> = put.records().iter().map(|record| record.error_code()).collect();
    let throttled = Some("ProvisionedThroughputExceededException");
    assert_eq!((codes, put.failed_record_count()), (vec![None, throttled, throttled, None], Some(2)));
    let text = put.records()[1].error_message().expect("a message");
    assert_eq!(text, "Rate exceeded for shard shardId-000000000000 in stream one under account 000000000000.");
    let error =
        kinesis.put_record().stream_name("one").partition_key("k").data(Blob::new(vec![0; 900_000])).send().await;
    assert_eq!(error.expect_err("too much").code(), throttled);

    // Five reads a second.
    let position = kinesis.get_shard_iterator().stream_name("one").shard_id("shardId-000000000000");
    let position = position.shard_iterator_type(ShardIteratorType::Latest).send().await.expect("a position");
    let iterator = position.shard_iterator.expect("an iterator");
    let reads = (0..8).map(|_| kinesis.get_records().shard_iterator(&iterator).send());
    let reads = futures_util::future::join_all(reads).await;
    let refused = reads.iter().filter_map(|read| read.as_ref().err()?.code()).collect::<Vec<_>>();
    assert!(!refused.is_empty() && refused.iter().all(|code| Some(*code) == throttled), "{refused:?}");

    // An on-demand stream begins with four shards.
    let mode = StreamModeDetails::builder().stream_mode(StreamMode::OnDemand).build().expect("a mode");
    kinesis.create_stream().stream_name("demand").stream_mode_details(mode).send().await.expect("a stream");
    assert_eq!(shards(&kinesis, "demand").await.0.len(), 4);

    // Above half of their capacity it doubles them, and the closed ones stay readable.
    let parents = eventually("eight open shards", async || {
        for _ in 0..4 {
            // One key of each shard.
            let records = ["0", "4", "6", "9"].map(|key| record(key, 250_000)).to_vec();
            kinesis.put_records().stream_name("demand").set_records(Some(records)).send().await.expect("an answer");
        }
        let (open, closed) = shards(&kinesis, "demand").await;
        (open.len() == 8).then_some(closed)
    })
    .await;
    assert_eq!(parents.len(), 4);
}

/// A reader whose batch fails for more than five minutes has such an iterator, and needs the error to get another one.
#[tokio::test(flavor = "multi_thread")]
async fn a_role_that_may_read_a_stream_gets_the_error_of_an_expired_iterator() {
    let stack = Stack::unordered("iterators");
    let clients = stack.clients();
    let (iam, kinesis) = (clients.iam(), clients.kinesis());
    kinesis.create_stream().stream_name("one").shard_count(1).send().await.expect("a stream");
    let described = kinesis.describe_stream_summary().stream_name("one").send().await.expect("the stream");
    let arn = described.stream_description_summary.expect("a summary").stream_arn;
    let trust = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole",
        "Principal": {"AWS": "arn:aws:iam::000000000000:root"}}]});
    let role = iam.create_role().role_name("reader").assume_role_policy_document(trust.to_string());
    let role = role.send().await.expect("a role").role.expect("a role").arn;
    let session = clients.sts().assume_role().role_arn(&role).role_session_name("test").send().await;
    let session = session.expect("a session").credentials.expect("credentials");
    let (id, secret, token) = (session.access_key_id, session.secret_access_key, session.session_token);
    let credentials = SharedCredentialsProvider::new(Credentials::new(id, secret, Some(token), None, "test"));
    let reader = clients.with_credentials(credentials).kinesis();
    let iterator = kinesis.get_shard_iterator().stream_name("one").shard_id("shardId-000000000000");
    let iterator = iterator.shard_iterator_type(ShardIteratorType::Latest).send().await.expect("a position");
    let valid = iterator.shard_iterator.expect("an iterator");

    let read = async |iterator: &str| reader.get_records().shard_iterator(iterator).send().await;
    let code =
        |read: Result<_, _>| read.err().and_then(|error: SdkError<GetRecordsError>| error.code().map(str::to_owned));
    assert_eq!(code(read(&valid).await).as_deref(), Some("AccessDeniedException"));
    let policy = json!({"Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": "kinesis:GetRecords", "Resource": arn}]});
    let put = iam.put_role_policy().role_name("reader").policy_name("read").policy_document(policy.to_string());
    put.send().await.expect("a policy");
    assert_eq!(code(read(&valid).await), None);
    let expired = "00000000-0000-4000-8000-000000000000";
    assert_eq!(code(read(expired).await).as_deref(), Some("ExpiredIteratorException"));
}

/// A group, and a stream in it.
async fn log(logs: &Logs, group: &str) {
    logs.create_log_group().log_group_name(group).send().await.expect("a group");
    logs.create_log_stream().log_group_name(group).log_stream_name("all").send().await.expect("a stream");
}

/// Puts log events, each with its time in milliseconds and its number as text.
async fn put_log_events(logs: &Logs, group: &str, events: impl Iterator<Item = (i64, i64)>) -> PutLogEventsOutput {
    let event = |(timestamp, number): (i64, i64)| {
        let event = InputLogEvent::builder().timestamp(timestamp).message(number.to_string());
        event.build().expect("an event")
    };
    let put = logs.put_log_events().log_group_name(group).log_stream_name("all");
    put.set_log_events(Some(events.map(event).collect())).send().await.expect("accepted")
}

/// Times and texts of the events in a group, from all pages of a search.
async fn search(logs: &Logs, group: &str, limit: Option<i32>) -> Vec<(i64, String)> {
    let mut pages = logs.filter_log_events().log_group_name(group).set_limit(limit).into_paginator().send();
    let mut found = Vec::new();
    while let Some(page) = pages.next().await {
        let events = page.expect("a page").events.unwrap_or_default();
        found.extend(events.into_iter().filter_map(|event| Some((event.timestamp?, event.message?))));
    }
    found
}

/// More events than one answer has.
#[tokio::test(flavor = "multi_thread")]
async fn a_search_of_a_log_has_pages() {
    let stack = Stack::unordered("logs");
    let logs = stack.clients().logs();
    let begun = chrono::Utc::now().timestamp_millis() - 60_000;
    for (group, of_one_time) in [("two-of-a-millisecond", 2), ("all-of-a-millisecond", 1_000_000)] {
        log(&logs, group).await;
        for batch in [0..6_000, 6_000..10_050] {
            put_log_events(&logs, group, batch.map(|number| (begun + number / of_one_time, number))).await;
        }
        for limit in [None, Some(4_001)] {
            let found: Vec<i64> =
                search(&logs, group, limit).await.iter().filter_map(|(_, text)| text.parse().ok()).collect();
            assert_eq!(found.len(), 10_050, "{group} {limit:?}");
            assert!(found.iter().copied().eq(0..10_050), "each once, in order: {group} {limit:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_search_of_a_log_is_limited_to_streams() {
    let stack = Stack::unordered("log-streams");
    let logs = stack.clients().logs();
    logs.create_log_group().log_group_name("group").send().await.expect("a group");
    let now = chrono::Utc::now().timestamp_millis();
    for stream in ["a-1", "a-2", "b-1"] {
        logs.create_log_stream().log_group_name("group").log_stream_name(stream).send().await.expect("a stream");
        let event = InputLogEvent::builder().timestamp(now).message(stream).build().expect("an event");
        let put = logs.put_log_events().log_group_name("group").log_stream_name(stream).log_events(event);
        put.send().await.expect("accepted");
    }
    let search = async |prefix: Option<&str>, names: &[&str]| {
        let names = (!names.is_empty()).then(|| names.iter().map(|name| (*name).to_owned()).collect());
        let search = logs.filter_log_events().log_group_name("group").set_log_stream_names(names);
        let answer = search.set_log_stream_name_prefix(prefix.map(str::to_owned)).send().await;
        let answer = answer.map_err(|error| error.code().unwrap_or_default().to_owned())?;
        let texts = answer.events.unwrap_or_default().into_iter().filter_map(|event| event.message);
        Ok::<Vec<String>, String>(texts.collect())
    };
    let found = |texts: &[&str]| Ok(texts.iter().map(|text| (*text).to_owned()).collect());
    assert_eq!(search(None, &[]).await, found(&["a-1", "a-2", "b-1"]));
    assert_eq!(search(Some("a-"), &[]).await, found(&["a-1", "a-2"]));
    assert_eq!(search(Some("c"), &[]).await, found(&[]));
    assert_eq!(search(None, &["a-2", "b-1"]).await, found(&["a-2", "b-1"]));
    assert_eq!(search(Some("a-"), &["a-1"]).await, Err("InvalidParameterException".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_has_events_of_14_days_before_and_2_hours_after_the_present() {
    const HOUR: i64 = 3_600_000;
    let stack = Stack::with("times", "ordered", "true");
    let clients = stack.clients();
    let logs = clients.logs();
    let now = chrono::Utc::now().timestamp_millis();
    let ages = [15 * 24, 13 * 24, 2, 0, -1, -3];
    log(&logs, "all").await;
    log(&logs, "of-a-day").await;
    logs.put_retention_policy().log_group_name("of-a-day").retention_in_days(1).send().await.expect("a retention");
    let events = || ages.iter().map(|age| (now - age * HOUR, *age));
    let rejected = put_log_events(&logs, "all", events()).await.rejected_log_events_info.expect("rejected events");
    let positions = (rejected.too_old_log_event_end_index(), rejected.too_new_log_event_start_index());
    assert_eq!((positions, rejected.expired_log_event_end_index()), ((Some(1), Some(5)), None));
    let rejected = put_log_events(&logs, "of-a-day", events()).await.rejected_log_events_info.expect("rejected events");
    assert_eq!(rejected.expired_log_event_end_index(), Some(2));

    // The same for a rule that writes to a group: EventBridge stamps with the time of the event, in whole seconds.
    let events = clients.eventbridge();
    logs.create_log_group().log_group_name("/aws/events/bus").send().await.expect("a group");
    let arn = "arn:aws:logs:us-east-1:000000000000:log-group:/aws/events/bus";
    let policy = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Resource": format!("{arn}:*"),
        "Action": ["logs:CreateLogStream", "logs:PutLogEvents"], "Principal": {"Service": "events.amazonaws.com"}}]});
    let put = logs.put_resource_policy().policy_name("events").policy_document(policy.to_string());
    put.send().await.expect("a policy");
    events.put_rule().name("all").event_pattern(r#"{"source":["test"]}"#).send().await.expect("a rule");
    let target = Target::builder().id("log").arn(arn).build().expect("a target");
    events.put_targets().rule("all").targets(target).send().await.expect("a target");
    let entry = |age: &i64| {
        let entry = PutEventsRequestEntry::builder().source("test").detail_type("Aged").detail("{}");
        entry.time(DateTime::from_millis(now - age * HOUR)).build()
    };
    let put = events.put_events().set_entries(Some(ages.iter().map(entry).collect())).send().await.expect("accepted");
    assert_eq!(put.failed_entry_count(), 0);

    let kept = |ages: &[i64]| ages.iter().map(|age| now - age * HOUR).collect::<Vec<_>>();
    let times =
        async |group: &str| search(&logs, group, None).await.into_iter().map(|(time, _)| time).collect::<Vec<_>>();
    assert_eq!(times("all").await, kept(&ages[1..5]));
    assert_eq!(times("of-a-day").await, kept(&ages[2..5]));
    let in_seconds: Vec<i64> = kept(&ages[1..5]).iter().map(|time| time / 1_000 * 1_000).collect();
    assert_eq!(times("/aws/events/bus").await, in_seconds);
    for (time, text) in search(&logs, "/aws/events/bus", None).await {
        let event: Value = serde_json::from_str(&text).expect("an event");
        let of_event = chrono::DateTime::parse_from_rfc3339(event["time"].as_str().expect("a time")).expect("a time");
        assert_eq!(of_event.timestamp_millis(), time);
    }
}
