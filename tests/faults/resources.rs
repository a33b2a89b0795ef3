//! Memory and open files of outboxctl's processes while a run goes on.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::task::JoinHandle;

/// Between two samples.
const INTERVAL: Duration = Duration::from_secs(2);
/// Growth of memory that caches and the allocator may cause, in KiB.
const SLACK: u64 = 4_096;
/// Growth of memory while a target is down, in KiB: the buffers of a reader that can't pass on its records.
const BUFFERS: u64 = 65_536;
/// Growth of open files under a steady load that chance may cause.
const FILES: u64 = 8;
/// The same after a fault: connections that it opened are kept for a while.
const CONNECTIONS: u64 = 32;

/// The processes of one kind at one moment.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Usage {
    /// Anonymous memory in KiB: without the pages of the executable.
    pub memory: u64,
    pub files: u64,
}

/// Parts of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    Steady,
    Fault,
    Recovered,
}

type Samples = BTreeMap<&'static str, Vec<(Phase, Usage)>>;

/// Takes samples until dropped.
pub struct Sampler {
    shared: Arc<Shared>,
    task: JoinHandle<()>,
}

struct Shared {
    phase: Mutex<Phase>,
    samples: Mutex<Samples>,
}

impl Sampler {
    /// `processes` names the processes that run now, by kind.
    pub fn start(processes: impl Fn() -> Vec<(&'static str, u32)> + Send + 'static) -> Self {
        let shared = Arc::new(Shared { phase: Mutex::new(Phase::Steady), samples: Mutex::default() });
        let of_task = Arc::clone(&shared);
        let task = tokio::spawn(async move {
            loop {
                tokio::time::sleep(INTERVAL).await;
                let mut now: BTreeMap<&'static str, Usage> = BTreeMap::new();
                for (kind, pid) in processes() {
                    if let Some(usage) = usage(pid) {
                        let sum = now.entry(kind).or_default();
                        sum.memory += usage.memory;
                        sum.files += usage.files;
                    }
                }
                let phase = *of_task.phase.lock();
                let mut samples = of_task.samples.lock();
                now.into_iter().for_each(|(kind, usage)| samples.entry(kind).or_default().push((phase, usage)));
            }
        });
        Self { shared, task }
    }

    pub fn enter(&self, phase: Phase) {
        *self.shared.phase.lock() = phase;
    }

    /// One line for each kind of process, and what grew.
    pub fn findings(&self) -> (Vec<String>, Vec<String>) {
        let samples = self.shared.samples.lock();
        let kinds = || samples.iter().map(|(kind, samples)| (*kind, Course::of(samples)));
        (kinds().map(|(kind, course)| course.line(kind)).collect(), kinds().flat_map(|(k, c)| c.growth(k)).collect())
    }
}

impl Drop for Sampler {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Reads /proc (proc_pid_status(5), proc_pid_fd(5)); `None` if the process has ended.
fn usage(pid: u32) -> Option<Usage> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let memory = status.lines().find_map(|line| line.strip_prefix("RssAnon:"))?;
    let memory = memory.split_whitespace().next()?.parse().ok()?;
    let files = std::fs::read_dir(format!("/proc/{pid}/fd")).ok()?.count() as u64;
    Some(Usage { memory, files })
}

/// Medians of the quarters of the steady part, the maximum during the fault, and the median after it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Course {
    second: Usage,
    last: Usage,
    fault: Usage,
    recovered: Option<Usage>,
}

impl Course {
    fn of(samples: &[(Phase, Usage)]) -> Self {
        let of = |phase: Phase| samples.iter().filter(move |(of, _)| *of == phase).map(|(_, usage)| *usage);
        let steady: Vec<Usage> = of(Phase::Steady).collect();
        let quarter = steady.len() / 4;
        let maximum = |all: Vec<Usage>| Usage {
            memory: all.iter().map(|usage| usage.memory).max().unwrap_or_default(),
            files: all.iter().map(|usage| usage.files).max().unwrap_or_default(),
        };
        Self {
            second: median(&steady[quarter..2 * quarter]).unwrap_or_default(),
            last: median(&steady[steady.len() - quarter..]).unwrap_or_default(),
            fault: maximum(of(Phase::Fault).collect()),
            recovered: median(&of(Phase::Recovered).collect::<Vec<_>>()),
        }
    }

    fn growth(self, kind: &str) -> Vec<String> {
        let mut found = Vec::new();
        if self.last.memory > self.second.memory + self.second.memory / 10 + SLACK {
            let (before, after) = (self.second.memory, self.last.memory);
            found.push(format!("{kind}: memory grew from {before} to {after} KiB under a steady load"));
        }
        if self.last.files > self.second.files + FILES {
            let (before, after) = (self.second.files, self.last.files);
            found.push(format!("{kind}: open files grew from {before} to {after} under a steady load"));
        }
        if self.fault.memory > 2 * self.last.memory + BUFFERS {
            let (before, peak) = (self.last.memory, self.fault.memory);
            found.push(format!("{kind}: memory grew from {before} to {peak} KiB during the fault"));
        }
        if let Some(after) = self.recovered.filter(|after| after.files > self.last.files + CONNECTIONS) {
            let (before, after) = (self.last.files, after.files);
            found.push(format!("{kind}: {after} open files after recovery, {before} before the fault"));
        }
        found
    }

    fn line(self, kind: &str) -> String {
        let mib = |usage: Usage| usage.memory as f64 / 1024.0;
        let recovered = self.recovered.unwrap_or_default();
        format!(
            "| {kind} | {:.1} MiB | {:.1} MiB | {:.1} MiB | {:.1} MiB | {} | {} | {} | {} |",
            mib(self.second),
            mib(self.last),
            mib(self.fault),
            mib(recovered),
            self.second.files,
            self.last.files,
            self.fault.files,
            recovered.files,
        )
    }
}

fn median(usages: &[Usage]) -> Option<Usage> {
    let middle = |mut values: Vec<u64>| {
        values.sort_unstable();
        values.get(values.len() / 2).copied()
    };
    Some(Usage {
        memory: middle(usages.iter().map(|usage| usage.memory).collect())?,
        files: middle(usages.iter().map(|usage| usage.files).collect())?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A sample each of an hour, then of a fault, then of the time after it.
    fn course(steady: impl Fn(u64) -> Usage, fault: Usage, after: Usage) -> Vec<String> {
        let mut samples: Vec<(Phase, Usage)> = (0..1_800).map(|at| (Phase::Steady, steady(at))).collect();
        samples.extend([(Phase::Fault, fault); 300]);
        samples.extend([(Phase::Recovered, after); 30]);
        Course::of(&samples).growth("daemon")
    }

    const FLAT: Usage = Usage { memory: 30_000, files: 40 };

    #[test]
    fn flat_usage_with_bursts_passes() {
        let noisy = |at: u64| Usage { memory: 30_000 + at % 7 * 500, files: 40 + at % 3 };
        let peak = Usage { memory: 90_000, files: 60 };
        assert_eq!(course(noisy, peak, FLAT), Vec::<String>::new());
    }

    #[test]
    fn a_leak_of_memory_is_found() {
        let leaks = |at: u64| Usage { memory: 30_000 + at * 10, files: 40 };
        assert_eq!(course(leaks, FLAT, FLAT).len(), 1, "18 MiB in an hour");
    }

    #[test]
    fn a_leak_of_open_files_is_found() {
        let leaks = |at: u64| Usage { memory: 30_000, files: 40 + at / 60 };
        assert_eq!(course(leaks, FLAT, FLAT).len(), 1, "one a minute");
    }

    #[test]
    fn unbounded_buffers_are_found() {
        assert_eq!(course(|_| FLAT, Usage { memory: 300_000, files: 40 }, FLAT).len(), 1);
    }

    #[test]
    fn files_that_stay_open_after_a_fault_are_found() {
        assert_eq!(course(|_| FLAT, FLAT, Usage { memory: 30_000, files: 90 }).len(), 1);
    }
}
