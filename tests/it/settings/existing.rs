//! `--existing` and OUTBOXCTL_EXISTING, over `[existing]` of the file.

use outboxctl_test_support::aws::FakeAws;
use serde_json::Value;

use super::{empty_account, transcript, with_keys};
use crate::support::World;

/// Returns value and source of each existing resource that `config show` lists.
fn shown(world: &World, args: &[&str], variable: &str) -> Vec<(String, String, String)> {
    let mut command = world.command();
    command.args(args).args(["config", "show", "-o", "json"]).env("OUTBOXCTL_EXISTING", variable);
    let output = command.output().expect("the binary starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let shown: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let existing = shown["existing"].as_array().expect("a list").iter();
    existing.map(|one| (text(&one["name"]), text(&one["value"]), text(&one["source"]))).collect()
}

/// Returns the messages of a command that has to end with exit code 2.
fn refused(args: &[&str], variable: &str) -> String {
    let world = World::new();
    let output = world.command().args(args).env("OUTBOXCTL_EXISTING", variable).output().expect("the binary starts");
    assert_eq!(output.status.code(), Some(2), "{args:?}");
    world.transcript(&output)
}

#[test]
fn each_key_comes_from_the_flag_else_the_variable_else_the_file() {
    let world = World::new();
    world.write("outboxctl.toml", "[existing]\nstream = \"a\"\nbus = \"a\"\ndatabase.name = \"a\"\n");
    let file = world.work().join("outboxctl.toml").display().to_string();
    let subnets = "network.private_subnets=subnet-1,subnet-2";
    let args = ["--existing", "stream=c", "--existing", subnets];
    let found = shown(&world, &args, "stream=b; bus=b");
    let (flag, variable) = ("--existing", "OUTBOXCTL_EXISTING");
    let expected = [
        ("existing.stream", "c", flag),
        ("existing.bus", "b", variable),
        ("existing.network.private_subnets", "subnet-1,subnet-2", flag),
        ("existing.database.name", "a", file.as_str()),
    ];
    assert_eq!(found, expected.map(|(name, value, source)| (name.to_owned(), value.to_owned(), source.to_owned())));
}

#[test]
fn flags_before_and_after_the_words_of_a_command_count() {
    let world = World::new();
    let line =
        ["--existing", "stream=orders", "config", "--existing=bus=shop", "show", "--existing", "database.name=s"];
    let output = world.command().args(line).args(["-o", "json"]).output().expect("the binary starts");
    let shown: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(shown["existing"].as_array().map(Vec::len), Some(3), "{shown}");
}

#[test]
fn unknown_repeated_and_empty_keys_are_refused() {
    for (args, variable, said) in [
        (&["status", "--existing", "streem=orders"][..], "", "did you mean stream?"),
        (&["status", "--existing", "queue=orders"], "", "event_log_group"),
        (&["status", "--existing", "stream="], "", "stream has no value"),
        (&["status", "--existing", "stream"], "", "KEY=VALUE is needed"),
        (&["status", "--existing", "stream=a", "--existing", "stream=b"], "", "sets stream more than once"),
        (&["status"], "bus=a;buss=b", "OUTBOXCTL_EXISTING: unknown key buss: did you mean bus?"),
    ] {
        let text = refused(args, variable);
        assert!(text.contains(said), "{said}: {text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn errors_name_the_flag_and_printed_commands_repeat_it() {
    let world = World::new();
    let fake = FakeAws::start(empty_account, None).await;
    let mut command = with_keys(&world, "");
    command.env("AWS_ENDPOINT_URL", &fake.url).env("AWS_REGION", "eu-central-1");
    let elsewhere = "stream=arn:aws:kinesis:eu-north-1:111122223333:stream/orders";
    let text = transcript(&world, command, &["status", "--existing", elsewhere]);
    assert!(text.contains("existing resources can't be used: --existing stream: "), "{text}");

    let mut command = with_keys(&world, "");
    command.env("AWS_ENDPOINT_URL", &fake.url).env("AWS_REGION", "eu-central-1");
    let text = transcript(&world, command, &["dms", "status", "--existing", "bus=shop"]);
    assert!(text.contains("outboxctl deploy") && text.contains("--existing bus=shop"), "{text}");
}

#[test]
fn init_writes_the_resources_of_flags() {
    let world = World::new();
    world.run(["init", "--no-input", "--existing", "stream=orders"]);
    let written = std::fs::read_to_string(world.work().join("outboxctl.toml")).expect("the file");
    assert!(written.lines().any(|line| line == "stream = \"orders\""), "{written}");
}
