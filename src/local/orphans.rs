//! Processes that a daemon left behind: known by a variable in their environment, which children inherit.

use std::path::Path;
use std::time::{Duration, Instant};

use super::child;
use super::home::Home;

/// Set for the emulator to the stack's folder; the functions that it starts inherit it.
pub const MARK: &str = "OUTBOXCTL_LOCAL_STACK";

/// Ends all processes of this stack: asks, and kills those that are still there after `patience`. Returns how many
/// there were. Only for when no daemon holds the lock.
pub async fn end(home: &Home, patience: Duration) -> usize {
    end_all_but(home, patience, &[]).await
}

/// The same, without some processes: the daemon ends functions before the emulator that started them.
pub async fn end_all_but(home: &Home, patience: Duration, spared: &[u32]) -> usize {
    let left = || find(&home.stack()).into_iter().filter(|pid| !spared.contains(pid)).collect::<Vec<_>>();
    let found = left();
    found.iter().copied().for_each(child::terminate);
    let deadline = Instant::now() + patience;
    while !left().is_empty() && Instant::now() < deadline {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    left().into_iter().for_each(child::kill);
    found.len()
}

/// Returns the processes that carry the mark; none where there is no /proc.
fn find(stack: &Path) -> Vec<u32> {
    let mark = [MARK.as_bytes(), b"=", stack.as_os_str().as_encoded_bytes()].concat();
    let Ok(processes) = std::fs::read_dir("/proc") else { return Vec::new() };
    let pids = processes.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<u32>().ok());
    pids.filter(|&pid| pid != std::process::id() && is_marked(pid, &mark)).collect()
}

fn is_marked(pid: u32, mark: &[u8]) -> bool {
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
        // Reaped on the side, as init would.
        let waited = std::thread::spawn(move || ours.wait().unwrap());
        assert_eq!(end(&home, Duration::from_secs(5)).await, 1);
        assert!(!waited.join().unwrap().success());
        assert!(other.try_wait().unwrap().is_none());
        other.kill().unwrap();
        other.wait().unwrap();
    }
}
