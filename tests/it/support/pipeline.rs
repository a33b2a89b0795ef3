//! A pipeline on a local stack of a test's own, and the ways into its parts that no command has.

use std::sync::Arc;
use std::time::{Duration, Instant};

use outboxctl::internals::aws::Clients;
use outboxctl::internals::postgres::tls::Roots;
use outboxctl::internals::postgres::{Target, connect};
use serde_json::Value;

use super::shared::Shared;
use super::stack::Stack;

/// Time limit of every wait, on a busy machine.
const PATIENCE: Duration = Duration::from_secs(90);

pub struct Pipeline {
    pub stack: Arc<Stack>,
    pub name: &'static str,
    pub clients: Clients,
    outputs: Value,
}

impl Pipeline {
    /// Deployed; with a database, its schema and its capture are there, too.
    pub async fn deployed(test: &str, name: &'static str) -> Self {
        let stack = Stack::up(test);
        deploy(&stack, name);
        Self::on(Arc::new(stack), name).await
    }

    /// The pipeline on a stack that the tests of a file share; the first of them deploys it.
    pub async fn shared(shared: &Shared, test: &str, name: &'static str) -> Self {
        Self::on(shared.up(test, |stack| deploy(stack, name)), name).await
    }

    /// The pipeline on a stack to which it was deployed.
    pub async fn on(stack: Arc<Stack>, name: &'static str) -> Self {
        let outputs = stack.ok(&["outputs", "--pipeline", name]);
        Self { name, clients: stack.clients(), outputs, stack }
    }

    pub fn output(&self, name: &str) -> &str {
        self.outputs[name].as_str().unwrap_or_else(|| panic!("no output {name}: {}", self.outputs))
    }

    fn args<'a>(&'a self, args: &[&'a str]) -> Vec<&'a str> {
        args.iter().copied().chain(["--pipeline", self.name]).collect()
    }

    /// Data of a command that must succeed.
    pub fn ok(&self, args: &[&str]) -> Value {
        self.stack.ok(&self.args(args))
    }

    /// Returns the data of a command that must succeed and prints its items before.
    pub fn printed_data(&self, args: &[&str]) -> Value {
        self.fails(0, args)["data"].take()
    }

    /// The final line of a command that must fail with this exit code.
    pub fn fails(&self, exit_code: i32, args: &[&str]) -> Value {
        self.stack.fails(exit_code, &self.args(args))
    }

    /// Every NDJSON line of a command that must succeed.
    pub fn lines(&self, args: &[&str]) -> Vec<Value> {
        self.stack.lines(&self.args(args))
    }

    pub fn command(&self, args: &[&str]) -> std::process::Command {
        self.stack.command(&self.args(args))
    }

    /// Runs a command until its data are as they should be.
    pub fn until(&self, args: &[&str], fine: impl Fn(&Value) -> bool) -> Value {
        let begun = Instant::now();
        loop {
            let output = self.command(args).args(["--output", "ndjson"]).output().expect("the binary starts");
            let text = String::from_utf8_lossy(&output.stdout).into_owned();
            let last: Value = serde_json::from_str(text.lines().last().unwrap_or_default()).unwrap_or_default();
            if fine(&last["data"]) {
                return last["data"].clone();
            }
            let waited = begun.elapsed();
            assert!(
                waited < PATIENCE,
                "outboxctl {}: {last}\n{}",
                args.join(" "),
                String::from_utf8_lossy(&output.stderr)
            );
            std::thread::sleep(Duration::from_millis(300));
        }
    }

    /// The database as its owner.
    pub async fn database(&self) -> tokio_postgres::Client {
        connect(&self.target().await).await.expect("a connection as the owner")
    }

    /// The address of the database, with its owner.
    pub async fn target(&self) -> Target {
        let secret = self.clients.secrets().get_secret_value().secret_id(self.output("DatabaseSecretArn")).send().await;
        let secret = secret.expect("the secret").secret_string.expect("its text");
        let port = self.output("DatabasePort").parse().expect("a port");
        let roots = Roots::File(self.stack.state().postgres.ca_file);
        Target::from_secret(&secret, "localhost", port, "outbox", roots).expect("a target")
    }

    /// The events that the log has, as CloudEvents, in the order in which they came.
    pub async fn log(&self) -> Vec<Value> {
        let mut pages = self
            .clients
            .logs()
            .filter_log_events()
            .log_group_name(self.output("EventLogGroup"))
            .into_paginator()
            .send();
        let mut events = Vec::new();
        while let Some(page) = pages.next().await {
            for event in page.expect("the log").events() {
                let envelope: Value = serde_json::from_str(event.message().unwrap_or_default()).expect("an event");
                events.push(envelope["detail"].clone());
            }
        }
        events
    }
}

fn deploy(stack: &Stack, name: &str) {
    stack.ok(&["deploy", "--yes", "--pipeline", name]);
    if name.starts_with("rds-") {
        stack.ok(&["db", "init", "--pipeline", name]);
        stack.ok(&["dms", "start", "--pipeline", name]);
    }
}
