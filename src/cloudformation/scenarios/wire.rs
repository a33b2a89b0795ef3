//! Throttles, outages, interruptions, stalls and many pages affect only the duration.

use std::time::Duration;

use super::{CAREFUL, desired};
use crate::cloudformation::events::Follower;
use crate::cloudformation::fake::{Fault, ID, NAME, World, serve, serve_at, step};
use crate::cloudformation::rate_limiter::RateLimiter;

fn changing() -> World {
    let mut world = World::with(NAME, "CREATE_COMPLETE");
    world.stack(NAME).changes = Some(vec![("Modify", "Bucket", "AWS::S3::Bucket", "False")]);
    world
}

#[tokio::test]
async fn throttling_affects_only_the_duration() {
    let mut world = changing();
    world.faults = Box::new(|number, _| if number % 3 == 0 { Fault::Throttle } else { Fault::None });
    let (server, engine) = serve(world);
    let deployed = engine.deploy(&desired(), CAREFUL, None).await.unwrap();
    assert_eq!((deployed.changes.len(), server.world().stack(NAME).executed.len()), (1, 1));
}

#[tokio::test]
async fn repeated_throttling_of_polls_does_not_fail_a_deploy() {
    let mut world = changing();
    let mut polls = 0;
    world.faults = Box::new(move |_, action| {
        polls += usize::from(action == "DescribeStackEvents");
        // The first one is asked for before the execution.
        if action == "DescribeStackEvents" && (2..7).contains(&polls) { Fault::Throttle } else { Fault::None }
    });
    let (_server, engine) = serve(world);
    assert_eq!(engine.deploy(&desired(), CAREFUL, None).await.unwrap().changes.len(), 1);
}

#[tokio::test]
async fn deploy_waits_out_an_outage_during_an_operation() {
    for fault in [Fault::Unavailable, Fault::CutBefore, Fault::Hang] {
        let mut world = changing();
        let mut polls = 0;
        let until = if fault == Fault::Hang { 3 } else { 5 };
        world.faults = Box::new(move |_, action| {
            polls += usize::from(action == "DescribeStackEvents");
            if action == "DescribeStackEvents" && (2..until).contains(&polls) { fault } else { Fault::None }
        });
        let (server, engine) = serve(world);
        assert_eq!(engine.deploy(&desired(), CAREFUL, None).await.unwrap().changes.len(), 1, "{fault:?}");
        assert_eq!(server.hung(), usize::from(fault == Fault::Hang));
    }
}

#[tokio::test]
async fn a_lost_answer_is_repeated_without_a_second_effect() {
    for action in ["CreateChangeSet", "ExecuteChangeSet"] {
        let mut world = changing();
        let mut lost = false;
        world.faults = Box::new(move |_, asked| {
            let loses = asked == action && !lost;
            lost |= loses;
            if loses { Fault::CutAfter } else { Fault::None }
        });
        let (server, engine) = serve(world);
        let deployed = engine.deploy(&desired(), CAREFUL, None).await.unwrap();
        assert_eq!(deployed.changes.len(), 1, "{action}: it is reported as changed");
        let mut world = server.world();
        assert_eq!(world.count(action), 2);
        assert_eq!(world.stack(NAME).executed.len(), 1);
    }
}

#[tokio::test]
async fn thirty_stacks_polled_at_once_stay_under_one_rate_limit() {
    let gap = Duration::from_millis(5);
    let names: Vec<_> = (0..30).map(|number| format!("outboxctl-dev-x-stack{number}")).collect();
    let mut world = World::default();
    for name in &names {
        let stack = world.stack(name);
        stack.happen(step("stack", "UPDATE_IN_PROGRESS", ""));
        stack.coming = (0..4).map(|_| step("Bucket", "UPDATE_IN_PROGRESS", "")).collect();
        stack.coming.push_back(step("stack", "UPDATE_COMPLETE", ""));
    }
    let limiter = RateLimiter::new(Duration::from_millis(1), Duration::from_millis(1), gap);
    let (server, engine) = serve_at(world, Some(limiter));
    let began = std::time::Instant::now();
    let watched = futures_util::future::join_all(names.iter().map(|name| engine.watch(name, name))).await;
    assert!(watched.iter().all(|end| end.as_ref().is_ok_and(|end| end.status == "UPDATE_COMPLETE")));
    let world = server.world();
    assert!(world.calls.len() >= 30 * 7, "{}", world.calls.len());
    // Turns get ever later, and no request is sent before its turn.
    for (number, (at, _, _)) in (0u32..).zip(&world.calls) {
        assert!(at.duration_since(began) >= gap * number, "request {number} came too early");
    }
}

#[tokio::test]
async fn events_are_returned_once_in_order_over_many_pages() {
    let mut long = World::default();
    for _ in 0..250 {
        long.stack(NAME).happen(step("Bucket", "UPDATE_IN_PROGRESS", ""));
    }
    let (server, engine) = serve(long);
    let mut follower = Follower::from_now(&engine, ID).await.unwrap();
    assert!(follower.next(&engine).await.unwrap().is_empty());
    for _ in 0..230 {
        server.world().stack(NAME).happen(step("Bucket", "UPDATE_COMPLETE", ""));
    }
    let fresh = follower.next(&engine).await.unwrap();
    let ids: Vec<_> = fresh.iter().filter_map(|event| event.event_id()).collect();
    let expected: Vec<_> = (250..480).map(|number| format!("event-0-{number}")).collect();
    assert_eq!(ids, expected);
    assert!(follower.next(&engine).await.unwrap().is_empty());
}
