//! `deploy`, `watch` and `recover` as their users meet them: the binary against a scripted CloudFormation.

mod dry_run;
mod failures;
mod github;
mod kills;
mod signals;

use std::process::{Command, Output};

use serde_json::Value;

use crate::support::World;
use crate::support::cloudformation::{Fault, Script, Server};

/// The smallest pipeline without a database.
const PIPELINE: &str = "dynamodb-cdc";
const STACKS: [&str; 6] = ["code", "bus", "tables", "api", "consumer", "receiver"];

/// An account of a test's own, and a way to run the binary in it.
struct Account {
    world: World,
    server: Server,
}

/// `outboxctl-dev-…`
fn full(stack: &str) -> String {
    format!("outboxctl-dev-{PIPELINE}-{stack}")
}

impl Account {
    fn new(script: Script) -> Self {
        let world = World::new();
        std::fs::write(world.work().join("function"), executable()).expect("a function's executable");
        Self { world, server: Server::start(script) }
    }

    /// One whose pipeline is deployed.
    fn deployed() -> Self {
        let account = Self::new(Script::default());
        account.ok(&["deploy"]);
        account
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = self.world.command();
        command
            .args(args)
            .env("AWS_ACCESS_KEY_ID", "test")
            .env("AWS_SECRET_ACCESS_KEY", "test")
            .env("AWS_REGION", "eu-central-1")
            .env("AWS_ENDPOINT_URL", &self.server.url)
            .env("OUTBOXCTL_PIPELINE", PIPELINE)
            .env("OUTBOXCTL_FUNCTION_BINARY", self.world.work().join("function"));
        command
    }

    fn run(&self, args: &[&str]) -> Output {
        self.command(args).output().expect("the binary starts")
    }

    /// Runs a command that must succeed; its final NDJSON line.
    fn ok(&self, args: &[&str]) -> Value {
        let output = self.command(args).args(["--output", "ndjson"]).output().expect("the binary starts");
        assert!(output.status.success(), "outboxctl {}\n{}", args.join(" "), self.world.tell(&output));
        result(&output)
    }

    /// Runs a command that must end with this code; everything it said.
    fn fails(&self, code: i32, args: &[&str]) -> String {
        let output = self.run(args);
        let told = self.world.tell(&output);
        assert_eq!(output.status.code(), Some(code), "outboxctl {}\n{told}", args.join(" "));
        told
    }

    /// How often each stack's change sets were executed.
    fn executions(&self) -> Vec<usize> {
        let mut world = self.server.world();
        STACKS.iter().map(|name| world.stack(&full(name)).executed.len()).collect()
    }
}

fn result(output: &Output) -> Value {
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

#[test]
fn a_pipeline_is_deployed_and_then_there_is_nothing_to_change() {
    let account = Account::new(Script::default());
    let output = account.command(&["deploy", "--output", "ndjson"]).output().expect("the binary starts");
    let told = account.world.tell(&output);
    assert_eq!(output.status.code(), Some(0), "{told}");
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(stderr.lines().count(), 1, "NDJSON has all but the closing sentence: {told}");
    let lines: Vec<Value> = String::from_utf8_lossy(&output.stdout)
        .lines()
        .map(|line| serde_json::from_str(line).expect("every line is JSON"))
        .collect();
    assert!(lines.iter().all(|line| line["v"] == 1), "{told}");
    let heads = lines.iter().filter_map(|line| line["message"].as_str());
    let head: Vec<_> = heads.filter(|message| message.contains("account 123456789012")).collect();
    assert!(head[0].contains("region eu-central-1") && head[0].contains("user/tester"), "{head:?}");
    for stack in STACKS {
        let of = |kind: &str| lines.iter().filter(|line| line["type"] == kind && line["scope"] == stack).count();
        assert_eq!((of("started"), of("finished")), (1, 1), "{stack}: {told}");
        assert!(of("resource") > 0, "{stack}: {told}");
    }
    assert!(lines.iter().any(|line| line["type"] == "waiting" && line["scope"] == "api" && line["on"][0] == "code"));
    let uploads = account.server.world().count("PUT object");
    assert_eq!(uploads, 1, "three stacks need the package, which goes up once");
    let last = lines.last().expect("a result");
    assert_eq!((last["type"].as_str(), last["changed"].as_bool()), (Some("result"), Some(true)));
    assert_eq!(account.executions(), [1; 6]);

    assert_eq!(account.ok(&["deploy"])["changed"], false, "no change is success");
    assert_eq!(account.executions(), [1; 6]);
}

#[test]
fn throttles_outages_and_cuts_change_nothing_but_the_time() {
    let faults = Box::new(|number: usize, action: &str| match number {
        _ if action.ends_with("object") || !action.contains("Stack") && !action.contains("ChangeSet") => Fault::None,
        n if n % 13 == 0 => Fault::CutAfter,
        n if n % 11 == 0 => Fault::CutBefore,
        n if n % 7 == 0 => Fault::Unavailable,
        n if n % 5 == 0 => Fault::Throttle,
        _ => Fault::None,
    });
    let account = Account::new(Script { faults, ..Script::default() });
    assert_eq!(account.ok(&["deploy"])["changed"], true);
    assert_eq!(account.executions(), [1; 6], "each change set is executed once");
}
