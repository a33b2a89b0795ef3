//! `explain` and `man` as their readers meet them.

use insta::assert_snapshot;

use crate::support::World;

#[test]
fn a_topic_is_plain_text_in_a_pipe() {
    let out = World::new().run(["explain", "exit codes"]);
    assert!(out.starts_with("exit: 0\n--- stdout\nExit codes\n\n  What the exit code"), "{out}");
    assert!(!out.contains('\u{1b}') && !out.contains('`'), "{out}");
    assert!(out.lines().all(|line| line.chars().count() <= 80), "{out}");
}

#[test]
fn an_error_code_is_explained() {
    assert_snapshot!(World::new().run(["explain", "local-down"]), @r"
    exit: 0
    --- stdout
    local-down (exit code 1)

      Cause. The local stack is not running. --local, OUTBOXCTL_LOCAL or
      outboxctl.toml selects it for this command.

      Remedy. Run outboxctl local up with the same OUTBOXCTL_HOME and
      OUTBOXCTL_LOCAL_NAME. To work on AWS, remove the setting that selects the
      local stack.

      Hint of the error: start it: outboxctl local up.
    --- stderr
    ");
}

#[test]
fn an_unknown_topic_names_the_nearest() {
    assert_snapshot!(World::new().run(["explain", "gaurantees"]), @r#"
    exit: 2
    --- stdout
    --- stderr
    error: topic "gaurantees" not found
      hint: did you mean guarantees?
      hint: `outboxctl explain` lists them all
    "#);
}

/// Words that are not a name are searched in the texts, each topic with the command that shows it.
#[test]
fn words_are_searched_in_all_topics() {
    let out = World::new().run(["explain", "slot", "lost"]);
    assert!(out.starts_with("exit: 0\n--- stdout\nTopics that contain \u{201c}slot lost\u{201d}\n"), "{out}");
    assert!(out.contains("\noutboxctl explain capture\n") && out.contains("A lost slot: "), "{out}");
    assert!(out.lines().all(|line| line.chars().count() <= 80), "{out}");
    let named = World::new().run(["explain", "exit", "codes"]);
    assert!(named.contains("\nExit codes\n"), "names come first: {named}");
    assert!(World::new().run(["explain", "slot", "xylophone"]).starts_with("exit: 2\n"));
}

#[test]
fn the_list_has_one_line_for_each_topic() {
    let world = World::new();
    let out = world.run(["explain"]);
    assert!(out.lines().all(|line| line.chars().count() <= 80), "{out}");
    let listed = world.command().args(["explain", "-o", "json"]).output().expect("the binary starts");
    let listed: serde_json::Value = serde_json::from_slice(&listed.stdout).expect("JSON");
    for topic in listed["topics"].as_array().expect("topics") {
        let name = topic["topic"].as_str().expect("a name");
        assert!(out.contains(&format!("\n  {name} ")), "{name} is not listed");
        let text = world.run(["explain", name]);
        assert!(text.starts_with("exit: 0\n"), "{text}");
    }
}

#[test]
fn every_command_has_a_manual_page() {
    let world = World::new();
    let out = world.run(["man", "--directory", "pages"]);
    assert!(out.starts_with("exit: 0\n"), "{out}");
    let page = std::fs::read_to_string(world.work().join("pages/outboxctl-db-init.1")).expect("a page");
    assert!(page.contains(".TH outboxctl-db-init 1"), "{page}");
    let footer = format!("\"outboxctl {}\"", env!("CARGO_PKG_VERSION"));
    assert!(page.lines().any(|line| line.starts_with(".TH") && line.contains(&footer)), "{page}");
    let one = world.run(["man", "db", "init"]);
    assert!(one.contains("outboxctl\\-db\\-init") || one.contains("outboxctl db init"), "{one}");
    assert!(world.run(["man", "db", "inti"]).starts_with("exit: 2\n"));
}
