//! A CloudFormation that plays what a test tells it to: the Query protocol's forms in, its XML out.
//!
//! Unscripted, a stack does what its template says and ends well; a script replaces the timeline of its next operation.
//! One look at a stack's events lets one step of its operation happen.

use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};

use serde_yaml_ng::Value;

pub const ACCOUNT: &str = "123456789012";
pub const REGION: &str = "eu-central-1";

/// Events on one page; CloudFormation's own number.
const PAGE: usize = 100;

pub type Form = BTreeMap<String, String>;

/// One event: logical id (`stack` for the stack itself), type, status, reason.
#[derive(Debug, Clone)]
pub struct Step {
    pub logical: String,
    pub kind: String,
    pub status: String,
    pub reason: String,
    /// The resource's physical id, where it matters.
    pub physical: Option<String>,
}

/// `stack` steps change the stack's status.
pub fn step(logical: &str, status: &str, reason: &str) -> Step {
    Step {
        logical: logical.into(),
        kind: "AWS::X::Y".into(),
        status: status.into(),
        reason: reason.into(),
        physical: None,
    }
}

impl Step {
    pub fn kind(mut self, kind: &str) -> Self {
        self.kind = kind.into();
        self
    }

    pub fn physical(mut self, id: &str) -> Self {
        self.physical = Some(id.into());
        self
    }
}

/// One change of a change set: action, logical id, type, replacement.
pub type Row = (&'static str, &'static str, &'static str, &'static str);

/// A property's values in a change set, where they are asked for.
#[derive(Debug, Clone)]
pub struct Detail {
    pub resource: &'static str,
    /// Like `/Properties/Name`.
    pub path: &'static str,
    pub before: &'static str,
    pub after: &'static str,
    /// The parameter that the change comes from.
    pub cause: Option<&'static str>,
}

#[derive(Debug, Clone, Default)]
struct ChangeSet {
    template: String,
    parameters: BTreeMap<String, String>,
    rows: Vec<(String, String, String, String)>,
}

#[derive(Debug, Default)]
pub struct Stack {
    /// None: there is none.
    pub status: Option<String>,
    /// Oldest first: id, token of the operation, step.
    pub events: Vec<(String, String, Step)>,
    /// What is still to happen in the operation under way.
    pub coming: VecDeque<Step>,
    /// Timelines of the next operations of each kind: `execute`, `delete`, `rollback`, `continue`, `cancel`.
    pub scripts: BTreeMap<&'static str, VecDeque<Vec<Step>>>,
    /// The changes of its next change sets, whatever the template says.
    pub changes: Option<Vec<Row>>,
    /// The properties in them.
    pub properties: Vec<Detail>,
    pub foreign_change_sets: Vec<&'static str>,
    /// How many times a change set is gone when it is looked at, because another deploy was faster.
    pub contests: usize,
    /// Every change set that was executed, in order.
    pub executed: Vec<String>,
    pub outputs: BTreeMap<String, String>,
    pub parameters: BTreeMap<String, String>,
    pub protected: bool,
    /// Makes the ids of a stack that was deleted and made again different ones.
    pub generation: usize,
    template: String,
    sets: BTreeMap<String, ChangeSet>,
    token: String,
    /// When its last operation was asked for.
    began: Option<Instant>,
}

/// What happens to a request on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    None,
    Throttle,
    /// 503.
    Unavailable,
    /// The connection is cut before it takes effect.
    CutBefore,
    /// It takes effect, and the connection is cut.
    CutAfter,
    /// It takes effect, and is never answered.
    Hang,
}

/// By the request's number, from 1, and its action.
pub type Faults = Box<dyn FnMut(usize, &str) -> Fault + Send>;

pub struct World {
    pub stacks: BTreeMap<String, Stack>,
    /// When, which action, with what.
    pub calls: Vec<(Instant, String, Form)>,
    pub faults: Faults,
    /// Stacks whose operations do not end before these others were executed.
    pub gates: BTreeMap<String, Vec<String>>,
    /// How long a stack's operations take. Once that is over, all that is still to happen has happened.
    pub delays: BTreeMap<String, Duration>,
    /// Keys of the objects in S3, whatever the bucket.
    pub objects: Vec<String>,
    /// Answers of DescribeEvents: type, logical id, name or hook, reason. None: it is not allowed.
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
            objects: Vec::new(),
            details: Some(Vec::new()),
        }
    }
}

type Answer = Result<String, (&'static str, String)>;

impl Stack {
    pub fn script(&mut self, operation: &'static str, steps: Vec<Step>) {
        self.scripts.entry(operation).or_default().push_back(steps);
    }

    pub fn happen(&mut self, step: Step) {
        if step.logical == "stack" {
            self.status = Some(step.status.clone());
        }
        let id = format!("event-{}-{}", self.generation, self.events.len());
        self.events.push((id, self.token.clone(), step));
    }

    /// One step; the last one only where the operation may end.
    fn go_on(&mut self, may_end: bool) {
        if may_end || self.coming.len() > 1 {
            let next = self.coming.pop_front();
            next.into_iter().for_each(|step| self.happen(step));
        }
    }

    fn begin(&mut self, token: &str, steps: Vec<Step>) {
        self.began = Some(Instant::now());
        self.token = token.to_owned();
        self.coming = steps.into();
        // The operation's first event is there as soon as it was asked for.
        if let Some(first) = self.coming.pop_front() {
            self.happen(first);
        }
    }

    /// What it is now: status, template and parameters.
    pub fn state(&self) -> (Option<String>, String, BTreeMap<String, String>) {
        (self.status.clone(), self.template.clone(), self.parameters.clone())
    }

    fn is_gone(&self) -> bool {
        self.status.as_deref().is_none_or(|status| status == "DELETE_COMPLETE")
    }
}

impl World {
    /// A stack in this status, after an operation that began long ago.
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

    /// Takes note of a request: its action, and what happens to it on its way.
    pub fn note(&mut self, form: &Form) -> (String, Fault) {
        let action = form.get("Action").cloned().unwrap_or_default();
        self.calls.push((Instant::now(), action.clone(), form.clone()));
        let fault = (self.faults)(self.calls.len(), &action);
        (action, fault)
    }

    /// HTTP status and XML.
    pub fn respond(&mut self, action: &str, form: &Form, fault: Fault) -> (u16, String) {
        match fault {
            Fault::Throttle => return error(400, "Throttling", "Rate exceeded"),
            Fault::Unavailable => return (503, "<html>Service Unavailable</html>".into()),
            _ => {}
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
            "GetRole" => Err(("NoSuchEntity", "there is no such role".into())),
            "DescribeDBSnapshots" => Ok("<DBSnapshots></DBSnapshots>".into()),
            "DescribeEvents" => self.described_events(),
            _ => {
                let name = self.name_of(form);
                let executed = |other: &String| self.stacks.get(other).is_some_and(|stack| !stack.executed.is_empty());
                let open = self.gates.get(&name).is_none_or(|others| others.iter().all(executed));
                let delay = self.delays.get(&name).copied();
                let stack = self.stack(&name);
                let over = delay.map(|delay| stack.began.is_some_and(|began| began.elapsed() >= delay));
                if over == Some(true) {
                    (1..stack.coming.len()).for_each(|_| stack.go_on(false));
                }
                stack.answer(&name, action, form, open && over != Some(false))
            }
        }
    }

    /// Stacks are asked for by name and by id; a change set's id names its stack.
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

impl Stack {
    fn id(&self, name: &str) -> String {
        format!("arn:aws:cloudformation:{REGION}:{ACCOUNT}:stack/{name}/{}", self.generation)
    }

    fn answer(&mut self, name: &str, action: &str, form: &Form, may_end: bool) -> Answer {
        match action {
            "DescribeStacks" => self.described(name, form),
            "DescribeStackEvents" => {
                self.go_on(may_end);
                self.events_page(name, form)
            }
            "CreateChangeSet" => self.create_change_set(name, form),
            "DescribeChangeSet" => self.described_change_set(name, form),
            "ListChangeSets" => {
                let names =
                    self.foreign_change_sets.iter().map(|name| (*name).to_owned()).chain(self.sets.keys().cloned());
                let names = names.map(|name| format!("<member>{}</member>", tag("ChangeSetName", &name)));
                Ok(format!("<Summaries>{}</Summaries>", names.collect::<String>()))
            }
            "DeleteChangeSet" => {
                self.sets.remove(&set_name(form));
                Ok(String::new())
            }
            "ExecuteChangeSet" => self.execute(form),
            "DeleteStack" => {
                if self.status.as_deref() == Some("REVIEW_IN_PROGRESS") {
                    self.status = None;
                    self.sets.clear();
                    return Ok(String::new());
                }
                self.begin_scripted("delete", form, |_| ends("DELETE"))
            }
            "RollbackStack" => self.begin_scripted("rollback", form, |_| ends("UPDATE_ROLLBACK")),
            "ContinueUpdateRollback" => self.begin_scripted("continue", form, |_| ends("UPDATE_ROLLBACK")),
            "CancelUpdateStack" => self.begin_scripted("cancel", form, |_| ends("UPDATE_ROLLBACK")),
            "UpdateTerminationProtection" => {
                self.protected = form.get("EnableTerminationProtection").is_some_and(|value| value == "true");
                Ok(String::new())
            }
            _ => Err(("InvalidAction", format!("Could not find operation {action}"))),
        }
    }

    fn begin_scripted(
        &mut self,
        operation: &'static str,
        form: &Form,
        unscripted: impl FnOnce(&Self) -> Vec<Step>,
    ) -> Answer {
        let token = form.get("ClientRequestToken").cloned().unwrap_or_default();
        // The same token is the same request.
        if !token.is_empty() && self.events.iter().any(|(_, seen, _)| *seen == token) {
            return Ok(String::new());
        }
        let scripted = self.scripts.get_mut(operation).and_then(VecDeque::pop_front);
        let steps = scripted.unwrap_or_else(|| unscripted(self));
        self.begin(&token, steps);
        Ok(String::new())
    }

    fn described(&self, name: &str, form: &Form) -> Answer {
        let by_id = form.get("StackName").is_some_and(|asked| *asked == self.id(name));
        let status = self.status.as_ref().filter(|_| !self.is_gone() || by_id);
        let status = status.ok_or(("ValidationError", format!("Stack with id {name} does not exist")))?;
        let pairs = |of: &BTreeMap<String, String>, what: &str| {
            let members = of.iter().map(|(key, value)| {
                let (key_tag, value_tag) = (format!("{what}Key"), format!("{what}Value"));
                format!("<member>{}{}</member>", tag(&key_tag, key), tag(&value_tag, value))
            });
            format!("<{what}s>{}</{what}s>", members.collect::<String>())
        };
        let outputs = if status.starts_with("CREATE_") && status != "CREATE_COMPLETE" {
            String::new()
        } else {
            pairs(&self.outputs, "Output")
        };
        Ok(format!(
            "<Stacks><member>{}{}{}<CreationTime>2026-01-01T00:00:00Z</CreationTime>\
             <LastUpdatedTime>2026-01-01T00:{:02}:00Z</LastUpdatedTime>{}{outputs}{}</member></Stacks>",
            tag("StackName", name),
            tag("StackId", &self.id(name)),
            tag("StackStatus", status),
            self.executed.len() % 60,
            tag("EnableTerminationProtection", if self.protected { "true" } else { "false" }),
            pairs(&self.parameters, "Parameter"),
        ))
    }

    fn events_page(&self, name: &str, form: &Form) -> Answer {
        let from: usize = form.get("NextToken").map_or(0, |token| token.parse().expect("a token of ours"));
        let page = self.events.iter().rev().skip(from).take(PAGE).map(|(id, token, step)| {
            let (logical, physical) = match step.logical.as_str() {
                "stack" => (name.to_owned(), self.id(name)),
                other => (other.to_owned(), step.physical.clone().unwrap_or_else(|| format!("{other}-1"))),
            };
            format!(
                "<member>{}{}{}{}{}{}<Timestamp>2026-01-01T00:00:00Z</Timestamp>{}{}{}</member>",
                tag("StackId", &self.id(name)),
                tag("EventId", id),
                tag("StackName", name),
                tag("LogicalResourceId", &logical),
                tag("PhysicalResourceId", &physical),
                tag("ResourceType", &step.kind),
                tag("ResourceStatus", &step.status),
                tag("ResourceStatusReason", &step.reason),
                tag("ClientRequestToken", token),
            )
        });
        let page: String = page.collect();
        let next = from + PAGE;
        let token = if next < self.events.len() { tag("NextToken", &next.to_string()) } else { String::new() };
        Ok(format!("<StackEvents>{page}</StackEvents>{token}"))
    }

    fn create_change_set(&mut self, name: &str, form: &Form) -> Answer {
        let creates = form.get("ChangeSetType").is_some_and(|kind| kind == "CREATE");
        let busy = self
            .status
            .as_deref()
            .is_some_and(|status| status.ends_with("_IN_PROGRESS") && status != "REVIEW_IN_PROGRESS");
        let lives = !self.is_gone() && self.status.as_deref() != Some("REVIEW_IN_PROGRESS");
        if busy || creates == lives {
            return Err(("ValidationError", format!("Stack:{name} is in a state and can not be updated")));
        }
        let set_name = set_name(form);
        if self.sets.contains_key(&set_name) {
            return Err(("AlreadyExistsException", format!("ChangeSet {set_name} already exists")));
        }
        let template = form.get("TemplateBody").cloned().unwrap_or_default();
        let parameters = self.parameters_of(form);
        let rows = match &self.changes {
            Some(rows) => {
                rows.iter().map(|(a, b, c, d)| ((*a).into(), (*b).into(), (*c).into(), (*d).into())).collect()
            }
            None if !creates && template == self.template && parameters == self.parameters => Vec::new(),
            None => {
                let action = if creates { "Add" } else { "Modify" };
                let replacement = if creates { "" } else { "False" };
                resources(&template)
                    .into_iter()
                    .map(|(logical, kind)| (action.into(), logical, kind, replacement.into()))
                    .collect()
            }
        };
        if creates && self.is_gone() {
            if self.status.is_some() {
                self.generation += 1;
                self.events.clear();
                self.template.clear();
            }
            self.token = String::new();
            self.happen(step("stack", "REVIEW_IN_PROGRESS", "User Initiated"));
        }
        self.sets.insert(set_name.clone(), ChangeSet { template, parameters, rows });
        Ok(format!("{}{}", tag("Id", &self.set_id(&set_name)), tag("StackId", &self.id(name))))
    }

    fn set_id(&self, set: &str) -> String {
        format!("arn:aws:cloudformation:{REGION}:{ACCOUNT}:changeSet/{set}/{}", self.executed.len())
    }

    fn parameters_of(&self, form: &Form) -> BTreeMap<String, String> {
        let mut parameters = BTreeMap::new();
        for number in 1.. {
            let field = |field: &str| form.get(&format!("Parameters.member.{number}.{field}"));
            let Some(key) = field("ParameterKey") else { break };
            let previous = field("UsePreviousValue").is_some_and(|value| value == "true");
            let value = if previous { self.parameters.get(key) } else { field("ParameterValue") };
            parameters.insert(key.clone(), value.cloned().unwrap_or_default());
        }
        parameters
    }

    fn described_change_set(&mut self, name: &str, form: &Form) -> Answer {
        let gone = || ("ChangeSetNotFound", "ChangeSet does not exist".to_owned());
        let set_name = set_name(form);
        if self.contests > 0 {
            self.contests -= 1;
            self.sets.remove(&set_name);
            return Err(gone());
        }
        let set = self.sets.get(&set_name).ok_or_else(gone)?;
        let head = format!(
            "{}{}{}",
            tag("ChangeSetId", &self.set_id(&set_name)),
            tag("ChangeSetName", &set_name),
            tag("StackId", &self.id(name))
        );
        if set.rows.is_empty() {
            let reason = "The submitted information didn't contain changes. Submit different information to create a change set.";
            return Ok(format!("{head}<Status>FAILED</Status>{}", tag("StatusReason", reason)));
        }
        let rows = set.rows.iter().map(|(action, logical, kind, replacement)| {
            format!(
                "<member><Type>Resource</Type><ResourceChange>{}{}{}{}<Details>{}</Details></ResourceChange></member>",
                tag("Action", action),
                tag("LogicalResourceId", logical),
                tag("ResourceType", kind),
                if replacement.is_empty() { String::new() } else { tag("Replacement", replacement) },
                self.details(logical, form),
            )
        });
        let rows: String = rows.collect();
        Ok(format!(
            "{head}<Status>CREATE_COMPLETE</Status><ExecutionStatus>AVAILABLE</ExecutionStatus><Changes>{rows}</Changes>"
        ))
    }

    fn details(&self, resource: &str, form: &Form) -> String {
        let values = form.get("IncludePropertyValues").is_some_and(|value| value == "true");
        let of_resource = self.properties.iter().filter(|detail| detail.resource == resource);
        let members = of_resource.map(|detail| {
            let values = match values {
                true => format!("{}{}", tag("BeforeValue", detail.before), tag("AfterValue", detail.after)),
                false => String::new(),
            };
            let name = detail.path.split('/').nth(2).unwrap_or_default();
            let cause = detail
                .cause
                .map(|cause| format!("<ChangeSource>ParameterReference</ChangeSource>{}", tag("CausingEntity", cause)));
            format!(
                "<member><Target><Attribute>Properties</Attribute>{}{}{values}</Target>{}</member>",
                tag("Name", name),
                tag("Path", detail.path),
                cause.unwrap_or_default()
            )
        });
        members.collect()
    }

    fn execute(&mut self, form: &Form) -> Answer {
        let set_name = set_name(form);
        // AWS deletes a stack's change sets once one of them was executed.
        let Some(set) = self.sets.get(&set_name).cloned() else {
            return Err(("ChangeSetNotFound", format!("ChangeSet [{set_name}] does not exist")));
        };
        self.sets.clear();
        let creates = self.status.as_deref() == Some("REVIEW_IN_PROGRESS");
        let verb = if creates { "CREATE" } else { "UPDATE" };
        self.executed.push(set_name);
        self.outputs = outputs(&set.template);
        self.template = set.template;
        self.parameters = set.parameters;
        self.changes = None;
        let rows = set.rows;
        self.begin_scripted("execute", form, |_| {
            let mut steps = vec![step("stack", &format!("{verb}_IN_PROGRESS"), "User Initiated")];
            for (_, logical, kind, _) in rows.iter().take(2) {
                steps.push(step(logical, &format!("{verb}_IN_PROGRESS"), "").kind(kind));
                steps.push(step(logical, &format!("{verb}_COMPLETE"), "").kind(kind));
            }
            steps.push(step("stack", &format!("{verb}_COMPLETE"), ""));
            steps
        })
    }
}

fn ends(verb: &str) -> Vec<Step> {
    vec![step("stack", &format!("{verb}_IN_PROGRESS"), ""), step("stack", &format!("{verb}_COMPLETE"), "")]
}

/// By name or by id.
fn set_name(form: &Form) -> String {
    let text = form.get("ChangeSetName").cloned().unwrap_or_default();
    text.split('/').nth(1).map_or(text.clone(), str::to_owned)
}

fn resources(template: &str) -> Vec<(String, String)> {
    let document: Value = serde_yaml_ng::from_str(template).unwrap_or(Value::Null);
    let resources = document.get("Resources").and_then(Value::as_mapping).cloned().unwrap_or_default();
    let named = |(name, resource): (Value, Value)| {
        Some((name.as_str()?.to_owned(), resource.get("Type")?.as_str()?.to_owned()))
    };
    resources.into_iter().filter_map(named).collect()
}

fn outputs(template: &str) -> BTreeMap<String, String> {
    let document: Value = serde_yaml_ng::from_str(template).unwrap_or(Value::Null);
    let outputs = document.get("Outputs").and_then(Value::as_mapping).cloned().unwrap_or_default();
    outputs
        .into_iter()
        .filter_map(|(name, _)| Some((name.as_str()?.to_owned(), format!("the-{}", name.as_str()?))))
        .collect()
}

fn tag(name: &str, text: &str) -> String {
    let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    format!("<{name}>{text}</{name}>")
}

fn error(status: u16, code: &str, message: &str) -> (u16, String) {
    let error = format!("<Error><Type>Sender</Type>{}{}</Error>", tag("Code", code), tag("Message", message));
    (status, format!("<ErrorResponse>{error}<RequestId>r</RequestId></ErrorResponse>"))
}

/// A form as the SDK sends it.
pub fn form(body: &str) -> Form {
    body.split('&')
        .filter_map(|pair| pair.split_once('='))
        .map(|(name, value)| (decoded(name), decoded(value)))
        .collect()
}

fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'%' => {
                let digits = [rest.next().unwrap_or(b'0'), rest.next().unwrap_or(b'0')];
                u8::from_str_radix(&String::from_utf8_lossy(&digits), 16).unwrap_or(b'?')
            }
            b'+' => b' ',
            other => other,
        });
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
