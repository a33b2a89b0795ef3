//! Examples at the end of every command's help. A test parses each of them with the definition, so that they stay
//! valid.

use clap::Command;

/// Placeholder for the program's name in an example.
const PROGRAM: char = '@';

/// The purpose of an example, and the command line.
type Example = (&'static str, &'static str);

/// The words of a command, and its examples.
#[rustfmt::skip]
const EXAMPLES: &[(&str, &[Example])] = &[
    ("init", &[
        ("Answer questions, and write outboxctl.toml", "@ init"),
        ("Write it without questions, for another stage", "@ init --no-input --pipeline rds-kinesis --stage pr-17"),
        ("Give an editor the schema of the file", "@ init --schema > outboxctl.schema.json"),
    ]),
    ("doctor", &[
        ("Check the machine and the account before the first deploy", "@ doctor --region eu-central-1"),
        ("List the failed checks of a stage, for a script", "@ doctor --stage prod -o json | jq '.findings[] | select(.state == \"failed\")'"),
    ]),
    ("cost", &[
        ("Estimate 200 events a second of 2 KiB", "@ cost --events-per-second 200 --event-bytes 2048"),
        ("Compare another database class", "@ cost --parameter DatabaseClass=db.r7g.large"),
        ("Use your own prices", "@ cost --print-prices > prices.toml && @ cost --prices prices.toml"),
    ]),
    ("policy", &[
        ("Print the policy of the role that deploys", "@ policy --stage prod > deployer.json"),
        ("Print policy and trust policy of an operator's role for GitHub Actions", "@ policy --role operator --oidc example/shop"),
        ("Print what a consumer in another account needs", "@ policy --consumer 444455556666 --account 111122223333"),
    ]),
    ("config show", &[
        ("Show every setting, and where it comes from", "@ config show"),
        ("Show what a flag changes", "@ config show --stage prod -o json"),
    ]),
    ("deploy", &[
        ("Show what would change, without changing anything", "@ deploy --dry-run"),
        ("Deploy to a stage without questions, as in CI", "@ deploy --stage prod --yes"),
        ("Deploy a larger database", "@ deploy --parameter DatabaseClass=db.r7g.large"),
    ]),
    ("synth", &[
        ("Show the stacks, their order and their parameters", "@ synth"),
        ("Write a Terraform configuration and the functions' archive", "@ synth --format terraform --out infra --package functions.zip"),
        ("Print the templates as JSON", "@ synth -o json | jq -r '.files[] | select(.path == \"templates/stream.yaml\") | .text'"),
    ]),
    ("status", &[
        ("Show the pipeline of a stage", "@ status --stage prod"),
        ("Fail a script if a part is broken", "@ status --exit-code --quiet"),
    ]),
    ("outputs", &[
        ("Print all outputs", "@ outputs"),
        ("Use one output in a script", "url=$(@ outputs ApiUrl)"),
        ("Pass the outputs to later steps of a GitHub Actions job", "@ outputs --form github >> \"$GITHUB_OUTPUT\""),
    ]),
    ("watch", &[
        ("Attach to the operations in progress", "@ watch"),
        ("Cancel the update of one stack, and wait for its rollback", "@ watch --cancel functions"),
    ]),
    ("recover", &[
        ("Recover every stack that is stuck", "@ recover"),
        ("Continue a rollback without one resource", "@ recover functions --skip PublisherFunction"),
    ]),
    ("destroy", &[
        ("Delete a disposable stage without questions", "@ destroy --stage pr-17 --yes"),
        ("Delete the pipeline on the local stack", "@ destroy --local"),
    ]),
    ("db init", &[
        ("Create or update the schema", "@ db init"),
        ("Write the SQL to a file, for review", "@ db init --print-sql > outbox.sql"),
        ("List missing objects, with the SQL", "@ db init --check"),
    ]),
    ("db status", &[
        ("Show migrations, outbox, slots and publication", "@ db status"),
        ("Print the retained write-ahead log of every slot", "@ db status -o json | jq '.slots'"),
    ]),
    ("db purge", &[
        ("Count the delivered rows older than a week", "@ db purge --older-than 7d --dry-run"),
        ("Delete them", "@ db purge --older-than 7d"),
    ]),
    ("db upgrade", &[
        ("Check whether the database can be upgraded, and show the steps", "@ db upgrade --to 17 --dry-run"),
        ("Upgrade it, or continue an upgrade that was interrupted", "@ db upgrade --to 17"),
    ]),
    ("dms start", &[
        ("Start or resume the capture", "@ dms start"),
        ("Return immediately, and check later", "@ dms start --no-wait && @ dms status"),
    ]),
    ("dms rebuild", &[
        ("Replace a lost slot, and deliver the events that were not captured", "@ dms rebuild"),
        ("Skip the confirmation, and compare only the last two days", "@ dms rebuild --yes --from -2d"),
    ]),
    ("dms stop", &[
        ("Stop the capture; the slot keeps its position", "@ dms stop"),
        ("Wait no longer than five minutes", "@ dms stop --timeout 5m"),
    ]),
    ("dms status", &[
        ("Show the task", "@ dms status"),
        ("Print its status only", "@ dms status -o json | jq -r '.status'"),
    ]),
    ("dms test", &[
        ("Test both connections", "@ dms test"),
        ("Test those of another stage", "@ dms test --stage prod --timeout 10m"),
    ]),
    ("consume", &[
        ("Run a program for each event", "@ consume --exec './handle.sh'"),
        ("POST each event to a service, as a second group", "@ consume --group billing --post http://127.0.0.1:8080/events"),
        ("Process the available events, and exit", "@ consume --exec 'cat >> events.ndjson' --once"),
    ]),
    ("ui", &[
        ("Show the pipeline of the local stack", "@ ui --local"),
        ("Show a deployed pipeline, read-only, on another port", "@ ui --stage prod --port 3001"),
    ]),
    ("sample insert", &[
        ("Write ten events", "@ sample insert --count 10"),
        ("Write 50 events a second over 100 aggregates", "@ sample insert --count 3000 --rate 50 --aggregates 100"),
        ("Write through the sample's API", "@ sample insert --count 1 --via api"),
    ]),
    ("tail", &[
        ("Follow the stream and the bus", "@ tail"),
        ("Show the last quarter of an hour of one event type, and exit", "@ tail stream --from -15m --until +0s --where \"event_type=='CarCreated'\""),
        ("Follow a stream that other tools created", "@ tail --stream orders --from -15m"),
    ]),
    ("verify", &[
        ("Write 200 events, and verify every hop", "@ verify --count 200"),
        ("Run a soak test for an hour", "@ verify --duration 1h --rate 20"),
        ("Write a JUnit report in CI", "@ verify --stage staging --junit verify.xml"),
    ]),
    ("reconcile", &[
        ("Compare the last day", "@ reconcile --from -24h"),
        ("Deliver missing events", "@ reconcile --from -24h --repair"),
    ]),
    ("replay", &[
        ("Count the events of an hour, without sending them", "@ replay --from -2h --until -1h --dry-run"),
        ("Deliver the events of one aggregate again", "@ replay --aggregate 4711"),
        ("Continue the newest replay that was interrupted", "@ replay --resume"),
    ]),
    ("dlq list", &[
        ("List every dead letter", "@ dlq list"),
        ("List those of one cause", "@ dlq list --cause ThrottlingException"),
    ]),
    ("dlq show", &[
        ("Show a dead letter with its payload", "@ dlq show 3f9c2a71"),
        ("Extract the payload", "@ dlq show 3f9c2a71 -o json | jq '.payloads[0].json'"),
    ]),
    ("dlq redrive", &[
        ("Show what would be sent, and in which order", "@ dlq redrive --all --dry-run"),
        ("Deliver those of one cause again, ten a second", "@ dlq redrive --cause ThrottlingException --rate 10"),
    ]),
    ("dlq discard", &[
        ("Delete one dead letter", "@ dlq discard 3f9c2a71"),
        ("Delete all of one cause without questions", "@ dlq discard --cause Undecodable --yes"),
    ]),
    ("local up", &[
        ("Start the local stack", "@ local up"),
        ("Start it on free ports", "@ local up --port 0 --postgres-port 0"),
    ]),
    ("local down", &[
        ("Stop the local stack, and keep its data", "@ local down"),
        ("Delete its data too", "@ local down --purge"),
    ]),
    ("local status", &[
        ("Show the addresses", "@ local status"),
        ("Also list the services, and the AWS rules that are enforced", "@ local status --verbose"),
        ("Print the endpoint", "@ local status -o json | jq -r '.state.endpoint'"),
    ]),
    ("local env", &[
        ("Connect other tools in this shell", "eval \"$(@ local env)\""),
        ("The same in fish", "@ local env --shell fish | source"),
    ]),
    ("chaos", &[
        ("Inject every fault for a minute", "@ chaos --local"),
        ("Repeat one fault, and write a report for CI", "@ chaos --local --fault bus-late --duration 5m --junit chaos.xml"),
        ("Pause the function and the capture of a stage for development", "@ chaos --stage dev --yes"),
    ]),
    ("demo", &[
        ("Run the tour", "@ demo"),
        ("Run it with another pipeline, and keep the stack", "@ demo --pipeline dynamodb-kinesis --keep"),
    ]),
    ("explain", &[
        ("List the topics", "@ explain"),
        ("Explain an error code", "@ explain access-denied"),
        ("Search all topics", "@ explain slot lost"),
    ]),
    ("man", &[
        ("Read the page of a command", "@ man db init | man -l -"),
        ("Install all pages", "@ man --directory ~/.local/share/man/man1"),
    ]),
    ("completions", &[
        ("Enable completion in this bash session", "source <(@ completions bash)"),
        ("Install for fish", "@ completions fish > ~/.config/fish/completions/outboxctl.fish"),
        ("Install for zsh, into a folder of $fpath", "@ completions zsh > ~/.zfunc/_outboxctl"),
    ]),
    ("version", &[
        ("Print version, commit, target and the AWS SDK", "@ version -v"),
        ("Print the same as JSON", "@ version -o json"),
    ]),
];

/// Returns the command, whose words are `path`, and its subcommands with their examples.
pub fn add(command: Command, path: &str) -> Command {
    let examples = EXAMPLES.iter().find(|(words, _)| *words == path);
    let command = match examples {
        Some((_, examples)) => {
            let header = *command.get_styles().get_header();
            command.after_help(format!("{header}Examples:{header:#}\n{}", lines(examples)))
        }
        None => command,
    };
    command.mut_subcommands(|below| {
        let path = format!("{path} {}", below.get_name());
        add(below, path.trim_start())
    })
}

/// Returns the examples in the form of the help.
fn lines(examples: &[Example]) -> String {
    let lines = examples.iter().map(|(about, line)| format!("  # {about}\n  {}", line.replace(PROGRAM, "outboxctl")));
    lines.collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use clap::FromArgMatches;

    use super::super::values::leaves;
    use super::*;

    #[test]
    fn every_command_has_two_or_three_examples() {
        let all = leaves(&crate::cli::definition());
        let all: Vec<String> =
            all.into_iter().filter(|(_, leaf)| !leaf.is_hide_set()).map(|(path, _)| path.join(" ")).collect();
        let with: Vec<&str> = EXAMPLES.iter().map(|(words, _)| *words).collect();
        for command in &all {
            assert!(with.contains(&command.as_str()), "{command} has no examples");
        }
        assert_eq!(with.len(), all.len(), "examples of an unknown command, or duplicates");
        for (words, examples) in EXAMPLES {
            assert!((2..=3).contains(&examples.len()), "{words}: {} examples", examples.len());
        }
    }

    /// Returns the commands of a shell line with their arguments.
    fn invocations(line: &str) -> Vec<Vec<String>> {
        line.match_indices(PROGRAM).map(|(at, _)| words(&line[at..])).collect()
    }

    /// Returns the words up to the end of a simple command.
    fn words(line: &str) -> Vec<String> {
        let (mut words, mut word, mut quote, mut begun) = (Vec::new(), String::new(), None, false);
        for c in line.chars() {
            match (quote, c) {
                (Some(open), c) if c == open => quote = None,
                (None, '\'' | '"') => (quote, begun) = (Some(c), true),
                (None, '|' | '>' | '&' | ')') => break,
                (None, ' ') => {
                    if begun {
                        words.push(std::mem::take(&mut word));
                    }
                    begun = false;
                }
                (_, c) => {
                    word.push(c);
                    begun = true;
                }
            }
        }
        if begun {
            words.push(word);
        }
        words
    }

    #[test]
    fn every_example_is_a_command_that_clap_accepts() {
        for (path, examples) in EXAMPLES {
            for (_, line) in *examples {
                let found = invocations(line);
                assert!(!found.is_empty(), "{line}: runs nothing");
                let mut own = false;
                for args in found {
                    let matches = crate::settings::parser(crate::cli::definition()).try_get_matches_from(&args);
                    let matches = matches.unwrap_or_else(|error| panic!("{line}\n{error}"));
                    let words = crate::cli::words(&matches);
                    own |= words == *path || words == format!("{path} …");
                    crate::cli::Cli::from_arg_matches(&matches).unwrap_or_else(|error| panic!("{line}\n{error}"));
                }
                assert!(own, "{line}: does not run {path}");
            }
        }
    }

    #[test]
    fn shell_lines_are_split_into_commands_and_words() {
        assert_eq!(invocations("url=$(@ outputs ApiUrl)"), [["@", "outputs", "ApiUrl"]]);
        assert_eq!(invocations("@ a 'b c' > d && @ e"), [vec!["@", "a", "b c"], vec!["@", "e"]]);
    }
}
