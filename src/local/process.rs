//! Identity of a process by its id on disk: the kernel reuses ids.

use std::path::Path;

/// Returns the start time of a process, in clock ticks since boot; `None` if it is gone or /proc is missing. Source:
/// proc_pid_stat(5), field 22.
pub fn started(pid: u32) -> Option<u64> {
    let text = std::fs::read(format!("/proc/{pid}/stat")).ok()?;
    // The second field is the program's name in parentheses, which may hold spaces and parentheses.
    let text = String::from_utf8_lossy(&text).into_owned();
    let (_, fields) = text.rsplit_once(") ")?;
    fields.split(' ').nth(19)?.parse().ok()
}

/// Returns whether a process exists, of any user.
pub fn exists(pid: u32) -> bool {
    let Some(pid) = i32::try_from(pid).ok().and_then(rustix::process::Pid::from_raw) else { return false };
    // "Not permitted" means that another user's process exists.
    !matches!(rustix::process::test_kill_process(pid), Err(rustix::io::Errno::SRCH))
}

/// Returns whether a process runs this program in this folder: by its executable and its current folder, or without
/// /proc by its command line.
pub fn works_on(pid: u32, program: &str, folder: &Path) -> bool {
    if !cfg!(target_os = "linux") {
        let listed = std::process::Command::new("ps").args(["-o", "command=", "-p", &pid.to_string()]).output();
        let line = listed.map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).unwrap_or_default();
        return line.contains(program) && line.contains(&*folder.to_string_lossy());
    }
    let link = |name: &str| std::fs::read_link(format!("/proc/{pid}/{name}"));
    // An upgraded program's file is marked " (deleted)".
    let same_program = link("exe")
        .ok()
        .and_then(|path| path.file_name().map(|name| name.to_string_lossy().into_owned()))
        .is_some_and(|name| name.split(' ').next() == Some(program));
    let same_folder = std::fs::canonicalize(folder).is_ok_and(|folder| link("cwd").is_ok_and(|cwd| cwd == folder));
    same_program && same_folder
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn a_process_is_identified_by_program_and_folder() {
        let folder = tempfile::tempdir().unwrap();
        let mut sleep = std::process::Command::new("sleep").arg("60").current_dir(folder.path()).spawn().unwrap();
        let pid = sleep.id();
        assert!(exists(pid) && started(pid).is_some());
        // The child becomes `sleep` a moment after its start.
        while !works_on(pid, "sleep", folder.path()) && !works_on(pid, "coreutils", folder.path()) {
            std::thread::yield_now();
        }
        assert!(!works_on(pid, "postgres", folder.path()));
        assert!(!works_on(pid, "sleep", Path::new("/")));
        sleep.kill().unwrap();
        sleep.wait().unwrap();
        assert!(!exists(pid) && started(pid).is_none());
    }
}
