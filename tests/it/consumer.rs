//! `outboxctl consume` as a process: signals, kills and hooks that fail, on a real stream and a real database.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, ExitStatus};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::support::shared::Shared;
use crate::support::stack::Stack;

const PIPELINE: [&str; 2] = ["--pipeline", "rds-kinesis"];
/// Number of hooks of a shard that run at the same time.
const CONCURRENCY: usize = 3;
const AGGREGATES: i64 = 6;
/// Of the stream, as it is deployed.
const SHARDS: usize = 4;

/// A running consumer, and its stdout.
struct Consumer {
    child: Child,
    stdout: PathBuf,
}

impl Consumer {
    fn start(stack: &Stack, folder: &Path, name: &str, args: &[&str]) -> Self {
        let stdout = folder.join(name);
        let mut command = stack.command(&[&["consume"], &PIPELINE[..], args, &["--output", "ndjson"]].concat());
        let child = command.stdout(File::create(&stdout).expect("a file")).spawn().expect("the binary starts");
        Self { child, stdout }
    }

    /// Waits until it is so; a consumer that ends before is the cause.
    fn until(&mut self, what: &str, mut holds: impl FnMut() -> bool) {
        let begun = Instant::now();
        while !holds() {
            if let Some(status) = self.child.try_wait().expect("its status") {
                panic!("the consumer ended ({status}) before {what}: {}", self.said());
            }
            assert!(begun.elapsed() < Duration::from_secs(120), "not within two minutes: {what}: {}", self.said());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    fn said(&self) -> String {
        std::fs::read_to_string(&self.stdout).expect("its stdout")
    }

    fn signal(&self, signal: rustix::process::Signal) {
        let pid = rustix::process::Pid::from_raw(i32::try_from(self.child.id()).expect("fits")).expect("a process");
        rustix::process::kill_process(pid, signal).expect("the signal");
    }

    fn ended(&mut self) -> ExitStatus {
        self.child.wait().expect("its end")
    }

    /// The final line.
    fn result(&self) -> Value {
        serde_json::from_str(self.said().lines().last().expect("a line")).expect("JSON")
    }
}

/// The lines that hooks wrote: `begin` and `end`, aggregate and sequence.
struct Effects(PathBuf);

impl Effects {
    /// A hook that notes its begin, takes a while, and notes its end.
    fn hook(&self) -> String {
        let note = |word: &str| format!("echo {word} $OUTBOX_AGGREGATE_ID $OUTBOX_SEQUENCE >> {}", self.0.display());
        format!("{}; sleep 0.3; {}", note("begin"), note("end"))
    }

    fn count(&self, word: &str) -> usize {
        let text = std::fs::read_to_string(&self.0).unwrap_or_default();
        text.lines().filter(|line| line.split(' ').next() == Some(word)).count()
    }

    /// Sequences of each aggregate in the order of their first effect, and how many effects came again.
    fn first(&self) -> (BTreeMap<String, Vec<i64>>, usize) {
        let (mut first, mut again) = (BTreeMap::<String, Vec<i64>>::new(), 0);
        for line in std::fs::read_to_string(&self.0).expect("effects").lines() {
            let [word, aggregate, sequence] = line.split(' ').collect::<Vec<_>>()[..] else { panic!("{line}") };
            if word == "begin" {
                let (sequences, sequence) = (first.entry(aggregate.into()).or_default(), sequence.parse().expect("n"));
                if sequences.contains(&sequence) { again += 1 } else { sequences.push(sequence) }
            }
        }
        (first, again)
    }
}

/// Consumes the available events; returns the summary.
fn once(stack: &Stack, args: &[&str]) -> Value {
    let output = stack.run(&[&["consume", "--once", "--output", "ndjson"], &PIPELINE[..], args].concat());
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
    let result: Value = serde_json::from_str(text.lines().last().expect("a line")).expect("JSON");
    result["data"].clone()
}

/// Processes whose command line names `what`.
fn processes(what: &str) -> Vec<String> {
    let all = std::fs::read_dir("/proc").expect("/proc").flatten();
    let lines = all.filter_map(|entry| std::fs::read(entry.path().join("cmdline")).ok());
    let text = lines.map(|line| String::from_utf8_lossy(&line).replace('\0', " "));
    text.filter(|line| line.contains(what) && line.starts_with("/bin/sh")).collect()
}

static STACK: Shared = Shared::new();

/// Returns the stack of these tests, with the pipeline and its capture.
fn stack() -> Arc<Stack> {
    STACK.up("consumer", |stack| {
        for step in [&["deploy", "--yes"][..], &["db", "init"], &["dms", "start"]] {
            stack.ok(&[step, &PIPELINE].concat());
        }
    })
}

fn insert(stack: &Stack, count: i64) {
    let (count, aggregates) = (count.to_string(), AGGREGATES.to_string());
    stack.ok(&[&["sample", "insert", "--count", &count, "--aggregates", &aggregates], &PIPELINE[..]].concat());
}

/// SIGTERM and then SIGKILL in the middle of a batch: nothing is lost, and little comes again.
#[tokio::test(flavor = "multi_thread")]
async fn a_consumer_is_stopped_and_killed_and_loses_nothing() {
    let _turn = STACK.turn().await;
    let stack = stack();
    let folder = tempfile::tempdir().expect("a folder");
    let effects = Effects(folder.path().join("effects"));
    let (hook, concurrency) = (effects.hook(), CONCURRENCY.to_string());
    let exec = ["--exec", &hook, "--concurrency", &concurrency, "--lease-duration", "4"];
    // What other tests left.
    once(&stack, &["--lease-duration", "4"]);

    // SIGTERM in the middle of a batch: events in flight are finished, and no other is started.
    insert(&stack, 8 * AGGREGATES);
    let mut consumer = Consumer::start(&stack, folder.path(), "terminated", &exec);
    consumer.until("the middle of a batch", || effects.count("begin") > CONCURRENCY);
    consumer.signal(rustix::process::Signal::TERM);
    assert_eq!(consumer.ended().code(), Some(143), "{}", consumer.said());
    let begun = effects.count("begin");
    assert_eq!((effects.count("end"), processes(&effects.0.display().to_string())), (begun, vec![]));
    let result = consumer.result();
    assert_eq!(
        (&result["type"], result["data"]["processed"].as_u64()),
        (&"result".into(), Some(begun as u64)),
        "{result}"
    );
    assert!(begun < 8 * usize::try_from(AGGREGATES).expect("fits"), "it was stopped in the middle");

    // SIGKILL in the middle of a batch: the next takes the dead one's shards over once its leases run out.
    let mut consumer = Consumer::start(&stack, folder.path(), "killed", &exec);
    consumer.until("the middle of another batch", || effects.count("begin") > begun + CONCURRENCY);
    consumer.signal(rustix::process::Signal::KILL);
    consumer.ended();
    let summary = once(&stack, &exec);
    assert_eq!(summary["failed"], 0, "{summary}");
    let (first, again) = effects.first();
    assert_eq!(first.len(), usize::try_from(AGGREGATES).expect("fits"));
    for (aggregate, sequences) in &first {
        assert_eq!(*sequences, (1..=8).collect::<Vec<i64>>(), "{aggregate}");
    }
    assert!(again <= CONCURRENCY * SHARDS, "{again} effects came again");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_target_that_fails_is_tried_again_and_its_event_is_kept() {
    let _turn = STACK.turn().await;
    let stack = stack();
    // What other tests left.
    once(&stack, &[]);
    // A target that fails at first is tried again; one that is gone costs the attempts, and the event is kept.
    let requests = Arc::new(AtomicUsize::new(0));
    let (url, server) = serve(requests.clone()).await;
    insert(&stack, 2);
    let post = ["--post", &url, "--backoff", "0.1", "--attempts", "3"];
    let summary = once(&stack, &post);
    assert_eq!((&summary["processed"], &summary["retries"], &summary["failed"]), (&2.into(), &2.into(), &0.into()));
    assert_eq!(requests.load(Ordering::SeqCst), 4);
    server.abort();
    let _ = server.await;
    insert(&stack, 1);
    let summary = once(&stack, &post);
    assert_eq!((&summary["processed"], &summary["failed"]), (&0.into(), &1.into()), "{summary}");
    // Nothing is left to be done, by this group at least.
    let summary = once(&stack, &[]);
    assert_eq!((&summary["processed"], &summary["failed"]), (&0.into(), &0.into()), "{summary}");
}

/// A target that answers its first two requests with 503.
async fn serve(requests: Arc<AtomicUsize>) -> (String, tokio::task::JoinHandle<()>) {
    use axum::http::StatusCode;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}/", listener.local_addr().expect("an address"));
    let answer = move || {
        let early = requests.fetch_add(1, Ordering::SeqCst) < 2;
        async move { if early { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::NO_CONTENT } }
    };
    let app = axum::Router::new().route("/", axum::routing::post(answer));
    (url, tokio::spawn(async move { axum::serve(listener, app).await.expect("served") }))
}
