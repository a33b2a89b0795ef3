//! A CloudFormation of one stack that plays what a test tells it to, over real HTTP.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::http::StatusCode;

use crate::aws::{Clients, LocalEndpoint};
use crate::output::Console;
use crate::settings::{ConfigFile, GlobalArgs, OutputFormat, ProgressMode, Settings};

pub const NAME: &str = "outboxctl-dev-x-database";
pub const ID: &str = "arn:aws:cloudformation:us-east-1:000000000000:stack/outboxctl-dev-x-database/1";

/// Events on one page; CloudFormation's own number.
const PAGE: usize = 100;

/// One event: logical id (`stack` for the stack itself), status, reason.
pub type Step = (&'static str, &'static str, &'static str);

#[derive(Default)]
pub struct World {
    /// None: there is no stack.
    pub status: Option<String>,
    /// Oldest first.
    pub events: Vec<(String, Step)>,
    /// Becomes an event, one at each look at the events.
    pub coming: VecDeque<Step>,
    /// Becomes `coming` when a change set is executed, or the stack deleted.
    pub on_execute: Vec<Step>,
    pub on_delete: Vec<Step>,
    /// (action, logical id, type, replacement); none means that nothing would change.
    pub changes: Vec<(&'static str, &'static str, &'static str, &'static str)>,
    pub foreign_change_sets: Vec<&'static str>,
    /// How many times the change set is gone when it is looked at, because another deploy was faster.
    pub contests: usize,
    /// Every how many requests one is throttled; 0 for never.
    pub throttle_every: usize,
    pub calls: Vec<(String, BTreeMap<String, String>)>,
}

impl World {
    pub fn happen(&mut self, step: Step) {
        if step.0 == "stack" {
            self.status = Some(step.1.to_owned());
        }
        self.events.push((format!("event-{}", self.events.len()), step));
    }

    pub fn count(&self, action: &str) -> usize {
        self.calls.iter().filter(|(name, _)| name == action).count()
    }

    fn answer(&mut self, action: &str, form: &BTreeMap<String, String>) -> Result<String, (&'static str, String)> {
        let deleted = self.status.as_deref() == Some("DELETE_COMPLETE");
        match action {
            "DescribeStacks" => {
                let by_id = form.get("StackName").is_some_and(|name| name == ID);
                let status = self.status.as_ref().filter(|_| !deleted || by_id);
                let status = status.ok_or(("ValidationError", "Stack does not exist".to_owned()))?;
                Ok(format!(
                    "<Stacks><member><StackName>{NAME}</StackName><StackId>{ID}</StackId><StackStatus>{status}</StackStatus>\
                     <CreationTime>2026-01-01T00:00:00Z</CreationTime></member></Stacks>"
                ))
            }
            "DescribeStackEvents" => {
                if let Some(step) = self.coming.pop_front() {
                    self.happen(step);
                }
                let from: usize = form.get("NextToken").map_or(0, |token| token.parse().unwrap());
                let newest_first: Vec<_> = self.events.iter().rev().collect();
                let page = newest_first.iter().skip(from).take(PAGE).map(|(id, (logical, status, reason))| {
                    let physical = if *logical == "stack" { ID } else { logical };
                    format!(
                        "<member><StackId>{ID}</StackId><EventId>{id}</EventId><StackName>{NAME}</StackName>\
                         <LogicalResourceId>{logical}</LogicalResourceId><PhysicalResourceId>{physical}</PhysicalResourceId>\
                         <ResourceType>T</ResourceType><Timestamp>2026-01-01T00:00:00Z</Timestamp>\
                         <ResourceStatus>{status}</ResourceStatus><ResourceStatusReason>{reason}</ResourceStatusReason></member>"
                    )
                });
                let page: String = page.collect();
                let next = from + PAGE;
                let token =
                    if next < newest_first.len() { format!("<NextToken>{next}</NextToken>") } else { String::new() };
                Ok(format!("<StackEvents>{page}</StackEvents>{token}"))
            }
            "CreateChangeSet" => {
                if self.status.is_none() || deleted {
                    self.happen(("stack", "REVIEW_IN_PROGRESS", ""));
                }
                Ok(format!("<Id>set</Id><StackId>{ID}</StackId>"))
            }
            "DescribeChangeSet" if self.contests > 0 => {
                self.contests -= 1;
                Err(("ChangeSetNotFound", "ChangeSet does not exist".to_owned()))
            }
            "DescribeChangeSet" if self.changes.is_empty() => Ok(
                "<Status>FAILED</Status><StatusReason>The submitted information didn't contain changes.</StatusReason>"
                    .to_owned(),
            ),
            "DescribeChangeSet" => {
                let changes = self.changes.iter().map(|(action, logical, kind, replacement)| {
                    format!(
                        "<member><Type>Resource</Type><ResourceChange><Action>{action}</Action>\
                         <LogicalResourceId>{logical}</LogicalResourceId><ResourceType>{kind}</ResourceType>\
                         <Replacement>{replacement}</Replacement></ResourceChange></member>"
                    )
                });
                let changes: String = changes.collect();
                Ok(format!(
                    "<ChangeSetId>set</ChangeSetId><StackId>{ID}</StackId><Status>CREATE_COMPLETE</Status>\
                     <ExecutionStatus>AVAILABLE</ExecutionStatus><Changes>{changes}</Changes>"
                ))
            }
            "ListChangeSets" => {
                let names = self.foreign_change_sets.iter();
                let names: String =
                    names.map(|name| format!("<member><ChangeSetName>{name}</ChangeSetName></member>")).collect();
                Ok(format!("<Summaries>{names}</Summaries>"))
            }
            "ExecuteChangeSet" => {
                self.coming.extend(self.on_execute.drain(..));
                // The next plan finds nothing to do.
                self.changes.clear();
                Ok(String::new())
            }
            "DeleteStack" => {
                self.coming.extend(self.on_delete.drain(..));
                Ok(String::new())
            }
            _ => Ok(String::new()),
        }
    }
}

/// Serves the world; the engine talks to it as it would to AWS.
pub async fn serve(world: World) -> (Arc<Mutex<World>>, super::Engine) {
    let world = Arc::new(Mutex::new(world));
    let shared = world.clone();
    let app = Router::new().fallback(move |body: String| {
        let world = shared.clone();
        async move { respond(&mut world.lock().unwrap(), &body) }
    });
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, app).await });
    let settings = Settings::merge(arguments(), ConfigFile::default()).unwrap();
    let endpoint = LocalEndpoint { url, region: "us-east-1".into() };
    let clients = Clients::load(&settings, Some(endpoint)).await.unwrap();
    let console = Console::new(OutputFormat::Table, ProgressMode::None, true, false);
    (world, super::Engine::new(&clients, &console))
}

fn respond(world: &mut World, body: &str) -> (StatusCode, String) {
    let form: BTreeMap<_, _> = body.split('&').filter_map(|pair| pair.split_once('=')).map(decoded).collect();
    let action = form.get("Action").cloned().unwrap_or_default();
    world.calls.push((action.clone(), form.clone()));
    let throttled = world.throttle_every > 0 && world.calls.len().is_multiple_of(world.throttle_every);
    let answer = match throttled {
        true => Err(("Throttling", "Rate exceeded".to_owned())),
        false => world.answer(&action, &form),
    };
    match answer {
        Ok(xml) => {
            (StatusCode::OK, format!("<{action}Response><{action}Result>{xml}</{action}Result></{action}Response>"))
        }
        Err((code, message)) => {
            let error = format!("<Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error>");
            (StatusCode::BAD_REQUEST, format!("<ErrorResponse>{error}<RequestId>r</RequestId></ErrorResponse>"))
        }
    }
}

fn decoded((name, value): (&str, &str)) -> (String, String) {
    let mut bytes = Vec::new();
    let mut rest = value.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'%' => {
                let digits = [rest.next().unwrap(), rest.next().unwrap()];
                u8::from_str_radix(std::str::from_utf8(&digits).unwrap(), 16).unwrap()
            }
            b'+' => b' ',
            other => other,
        });
    }
    (name.to_owned(), String::from_utf8(bytes).unwrap())
}

fn arguments() -> GlobalArgs {
    #[derive(clap::Parser)]
    struct Only {
        #[command(flatten)]
        global: GlobalArgs,
    }
    <Only as clap::Parser>::parse_from(["test"]).global
}
