//! `destroy`: what needs another stack goes before it.

use std::time::{Duration, Instant};

use outboxctl::pipelines::{self, Owner};

use crate::support::account::{Account, full};
use crate::support::cloudformation::Script;

const PIPELINE: &str = "rds-eventbridge";
/// What each deletion takes.
const DELETION: Duration = Duration::from_millis(60);

#[test]
fn a_stack_goes_once_nothing_needs_it_any_more() {
    let account = Account::new(PIPELINE, Script::default());
    account.ok(&["deploy"]);
    let stacks = pipelines::find(PIPELINE).expect("a pipeline").stacks;
    {
        let mut world = account.server.world();
        world.calls.clear();
        world.delays = stacks.iter().map(|stack| (full(PIPELINE, stack.name), DELETION)).collect();
    }
    let result = account.ok(&["destroy", "--yes"]);
    assert_eq!(result["changed"], true, "{result}");

    let world = account.server.world();
    let asked = |name: &str| -> Option<Instant> {
        let of_stack = |id: &String| id.contains(&format!("/{}/", full(PIPELINE, name)));
        let mut calls = world.calls.iter().filter(|(_, action, _)| action == "DeleteStack");
        calls.find(|(_, _, form)| form.get("StackName").is_some_and(of_stack)).map(|(at, ..)| *at)
    };
    for stack in stacks {
        if stack.owner == Owner::Account {
            assert_eq!(asked(stack.name), None, "what all pipelines share stays");
            continue;
        }
        let at = asked(stack.name).unwrap_or_else(|| panic!("{} was not deleted", stack.name));
        for needed in stack.depends_on.iter().filter_map(|name| asked(name)) {
            // Not only asked for later, but once the other one was gone.
            assert!(needed >= at + DELETION, "{} went before it was needed no more", stack.name);
        }
    }
    let last = |action: &str| world.calls.iter().filter(|call| call.1 == action).map(|call| call.0).max();
    let stopped = last("AmazonDMSv20160101.DescribeReplicationTasks").expect("the capture was looked at");
    let dms = asked("dms").expect("deleted");
    assert!(stopped < dms, "the capture is stopped before anything goes");
}
