//! The outboxctl.toml that is used: one that only the user or root can have written.

use std::os::unix::fs::{PermissionsExt, chown, symlink};
use std::path::Path;
use std::process::Command;

use crate::support::World;

/// An invalid stage: if the file is read, the command reports it.
const BAD_STAGE: &str = "stage = \"No_1\"\n";
const COUNTS: &str = "stage \"No_1\" can't be part of AWS names";

fn mode(path: &Path, mode: u32) {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).expect("permissions");
}

/// Returns the output of `outputs` in a folder below that of the file.
fn below(world: &World) -> String {
    let folder = world.work().join("below");
    std::fs::create_dir_all(&folder).expect("a folder");
    world.transcript(&world.command().arg("outputs").current_dir(folder).output().expect("the binary starts"))
}

#[test]
fn a_file_of_a_parent_folder_counts_up_to_the_repositorys_root() {
    let world = World::new();
    world.write("outboxctl.toml", BAD_STAGE);
    assert!(below(&world).contains(COUNTS));
    std::fs::create_dir(world.work().join("below/.git")).expect("a folder");
    let out = below(&world);
    assert!(!out.contains("No_1"), "{out}");
}

#[test]
fn a_file_above_home_does_not_count() {
    let world = World::new();
    std::fs::write(world.home().parent().expect("the root").join("outboxctl.toml"), BAD_STAGE).expect("written");
    let out = world.transcript(&world.command().arg("outputs").current_dir(world.home()).output().expect("it starts"));
    assert!(!out.contains("No_1"), "{out}");
    assert!(world.run(["outputs"]).contains(COUNTS), "it does elsewhere");
}

#[test]
fn a_file_that_others_can_write_is_refused() {
    let world = World::new();
    world.write("outboxctl.toml", BAD_STAGE);
    mode(&world.work().join("outboxctl.toml"), 0o646);
    let out = world.run(["outputs"]);
    assert!(out.starts_with("exit: 2\n") && out.contains("others can write it (mode 646)"), "{out}");
    assert!(out.contains("chmod go-w"), "{out}");
}

#[test]
fn a_file_of_a_folder_that_others_can_write_is_passed_over() {
    let world = World::new();
    world.write("outboxctl.toml", BAD_STAGE);
    for shared in [0o777, 0o1777] {
        mode(&world.work(), shared);
        let out = below(&world);
        assert!(out.contains("warning: [ROOT]/work/outboxctl.toml is not used: others can write its folder"), "{out}");
        assert!(!out.contains("No_1"), "{out}");
    }
}

#[test]
fn only_regular_files_are_opened() {
    let world = World::new();
    let path = world.work().join("outboxctl.toml");
    let made = Command::new("mkfifo").arg(&path).status().expect("mkfifo");
    assert!(made.success());
    let out = world.run(["outputs"]);
    assert!(out.starts_with("exit: 2\n") && out.contains("it is not a regular file"), "{out}");
    assert!(world.run(["init"]).contains("already exists"));
    assert!(world.run(["explain", "tail"]).starts_with("exit: 0\n"));
    std::fs::remove_file(&path).expect("removed");
    symlink("/dev/zero", &path).expect("a link");
    let out = world.run(["outputs"]);
    assert!(out.starts_with("exit: 2\n") && out.contains("is not used"), "{out}");
}

/// Without the file's choices, a command would work on another stage.
#[test]
fn a_file_that_is_not_text_is_an_error() {
    let world = World::new();
    let path = world.work().join("outboxctl.toml");
    let check = |what: &str| {
        for out in [world.run(["outputs"]), below(&world)] {
            assert!(out.starts_with("exit: 2\n") && out.contains("outboxctl.toml can't be read"), "{what}: {out}");
        }
        assert!(world.run(["explain", "tail"]).starts_with("exit: 0\n"), "{what}");
    };
    std::fs::write(&path, b"stage = \"prod\" # \xfcber\n").expect("a file");
    check("Latin-1");
    std::fs::write(&path, "# \n".repeat(1 << 19)).expect("a file");
    check("two megabytes");
    std::fs::remove_file(&path).expect("removed");
    symlink("missing.toml", &path).expect("a link");
    check("a link to nothing");
}

#[test]
fn a_link_to_a_file_of_the_users_own_counts() {
    let world = World::new();
    world.write("real.toml", BAD_STAGE);
    symlink("real.toml", world.work().join("outboxctl.toml")).expect("a link");
    assert!(world.run(["outputs"]).contains(COUNTS));
}

/// A repository can contain a link to any file that the user can read.
#[test]
fn a_linked_files_content_is_not_repeated() {
    let world = World::new();
    world.write("secrets", "root:s3cr3t:19000:0\n");
    symlink("secrets", world.work().join("outboxctl.toml")).expect("a link");
    for format in ["table", "ndjson"] {
        let out = world.run(["outputs", "--output", format]);
        assert!(out.starts_with("exit: 2\n") && out.contains("line 1") && !out.contains("s3cr3t"), "{out}");
    }
    let output = world.command().env("OUTBOXCTL_CONFIG", "outboxctl.toml").arg("outputs").output();
    let out = world.transcript(&output.expect("the binary starts"));
    assert!(out.contains("is not valid") && !out.contains("s3cr3t"), "{out}");
}

#[test]
fn a_huge_file_is_not_read() {
    let world = World::new();
    world.write("outboxctl.toml", &"#\n".repeat(1 << 20));
    let out = world.run(["outputs"]);
    assert!(out.contains("it is larger than 1048576 bytes"), "{out}");
}

/// Only root can make a file of another user's.
#[test]
fn a_file_of_another_user_is_refused() {
    let world = World::new();
    world.write("outboxctl.toml", "this is the first line of a secret\n");
    let path = world.work().join("outboxctl.toml");
    if chown(&path, Some(65_534), Some(65_534)).is_err() {
        return;
    }
    let out = world.run(["outputs"]);
    assert!(out.starts_with("exit: 2\n") && out.contains("it belongs to user 65534"), "{out}");
    assert!(!out.contains("secret"), "{out}");
    let output = world.command().env("OUTBOXCTL_CONFIG", &path).arg("outputs").output().expect("the binary starts");
    assert!(world.transcript(&output).contains("is not valid"), "it was named");
}

#[test]
fn a_named_file_counts_and_must_exist() {
    let world = World::new();
    world.write("other.toml", BAD_STAGE);
    let transcript = |path: &str| {
        let output = world.command().env("OUTBOXCTL_CONFIG", path).arg("outputs").output().expect("the binary starts");
        world.transcript(&output)
    };
    assert!(transcript("other.toml").contains(COUNTS));
    let out = transcript("missing.toml");
    assert!(out.starts_with("exit: 2\n") && out.contains("OUTBOXCTL_CONFIG=missing.toml"), "{out}");
}

/// As in a container that runs as another user below a folder of root's.
#[test]
fn an_unreadable_folder_above_is_a_warning() {
    let world = World::new();
    std::fs::create_dir_all(world.work().join("closed/q")).expect("folders");
    let transcript = |args: &str| {
        // Root reads everything: without its capabilities it doesn't.
        let drop = "capsh=; [ $(id -u) = 0 ] && capsh='setpriv --bounding-set=-all --inh-caps=-all'";
        let script =
            format!("{drop}; cd closed/q && chmod 000 .. && $capsh \"$0\" {args}; code=$?; chmod 700 ..; exit $code");
        let mut command = Command::new("sh");
        command.args(["-c", &script]).arg(crate::support::binary()).current_dir(world.work()).env_clear();
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default()).env("HOME", world.home());
        command.env("AWS_EC2_METADATA_DISABLED", "true");
        world.transcript(&command.output().expect("sh starts"))
    };
    let explained = transcript("explain tail");
    assert!(explained.starts_with("exit: 0\n") && !explained.contains("warning:"), "{explained}");
    let out = transcript("outputs");
    assert!(
        out.starts_with("exit: 4\n") && out.contains("closed/outboxctl.toml can't be read and is not used"),
        "{out}"
    );
}
