//! Injects faults, one after the other, while other work runs.

use std::time::Duration;

use serde::Serialize;
use tokio::time::{Instant, sleep, timeout_at};
use tokio_util::sync::CancellationToken;

use super::SCOPE;
use super::fault::{Action, Fault};
use crate::aws::dms::StartPoint;
use crate::aws::event_source;
use crate::base::error::{Error, Kind, Result};
use crate::commands::Context;
use crate::commands::dms::Deployed;
use crate::deployment::Deployment;
use crate::local;
use crate::local::chaos::Faults;
use crate::pipelines::Output;

/// Duration of a fault, and of the pause after it.
const LASTS: Duration = Duration::from_secs(4);

/// A fault that was injected.
#[derive(Debug, Clone, Serialize)]
pub struct Injected {
    pub fault: Fault,
    /// Processes that were killed, requests that failed, or stops of the task.
    #[serde(rename = "strikes")]
    pub disturbed: u64,
}

pub struct Injector<'a> {
    ctx: &'a Context,
    deployment: &'a Deployment,
    /// Those of the gateway, on a local stack.
    faults: Option<Faults>,
    /// The capture, if the pipeline has one.
    capture: Option<Deployed>,
}

impl<'a> Injector<'a> {
    /// Returns the injector of a deployment, and removes the leftovers of a killed run. A function that is paused may be so
    /// on purpose: it is reported.
    ///
    /// # Errors
    /// `LocalDown` if the local stack is not running; `Failed` if the function is paused; those of the gateway and of AWS.
    pub async fn new(ctx: &'a Context, deployment: &'a Deployment, timeout: Duration) -> Result<Self> {
        let faults = if ctx.settings.local { Some(Faults::of(&local::state::running()?)?) } else { None };
        if let Some(faults) = &faults {
            faults.clear().await?;
        }
        if let Ok(id) = deployment.output(Output::EventSourceMappingId) {
            let state = event_source::state(&deployment.clients, id).await?;
            if state.starts_with("Disabl") {
                let text = format!("event source mapping {id} is {state}: nothing is delivered");
                return Err(Error::new(Kind::Failed, text).hint(format!(
                    "if an earlier run was killed: `aws lambda update-event-source-mapping --uuid {id} --enabled`"
                )));
            }
        }
        let capture = Deployed::if_any(ctx, deployment, timeout).await?;
        Ok(Self { ctx, deployment, faults, capture })
    }

    /// Runs `work`, and injects faults from the time at which the token of `period` is cancelled, for its duration; ends
    /// earlier if the work does. Every fault is removed at the end.
    pub async fn during<T>(
        &self,
        faults: &[Fault],
        seed: u64,
        period: (&CancellationToken, Duration),
        work: impl Future<Output = T>,
    ) -> (T, Result<Vec<Injected>>) {
        let end = CancellationToken::new();
        let work = async {
            let done = work.await;
            end.cancel();
            done
        };
        let (done, injected) = tokio::join!(work, self.inject(faults, seed, period, &end));
        // A fault that ended with an error may still be there.
        let cleared = self.clear().await.map(drop);
        (done, injected.and_then(|injected| cleared.map(|()| injected)))
    }

    async fn inject(
        &self,
        faults: &[Fault],
        seed: u64,
        (writing, time): (&CancellationToken, Duration),
        end: &CancellationToken,
    ) -> Result<Vec<Injected>> {
        // A rule of the tap takes up to a minute to go live: a fault before the first event has no effect.
        end.run_until_cancelled(writing.cancelled()).await;
        let until = Instant::now() + time;
        let mut random = fastrand::Rng::with_seed(seed);
        let (mut injected, mut order) = (Vec::new(), Vec::new());
        // Events flow before the first fault.
        while pause(until, end).await {
            if order.is_empty() {
                order.extend_from_slice(faults);
                random.shuffle(&mut order);
            }
            let Some(fault) = order.pop() else { break };
            self.ctx.console.progress(SCOPE, fault.name());
            injected.push(Injected { fault, disturbed: self.disturb(fault, until, end).await? });
        }
        Ok(injected)
    }

    /// Injects one fault and removes it; returns the number of disturbances.
    async fn disturb(&self, fault: Fault, until: Instant, end: &CancellationToken) -> Result<u64> {
        match fault.action() {
            Action::KillFunction => {
                let function = self.deployment.output(Output::PublisherFunction)?;
                Ok(self.faults.as_ref().map_or(0, |faults| faults.kill_function(function)))
            }
            Action::PauseFunction => {
                let (clients, id) = (&self.deployment.clients, self.deployment.output(Output::EventSourceMappingId)?);
                let paused = event_source::set(clients, id, false).await;
                if paused.is_ok() {
                    pause(until, end).await;
                }
                // Also after an error: the change may be under way.
                let enabled = event_source::set(clients, id, true).await;
                paused.and(enabled).map(|()| 1)
            }
            Action::StopTask => {
                let Some(capture) = &self.capture else { return Ok(0) };
                let stopped = capture.task.stop().await?;
                pause(until, end).await;
                capture.start(self.ctx, &StartPoint::Checkpoint, true).await?;
                Ok(u64::from(stopped))
            }
            Action::Calls(calls) => {
                let Some(faults) = &self.faults else { return Ok(0) };
                faults.set(calls).await?;
                pause(until, end).await;
                faults.clear().await
            }
        }
    }

    /// Removes the rules of the gateway; returns how often they applied.
    async fn clear(&self) -> Result<u64> {
        match &self.faults {
            Some(faults) => faults.clear().await,
            None => Ok(0),
        }
    }
}

/// Waits; returns false if the time is over or the work has ended.
async fn pause(until: Instant, end: &CancellationToken) -> bool {
    let waited = end.run_until_cancelled(timeout_at(until, sleep(LASTS))).await;
    matches!(waited, Some(Ok(())))
}
