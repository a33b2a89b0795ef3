//! Runs steps in parallel, each as soon as its dependencies are done.

use std::collections::BTreeMap;
use std::future::Future;

use futures_util::stream::{FuturesUnordered, StreamExt};

use crate::base::error::Error;

/// The end of a step.
#[derive(Debug)]
pub enum End<T> {
    Done(T),
    Failed(Error),
    /// Not started, because this step, on which it depends, was not done.
    Skipped(&'static str),
}

/// Runs `step` for every name, in parallel where `waits_for` allows; a failure skips only its dependents. Names that
/// `waits_for` returns but `names` does not contain count as done.
pub async fn run<T, F>(
    names: &[&'static str],
    waits_for: impl Fn(&'static str) -> Vec<&'static str>,
    step: impl Fn(&'static str) -> F,
) -> BTreeMap<&'static str, End<T>>
where
    F: Future<Output = Result<T, Error>>,
{
    let mut waiting: Vec<&'static str> = names.to_vec();
    let mut ends: BTreeMap<&'static str, End<T>> = BTreeMap::new();
    let mut running = FuturesUnordered::new();
    loop {
        // Repeated until nothing changes: a skipped step may skip others.
        let mut moved = true;
        while moved {
            moved = false;
            waiting.retain(|name| {
                let blockers: Vec<_> = waits_for(name).into_iter().filter(|other| names.contains(other)).collect();
                let lost =
                    blockers.iter().find(|other| matches!(ends.get(*other), Some(End::Failed(_) | End::Skipped(_))));
                if let Some(other) = lost {
                    ends.insert(name, End::Skipped(other));
                    moved = true;
                    return false;
                }
                let free = blockers.iter().all(|other| matches!(ends.get(other), Some(End::Done(_))));
                if free {
                    let (name, future) = (*name, step(name));
                    running.push(async move { (name, future.await) });
                }
                !free
            });
        }
        let Some((name, result)) = running.next().await else { return ends };
        ends.insert(name, result.map_or_else(End::Failed, End::Done));
    }
}

#[cfg(test)]
mod tests {
    use parking_lot::Mutex;

    use super::*;
    use crate::base::error::Kind;

    fn waits_for(name: &str) -> Vec<&'static str> {
        match name {
            "b" => vec!["a"],
            "c" => vec!["b", "elsewhere"],
            "d" => vec!["a"],
            _ => vec![],
        }
    }

    #[tokio::test]
    async fn independent_steps_overlap_and_dependents_wait() {
        let log = Mutex::new(Vec::new());
        let ends = run(&["a", "b", "c", "d", "e"], waits_for, |name| {
            let log = &log;
            async move {
                log.lock().push(format!("+{name}"));
                tokio::task::yield_now().await;
                log.lock().push(format!("-{name}"));
                Ok(())
            }
        })
        .await;
        assert!(ends.values().all(|end| matches!(end, End::Done(()))) && ends.len() == 5);
        let log = log.into_inner();
        let at = |entry: &str| log.iter().position(|line| line == entry).unwrap();
        assert!(at("+e") < at("-a") && at("-a") < at("+b") && at("-b") < at("+c") && at("+d") < at("-b"));
    }

    #[tokio::test]
    async fn a_failure_skips_its_dependents_only() {
        let ends = run(&["a", "b", "c", "d", "e"], waits_for, |name| async move {
            if name == "b" { Err(Error::new(Kind::StackFailed, "no")) } else { Ok(()) }
        })
        .await;
        assert!(matches!(ends["b"], End::Failed(_)) && matches!(ends["c"], End::Skipped("b")));
        assert!(["a", "d", "e"].iter().all(|name| matches!(ends[name], End::Done(()))));
    }
}
