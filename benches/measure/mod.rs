//! Settings and measurements that the benchmarks share.

use std::process::Command;
use std::str::FromStr;
use std::time::{Duration, Instant};

/// Reads a number from the environment.
pub fn setting<T: FromStr>(name: &str, default: T) -> T {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

/// Returns the median of values, which it sorts.
pub fn median<T: PartialOrd + Copy>(values: &mut [T]) -> T {
    values.sort_by(|one, other| one.partial_cmp(other).expect("comparable values"));
    values[values.len() / 2]
}

/// Returns the maximum resident memory of a process so far, in KiB. Linux only.
pub fn peak(process: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?.split_whitespace().next()?.parse().ok()
}

/// Measurements of a process.
#[derive(Debug, Clone, Copy)]
pub struct Run {
    /// From its start to its end.
    pub took: Duration,
    pub peak_kilobytes: u64,
}

impl Run {
    /// Runs a command to its end, and returns its output as `read` returns it.
    pub fn of<T: Send + 'static>(
        command: &mut Command,
        read: impl FnOnce(Option<std::process::ChildStdout>) -> T + Send + 'static,
    ) -> (Self, T) {
        let began = Instant::now();
        let mut child = command.spawn().expect("it starts");
        let stdout = child.stdout.take();
        let reader = std::thread::spawn(move || read(stdout));
        let mut peak_kilobytes = 0;
        let status = loop {
            peak_kilobytes = peak_kilobytes.max(peak(child.id()).unwrap_or_default());
            if let Some(status) = child.try_wait().expect("it can be waited for") {
                break status;
            }
            std::thread::sleep(Duration::from_millis(5));
        };
        let took = began.elapsed();
        assert!(status.success(), "{command:?} ended with {status}");
        (Self { took, peak_kilobytes }, reader.join().expect("the output is read"))
    }
}

/// Returns the median time and the maximum memory of some runs, in MiB.
pub fn summary(runs: &[Run]) -> (Duration, f64) {
    let mut times: Vec<Duration> = runs.iter().map(|run| run.took).collect();
    let peak = runs.iter().map(|run| run.peak_kilobytes).max().unwrap_or_default();
    (median(&mut times), peak as f64 / 1024.0)
}
