//! Failures of a pipeline and their reports: each on the local stack, with its real cause.

use outboxctl::internals::aws::Clients;
use outboxctl::internals::error::Kind;
use outboxctl::internals::postgres::replication::{Connection, Lsn};
use outboxctl::internals::postgres::tls::Roots;
use outboxctl::internals::postgres::{Target, connect};
use serde_json::Value;

use crate::support::stack::Stack;

/// The pipeline as it stands, with ways to break it.
struct Victim {
    stack: Stack,
    outputs: Value,
    clients: Clients,
    ca_file: std::path::PathBuf,
}

impl Victim {
    async fn deployed(test: &str) -> Self {
        let stack = Stack::up(test);
        for step in [&["deploy", "--yes"][..], &["db", "init"], &["dms", "start"]] {
            stack.ok(step);
        }
        let outputs = stack.ok(&["outputs"]);
        let (clients, ca_file) = (stack.clients(), stack.state().postgres.ca_file);
        Self { stack, outputs, clients, ca_file }
    }

    fn output(&self, name: &str) -> &str {
        self.outputs[name].as_str().unwrap_or_else(|| panic!("no output {name}: {}", self.outputs))
    }

    async fn secret(&self) -> String {
        let arn = self.output("DatabaseSecretArn");
        let secret = self.clients.secrets().get_secret_value().secret_id(arn).send().await.expect("the secret");
        secret.secret_string.expect("its text")
    }

    /// Changes one field of the secret; returns the whole as it was.
    async fn set_secret(&self, field: &str, value: Value) -> String {
        let before = self.secret().await;
        let mut document: Value = serde_json::from_str(&before).expect("JSON");
        document[field] = value;
        self.put_secret(&document.to_string()).await;
        before
    }

    async fn put_secret(&self, text: &str) {
        let arn = self.output("DatabaseSecretArn");
        self.clients
            .secrets()
            .put_secret_value()
            .secret_id(arn)
            .secret_string(text)
            .send()
            .await
            .expect("a new version");
    }

    async fn target(&self) -> Target {
        let port = self.output("DatabasePort").parse().expect("a port");
        Target::from_secret(&self.secret().await, "localhost", port, "outbox", Roots::File(self.ca_file.clone()))
            .expect("a target")
    }
}

fn hints(line: &Value) -> String {
    line["error"]["hints"].to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_trouble_of_the_database_has_a_name_and_a_way_out() {
    let victim = Victim::deployed("trouble-db").await;
    let stack = &victim.stack;

    for via in ["function", "direct"] {
        let before = victim.set_secret("password", "not-the-password".into()).await;
        let out = stack.fails(1, &["db", "status", "--via", via]);
        assert_eq!(out["error"]["code"], "wrong-secret", "{via}: {out}");
        assert!(!out.to_string().contains("not-the-password"), "the password is repeated: {out}");

        victim.put_secret(&before).await;
        victim.set_secret("port", 1.into()).await;
        let out = stack.fails(1, &["db", "status", "--via", via]);
        assert_eq!(out["error"]["code"], "database-unreachable", "{via}: {out}");
        victim.put_secret(&before).await;
        stack.ok(&["db", "status", "--via", via]);
    }

    // A certificate of another authority.
    let foreign = rcgen::generate_simple_self_signed(vec!["elsewhere".into()]).expect("a certificate").cert.pem();
    let file = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(file.path(), foreign).expect("a certificate file");
    let target = Target { roots: Roots::File(file.path().to_owned()), ..victim.target().await };
    let error = connect(&target).await.expect_err("the certificate is not trusted");
    assert_eq!(error.kind(), Kind::UntrustedCertificate, "{error:?}");
    // The local stack's own authority counts, whatever the shell has set for other programs.
    let mut local = stack.command(&["db", "status", "--via", "direct"]);
    assert!(local.env("PGSSLROOTCERT", file.path()).output().expect("the binary starts").status.success());
}

#[tokio::test(flavor = "multi_thread")]
async fn every_trouble_of_the_capture_has_a_name_and_a_way_out() {
    let victim = Victim::deployed("trouble-dms").await;
    let stack = &victim.stack;
    stack.ok(&["dms", "stop"]);
    let client = connect(&victim.target().await).await.expect("a connection as the owner");

    // Another process reads the slot.
    let slot: String =
        client.query_one("SELECT slot_name FROM pg_replication_slots", &[]).await.expect("one slot").get(0);
    let connection = Connection::open(&victim.target().await).await.expect("a replication connection");
    let reader = connection.start_replication(&slot, "outboxctl", Lsn(0)).await.expect("the slot");
    let out = stack.fails(1, &["dms", "start"]);
    assert_eq!(out["error"]["code"], "task-failed", "{out}");
    assert!(out["error"]["message"].as_str().is_some_and(|text| text.contains("is active")), "{out}");
    assert!(!hints(&out).is_empty(), "{out}");
    reader.close().await;

    // The publication is gone.
    client.batch_execute("DROP PUBLICATION outboxctl").await.expect("the publication dropped");
    let out = stack.fails(1, &["dms", "start"]);
    assert!(hints(&out).contains("db init"), "{out}");
    assert!(stack.changed(&["db", "init"]), "`db init` puts it back");
    // Rows written before the publication was restored can't be decoded any more: only a new slot helps.
    stack.ok(&["dms", "start", "--fresh"]);
    stack.ok(&["verify", "--count", "10"]);

    // The stream is gone.
    victim.clients.kinesis().delete_stream().stream_name(victim.output("StreamName")).send().await.expect("deleted");
    let out = stack.fails(1, &["tail", "kinesis"]);
    assert_eq!(out["error"]["code"], "stream-missing", "{out}");
    let out = stack.fails(1, &["dms", "test"]);
    assert_eq!(out["error"]["code"], "endpoint-failed", "{out}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slot_that_is_gone_is_named_before_the_capture_is_started_again() {
    let victim = Victim::deployed("trouble-slot").await;
    let stack = &victim.stack;
    let slot_finding = |command: &str| {
        let report = stack.run_ndjson(&[command]);
        let findings = report["data"]["findings"].as_array().cloned().unwrap_or_default();
        let found = findings.into_iter().find(|finding| finding["check"] == "replication slot");
        found.unwrap_or_else(|| panic!("{command} has no finding on the slot: {report}"))
    };
    assert_eq!(slot_finding("doctor")["state"], "ok");
    stack.ok(&["dms", "stop"]);
    let client = connect(&victim.target().await).await.expect("a connection as the owner");
    let drop = "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots";
    client.execute(drop, &[]).await.expect("the slot dropped");

    for command in ["doctor", "status"] {
        let finding = slot_finding(command);
        assert_eq!(finding["state"], "failed", "{command}: {finding}");
        let remedy = finding["remedy"].as_str().unwrap_or_default();
        assert!(remedy.contains("outboxctl dms rebuild"), "{command}: {finding}");
    }
    let out = stack.fails(1, &["dms", "start"]);
    assert!(hints(&out).contains("outboxctl dms rebuild"), "{out}");
    stack.ok(&["dms", "start", "--fresh"]);
    assert_eq!(slot_finding("doctor")["state"], "ok");
}
