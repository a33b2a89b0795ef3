//! The local stack or AWS: what decides it, and what contradicts it.

use crate::support::{World, stack::Stack};

const ON_AWS: &str = "no AWS region is set";
const LOCAL: &str = "the local stack is not running";

#[test]
fn false_overrides_the_file() {
    let world = World::new();
    world.write("outboxctl.toml", "local = true\n");
    assert!(world.run(["outputs"]).contains(LOCAL));
    assert!(world.run(["outputs", "--no-local"]).contains(ON_AWS));
    assert!(world.run(["outputs", "--local=false"]).contains(ON_AWS));
    let output = world.command().env("OUTBOXCTL_LOCAL", "false").arg("outputs").output().expect("the binary starts");
    assert!(world.transcript(&output).contains(ON_AWS));
}

#[test]
fn a_flag_for_another_place_is_refused() {
    let world = World::new();
    world.write("outboxctl.toml", "local = true\n");
    for place in [["--profile", "ops"], ["--endpoint-url", "http://127.0.0.1:1"]] {
        let out = world.run(["outputs", place[0], place[1]]);
        assert!(out.starts_with("exit: 2\n") && out.contains("`local = true` in [ROOT]/work/outboxctl.toml"), "{out}");
        assert!(out.contains("--no-local"), "{out}");
    }
    let out = world.run(["outputs", "--local", "--endpoint-url", "http://127.0.0.1:1"]);
    assert!(out.starts_with("exit: 2\n"), "{out}");
}

/// Variables take precedence over the file, so neither may replace the other without a word.
#[test]
fn a_variable_for_another_place_is_refused() {
    let world = World::new();
    world.write("outboxctl.toml", "local = true\n");
    let transcript = |name: &str, value: &str, args: &[&str]| {
        let output = world.command().env(name, value).arg("outputs").args(args).output();
        world.transcript(&output.expect("the binary starts"))
    };
    for (name, value) in [("AWS_PROFILE", "nope"), ("AWS_ENDPOINT_URL", "http://127.0.0.1:1")] {
        let refused = transcript(name, value, &[]);
        assert!(refused.starts_with("exit: 2\n") && refused.contains(&format!("{name}={value}")), "{refused}");
        assert!(refused.contains("--local") && refused.contains("--no-local"), "{refused}");
        assert!(transcript(name, value, &["--local"]).contains(LOCAL));
    }
    let used = transcript("AWS_PROFILE", "nope", &["--no-local", "--region", "us-east-1"]);
    assert!(used.starts_with("exit: 4\n") && used.contains("AWS profile \"nope\""), "{used}");
    assert!(transcript("AWS_PROFILE", "", &[]).contains(LOCAL), "an empty variable is unset");
}

#[test]
fn init_writes_flags_and_not_environment_variables() {
    let world = World::new();
    let mut command = world.command();
    command.env("OUTBOXCTL_LOCAL", "true").env("AWS_ENDPOINT_URL", "http://127.0.0.1:4566").arg("init");
    let out = world.transcript(&command.output().expect("the binary starts"));
    assert!(out.contains("OUTBOXCTL_LOCAL is set in this shell and not written"), "{out}");
    let text = std::fs::read_to_string(world.work().join("outboxctl.toml")).expect("the file");
    assert!(text.contains("\n# local = true\n") && text.contains("\n# endpoint_url ="), "{text}");

    assert!(world.run(["init", "--force", "--local"]).starts_with("exit: 0\n"));
    let text = std::fs::read_to_string(world.work().join("outboxctl.toml")).expect("the file");
    assert!(text.contains("\nlocal = true\n"), "{text}");
}

#[test]
fn init_writes_no_endpoint_that_would_be_refused() {
    let world = World::new();
    let out = world.run(["init", "--endpoint-url", "https://vpce.example"]);
    assert!(out.starts_with("exit: 2\n") && out.contains("not on this machine"), "{out}");
    assert_eq!(std::fs::read_dir(world.work()).expect("the folder").count(), 0);
}

/// FIPS, dual-stack, proxies, profiles and their files are for AWS.
#[test]
fn the_local_stack_does_not_depend_on_settings_for_aws() {
    let stack = Stack::up("settings");
    let config = std::env::temp_dir().join(format!("outboxctl-config-{}", std::process::id()));
    std::fs::write(&config, "[default]\nuse_fips_endpoint = true\nregion = mars-1\nthis is no profile\n")
        .expect("written");
    let mut command = stack.command(&["status", "--output", "json"]);
    for name in ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "ALL_PROXY", "AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_STS"] {
        command.env(name, "http://127.0.0.1:1");
    }
    for name in ["AWS_USE_FIPS_ENDPOINT", "AWS_USE_DUALSTACK_ENDPOINT", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"] {
        command.env(name, "true");
    }
    command.env("AWS_CONFIG_FILE", &config).env("AWS_PROFILE", "nope").env("AWS_CA_BUNDLE", "/nonexistent");
    command.env("SSL_CERT_FILE", "/nonexistent").env("SSL_CERT_DIR", "/nonexistent");
    let output = command.output().expect("the binary starts");
    std::fs::remove_file(&config).expect("removed");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
