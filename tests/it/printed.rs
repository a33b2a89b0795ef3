//! Every command that is printed leads back to where the program works: same stage, pipeline, region, profile, endpoint.

use outboxctl_test_support::cloudformation::{World as Script, step};
use std::path::{Path, PathBuf};

use crate::support::account::{Account, full};
use crate::support::{World, repository};

/// Lines that name a command and are not read as one to run.
const NAMES: &[&str] = &[
    // The comment on a database of the local stack.
    "format!(\"outboxctl {kind} {identifier}",
    // A change set's description, which AWS keeps.
    ".description(\"outboxctl deploy\")",
    // The place of a stop on the page.
    "Output::LeaseTable, \"outboxctl consume\")",
    // A JUnit suite's name.
    "const SUITE: &str = \"outboxctl verify\"",
    // The demo's own steps, which it runs itself.
    "let line = format!(\"outboxctl {}\", args.join(\" \"));",
    // The first column of the reference's list.
    "&format!(\"outboxctl {}\", command.get_name())",
    // The program's version.
    "format!(\"outboxctl {}\", VERSION)",
    // An annotation's title.
    "::error title=outboxctl {}",
    // The version of a running stack.
    "outboxctl {}, process {}",
    // The page's counterpart of `Place::command`.
    "`outboxctl ${line}${place}`",
];

/// Files that compose commands.
const MAKERS: &[&str] = &[
    "src/settings/place.rs",
    // A script with the region in its environment.
    "src/cloudformation/synth/cloudformation.rs",
];

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()) {
        if entry.is_dir() {
            files(&entry, found);
        } else if entry.extension().is_some_and(|e| e == "rs" || e == "js" || e == "html") {
            found.push(entry);
        }
    }
}

/// The commands whose result depends on the place.
fn commands() -> Vec<String> {
    let placeless = ["completions", "demo", "explain", "help", "init", "local", "man", "version"];
    let definition = outboxctl::internals::cli::definition();
    let names = definition.get_subcommands().map(|command| command.get_name().to_owned());
    names.filter(|name| !placeless.contains(&name.as_str())).collect()
}

/// Whether the text names one of the commands, or one that is put in, without the backtick before it that the console
/// looks for; or one in backticks without the program's name.
fn is_lost(line: &str, commands: &[String]) -> bool {
    let begins = |rest: &str| {
        let word: String = rest.chars().take_while(|c| c.is_ascii_lowercase()).collect();
        let ends = rest[word.len()..].chars().next().is_none_or(|c| " `\";,.".contains(c));
        ends && commands.contains(&word)
    };
    let bare = line.match_indices("outboxctl ").any(|(at, program)| {
        let rest = &line[at + program.len()..];
        let is_command = begins(rest) || rest.starts_with('{') || rest.starts_with("${");
        is_command && !line[..at].ends_with('`')
    });
    let nameless = line.match_indices('`').any(|(at, _)| begins(&line[at + 1..]));
    let aws = line.match_indices("aws ").any(|(at, program)| {
        let mut words = line[at + program.len()..].split(' ');
        let is_word = |word: &str| !word.is_empty() && word.chars().all(|c| c.is_ascii_lowercase() || c == '-');
        let (service, operation) = (words.next().unwrap_or(""), words.next().unwrap_or(""));
        is_word(service) && is_word(operation) && operation.contains('-') && !line[..at].ends_with('`')
    });
    bare || nameless || aws
}

#[test]
fn every_command_in_a_message_is_one_that_the_console_leads_to_its_place() {
    let commands = commands();
    let mut all = Vec::new();
    files(&repository().join("src"), &mut all);
    let mut lost = Vec::new();
    for file in all {
        let text = std::fs::read_to_string(&file).expect("a source file");
        let name = file.strip_prefix(repository()).expect("a path in it").display().to_string();
        if MAKERS.contains(&name.as_str()) || name.contains("tests") || name.contains("scenarios") {
            continue;
        }
        let code = text.split("#[cfg(test)]").next().unwrap_or_default();
        for (number, line) in code.lines().enumerate() {
            let is_said = !line.trim_start().starts_with("//") && !NAMES.iter().any(|name| line.contains(name));
            if is_said && is_lost(line, &commands) {
                lost.push(format!("{name}:{}: {}", number + 1, line.trim()));
            }
        }
    }
    assert!(lost.is_empty(), "write `outboxctl COMMAND` or `aws SERVICE …`, in backticks:\n{}", lost.join("\n"));
}

#[test]
fn a_command_out_of_backticks_is_found() {
    let commands = commands();
    for lost in [
        "next: outboxctl db init",
        "(\"outboxctl recover\")",
        "run: outboxctl {next}",
        "`dlq redrive` sends them",
        "then: aws logs delete-log-group x",
    ] {
        assert!(is_lost(lost, &commands), "{lost}");
    }
    for fine in ["run `outboxctl db init`", "an outboxctl of another version", "`outboxctl {scope}`", "aws is there"] {
        assert!(!is_lost(fine, &commands), "{fine}");
    }
}

/// Everything a command says, with these flags before it.
fn said(world: &World, args: &str) -> String {
    let mut command = world.command();
    command.args(args.split_whitespace()).env("AWS_ACCESS_KEY_ID", "test").env("AWS_SECRET_ACCESS_KEY", "test");
    world.transcript(&command.output().expect("the binary starts"))
}

#[test]
fn hints_carry_stage_pipeline_region_and_endpoint() {
    let account = Account::new("rds-kinesis", Script::default());
    let place = format!("--stage prod --pipeline rds-kinesis --region eu-west-1 --endpoint-url {}", account.server.url);
    let text = said(&account.world, &format!("dms start {place}"));
    assert!(text.contains(&format!("`outboxctl deploy {place}`")), "{text}");
    let text = said(&account.world, &format!("status {place}"));
    assert!(text.contains(&format!("next: `outboxctl deploy {place}`")), "{text}");
    let json = said(&account.world, &format!("outputs TaskArn -o json {place}"));
    assert!(json.contains(&format!("`outboxctl deploy {place}`")), "{json}");
}

#[test]
fn a_profile_is_carried_to_every_command_and_to_the_aws_cli() {
    let world = World::new();
    let mut command = world.command();
    let args = ["status", "--profile", "it's", "--region", "eu-west-1", "--stage", "prod"];
    let text = world.transcript(&command.args(args).output().expect("the binary starts"));
    assert!(text.contains(r"`aws sso login --profile 'it'\''s'`"), "{text}");
}

#[test]
fn findings_of_the_doctor_lead_to_their_place_in_lines_and_in_the_result() {
    let account = Account::new("dynamodb-cdc", Script::default());
    account.ok(&["deploy"]);
    account.server.world().stack(&full("dynamodb-cdc", "bus")).happen(step("stack", "UPDATE_ROLLBACK_FAILED", ""));
    let text = account.fails(1, &["doctor", "-o", "ndjson", "--timeout", "5"]);
    let command = format!(
        "`outboxctl recover --pipeline dynamodb-cdc --region eu-central-1 --endpoint-url {}`",
        account.server.url
    );
    assert_eq!(text.matches(&command).count(), 2, "{text}");
}

#[test]
fn the_way_out_of_a_stuck_stack_leads_to_its_region() {
    let account = Account::new("dynamodb-cdc", Script::default());
    account.ok(&["deploy"]);
    account.server.world().stack(&full("dynamodb-cdc", "bus")).happen(step("stack", "UPDATE_ROLLBACK_FAILED", ""));
    let text = account.fails(6, &["deploy", "-o", "json"]);
    let command = "`outboxctl recover bus --pipeline dynamodb-cdc --region eu-central-1 --endpoint-url ";
    assert!(text.contains(command), "{text}");
}
