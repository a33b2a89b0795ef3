//! `tail` of streams, buses and tables that outboxctl did not deploy, through the binary.

use std::io::{BufRead, BufReader};
use std::process::{Child, ChildStdout, Command, Stdio};

use aws_sdk_dynamodb::types as db;
use aws_sdk_eventbridge::types::PutEventsRequestEntry;
use aws_sdk_kinesis::primitives::Blob;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};

use crate::completions::offered;
use crate::support::shared::Shared;
use crate::support::stack::Stack;

static STACK: Shared = Shared::new();

/// A `tail` in progress, by its lines.
struct Tail {
    child: Child,
    lines: std::io::Lines<BufReader<ChildStdout>>,
}

impl Tail {
    /// Starts it, and waits until it follows.
    fn live(stack: &Stack, args: &[&str]) -> Self {
        let mut command = stack.command(&[&["tail"], args, &["--output", "ndjson"]].concat());
        Self::start(&mut command)
    }

    fn start(command: &mut Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("it starts");
        let lines = BufReader::new(child.stdout.take().expect("stdout")).lines();
        let mut tail = Self { child, lines };
        tail.until(|line| line["scope"] == "tail" && line["type"] == "finished");
        tail
    }

    fn until(&mut self, wanted: impl Fn(&Value) -> bool) -> Value {
        for line in self.lines.by_ref() {
            let line: Value = serde_json::from_str(&line.expect("text")).expect("JSON");
            if wanted(&line) {
                return line;
            }
            assert_ne!(line["type"], "result", "it ended early: {line}");
        }
        panic!("it ended early");
    }

    fn item(&mut self) -> Value {
        self.until(|line| line["type"] == "item")
    }

    /// Ends it by a signal; returns the exit code.
    fn end(mut self, signal: Signal) -> Option<i32> {
        let pid = Pid::from_raw(i32::try_from(self.child.id()).expect("an id")).expect("a process");
        kill_process(pid, signal).expect("a signal");
        self.lines.by_ref().for_each(drop);
        self.child.wait().expect("it ends").code()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn any_stream_of_the_account_is_followed() {
    let stack = STACK.up("look", |_| {});
    let clients = stack.clients();
    let kinesis = clients.kinesis();
    kinesis.create_stream().stream_name("orders").shard_count(2).send().await.expect("a stream");
    let waiter = aws_sdk_kinesis::client::Waiters::wait_until_stream_exists(&kinesis).stream_name("orders");
    waiter.wait(std::time::Duration::from_secs(60)).await.expect("an active stream");
    let row = r#"{"data":{"id":1},"metadata":{"record-type":"data","operation":"insert","schema-name":"shop","table-name":"cars"}}"#;
    let control =
        r#"{"metadata":{"record-type":"control","operation":"create-table","schema-name":"shop","table-name":"cars"}}"#;
    let records: [(&[u8], &str, &str); 5] = [
        (br#"{"any": [1.50]}"#, "other", "record"),
        (b"GET /cars 200", "other", "text"),
        (b"\x00\xff", "undecodable", "base64"),
        (row.as_bytes(), "data", "record"),
        (control.as_bytes(), "control", "record"),
    ];
    let mut tail = Tail::live(&stack, &["--stream", "orders", "--count", "5"]);
    for (bytes, content, body) in records {
        let put = kinesis.put_record().stream_name("orders").partition_key("k").data(Blob::new(bytes));
        put.send().await.expect("a record");
        let item = tail.item();
        assert_eq!((&item["hop"], &item["content"]), (&json!("stream"), &json!(content)), "{item}");
        assert!(item[body] != Value::Null, "{body}: {item}");
    }
    assert_eq!(tail.child.wait().expect("it ends").code(), Some(0), "--count ends it");

    // By ARN, from the past, with a filter and a format.
    let summary = kinesis.describe_stream_summary().stream_name("orders").send().await.expect("the stream");
    let arn = summary.stream_description_summary().expect("a summary").stream_arn().to_owned();
    let args = ["--stream", &arn, "--from", "start", "--count", "1", "--where", "text!=null", "--format", "{text}"];
    let output = stack.run(&[&["tail"], &args[..]].concat());
    assert_eq!(String::from_utf8_lossy(&output.stdout), "GET /cars 200\n", "{output:?}");
    assert!(offered(&mut stack.command(&[]), &["tail", "--stream", "ord"]).contains(&"orders".to_owned()));

    for (code, args, part) in [
        (1, &["--stream", "order"][..], "similar names: orders"),
        (1, &["--stream", "orders", "--region", "eu-west-3"], "eu-west-3 has no Kinesis stream in this account"),
        (2, &["--stream", &arn, "--region", "eu-west-3"], "pass --region us-east-1"),
        (2, &["--stream", "arn:aws:kinesis:us-east-1:999999999999:stream/orders"], "in account 999999999999"),
        (2, &["--stream", "arn:aws:sns:us-east-1:000000000000:orders"], "not the ARN of a Kinesis stream"),
        (2, &["--stream", "two words"], "not the name of a Kinesis stream"),
        (2, &["--bus", "default", "--from", "-5m"], "keeps no history"),
        (2, &["--bus", "default", "--enhanced-fan-out"], "name a stream"),
        (2, &["stream", "--stream", "orders"], "cannot be used with"),
        (1, &["--bus", "defautl"], "similar names: default"),
    ] {
        let failed = stack.fails(code, &[&["tail"], args].concat()).to_string();
        assert!(failed.contains(part), "{args:?}: {failed}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn any_bus_of_the_account_is_tapped_and_nothing_remains() {
    let stack = STACK.up("look", |_| {});
    let clients = stack.clients();
    let events = clients.eventbridge();
    events.create_event_bus().name("shop.orders").send().await.expect("a bus");
    let temporary = async || {
        let queues = clients.sqs().list_queues().queue_name_prefix("outboxctl-tap-").send().await.expect("queues");
        let rules = events.list_rules().event_bus_name("shop.orders").send().await.expect("rules");
        queues.queue_urls().len() + rules.rules().len()
    };
    let send = async || {
        let entry = PutEventsRequestEntry::builder().event_bus_name("shop.orders").source("shop.web");
        let entry = entry.detail_type("OrderPlaced").detail(r#"{"order": 7}"#).build();
        events.put_events().entries(entry).send().await.expect("an event");
    };
    for (signal, code) in [(Signal::INT, 130), (Signal::TERM, 143)] {
        let mut tail = Tail::live(&stack, &["--bus", "shop.orders"]);
        send().await;
        let item = tail.item();
        assert_eq!(
            (&item["hop"], &item["content"], &item["record"]["detail"]),
            (&json!("bus"), &json!("other"), &json!({"order": 7}))
        );
        assert_eq!(item["summary"], "OrderPlaced from shop.web");
        assert_eq!(temporary().await, 2);
        assert_eq!((tail.end(signal), temporary().await), (Some(code), 0));
    }
    // `doctor` names the leftovers of a killed run, and the next run on the bus removes them.
    let mut killed = Tail::live(&stack, &["--bus", "shop.orders"]);
    killed.child.kill().expect("killed");
    killed.child.wait().expect("dead");
    assert_eq!(temporary().await, 2);
    let doctor = stack.run(&["doctor"]);
    assert!(String::from_utf8_lossy(&doctor.stdout).contains("of bus shop.orders"), "{doctor:?}");
    let tail = Tail::live(&stack, &["--bus", "shop.orders"]);
    assert_eq!(temporary().await, 2, "its own queue and rule");
    assert_eq!((tail.end(Signal::INT), temporary().await), (Some(130), 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn any_table_with_a_stream_is_followed() {
    let stack = STACK.up("look", |_| {});
    let clients = stack.clients();
    let dynamodb = clients.dynamodb();
    let key = |kind| db::KeySchemaElement::builder().attribute_name("id").key_type(kind).build().expect("a key");
    let text = db::AttributeDefinition::builder().attribute_name("id").attribute_type(db::ScalarAttributeType::S);
    let stream = db::StreamSpecification::builder().stream_enabled(true);
    let stream = stream.stream_view_type(db::StreamViewType::NewAndOldImages).build().expect("a stream");
    for (name, stream) in [("stock", Some(stream)), ("plain", None)] {
        let table = dynamodb.create_table().table_name(name).key_schema(key(db::KeyType::Hash));
        let table = table.attribute_definitions(text.clone().build().expect("an attribute"));
        let table = table.billing_mode(db::BillingMode::PayPerRequest).set_stream_specification(stream);
        table.send().await.expect("a table");
    }
    let mut tail = Tail::live(&stack, &["--table", "stock"]);
    let put = dynamodb.put_item().table_name("stock").item("id", db::AttributeValue::S("a".into()));
    put.item("n", db::AttributeValue::N("1.50".into())).send().await.expect("an item");
    let item = tail.item();
    assert_eq!((&item["content"], &item["image"]["new"]), (&json!("data"), &json!({"id": "a", "n": 1.50})), "{item}");
    assert_eq!(item["summary"], r#"INSERT stock {"id":"a"}"#);
    assert_eq!(tail.end(Signal::INT), Some(130));

    for (code, args, part) in [
        (1, &["--table", "plain"][..], "aws dynamodb update-table --table-name plain"),
        (1, &["--table", "stok"], "similar names: stock"),
        (1, &["--table", "public.outbox"], "a PostgreSQL table does not have a stream"),
        (2, &["--table", "\"Outbox\""], "a PostgreSQL table does not have a stream"),
        (2, &["--table", "stock", "--stream", "orders"], "cannot be used with"),
    ] {
        let failed = stack.fails(code, &[&["tail"], args].concat()).to_string();
        assert!(failed.contains(part), "{args:?}: {failed}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_right_is_named() {
    let stack = STACK.up("look", |_| {});
    let clients = stack.clients();
    let trust = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole",
        "Principal": {"AWS": "arn:aws:iam::000000000000:root"}}]});
    let role = clients.iam().create_role().role_name("looks").assume_role_policy_document(trust.to_string());
    let role = role.send().await.expect("a role").role.expect("a role").arn;
    let session = clients.sts().assume_role().role_arn(role).role_session_name("test").send().await.expect("a session");
    let session = session.credentials.expect("credentials");
    for (args, action) in [
        (["--stream", "orders"], "kinesis:ListShards"),
        (["--bus", "default"], "events:DescribeEventBus"),
        (["--table", "stock"], "dynamodb:DescribeTable"),
    ] {
        let mut command = stack.command(&["tail", args[0], args[1], "--output", "ndjson"]);
        command.env_remove("OUTBOXCTL_LOCAL").env("AWS_ENDPOINT_URL", stack.state().endpoint);
        command.env("AWS_REGION", "us-east-1").env("AWS_ACCESS_KEY_ID", &session.access_key_id);
        command.env("AWS_SECRET_ACCESS_KEY", &session.secret_access_key);
        command.env("AWS_SESSION_TOKEN", &session.session_token);
        let output = command.output().expect("the binary starts");
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(text.contains("access-denied") && text.contains(action), "{args:?}: {text}");
    }
}
