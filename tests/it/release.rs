//! `.github/release.sh` and `.github/install.sh`, against a server that stands for the releases.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::support::{World, binary, repository};

const TARGETS: [&str; 4] =
    ["x86_64-unknown-linux-gnu", "aarch64-unknown-linux-gnu", "x86_64-apple-darwin", "aarch64-apple-darwin"];
const VERSION: &str = "1.2.3";

/// A release of a program that only says its name, served on this machine.
struct Release {
    world: World,
    folder: PathBuf,
    url: String,
}

impl Release {
    fn new() -> Self {
        let world = World::new();
        let folder = world.work().join("release");
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("its address"));
        world.write("program", "#!/bin/sh\necho a released outboxctl\n");
        for target in TARGETS {
            run(Command::new(repository().join(".github/release.sh"))
                .args(["pack", target])
                .args([&world.work().join("program"), &folder]));
        }
        let served = folder.clone();
        std::thread::spawn(move || listener.incoming().flatten().for_each(|stream| serve(stream, &served)));
        let release = Self { world, folder, url };
        release.finish();
        release
    }

    fn finish(&self) {
        let script = repository().join(".github/release.sh");
        run(Command::new(script).args(["finish", VERSION, &self.url]).arg(&self.folder));
    }

    fn installed(&self) -> PathBuf {
        self.world.home().join(".local/bin/outboxctl")
    }

    fn install(&self, script: &Path, variables: &[(&str, &str)]) -> Output {
        let mut command = Command::new("sh");
        command.arg(script).env_clear().env("HOME", self.world.home()).env("PATH", std::env::var_os("PATH").unwrap());
        command.envs(variables.iter().copied()).output().expect("sh starts")
    }
}

fn run(command: &mut Command) {
    let output = command.env("OUTBOXCTL", binary()).output().expect("it starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// Answers one request for a file of the release.
fn serve(mut stream: std::net::TcpStream, folder: &Path) {
    let mut lines = BufReader::new(stream.try_clone().expect("a second handle")).lines().map_while(Result::ok);
    let path = lines.next().and_then(|line| Some(line.split(' ').nth(1)?.to_owned())).unwrap_or_default();
    lines.take_while(|line| !line.is_empty()).for_each(drop);
    let name = path.strip_prefix(&format!("/releases/download/v{VERSION}/"));
    let (status, body) = match name.and_then(|name| std::fs::read(folder.join(name)).ok()) {
        Some(body) => ("200 OK", body),
        None => ("404 Not Found", Vec::new()),
    };
    let head = format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", body.len());
    // A client that has seen enough closes the connection.
    let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(&body));
}

#[test]
fn a_release_is_installed_and_runs() {
    let release = Release::new();
    let output = release.install(&release.folder.join("install.sh"), &[]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(String::from_utf8_lossy(&output.stdout).contains("add it to PATH"), "{output:?}");
    let said = Command::new(release.installed()).output().expect("it is executable");
    assert_eq!(String::from_utf8_lossy(&said.stdout), "a released outboxctl\n");

    // Everything that packages need, and the same bytes for the same files.
    let archive = release.folder.join("outboxctl-x86_64-unknown-linux-gnu.tar.gz");
    let listed = Command::new("tar").arg("-tzf").arg(&archive).output().expect("tar starts");
    let listed = String::from_utf8_lossy(&listed.stdout).into_owned();
    for name in ["outboxctl", "completions/_outboxctl", "man/outboxctl-db-init.1", "LICENSE-MIT", "README.md"] {
        assert!(listed.lines().any(|line| line == name), "{name} is not in the archive:\n{listed}");
    }
    let before = std::fs::read(&archive).expect("the archive");
    run(Command::new(repository().join(".github/release.sh"))
        .args(["pack", TARGETS[0]])
        .args([&release.world.work().join("program"), &release.folder]));
    assert!(before == std::fs::read(&archive).expect("the archive"), "packing is not reproducible");
    let formula = std::fs::read_to_string(release.folder.join("outboxctl.rb")).expect("the formula");
    assert!(!formula.replace("# ", "").contains('@') || !formula.contains("@SHA256"), "{formula}");
    assert_eq!(formula.matches("sha256 \"").count(), 4, "{formula}");
}

#[test]
fn an_archive_with_another_checksum_is_not_installed() {
    let release = Release::new();
    for target in TARGETS {
        std::fs::write(release.folder.join(format!("outboxctl-{target}.tar.gz")), "something else").expect("written");
    }
    let output = release.install(&release.folder.join("install.sh"), &[]);
    assert!(!output.status.success());
    assert!(String::from_utf8_lossy(&output.stderr).contains("nothing was installed"), "{output:?}");
    // Not even one that the list does not name.
    std::fs::write(release.folder.join("SHA256SUMS"), "").expect("written");
    let output = release.install(&release.folder.join("install.sh"), &[]);
    assert!(String::from_utf8_lossy(&output.stderr).contains("does not name"), "{output:?}");
    assert!(!release.installed().exists());
}

#[test]
fn an_unreleased_version_is_refused_with_the_reason() {
    let release = Release::new();
    let refused = |script: &Path, variables: &[(&str, &str)]| {
        let output = release.install(script, variables);
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    let released = release.folder.join("install.sh");
    assert!(refused(&released, &[("OUTBOXCTL_VERSION", "9.9.9")]).contains("can't be downloaded"));
    assert!(refused(&repository().join(".github/install.sh"), &[]).contains("belongs to no release"));
    assert!(refused(&released, &[("OUTBOXCTL_RELEASES", "http://example.org/x")]).contains("is not an https URL"));
    // A machine that there is no release for.
    let path = release.world.work().join("path");
    std::fs::create_dir(&path).expect("a folder");
    std::fs::write(path.join("uname"), "#!/bin/sh\necho Plan9\n").expect("written");
    std::fs::set_permissions(path.join("uname"), std::os::unix::fs::PermissionsExt::from_mode(0o755)).expect("set");
    let path = format!("{}:{}", path.display(), std::env::var("PATH").expect("PATH"));
    assert!(refused(&released, &[("PATH", &path)]).contains("no release for Plan9"));
    assert!(!release.installed().exists());
}
