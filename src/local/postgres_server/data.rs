//! The data folder of a server: created with the programs that can read it, and free of an earlier server.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use rustix::process::Signal;

use super::{STOP_PATIENCE, SUPERUSER, shared_memory};
use crate::base::error::{Error, Kind, OrFail, Result};
use crate::base::timing::Wait;
use crate::local::home::{Home, remove_folder, write_for};
use crate::local::tools::{self, PostgresPrograms};
use crate::local::user::User;
use crate::local::{child, child_environment, process};

/// Returns the programs for a data folder: PostgreSQL can't read the files of another major version.
///
/// # Errors
/// `LocalSetup` if this machine has none of that version.
pub(super) fn for_data(home: &Home, data: &Path, preferred: &PostgresPrograms) -> Result<PostgresPrograms> {
    let Ok(made_by) = std::fs::read_to_string(data.join("PG_VERSION")) else { return Ok(preferred.clone()) };
    let made_by = made_by.trim();
    if preferred.major().to_string() == made_by {
        return Ok(preferred.clone());
    }
    if let Some(found) = made_by.parse().ok().and_then(|major| tools::postgres_majors(home).remove(&major)) {
        return Ok(found);
    }
    let text = format!(
        "the local database was created by PostgreSQL {made_by}, and {} is {}",
        preferred.bin.display(),
        preferred.version
    );
    Err(Error::new(Kind::LocalSetup, text)
        .hint(format!("install PostgreSQL {made_by}, or set OUTBOXCTL_POSTGRES_BIN to its programs"))
        .hint("or start over, without the local data: `outboxctl local down --purge`, then `outboxctl local up`"))
}

/// Creates a data folder of this name. Without `checksums`, the version's default applies.
pub(super) async fn initialise(
    programs: &PostgresPrograms,
    (folder, name): (&Path, &str),
    user: Option<&User>,
    checksums: Option<bool>,
) -> Result<()> {
    let partial = folder.join("data.partial");
    remove_folder(&partial, Kind::LocalSetup)?;
    let mut command = command(&programs.bin.join("initdb"), folder, user);
    command.args(["--username", SUPERUSER, "--encoding", "UTF8", "--no-locale", "--auth", "scram-sha-256"]);
    // Syncing a thousand files takes most of the time of a first start, and the folder has no rows to lose yet.
    command.arg("--no-sync");
    // A random, unrecorded password: over TCP the superuser is refused anyway.
    let password = folder.join("initial-password");
    write_for(&password, uuid::Uuid::new_v4().to_string().as_bytes(), user)?;
    // Relative names: initdb passes them to a shell.
    command.args(["--pwfile", "initial-password", "--pgdata", "data.partial"]);
    if shared_memory::is_too_small() && takes_settings(programs) {
        command.args(["--set", "dynamic_shared_memory_type=mmap"]);
    }
    match checksums {
        Some(true) => drop(command.arg("--data-checksums")),
        // The default before 18 ("initdb" in the PostgreSQL documentation).
        Some(false) if programs.major() >= 18 => drop(command.arg("--no-data-checksums")),
        _ => {}
    }
    let output = command.output().await.or_fail(Kind::LocalSetup, || "initdb can't be run".into())?;
    // Not needed after this.
    let _ = std::fs::remove_file(&password);
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        let reason = said.lines().rev().find(|line| line.contains("error") || line.contains("FATAL")).unwrap_or(&said);
        let hint = if said.contains("shared memory segment") {
            "PostgreSQL keeps shared memory in /dev/shm, which is too small: give it 64 MB (docker run --shm-size 64m)"
                .to_owned()
        } else {
            format!("{} needs about 100 MB of free disk", folder.display())
        };
        return Err(
            Error::new(Kind::LocalSetup, format!("the local database can't be created: {}", reason.trim())).hint(hint)
        );
    }
    // The final name marks a complete folder.
    std::fs::rename(&partial, folder.join(name)).or_fail(Kind::LocalSetup, || "the new database".into())
}

/// Returns whether initdb takes settings for the new server (PostgreSQL 16 release notes).
fn takes_settings(programs: &PostgresPrograms) -> bool {
    programs.major() >= 16
}

/// Ends a server that outlived its daemon (the kernel's signal is Linux-only). A process that reuses its id is left
/// alone; the file with the id is removed, since it would prevent the next server from starting.
pub(super) async fn end_orphan(data: &Path) {
    let file = data.join("postmaster.pid");
    let text = std::fs::read(&file).unwrap_or_default();
    let first = text.split(|&byte| byte == b'\n').next().unwrap_or_default();
    let Some(pid) = std::str::from_utf8(first).ok().and_then(|line| line.trim().parse::<u32>().ok()) else { return };
    if process::works_on(pid, "postgres", data) {
        child::signal(pid, Signal::INT);
        let ended = || !process::works_on(pid, "postgres", data);
        Wait::new(Duration::from_millis(50), STOP_PATIENCE).until(ended).await;
    } else if process::exists(pid) {
        tracing::warn!(pid, "{} names a process that is not PostgreSQL's; the file is removed", file.display());
        // If this fails, the server reports the reason.
        let _ = std::fs::remove_file(&file);
    }
}

fn command(program: &Path, folder: &Path, user: Option<&User>) -> tokio::process::Command {
    let mut command = tokio::process::Command::new(program);
    child_environment::clean(command.as_std_mut());
    command.current_dir(folder).stdin(Stdio::null()).env("LC_ALL", "C").env("TZ", "UTC").kill_on_drop(true);
    if let Some(user) = user {
        user.run(command.as_std_mut(), folder);
    }
    command
}
