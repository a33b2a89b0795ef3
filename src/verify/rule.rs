//! Waits for the rule that writes events into the event log: a new rule does not match events at once.

use std::time::Duration;

use chrono::{DateTime, Utc};

use crate::base::report::{Event, Expect, Reporter};
use crate::deployment::Deployment;
use crate::outbox::timestamp;
use crate::pipelines::Stop;

/// Time from the beginning of a deploy until its rules match. On AWS, deploying a stack with a bus and its log takes
/// half a minute, and a rule about a minute more ("allow a short period of time for changes to take effect": PutRule in
/// the EventBridge API reference). No API reports whether a rule is active.
const LIVE_AFTER: Duration = Duration::from_secs(120);
/// The same on the local stack, where a rule takes up to 3 seconds.
const LIVE_AFTER_LOCALLY: Duration = Duration::from_secs(5);

/// Waits until the rule is old enough, if the stack with the event log was changed recently.
pub async fn wait(deployment: &Deployment, log: &Stop, reporter: &dyn Reporter) {
    let stack = deployment.stacks.iter().find(|view| view.outputs().contains_key(log.output.name()));
    let Some(changed) = stack.and_then(|view| view.changed_at()).and_then(|text| timestamp(&text)) else { return };
    let pause = left(changed, Utc::now(), if deployment.clients.is_local() { LIVE_AFTER_LOCALLY } else { LIVE_AFTER });
    if pause.is_zero() {
        return;
    }
    reporter.emit(Event::progress("verify", "waiting for the rule of the event log to go live"));
    reporter.expect("verify", Expect::Lasts(pause));
    tokio::time::sleep(pause).await;
}

/// Returns the rest of `live_after` since a change; at most `live_after`, even if clocks differ.
fn left(changed: DateTime<Utc>, now: DateTime<Utc>, live_after: Duration) -> Duration {
    live_after.saturating_sub((now - changed).to_std().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    #[test]
    fn only_a_new_rule_delays_the_run() {
        let now = Utc::now();
        let after = |seconds: i64| left(now - TimeDelta::seconds(seconds), now, Duration::from_secs(120)).as_secs();
        assert_eq!([0, 30, 120, 5_000, -60].map(after), [120, 90, 0, 0, 120]);
    }
}
