//! A deployed pipeline: healthy, with dead letters, and stopped.

use aws_sdk_lambda::types::Environment;

use super::{compare, screens, screens_of_terminal};
use crate::support::api::eventually;
use crate::support::pipeline::Pipeline;
use crate::support::{World, binary};

/// Replaces what differs between runs, by text of the same length where columns depend on it: digits of ids, ports and
/// times.
fn redacted(screen: &str) -> String {
    // The functions run a copy, where there is one.
    let screen = screen.replace(&format!("{}.bootstrap", binary().display()), "[BINARY]");
    let screen = screen.replace(&binary().display().to_string(), "[BINARY]");
    let screen = ["x86_64", "aarch64"].iter().fold(screen, |screen, name| screen.replace(name, "[ARCHITECTURE]"));
    let lines: Vec<String> = screen.lines().map(|line| shortened(&without_ids(line))).collect();
    lines.join("\n") + "\n"
}

/// Shortens the line below a table's header: its length is that of the longest row.
fn shortened(line: &str) -> String {
    if line.starts_with('─') { "───".to_owned() } else { line.to_owned() }
}

fn without_ids(line: &str) -> String {
    let is_word = |c: char| c.is_ascii_alphanumeric();
    let line = without(line, "dddd-dd-dd dd:dd:dd", "YYYY-MM-DD HH:MM:SS");
    let line = without(&line, "dddd/dd/dd", "YYYY/MM/DD");
    let line = without(&without(&line, "about dd items", "about N items"), "about d items", "about N items");
    let line = without(&line, "hhhhhhhh-hhhh-hhhh-hhhh-hhhhhhhhhhhh", "--- a UUID -------------------------");
    let mut text = String::new();
    let mut rest = line.as_str();
    while let Some(first) = rest.chars().next() {
        let end =
            rest.find(|c| !is_word(c)).unwrap_or(rest.len()).max(if is_word(first) { 1 } else { first.len_utf8() });
        let (word, after) = rest.split_at(end);
        text.push_str(&without_id(word));
        rest = after;
    }
    text
}

/// Replaces a hexadecimal id of 8 digits or more, and a port: numbers of 5 digits.
fn without_id(word: &str) -> String {
    let digits = word.chars().filter(char::is_ascii_digit).count();
    let hexadecimal = |c: char| c.is_ascii_digit() || ('a'..='f').contains(&c) || ('A'..='F').contains(&c);
    // The local account's number is the same everywhere. A logical id may precede the suffix of a physical one.
    if digits == 0 || word.chars().all(|c| c == '0') {
        return word.to_owned();
    }
    if digits == 5 && word.len() == 5 {
        return "PORTS".to_owned();
    }
    let suffix = word.trim_end_matches(hexadecimal).len();
    match word.len() - suffix {
        8.. => format!("{}{}", &word[..suffix], "x".repeat(word.len() - suffix)),
        _ => word.to_owned(),
    }
}

/// Replaces text of the form: `d` stands for a digit, `h` for a hexadecimal one.
fn without(line: &str, form: &str, replacement: &str) -> String {
    let fits = |(c, form): (char, char)| match form {
        'd' => c.is_ascii_digit(),
        'h' => c.is_ascii_hexdigit(),
        _ => c == form,
    };
    let mut text = line.to_owned();
    for (at, _) in line.char_indices() {
        if text.get(at..at + form.len()).is_some_and(|part| part.chars().zip(form.chars()).all(fits)) {
            text.replace_range(at..at + form.len(), replacement);
        }
    }
    text
}

/// Replaces durations and the gaps between columns, whose widths depend on them.
fn without_latencies(screen: &str) -> String {
    let is_duration = |word: &&str| word.ends_with('s') && word.starts_with(|c: char| c.is_ascii_digit());
    let line = |line: &str| {
        let words: Vec<&str> =
            line.split_whitespace().map(|word| if is_duration(&word) { "N" } else { word }).collect();
        shortened(&words.join("  "))
    };
    screen.lines().map(line).collect::<Vec<_>>().join("\n") + "\n"
}

fn check(pipeline: &Pipeline, name: &str, args: &[&str]) {
    let screens = screens(&World::new(), args, || pipeline.command(&[]));
    compare(name, &screens.iter().map(|screen| redacted(screen)).collect::<Vec<_>>());
}

fn check_on_terminal(pipeline: &Pipeline, name: &str, args: &[&str]) {
    let args: Vec<&str> = args.iter().copied().chain(["--pipeline", pipeline.name]).collect();
    if let Some(screens) = screens_of_terminal(&World::new(), &args, || pipeline.command(&[])) {
        compare(name, &screens.iter().map(|screen| redacted(screen)).collect::<Vec<_>>());
    }
}

/// Makes the publisher take every event for too large.
async fn refuse_all(pipeline: &Pipeline) {
    let (lambda, function) = (pipeline.clients.lambda(), pipeline.output("PublisherFunction"));
    let now = lambda.get_function_configuration().function_name(function).send().await.expect("the function");
    let mut variables = now.environment.and_then(|environment| environment.variables).expect("variables");
    variables.insert("OUTBOX_MAX_REQUEST_BYTES".to_owned(), "100".to_owned());
    let environment = Environment::builder().set_variables(Some(variables)).build();
    let changed = lambda.update_function_configuration().function_name(function).environment(environment).send().await;
    changed.expect("a new configuration");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pipeline_is_healthy_then_has_dead_letters_then_stops() {
    let pipeline = Pipeline::deployed("screens", "dynamodb-eventbridge").await;
    check_on_terminal(&pipeline, "pipeline-status-terminal", &["status"]);
    check(&pipeline, "pipeline-doctor", &["doctor"]);
    check(&pipeline, "pipeline-dlq-list-empty", &["dlq", "list"]);
    let verified = screens(&World::new(), &["verify", "--count", "5", "--progress", "none"], || pipeline.command(&[]));
    compare("pipeline-verify", &[without_latencies(&verified[0])]);
    check_on_terminal(&pipeline, "pipeline-reconcile-terminal", &["reconcile", "--grace", "0", "--progress", "none"]);

    refuse_all(&pipeline).await;
    pipeline.ok(&["sample", "insert", "--count", "2", "--aggregates", "1"]);
    pipeline.until(&["dlq", "list"], |data| data["total"] == 2);
    check_on_terminal(&pipeline, "pipeline-dlq-list-terminal", &["dlq", "list"]);
    check_on_terminal(
        &pipeline,
        "pipeline-reconcile-missing-terminal",
        &["reconcile", "--grace", "0", "--progress", "none"],
    );
    check(&pipeline, "pipeline-doctor-dead-letters", &["doctor"]);

    let (lambda, mapping) = (pipeline.clients.lambda(), pipeline.output("EventSourceMappingId"));
    lambda.update_event_source_mapping().uuid(mapping).enabled(false).send().await.expect("accepted");
    eventually("the disabled mapping", async || {
        let now = lambda.get_event_source_mapping().uuid(mapping).send().await.expect("the mapping");
        (now.state() == Some("Disabled")).then_some(())
    })
    .await;
    check_on_terminal(&pipeline, "pipeline-status-stopped-terminal", &["status"]);
}

#[test]
fn ids_ports_and_times_are_replaced_by_text_of_the_same_length() {
    let line = "api-Writer-2AF33A5EA5AB6 at http://def9ce97.execute-api.localhost:36841, 2026-11-26 11:36:22, 30 days, 000000000000";
    let expected = "api-Writer-xxxxxxxxxxxxx at http://xxxxxxxx.execute-api.localhost:PORTS, YYYY-MM-DD HH:MM:SS, 30 days, 000000000000";
    assert_eq!(without_ids(line), expected);
    assert_eq!(without_ids("consumer-Publish20AE18D39F4F8"), "consumer-Publishxxxxxxxxxxxxx");
}
