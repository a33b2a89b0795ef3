//! The local stack as a place of its own: what reaches it from the shell, its regions, its databases, and what is left when
//! it ends.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::support::stack::{Stack, tools};

const UP: [&str; 6] = ["local", "up", "--port", "0", "--postgres-port", "0"];

/// Variables that a shell may have for other programs; each would break the stack or reach AWS.
const SHELL: [(&str, &str); 16] = [
    ("AWS_SESSION_TOKEN", "planted"),
    ("GITHUB_TOKEN", "planted"),
    ("AWS_ENDPOINT_URL_EVENTBRIDGE", "http://127.0.0.1:1"),
    ("AWS_ENDPOINT_URL_DYNAMODB", "http://127.0.0.1:1"),
    ("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true"),
    ("AWS_USE_FIPS_ENDPOINT", "true"),
    ("LOCALSTACK_HOSTNAME", "planted"),
    ("MINISTACK_HOST", "planted"),
    ("LAMBDA_EXECUTOR", "planted"),
    ("PYTHONHOME", "/nonexistent"),
    ("PIP_REQUIRE_VIRTUALENV", "1"),
    ("PIP_PREFIX", "/nonexistent"),
    ("PGSSLROOTCERT", "/nonexistent"),
    ("PGDATA", "/nonexistent"),
    ("HTTP_PROXY", "http://127.0.0.1:1"),
    ("HTTPS_PROXY", "http://127.0.0.1:1"),
];

/// Runs a command that must succeed in a given environment.
fn ok_with(stack: &Stack, environment: &[(&str, &str)], args: &[&str]) {
    let output = stack.command(args).envs(environment.iter().copied()).output().expect("the binary starts");
    assert!(output.status.success(), "outboxctl {}: {}", args.join(" "), String::from_utf8_lossy(&output.stderr));
}

/// The variables of a process; empty where it is gone.
#[cfg(target_os = "linux")]
fn environment_of(pid: &str) -> BTreeMap<String, String> {
    let bytes = std::fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
    let text = String::from_utf8_lossy(&bytes).into_owned();
    text.split('\0').filter_map(|line| line.split_once('=')).map(|(n, v)| (n.to_owned(), v.to_owned())).collect()
}

#[cfg(target_os = "linux")]
#[test]
fn variables_of_the_shell_do_not_reach_the_stack() {
    // A proxy that does not answer is meant for pip, too.
    tools();
    let stack = Stack::new("shell");
    ok_with(&stack, &SHELL, &UP);
    stack.ok(&["deploy", "--yes"]);
    stack.ok(&["db", "init"]);
    stack.ok(&["dms", "start"]);
    // The stack's own authority counts, whatever the shell says for other servers.
    ok_with(&stack, &[("PGSSLROOTCERT", "/nonexistent")], &["db", "status", "--via", "direct"]);
    stack.fails(0, &["verify", "--count", "3"]);

    let state = stack.state();
    let folder = state.postgres.ca_file.ancestors().nth(2).expect("the stack's folder").to_owned();
    let postmaster = std::fs::read_to_string(folder.join("postgres/data/postmaster.pid")).expect("a server");
    let mut pids = vec![state.pid.to_string(), state.emulator_pid.to_string()];
    pids.push(postmaster.lines().next().expect("its number").to_owned());
    let mark = folder.to_str().expect("text");
    for entry in std::fs::read_dir("/proc").expect("processes").flatten() {
        let pid = entry.file_name().to_string_lossy().into_owned();
        if environment_of(&pid).get("OUTBOXCTL_LOCAL_STACK").is_some_and(|stack| stack == mark) {
            pids.push(pid);
        }
    }
    let mut functions = 0;
    for pid in pids {
        let environment = environment_of(&pid);
        let is_function = environment.contains_key("AWS_LAMBDA_RUNTIME_API");
        functions += u32::from(is_function);
        for (name, value) in SHELL {
            // A function has a token of the emulator's, and the stack's own authority.
            let found = environment.get(name).map(String::as_str);
            assert!(found.is_none_or(|found| found != value), "{name}={value} reached process {pid}: {environment:?}");
        }
        let own = |name: &str| name.starts_with("MINISTACK_") || name.starts_with("PYTHON") || name == "STATE_DIR";
        assert!(!is_function || !environment.keys().any(|name| own(name)), "{environment:?}");
    }
    assert!(functions > 0, "no function is running");
}

/// Deploys rds-eventbridge and starts its capture.
fn deploy(stack: &Stack, place: &[&str]) {
    for step in [&["deploy", "--yes"][..], &["db", "init"], &["dms", "start"]] {
        stack.ok(&[step, place].concat());
    }
}

#[test]
fn a_pipeline_in_two_regions_is_two_pipelines() {
    let stack = Stack::up("regions");
    let (far, near) = (["--region", "eu-central-1"], ["--region", "us-east-1"]);
    deploy(&stack, &far);
    deploy(&stack, &near);
    for place in [far, near] {
        stack.fails(0, &[&["verify", "--count", "5"][..], &place].concat());
    }
    let arn = stack.ok(&[&["outputs"][..], &far].concat());
    assert!(arn["StreamArn"].as_str().is_none_or(|arn| arn.contains("eu-central-1")), "{arn}");
    stack.ok(&[&["destroy", "--yes"][..], &near].concat());
    stack.fails(0, &[&["verify", "--count", "5"][..], &far].concat());
}

#[test]
fn pipelines_with_a_database_share_a_stack() {
    let stack = Stack::up("databases");
    let (one, other) = (["--stage", "one"], ["--stage", "other"]);
    deploy(&stack, &one);
    deploy(&stack, &other);
    let port = |place: &[&str]| stack.ok(&[&["outputs"], place].concat())["DatabasePort"].clone();
    assert_ne!(port(&one), port(&other));
    stack.ok(&["local", "down"]);
    stack.ok(&["local", "up"]);
    for place in [one, other] {
        stack.fails(0, &[&["verify", "--count", "5"][..], &place].concat());
    }
    // The first one's server is the stack's: it stays, and the next instance finds room in it.
    stack.ok(&[&["destroy", "--yes"][..], &one].concat());
    stack.fails(0, &[&["verify", "--count", "5"][..], &other].concat());
}

#[cfg(target_os = "linux")]
#[test]
fn a_number_that_was_given_out_again_ends_no_other_process() {
    let stack = Stack::up("recycled");
    let state = stack.state();
    let data = state.postgres.ca_file.ancestors().nth(2).expect("the stack's folder").join("postgres/data");
    let file = data.join("postmaster.pid");
    let text = std::fs::read_to_string(&file).expect("a server");
    let (server, rest) = text.split_once('\n').expect("its number");
    let kill = |pid: &str| Command::new("kill").args(["-9", pid]).status().expect("kill");
    kill(&state.pid.to_string());
    kill(server);
    while std::path::Path::new(&format!("/proc/{server}")).exists() {
        std::thread::yield_now();
    }
    let mut other = Command::new("sleep").arg("600").spawn().expect("another process");
    std::fs::write(&file, format!("{}\n{rest}", other.id())).expect("its number in the file");
    stack.ok(&UP);
    assert!(other.try_wait().expect("its state").is_none(), "the other process was ended");
    other.kill().expect("it ends now");
    other.wait().expect("it has ended");
}

#[test]
fn unsaved_resources_are_reported_and_saved_ones_are_kept() {
    let stack = Stack::up("unsaved");
    stack.ok(&["deploy", "--yes", "--pipeline", "dynamodb-kinesis"]);
    stack.ok(&["local", "down"]);
    stack.ok(&UP);
    let state = stack.state().postgres.ca_file.ancestors().nth(2).expect("the stack's folder").join("emulator/state");
    // In the way of the new state, as a full disk would be.
    let obstacle = state.with_extension("new");
    std::fs::write(&obstacle, "").expect("a file");
    let last = stack.fails(1, &["local", "down"]);
    let message = last["error"]["message"].as_str().unwrap_or_default();
    assert!(message.contains("could not save its state") && message.contains("state.new"), "{last}");
    std::fs::remove_file(&obstacle).expect("out of the way");
    stack.ok(&UP);
    assert!(!stack.changed(&["deploy", "--yes", "--pipeline", "dynamodb-kinesis"]), "the stacks are still there");
}

#[test]
fn a_deployed_database_keeps_its_port() {
    let stack = Stack::up("ports");
    stack.ok(&["deploy", "--yes", "--pipeline", "rds-eventbridge"]);
    let before = stack.state();
    stack.ok(&["local", "down"]);
    let other = std::net::TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
    let other = other.expect("a free port").port().to_string();
    let refused = stack.fails(1, &["local", "up", "--postgres-port", &other]);
    let message = refused["error"]["message"].as_str().unwrap_or_default();
    assert!(message.contains(&format!("was deployed on port {}", before.postgres.port)), "{refused}");
    // Any free port is the last one, if that is free.
    stack.ok(&UP);
    let after = stack.state();
    assert_eq!((&after.endpoint, after.postgres.port), (&before.endpoint, before.postgres.port));
    stack.ok(&["db", "init", "--pipeline", "rds-eventbridge"]);
}

#[test]
fn a_purged_stack_has_no_interrupted_replay() {
    let stack = Stack::up("purged");
    let deploy = ["deploy", "--yes", "--pipeline", "dynamodb-eventbridge"];
    let resume = ["replay", "--resume", "--pipeline", "dynamodb-eventbridge"];
    stack.ok(&deploy);
    stack.ok(&["sample", "insert", "--count", "30", "--pipeline", "dynamodb-eventbridge"]);
    let replay = ["replay", "--all", "--rate", "1", "--output", "ndjson", "--pipeline", "dynamodb-eventbridge"];
    let mut killed = stack.command(&replay).stdout(Stdio::piped()).spawn().expect("the binary starts");
    let mut sent = BufReader::new(killed.stdout.take().expect("stdout")).lines().map_while(Result::ok);
    assert!(sent.any(|line| line.contains("\"sent\"")), "nothing was sent");
    killed.kill().expect("killed");
    killed.wait().expect("ended");
    // It survives a stop of the stack, and goes with its data.
    stack.ok(&["local", "down"]);
    stack.ok(&UP);
    let journals = stack.folder().join("replays");
    assert_ne!(std::fs::read_dir(&journals).expect("the folder of replays").count(), 0);
    stack.ok(&["local", "down", "--purge"]);
    assert!(!journals.exists());
    stack.ok(&UP);
    stack.ok(&deploy);
    assert_eq!(stack.fails(2, &resume)["error"]["code"], "usage", "there is none to continue");
}

#[tokio::test]
async fn a_deleted_bucket_stays_deleted() {
    let stack = Stack::up("buckets");
    stack.ok(&["deploy", "--yes", "--pipeline", "dynamodb-kinesis"]);
    stack.ok(&["destroy", "--yes", "--pipeline", "dynamodb-kinesis"]);
    stack.ok(&["local", "down"]);
    stack.ok(&UP);
    let state = stack.state();
    let endpoint = state.local_endpoint();
    let clients = outboxctl::internals::aws::Clients::for_local(endpoint);
    let left = clients.s3().list_buckets().send().await.expect("a list");
    assert!(left.buckets().is_empty(), "{left:?}");
}

/// Containers may have no line for `localhost`.
#[cfg(target_os = "linux")]
#[test]
fn a_machine_that_does_not_know_localhost_has_a_stack() {
    let stack = Stack::new("nameless");
    // Only root can hide the file.
    let hidden = |args: &[&str]| {
        let inner = stack.command(args);
        let script = r#"mount --bind /dev/null /etc/hosts && exec "$0" "$@""#;
        let mut command = Command::new("unshare");
        command.args(["--mount", "sh", "-c", script]).arg(inner.get_program()).args(inner.get_args());
        command.env_clear().current_dir(inner.get_current_dir().expect("a folder"));
        command.envs(inner.get_envs().filter_map(|(name, value)| Some((name, value?))));
        command.output().expect("unshare starts")
    };
    if !hidden(&["--version"]).status.success() {
        return;
    }
    for args in [&UP[..], &["deploy", "--yes"], &["db", "init"], &["dms", "start"], &["verify", "--count", "3"]] {
        let output = hidden(args);
        assert!(output.status.success(), "{}: {}", args.join(" "), String::from_utf8_lossy(&output.stderr));
    }
}

/// A path that lists, quotes and shells read in their own ways.
#[test]
fn a_path_with_odd_characters_holds_a_stack() {
    let world = crate::support::World::new();
    let home = world.work().join("a,b:c;d\\n 'e' \"f\" $g");
    std::fs::create_dir(&home).expect("a folder");
    let open = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    for folder in home.ancestors().take(3) {
        std::fs::set_permissions(folder, Clone::clone(&open)).expect("passable for PostgreSQL's user");
    }
    let run = |args: &[&str]| -> Value {
        let mut command = world.command();
        command.env("OUTBOXCTL_HOME", &home).args(args).args(["--output", "json"]);
        for (name, value) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("PIP_")) {
            command.env(name, value);
        }
        let output = command.output().expect("the binary starts");
        assert!(output.status.success(), "{}", world.transcript(&output));
        serde_json::from_slice(&output.stdout).unwrap_or_default()
    };
    run(&UP);
    run(&["deploy", "--local", "--yes", "--pipeline", "dynamodb-kinesis"]);
    run(&["local", "down", "--purge"]);
}

#[test]
fn a_path_that_is_not_text_is_refused_before_anything_is_fetched() {
    use std::os::unix::ffi::OsStrExt;
    let world = crate::support::World::new();
    let home = world.work().join(std::ffi::OsStr::from_bytes(b"home-\xff"));
    let output = world.command().env("OUTBOXCTL_HOME", &home).args(UP).output().expect("the binary starts");
    let text = world.transcript(&output);
    assert!(text.contains("exit: 2") && text.contains("is not valid UTF-8"), "{text}");
    assert!(!home.exists(), "nothing was made");
}
