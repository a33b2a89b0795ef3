//! A CloudFormation scripted by a test: the forms of the Query protocol as requests, its XML as responses.
//!
//! Without a script, a stack applies its template successfully; a script replaces the timeline of its next operation.
//! Each request for a stack's events performs one step of its operation.

mod change_sets;
mod described;
mod stack;
mod step;
mod task;
mod wire;

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use change_sets::set_name;
pub use stack::Stack;
pub use step::{Detail, Row, Step, step};
pub use task::Task;
pub use wire::{Form, form};
use wire::{error, tag};

pub const ACCOUNT: &str = "123456789012";
pub const REGION: &str = "eu-central-1";

/// The outcome of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    None,
    Throttle,
    /// The credentials have expired.
    Expired,
    /// 503.
    Unavailable,
    /// The connection is cut before the request takes effect.
    CutBefore,
    /// The request takes effect, and the connection is cut.
    CutAfter,
    /// The request takes effect, and is never answered.
    Hang,
    /// An object does not exist yet.
    Absent,
}

/// Faults by the request's number, from 1, and its action.
pub type Faults = Box<dyn FnMut(usize, &str) -> Fault + Send>;

pub struct World {
    pub stacks: BTreeMap<String, Stack>,
    /// Time, action and fault of each request.
    pub calls: Vec<(Instant, String, Form)>,
    pub faults: Faults,
    /// Stacks whose operations do not end before others were executed.
    pub gates: BTreeMap<String, Vec<String>>,
    /// Duration of a stack's operations. After it, all remaining steps have happened.
    pub delays: BTreeMap<String, Duration>,
    /// The objects in S3 by bucket and key, with their SHA-256 checksums if they have one.
    pub objects: BTreeMap<String, Option<String>>,
    /// The checksum of the functions' code; that of the newest object if `None`.
    pub code: Option<String>,
    /// Rules of the bus in addition to those of the stacks.
    pub rules: Vec<&'static str>,
    /// Names of taps that a killed `tail` left behind: each a queue and a rule of the bus `the-BusName`.
    pub taps: Vec<&'static str>,
    /// The RDS API's list of automated backups, in XML.
    pub backups: String,
    /// The RDS API's list of snapshots of a cluster, in XML.
    pub cluster_snapshots: String,
    /// Messages of each queue, by its URL; another queue does not exist. `ListQueues` lists only the taps.
    pub queues: BTreeMap<&'static str, u32>,
    /// Names of log groups.
    pub log_groups: Vec<String>,
    /// Unreserved concurrent executions of functions.
    pub unreserved: u32,
    /// Actions that are denied.
    pub refused: Vec<&'static str>,
    /// The pipeline's replication task, if any. A change set that touches it fails while it runs.
    pub task: Option<Task>,
    /// Responses of DescribeEvents: type, logical id, name or hook, reason. `None`: access is denied.
    pub details: Option<Vec<(&'static str, &'static str, &'static str, &'static str)>>,
}

impl Default for World {
    fn default() -> Self {
        Self {
            stacks: BTreeMap::new(),
            calls: Vec::new(),
            faults: Box::new(|_, _| Fault::None),
            gates: BTreeMap::new(),
            delays: BTreeMap::new(),
            objects: BTreeMap::new(),
            code: None,
            rules: Vec::new(),
            taps: Vec::new(),
            backups: String::new(),
            cluster_snapshots: String::new(),
            queues: BTreeMap::new(),
            log_groups: Vec::new(),
            unreserved: 1_000,
            refused: Vec::new(),
            task: None,
            details: Some(Vec::new()),
        }
    }
}

type Answer = Result<String, (&'static str, String)>;

impl World {
    /// Adds a stack in this status, after an operation that began long ago.
    pub fn with(name: &str, status: &str) -> Self {
        let mut world = Self::default();
        let stack = world.stack(name);
        stack.happen(step("stack", "CREATE_IN_PROGRESS", ""));
        stack.happen(step("stack", status, ""));
        world
    }

    pub fn stack(&mut self, name: &str) -> &mut Stack {
        self.stacks.entry(name.to_owned()).or_default()
    }

    pub fn count(&self, action: &str) -> usize {
        self.calls.iter().filter(|(_, name, _)| name == action).count()
    }

    pub fn forms(&self, action: &str) -> Vec<&Form> {
        self.calls.iter().filter(|(_, name, _)| name == action).map(|(_, _, form)| form).collect()
    }

    /// Records a request and its action; returns its fault.
    pub fn note(&mut self, form: &Form) -> (String, Fault) {
        let action = form.get("Action").cloned().unwrap_or_default();
        self.calls.push((Instant::now(), action.clone(), form.clone()));
        let fault = (self.faults)(self.calls.len(), &action);
        (action, fault)
    }

    /// Returns HTTP status and XML.
    pub fn respond(&mut self, action: &str, form: &Form, fault: Fault) -> (u16, String) {
        match fault {
            Fault::Expired => {
                return error(403, "ExpiredToken", "The security token included in the request is expired");
            }
            Fault::Throttle => return error(400, "Throttling", "Rate exceeded"),
            Fault::Unavailable => return (503, "<html>Service Unavailable</html>".into()),
            _ => {}
        }
        if self.refused.contains(&action) {
            return error(403, "AccessDenied", &format!("not authorized to perform: {action}"));
        }
        match self.answer(action, form) {
            Ok(xml) => (200, format!("<{action}Response><{action}Result>{xml}</{action}Result></{action}Response>")),
            Err((code, message)) => error(if code == "AccessDenied" { 403 } else { 400 }, code, &message),
        }
    }

    fn answer(&mut self, action: &str, form: &Form) -> Answer {
        match action {
            "GetCallerIdentity" => Ok(format!(
                "<Arn>arn:aws:iam::{ACCOUNT}:user/tester</Arn><UserId>U</UserId><Account>{ACCOUNT}</Account>"
            )),
            "GetRole" => Err(("NoSuchEntity", "role not found".into())),
            "DescribeDBSnapshots" => Ok("<DBSnapshots></DBSnapshots>".into()),
            "DescribeDBClusterSnapshots" => Ok(self.cluster_snapshots.clone()),
            "DescribeDBInstanceAutomatedBackups" | "DescribeDBClusterAutomatedBackups" => Ok(self.backups.clone()),
            "DescribeEvents" => self.described_events(),
            _ => {
                let name = self.name_of(form);
                let executed = |other: &String| self.stacks.get(other).is_some_and(|stack| !stack.executed.is_empty());
                let open = self.gates.get(&name).is_none_or(|others| others.iter().all(executed));
                let delay = self.delays.get(&name).copied();
                let task_runs = self.task.as_ref().is_some_and(|task| task.status == "running");
                let stack = self.stack(&name);
                if action == "ExecuteChangeSet" && task_runs && stack.touches_task(form) {
                    stack.script("execute", refused_by_dms());
                }
                let over = delay.map(|delay| stack.began.is_some_and(|began| began.elapsed() >= delay));
                if over == Some(true) {
                    (1..stack.coming.len()).for_each(|_| stack.go_on(false));
                }
                stack.answer(&name, action, form, open && over != Some(false))
            }
        }
    }

    /// Returns the stack of a request, by name or id; a change set's id names its stack.
    fn name_of(&self, form: &Form) -> String {
        if let Some(text) = form.get("StackName") {
            return text.split('/').nth(1).map_or(text.clone(), str::to_owned);
        }
        let set = set_name(form);
        let holds = |stack: &&Stack| stack.sets.contains_key(&set) || stack.executed.contains(&set);
        self.stacks.iter().find(|(_, stack)| holds(stack)).map(|(name, _)| name.clone()).unwrap_or_default()
    }

    fn described_events(&self) -> Answer {
        let Some(details) = &self.details else {
            return Err(("AccessDenied", "not authorized to perform: cloudformation:DescribeEvents".into()));
        };
        let members = details.iter().map(|(kind, logical, name, reason)| {
            let rest = match *kind {
                "VALIDATION_ERROR" => {
                    format!("{}{}", tag("ValidationName", name), tag("ValidationStatusReason", reason))
                }
                _ => format!("{}{}", tag("HookType", name), tag("HookStatusReason", reason)),
            };
            format!("<member>{}{}{rest}</member>", tag("EventType", kind), tag("LogicalResourceId", logical))
        });
        Ok(format!("<OperationEvents>{}</OperationEvents>", members.collect::<String>()))
    }
}

/// Returns the timeline of an update that DMS rejects because the task runs.
fn refused_by_dms() -> Vec<Step> {
    let reason = "Replication Task cannot be modified while it is running state";
    vec![
        step("stack", "UPDATE_IN_PROGRESS", "User Initiated"),
        step("Task", "UPDATE_FAILED", reason).kind("AWS::DMS::ReplicationTask"),
        step("stack", "UPDATE_ROLLBACK_COMPLETE", ""),
    ]
}
