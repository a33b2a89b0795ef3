//! What the `dms` commands share: the deployed task, and how long to wait for it.

use std::time::Duration;

use crate::cloudformation::Deployment;
use crate::commands::reach;
use crate::context::Context;
use crate::dms::control::{Connection, Patience, Task, test};
use crate::error::Result;
use crate::pipelines::Part;

/// The task of the chosen pipeline, its endpoints and its instance.
pub struct Deployed {
    pub deployment: Deployment,
    pub task: Task,
    pub patience: Patience,
    source: String,
    target: String,
    instance: String,
}

impl Deployed {
    pub async fn find(ctx: &Context, timeout: Duration) -> Result<Self> {
        reach::need(ctx, Part::Capture)?;
        let deployment = reach::deployment(ctx).await?;
        let clients = ctx.aws().await?;
        let patience = Patience::new(clients, timeout);
        Ok(Self {
            task: Task::new(clients, deployment.output("TaskArn")?, patience, &ctx.console),
            patience,
            source: deployment.output("SourceEndpointArn")?.to_owned(),
            target: deployment.output("TargetEndpointArn")?.to_owned(),
            instance: deployment.output("ReplicationInstanceArn")?.to_owned(),
            deployment,
        })
    }

    /// Tests both endpoints; see [`test()`].
    pub async fn test(&self, ctx: &Context, only_untested: bool) -> Result<Vec<Connection>> {
        let endpoints = [("source", self.source.as_str()), ("target", self.target.as_str())];
        test(ctx.aws().await?, &self.instance, endpoints, only_untested, self.patience, &ctx.console).await
    }
}

/// The most that a flag takes: ten years. A clock can't be asked for any time there is.
const MOST_SECONDS: u64 = 10 * 365 * 86_400;

/// Seconds as a flag's value.
pub fn seconds(text: &str) -> std::result::Result<Duration, String> {
    match text.parse::<u64>() {
        Ok(seconds @ 1..=MOST_SECONDS) => Ok(Duration::from_secs(seconds)),
        _ => Err(format!("a whole number of seconds above 0, up to {MOST_SECONDS}, is needed")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flags_seconds_can_be_added_to_a_clock() {
        let longest = seconds(&MOST_SECONDS.to_string()).expect("ten years");
        assert!(std::time::Instant::now().checked_add(longest).is_some());
        assert!(chrono::Utc::now().checked_add_signed(chrono::TimeDelta::from_std(longest).expect("fits")).is_some());
        for wrong in ["0", "-1", "1.5", "", "18446744073709551615", &(MOST_SECONDS + 1).to_string()] {
            assert!(seconds(wrong).is_err(), "{wrong}");
        }
    }
}
