//! kill -9 at every request of a deploy, then the same command: the same end, and each change set executed once.

use std::collections::BTreeMap;
use std::process::Stdio;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use outboxctl::internals::pipelines;
use outboxctl_test_support::cloudformation::{Fault, World as Script};

use crate::support::account::Account;

/// More than one at a time, for the time is spent waiting.
const WORKERS: usize = 6;

/// Every stack's status, template and parameters.
type Left = BTreeMap<String, (Option<String>, String, BTreeMap<String, String>)>;

fn left(account: &Account) -> Left {
    let world = account.server.world();
    let there = world.stacks.iter().filter(|(_, stack)| stack.status.is_some());
    there.map(|(name, stack)| (name.clone(), stack.state())).collect()
}

/// Kills a deploy at its request of this number, which has taken effect and is never answered. False where the deploy
/// has fewer requests.
fn killed_at(number: usize, pipeline: &'static str, undisturbed: &Left) -> bool {
    let faults = Box::new(move |count: usize, _: &str| if count == number { Fault::Hang } else { Fault::None });
    let account = Account::new(pipeline, Script { faults, ..Script::default() });
    let mut command = account.command(&["deploy", "--quiet"]);
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("the binary starts");
    let deadline = Instant::now() + Duration::from_secs(60);
    while account.server.hung() == 0 {
        if let Some(status) = child.try_wait().expect("the child") {
            assert!(status.success(), "request {number}: {status}");
            return false;
        }
        assert!(Instant::now() < deadline, "request {number} was not made for a minute");
        std::thread::sleep(Duration::from_millis(2));
    }
    child.kill().expect("killed");
    child.wait().expect("its end");

    account.ok(&["deploy"]);
    assert_eq!(left(&account), *undisturbed, "request {number}");
    assert!(account.executions().iter().all(|count| *count == 1), "request {number}: {:?}", account.executions());
    assert_eq!(account.server.world().objects.len(), 1, "request {number}: one package");
    true
}

/// Kills it at every request that it has, in runs of its own.
fn killed_everywhere(pipeline: &'static str) {
    let account = Account::new(pipeline, Script::default());
    account.ok(&["deploy"]);
    let undisturbed = left(&account);
    assert!(undisturbed.values().all(|(status, ..)| status.as_deref() == Some("CREATE_COMPLETE")), "{undisturbed:?}");
    assert_eq!(account.ok(&["deploy"])["changed"], false);
    assert_eq!(left(&account), undisturbed);
    let next = AtomicUsize::new(1);
    let last = AtomicUsize::new(usize::MAX);
    std::thread::scope(|scope| {
        for _ in 0..WORKERS {
            scope.spawn(|| {
                loop {
                    let number = next.fetch_add(1, Ordering::SeqCst);
                    if number > last.load(Ordering::SeqCst) {
                        return;
                    }
                    if !killed_at(number, pipeline, &undisturbed) {
                        last.fetch_min(number, Ordering::SeqCst);
                        return;
                    }
                }
            });
        }
    });
    let (last, stacks) = (last.load(Ordering::SeqCst), pipelines::find(pipeline).expect("a pipeline").stacks.len());
    assert!(last > stacks * 6, "a deploy of {stacks} stacks has more than {last} requests");
}

#[test]
fn the_smallest_pipeline_is_finished_by_the_next_deploy_wherever_one_is_killed() {
    killed_everywhere("dynamodb-cdc");
}

#[test]
fn the_largest_pipeline_is_finished_by_the_next_deploy_wherever_one_is_killed() {
    killed_everywhere("rds-eventbridge");
}
