//! An account of a test's own, whose CloudFormation is a scripted one, and a way to run the binary in it.

use std::process::{Command, Output};

use outboxctl::internals::pipelines;
use outboxctl_test_support::cloudformation::{Server, World as Script};
use serde_json::Value;

use super::World;

pub struct Account {
    pub world: World,
    pub server: Server,
    pipeline: &'static str,
}

/// `outboxctl-dev-…`, or the name of the account's own stack.
pub fn full(pipeline: &str, stack: &str) -> String {
    let pipeline = pipelines::find(pipeline).expect("a pipeline");
    pipeline.stack(stack).expect("a stack of it").full_name(pipeline, "dev")
}

impl Account {
    pub fn new(pipeline: &'static str, script: Script) -> Self {
        let world = World::new();
        std::fs::write(world.work().join("function"), executable()).expect("a function's executable");
        Self { world, server: Server::start(script), pipeline }
    }

    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = self.world.command();
        command
            .args(args)
            .env("AWS_ACCESS_KEY_ID", "test")
            .env("AWS_SECRET_ACCESS_KEY", "test")
            .env("AWS_REGION", "eu-central-1")
            .env("AWS_ENDPOINT_URL", &self.server.url)
            .env("OUTBOXCTL_PIPELINE", self.pipeline)
            .env("OUTBOXCTL_FUNCTION_BINARY", self.world.work().join("function"));
        command
    }

    pub fn run(&self, args: &[&str]) -> Output {
        self.command(args).output().expect("the binary starts")
    }

    /// Runs a command that must succeed; its final NDJSON line.
    pub fn ok(&self, args: &[&str]) -> Value {
        let output = self.command(args).args(["--output", "ndjson"]).output().expect("the binary starts");
        assert!(output.status.success(), "outboxctl {}\n{}", args.join(" "), self.world.transcript(&output));
        result(&output)
    }

    /// Runs a command that must end with this code; everything it said.
    pub fn fails(&self, code: i32, args: &[&str]) -> String {
        let output = self.run(args);
        let out = self.world.transcript(&output);
        assert_eq!(output.status.code(), Some(code), "outboxctl {}\n{out}", args.join(" "));
        out
    }

    /// Returns the number of executed change sets of each stack, in the pipeline's order.
    pub fn executions(&self) -> Vec<usize> {
        let mut world = self.server.world();
        let stacks = pipelines::find(self.pipeline).expect("a pipeline").stacks;
        stacks.iter().map(|stack| world.stack(&full(self.pipeline, stack.name)).executed.len()).collect()
    }
}

/// The final NDJSON line.
pub fn result(output: &Output) -> Value {
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    serde_json::from_str(text.lines().last().expect("a final line")).expect("JSON")
}

/// The head of a static ELF executable for x86_64, which is all that is looked at.
fn executable() -> Vec<u8> {
    let mut elf = vec![0; 64];
    elf[..7].copy_from_slice(b"\x7fELF\x02\x01\x01");
    (elf[16], elf[18], elf[20], elf[52], elf[54], elf[58]) = (2, 62, 1, 64, 56, 64);
    elf
}
