//! Processes that a daemon left behind: marked by a variable in their environment, which children inherit.

use std::path::Path;
use std::time::Duration;

use rustix::process::Signal;

use super::child;
use super::home::Home;
use crate::base::timing::Wait;

/// Variable with the stack's folder, set for the emulator; the functions that it starts inherit it.
pub const MARK: &str = "OUTBOXCTL_LOCAL_STACK";

/// Ends all processes of this stack: sends SIGTERM, and kills those that still run after `patience`. Returns their
/// number. Call only if no daemon holds the lock.
pub async fn end(home: &Home, patience: Duration) -> usize {
    end_all_but(home, patience, &[]).await
}

/// Ends all but some processes: the daemon ends functions before the emulator that started them.
pub async fn end_all_but(home: &Home, patience: Duration, spared: &[u32]) -> usize {
    let left = || find(&home.stack()).into_iter().filter(|pid| !spared.contains(pid)).collect::<Vec<_>>();
    let found = left();
    for pid in &found {
        child::signal(*pid, Signal::TERM);
    }
    Wait::new(Duration::from_millis(50), patience).until(|| left().is_empty()).await;
    for pid in left() {
        child::signal(pid, Signal::KILL);
    }
    found.len()
}

/// Returns the marked processes; an empty list without /proc.
pub(super) fn find(stack: &Path) -> Vec<u32> {
    let mark = [MARK.as_bytes(), b"=", stack.as_os_str().as_encoded_bytes()].concat();
    let Ok(processes) = std::fs::read_dir("/proc") else { return Vec::new() };
    let pids = processes.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<u32>().ok());
    pids.filter(|&pid| pid != std::process::id() && is_marked(pid, &mark)).collect()
}

/// Returns whether a process has a variable, as `NAME=value`.
pub(super) fn is_marked(pid: u32, mark: &[u8]) -> bool {
    // Another user's environment can't be read: not ours then. A zombie's is empty.
    let environment = std::fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
    environment.split(|&byte| byte == 0).any(|variable| variable == mark)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_marked_processes_end() {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::at(folder.path(), "t");
        let start = |mark: &Path| std::process::Command::new("sleep").arg("60").env(MARK, mark).spawn().unwrap();
        let (mut ours, mut other) = (start(&home.stack()), start(Path::new("/elsewhere")));
        // Reaped in the background, as init would.
        let waited = std::thread::spawn(move || ours.wait().unwrap());
        assert_eq!(end(&home, Duration::from_secs(5)).await, 1);
        assert!(!waited.join().unwrap().success());
        assert!(other.try_wait().unwrap().is_none());
        other.kill().unwrap();
        other.wait().unwrap();
    }
}
