//! One replication task through the DMS API.

use std::sync::Arc;
use std::time::Duration;

use aws_sdk_databasemigration::Client;
use aws_sdk_databasemigration::types::{ReplicationTask, StartReplicationTaskTypeValue as StartType};
use serde::Serialize;

use super::{describe, diagnosis, plan};
use crate::aws::Clients;
use crate::base::error::{AwsContext, Error, Kind, Result};
use crate::base::report::{Event, Expect, Reporter, Silent};
use crate::base::timing::Wait;

/// Interval and deadline of polling a task.
#[derive(Debug, Clone, Copy)]
pub struct Polling {
    pub interval: Duration,
    pub deadline: Duration,
    /// DMS on AWS takes minutes, the local one next to no time.
    pub(super) is_local: bool,
}

/// Usual durations of DMS on AWS; it publishes no figures.
const STARTING: Expect = Expect::Usually(60, 180);
const STOPPING: Expect = Expect::Usually(30, 120);
/// For one endpoint.
const TESTING: Expect = Expect::Usually(30, 90);

impl Polling {
    /// Polls every two seconds on AWS; a local endpoint answers at once.
    pub fn new(clients: &Clients, deadline: Duration) -> Self {
        let is_local = clients.is_local();
        Self { interval: Duration::from_millis(if is_local { 50 } else { 2_000 }), deadline, is_local }
    }

    /// Starts a wait with this interval and deadline.
    pub(super) fn wait(self) -> Wait {
        Wait::new(self.interval, self.deadline)
    }

    /// Reports the usual duration of a connection test.
    pub(super) fn expect_test(&self, reporter: &dyn Reporter, scope: &str) {
        self.expect(reporter, scope, TESTING);
    }

    fn expect(&self, reporter: &dyn Reporter, scope: &str, expect: Expect) {
        if !self.is_local {
            reporter.expect(scope, expect);
        }
    }
}

/// Position at which a start begins to read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StartPoint {
    /// Position at which the task stopped; for the first run the end of the log.
    Checkpoint,
    /// The end of the log, with a new slot: the task forgets its position.
    End,
    /// A log sequence number that the slot of the source endpoint still has: the task forgets its position.
    At(String),
}

/// The current state of a task.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Snapshot {
    pub arn: String,
    pub identifier: String,
    /// As the API reference lists them: creating, ready, starting, running, …
    pub status: String,
    pub stop_reason: Option<String>,
    pub last_failure: Option<String>,
    pub started_at: Option<String>,
    /// The position that a resume continues from.
    pub recovery_checkpoint: Option<String>,
    pub source_endpoint: String,
    pub target_endpoint: String,
    pub instance: String,
    /// The task is the local stack's.
    #[serde(skip)]
    pub local: bool,
}

impl Snapshot {
    fn of(task: ReplicationTask, local: bool) -> Self {
        let started = task.replication_task_start_date.map(|date| date.to_string());
        let filled = |text: Option<String>| text.filter(|text| !text.is_empty());
        Self {
            arn: task.replication_task_arn.unwrap_or_default(),
            identifier: task.replication_task_identifier.unwrap_or_default(),
            status: task.status.unwrap_or_default(),
            stop_reason: filled(task.stop_reason),
            last_failure: filled(task.last_failure_message),
            started_at: started,
            recovery_checkpoint: filled(task.recovery_checkpoint),
            source_endpoint: task.source_endpoint_arn.unwrap_or_default(),
            target_endpoint: task.target_endpoint_arn.unwrap_or_default(),
            instance: task.replication_instance_arn.unwrap_or_default(),
            local,
        }
    }

    /// Returns whether the task needs a slot: a running task reads one, and a checkpoint resumes from one.
    pub fn needs_slot(&self) -> bool {
        self.status == "running" || (self.recovery_checkpoint.is_some() && self.status != "starting")
    }

    /// Returns whether the task was started before: then it can resume.
    pub fn ran_before(&self) -> bool {
        self.started_at.is_some() || self.recovery_checkpoint.is_some() || self.stop_reason.is_some()
    }

    /// Returns the failure, with the reason, the task's last message and the remedy.
    pub fn failure(&self) -> Error {
        let reason = self.stop_reason.as_deref().unwrap_or("no stop reason");
        let words = self.last_failure.as_deref().unwrap_or("no failure message");
        let error =
            Error::new(Kind::TaskFailed, format!("task {} is {}: {reason}: {words}", self.identifier, self.status));
        match diagnosis::remedy(&format!("{reason} {words}"), self.local) {
            Some(remedy) => error.hint(remedy),
            None if self.local => {
                error.hint("the local stack runs the task: `outboxctl local status` names the folder with its log")
            }
            None => error.hint("its log group is in CloudWatch Logs, under dms-tasks-"),
        }
    }
}

/// Reads the state of a task once, without waiting.
///
/// # Errors
/// `NotDeployed` if the task does not exist.
pub async fn snapshot(clients: &Clients, arn: &str) -> Result<Snapshot> {
    Task::new(clients, arn, Polling::new(clients, Duration::ZERO), &Silent).describe().await
}

/// The replication task of a pipeline.
pub struct Task {
    pub(super) client: Client,
    pub(super) arn: String,
    polling: Polling,
    reporter: Arc<dyn Reporter>,
}

impl Task {
    pub fn new(clients: &Clients, arn: &str, polling: Polling, reporter: &dyn Reporter) -> Self {
        Self { client: clients.dms(), arn: arn.to_owned(), polling, reporter: reporter.share() }
    }

    pub async fn describe(&self) -> Result<Snapshot> {
        let task = describe::task(&self.client, &self.arn).await?;
        let missing = || Error::new(Kind::NotDeployed, format!("task {} not found", self.arn));
        task.map(|task| Snapshot::of(task, self.polling.is_local)).ok_or_else(missing)
    }

    /// Starts the task; false if it already ran. With `wait` returns once it runs.
    ///
    /// # Errors
    /// `TaskFailed` with the task's reason.
    pub async fn start(&self, from: &StartPoint, wait: bool) -> Result<bool> {
        let mut changed = false;
        let mut now = self.describe().await?;
        loop {
            match plan::start(&now.status, *from == StartPoint::Checkpoint && now.ran_before()) {
                plan::Start::Nothing => return Ok(changed),
                plan::Start::First | plan::Start::Resume if changed => return Err(now.failure()),
                plan::Start::First => changed = self.request_start(StartType::StartReplication, from).await?,
                plan::Start::Resume => changed = self.request_start(StartType::ResumeProcessing, from).await?,
                plan::Start::Impossible => return Err(now.failure()),
                plan::Start::Wait => {}
            }
            if changed && !wait {
                return Ok(true);
            }
            self.polling.expect(&*self.reporter, "dms", STARTING);
            now = self.wait_for_change().await?;
            if now.status == "failed" && changed {
                return Err(now.failure());
            }
        }
    }

    /// Stops the task; false if it did not run.
    pub async fn stop(&self) -> Result<bool> {
        let mut changed = false;
        let mut now = self.describe().await?;
        loop {
            match plan::stop(&now.status) {
                plan::Stop::Nothing => return Ok(changed),
                plan::Stop::Request => {
                    let answer = self.client.stop_replication_task().replication_task_arn(&self.arn).send().await;
                    // The code if it stopped or failed between the look and the request.
                    let stopped = answer.aws_unless("InvalidResourceStateFault", "stop the replication task")?;
                    changed |= stopped.is_some();
                }
                plan::Stop::Wait => {}
            }
            self.polling.expect(&*self.reporter, "dms", STOPPING);
            now = self.wait_for_change().await?;
        }
    }

    /// Returns true: the task changes.
    async fn request_start(&self, kind: StartType, from: &StartPoint) -> Result<bool> {
        self.reporter.emit(Event::progress("dms", format!("requesting {}", kind.as_str())));
        let position = if let StartPoint::At(position) = from { Some(position.clone()) } else { None };
        self.client
            .start_replication_task()
            .set_cdc_start_position(position)
            .replication_task_arn(&self.arn)
            .start_replication_task_type(kind)
            .send()
            .await
            .aws("start the replication task")?;
        Ok(true)
    }

    /// Waits until the task is not in transition, and reports each change.
    async fn wait_for_change(&self) -> Result<Snapshot> {
        let wait = self.polling.wait();
        let mut last = String::new();
        loop {
            let lasts = wait.next().await;
            let now = self.describe().await?;
            if now.status != last {
                self.reporter.emit(Event::progress("dms", format!("task is {}", now.status)));
                last.clone_from(&now.status);
            }
            if !plan::is_in_transition(&now.status) {
                return Ok(now);
            }
            if !lasts {
                let (seconds, Snapshot { identifier, status, .. }) = (self.polling.deadline.as_secs_f64(), &now);
                let error = Error::new(Kind::Failed, format!("task {identifier} is still {status} after {seconds} s"));
                return Err(error.hint("the change continues by itself; wait longer with --timeout"));
            }
        }
    }
}
