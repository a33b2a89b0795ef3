//! A local stack of a test's own, taken down when the test ends, however it ends.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::LazyLock;

use outboxctl::internals::aws::Clients;
use outboxctl::internals::local::state::State;
use outboxctl::internals::local::{Home, KEY_HEADER};
use outboxctl::internals::postgres::Target;
use outboxctl::internals::postgres::tls::Roots;
use rustix::fs::StatVfsMountFlags;
use serde_json::{Value, json};

use super::{World, binary};

/// Variables with the folders of records that `.ci/run` evaluates after the tests.
const RECORDS: [&str; 2] = ["OUTBOXCTL_RIGHTS_RECORDS", "OUTBOXCTL_API_RECORDS"];

/// Free memory for the data of the stacks that run at the same time: each has up to 400 MB.
const NEEDED_MEMORY: u64 = 8 << 30;

/// The tools (emulator, PostgreSQL where the machine has none) are fetched once for all tests; every stack has its own
/// name, ports and data.
pub fn home() -> PathBuf {
    static HOME: LazyLock<PathBuf> = LazyLock::new(|| {
        let folder = memory().unwrap_or_else(std::env::temp_dir);
        std::env::var_os("OUTBOXCTL_TEST_HOME").map_or_else(|| folder.join("outboxctl-test-home"), PathBuf::from)
    });
    HOME.clone()
}

/// Returns a folder in memory, where a new PostgreSQL cluster takes half as long as on a disk; `None` where it is small
/// or files can't be executed in it, as in most containers.
fn memory() -> Option<PathBuf> {
    let folder = Path::new("/dev/shm");
    let about = rustix::fs::statvfs(folder).ok()?;
    let is_usable = !about.f_flag.contains(StatVfsMountFlags::NOEXEC)
        && about.f_bavail.saturating_mul(about.f_frsize) >= NEEDED_MEMORY;
    is_usable.then(|| folder.to_owned())
}

/// Returns the folder of the emulator's packages. A stack fetches them where no other one has.
pub fn tools() -> PathBuf {
    let find = || {
        let tools = std::fs::read_dir(home().join("tools")).ok()?;
        tools.filter_map(|entry| Some(entry.ok()?.path())).find(|path| path.join("ministack").is_dir())
    };
    find().unwrap_or_else(|| {
        drop(Stack::up("tools"));
        find().expect("the emulator's packages")
    })
}

/// Returns a small program that executes the binary, as the package of functions; `None` if it is not built, as with
/// `cargo test --test it`.
fn bootstrap() -> Option<&'static Path> {
    static BUILT: LazyLock<Option<PathBuf>> = LazyLock::new(|| {
        let program = std::fs::read(binary().with_file_name("examples").join("bootstrap")).ok()?;
        let built = binary().with_extension("bootstrap");
        // Other test processes may do the same.
        let partial = built.with_extension(std::process::id().to_string());
        let text = [&program, b"\n".as_slice(), binary().as_os_str().as_encoded_bytes()].concat();
        std::fs::write(&partial, text).expect("a file beside the binary");
        std::fs::set_permissions(&partial, std::fs::metadata(binary()).expect("the binary").permissions())
            .expect("an executable");
        std::fs::rename(&partial, &built).expect("a file beside the binary");
        Some(built)
    });
    // A signed executable must not be changed.
    BUILT.as_deref().filter(|_| cfg!(target_os = "linux"))
}

pub struct Stack {
    world: World,
    name: String,
    /// Delivery of events: once, in order and without delay, so that a test sees the order in which they were sent.
    delivery: &'static str,
    /// Whether shards of Kinesis streams have their limits.
    limits: &'static str,
    /// Variables of every command.
    variables: BTreeMap<&'static str, OsString>,
}

impl Stack {
    /// A stack that is up, on free ports.
    pub fn up(test: &str) -> Self {
        Self::with(test, "ordered", "true")
    }

    /// A stack that is up and delivers as AWS: without order, and now and then twice.
    pub fn unordered(test: &str) -> Self {
        Self::with(test, "unordered", "true")
    }

    /// A stack that is up, with these values of `OUTBOXCTL_LOCAL_DELIVERY` and `OUTBOXCTL_LOCAL_SHARD_LIMITS`.
    pub fn with(test: &str, delivery: &'static str, limits: &'static str) -> Self {
        let mut stack = Self::new(test);
        (stack.delivery, stack.limits) = (delivery, limits);
        stack.ok(&["local", "up", "--port", "0", "--postgres-port", "0"]);
        stack
    }

    /// A stack that was never started.
    pub fn new(test: &str) -> Self {
        std::fs::create_dir_all(home()).expect("the tests' home");
        Self {
            world: World::new(),
            name: format!("{test}-{}", std::process::id()),
            delivery: "ordered",
            limits: "true",
            variables: BTreeMap::new(),
        }
    }

    /// Sets a variable for every further command.
    pub fn set(&mut self, name: &'static str, value: impl Into<OsString>) {
        self.variables.insert(name, value.into());
    }

    pub fn unset(&mut self, name: &str) {
        self.variables.remove(name);
    }

    /// Writes a file into the working directory of every further command.
    pub fn write(&self, name: &str, text: &str) {
        self.world.write(name, text);
    }

    /// Reads a file of the working directory.
    pub fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.world.work().join(name)).expect("a file in the working directory")
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    /// state.json of a stack that is up.
    pub fn state(&self) -> State {
        State::read(&Home::at(home(), &self.name)).expect("the stack is up")
    }

    /// Clients of the SDK with the stack's own key.
    pub fn clients(&self) -> Clients {
        Clients::for_local(self.state().local_endpoint())
    }

    /// The database of the deployed pipeline, with its owner.
    pub async fn database(&self) -> Target {
        let outputs = self.ok(&["outputs"]);
        let output = |name: &str| outputs[name].as_str().unwrap_or_else(|| panic!("no output {name}")).to_owned();
        let secret = self.clients().secrets().get_secret_value().secret_id(output("DatabaseSecretArn")).send().await;
        let secret = secret.expect("the secret").secret_string.expect("its text");
        let roots = Roots::File(self.state().postgres.ca_file);
        let port = output("DatabasePort").parse().expect("a port");
        Target::from_secret(&secret, &output("DatabaseEndpoint"), port, &output("DatabaseName"), roots)
            .expect("a target")
    }

    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = self.world.command();
        command
            .args(args)
            .env("OUTBOXCTL_HOME", home())
            .env("OUTBOXCTL_LOCAL_NAME", &self.name)
            .env("OUTBOXCTL_LOCAL_DELIVERY", self.delivery)
            .env("OUTBOXCTL_LOCAL_SHARD_LIMITS", self.limits)
            .env("OUTBOXCTL_LOCAL_SEED", "7")
            .env("OUTBOXCTL_LOCAL", "true")
            .envs(bootstrap().map(|file| ("OUTBOXCTL_FUNCTION_BINARY", file)))
            .envs(&self.variables);
        // pip's own settings decide where packages come from. Decisions about rights and requests are evaluated
        // after the tests (.ci/rights, .ci/wire).
        for (name, value) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("PIP_") || RECORDS.iter().any(|records| name == *records) {
                command.env(name, value);
            }
        }
        command
    }

    pub fn run(&self, args: &[&str]) -> Output {
        self.command(args).output().unwrap_or_else(|e| panic!("{} does not start: {e}", binary().display()))
    }

    /// Runs a command that must succeed, with `--output json`, and returns its data.
    pub fn ok(&self, args: &[&str]) -> Value {
        let output = self.command(args).args(["--output", "json"]).output().expect("the binary starts");
        assert!(output.status.success(), "outboxctl {}\n{}", args.join(" "), self.world.transcript(&output));
        if output.stdout.is_empty() {
            return Value::Null;
        }
        serde_json::from_slice(&output.stdout)
            .unwrap_or_else(|e| panic!("no JSON ({e}): {}", self.world.transcript(&output)))
    }

    /// Runs the commands of a how-to, which all have to succeed.
    pub fn follow(&self, commands: &str) {
        for line in commands.lines() {
            let line = line.split(" #").next().unwrap_or_default().trim();
            let args: Vec<&str> = line.strip_prefix("outboxctl ").expect("a command").split_whitespace().collect();
            self.ok(&args);
        }
    }

    /// The output of a command, and its final NDJSON line.
    fn ndjson(&self, args: &[&str]) -> (Output, Value) {
        let output = self.command(args).args(["--output", "ndjson"]).output().expect("the binary starts");
        let text = String::from_utf8_lossy(&output.stdout);
        let line = serde_json::from_str(text.lines().last().unwrap_or_default()).unwrap_or_default();
        (output, line)
    }

    /// Runs a command that must fail with this exit code, and returns its final NDJSON line.
    pub fn fails(&self, exit_code: i32, args: &[&str]) -> Value {
        let (output, line) = self.ndjson(args);
        let said = || format!("outboxctl {}\n{}", args.join(" "), self.world.transcript(&output));
        assert_eq!(output.status.code(), Some(exit_code), "{}", said());
        assert!(line.is_object(), "no final line: {}", said());
        line
    }

    /// The final NDJSON line of a command, however it ends.
    pub fn run_ndjson(&self, args: &[&str]) -> Value {
        self.ndjson(args).1
    }

    /// Every NDJSON line of a command that must succeed.
    pub fn lines(&self, args: &[&str]) -> Vec<Value> {
        let (output, _) = self.ndjson(args);
        assert!(output.status.success(), "outboxctl {}\n{}", args.join(" "), self.world.transcript(&output));
        let text = String::from_utf8_lossy(&output.stdout);
        text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
    }

    /// The first items at these hops, once as many are there; `more` are further arguments of `tail`.
    pub fn tail(&self, hops: &[&str], count: usize, more: &[&str]) -> Vec<Value> {
        let count = count.to_string();
        let mut lines = self
            .lines(&[&["tail"], hops, &["--from", "start", "--count", &count, "--idle-timeout", "60"], more].concat());
        lines.retain(|line| line["type"] == "item");
        lines
    }

    /// The stack's own folder.
    pub fn folder(&self) -> PathBuf {
        Home::at(home(), &self.name).stack()
    }

    /// Sets the gateway's faults (`src/local/gateway/faults.rs`), in place of those before.
    pub fn fault(&self, rules: &Value) {
        self.ask("POST", "faults", &json!({ "rules": rules }).to_string());
    }

    /// No faults any more.
    pub fn heal(&self) {
        self.ask("DELETE", "faults", "");
    }

    /// Makes messages that were received and not deleted visible, as if their visibility timeouts had passed.
    pub fn end_visibility_timeouts(&self) {
        self.ask("POST", "visible", "");
    }

    /// One request to an address of the gateway itself, which AWS does not have.
    fn ask(&self, method: &str, address: &str, body: &str) {
        use std::io::{Read, Write};
        let state = self.state();
        let host = state.endpoint.strip_prefix("http://").expect("a URL");
        let mut stream = std::net::TcpStream::connect(host).expect("the gateway");
        let length = body.len();
        write!(
            stream,
            "{method} /_outboxctl/{address} HTTP/1.1\r\nhost: {host}\r\n{KEY_HEADER}: {}\r\ncontent-type: application/json\r\n\
             content-length: {length}\r\nconnection: close\r\n\r\n{body}",
            state.key.secret
        )
        .expect("asked");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("answered");
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    }

    /// Whether a command that must succeed changed anything.
    pub fn changed(&self, args: &[&str]) -> bool {
        let (output, result) = self.ndjson(args);
        assert!(output.status.success(), "outboxctl {}\n{}", args.join(" "), self.world.transcript(&output));
        result["changed"].as_bool().unwrap_or_else(|| panic!("`changed` is missing: {result}"))
    }
}

impl Drop for Stack {
    fn drop(&mut self) {
        let output = self.run(&["local", "down", "--purge"]);
        if !output.status.success() && !std::thread::panicking() {
            panic!("the stack could not be taken down:\n{}", self.world.transcript(&output));
        }
    }
}
