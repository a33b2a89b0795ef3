//! kill -9 at every request of a deploy, then the same command: the same end, and each change set executed once.

use std::process::Stdio;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::signals::wait;
use super::{Account, STACKS, full};
use crate::support::cloudformation::{Fault, Script};

/// More than one at a time, for the time is spent waiting.
const WORKERS: usize = 4;

/// Kills a deploy at its request of this number, which has taken effect and is never answered. False where the deploy
/// has fewer requests.
fn killed_at(number: usize) -> bool {
    let faults = Box::new(move |count: usize, _: &str| if count == number { Fault::Hang } else { Fault::None });
    let account = Account::new(Script { faults, ..Script::default() });
    let mut command = account.command(&["deploy", "--quiet"]);
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("the binary starts");
    let done = std::cell::Cell::new(false);
    let seen = |account: &Account| account.server.hung() > 0 || done.get();
    loop {
        if account.server.hung() > 0 {
            break;
        }
        if let Some(status) = child.try_wait().expect("the child") {
            assert!(status.success(), "request {number}: {status}");
            done.set(true);
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(2));
    }
    if done.get() {
        return false;
    }
    wait(&account, &mut child, seen);
    child.kill().expect("killed");
    child.wait().expect("its end");

    account.ok(&["deploy"]);
    let mut world = account.server.world();
    for name in STACKS {
        let stack = world.stack(&full(name));
        assert_eq!(stack.status.as_deref(), Some("CREATE_COMPLETE"), "request {number}: {name}");
        assert_eq!(stack.executed.len(), 1, "request {number}: {name} was executed more or less than once");
    }
    assert_eq!(world.objects.iter().collect::<std::collections::BTreeSet<_>>().len(), 1, "one package");
    drop(world);
    assert_eq!(account.ok(&["deploy"])["changed"], false, "request {number}: there is something left to change");
    true
}

#[test]
fn a_deploy_that_is_killed_at_any_request_is_finished_by_the_next_one() {
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
                    if !killed_at(number) {
                        last.fetch_min(number, Ordering::SeqCst);
                        return;
                    }
                }
            });
        }
    });
    let last = last.load(Ordering::SeqCst);
    assert!(last > STACKS.len() * 6, "a deploy of {} stacks has more than {last} requests", STACKS.len());
}
