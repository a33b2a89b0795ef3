//! Change sets: each is made under a random name, addressed by its ARN, looked at and executed once.
//!
//! A name can be used by anyone who may create change sets, and CloudFormation does not say who made one. So no change set
//! is ever taken over from another run: only the ARN that CloudFormation returned to this run's own request is described
//! and executed. An ARN is never reused, also not for a change set that was deleted and made again under the same name.
//! A run that was killed leaves nothing to continue but the operation itself, and the next run attaches to that.

use aws_sdk_cloudformation::error::DisplayErrorContext;
use aws_sdk_cloudformation::operation::describe_change_set::DescribeChangeSetOutput;
use aws_sdk_cloudformation::types::{
    Capability, ChangeSetStatus, ChangeSetType, ExecutionStatus, Parameter, Stack as Described, Tag,
};

use super::Engine;
use super::changes::Change;
use super::engine::{status_of, token};
use super::secrets::Secrets;
use super::status::{OnDeploy, actions};
use crate::error::{AwsContext, Error, Kind, Result, sdk_code};

/// Change sets of ours begin like this.
const PREFIX: &str = "outboxctl-";

/// Answers of [`Engine::execute`] where the change set is no longer to be had.
const TAKEN: &[&str] = &["ChangeSetNotFound", "InvalidChangeSetStatus"];

/// What CloudFormation writes where a change set would change nothing. It gives no code to tell it by.
const NOTHING: &[&str] = &["No updates are to be performed", "didn't contain changes"];

/// What a stack should be.
#[derive(Debug)]
pub struct Desired {
    /// The CloudFormation stack name.
    pub name: String,
    /// Who speaks in the lines about it.
    pub scope: String,
    pub template: &'static str,
    pub parameters: Vec<Parameter>,
    pub tags: Vec<(String, String)>,
    /// The stack as it was described a moment ago; None where that is not known.
    pub seen: Option<Described>,
}

/// A change set that can be executed.
#[derive(Debug)]
pub struct ChangeSet {
    pub id: String,
    pub stack_id: String,
    pub changes: Vec<Change>,
    creates: bool,
}

/// What stands between the stack and what it should be.
#[derive(Debug)]
pub(super) enum Plan {
    /// Nothing would change.
    Nothing,
    Ready(ChangeSet),
    /// The stack moved on meanwhile: look at it again.
    Moved,
}

enum Created {
    /// With its ARN.
    New(String),
    /// The name is in use, although it is random: by an earlier attempt of this request whose answer was lost, or by
    /// something foreign. The two look alike.
    NameTaken,
    /// The stack is being changed right now.
    Refused,
}

impl Engine {
    /// Makes a change set of this run's own and waits until CloudFormation has computed it.
    pub(super) async fn prepare(&self, desired: &Desired, existing: Option<&Described>) -> Result<Plan> {
        let kind = if existing.is_some() { ChangeSetType::Update } else { ChangeSetType::Create };
        let id = match self.create_change_set(desired, &kind, &random_name()).await? {
            Created::New(id) => id,
            Created::NameTaken | Created::Refused => return Ok(Plan::Moved),
        };
        let Some(described) = self.described_change_set(&desired.name, &id).await? else { return Ok(Plan::Moved) };
        let reason = described.status_reason().unwrap_or("no reason given");
        match (described.status(), described.execution_status()) {
            (Some(ChangeSetStatus::Failed), _) => {
                let nothing = NOTHING.iter().any(|nothing| reason.contains(nothing));
                let refusal = match nothing {
                    true => None,
                    false => Some(self.refusal(&desired.name, &described).await),
                };
                self.delete_change_set(&desired.name, &id).await?;
                refusal.map_or(Ok(Plan::Nothing), Err)
            }
            (_, Some(ExecutionStatus::Available) | None) => {
                Ok(Plan::Ready(read(described, id, kind, &Secrets::of(desired)?)))
            }
            (_, Some(ExecutionStatus::ExecuteInProgress | ExecutionStatus::ExecuteComplete)) => Ok(Plan::Moved),
            // Overtaken by another change of the stack.
            (_, Some(_)) => self.delete_change_set(&desired.name, &id).await.map(|()| Plan::Moved),
        }
    }

    /// Why CloudFormation does not take the change, with what its early validation found.
    async fn refusal(&self, stack: &str, described: &DescribeChangeSetOutput) -> Error {
        let reason = described.status_reason().unwrap_or("no reason given");
        let message = format!("stack {stack}: CloudFormation refuses the change: {reason}");
        let details = match described.change_set_id() {
            Some(id) => self.change_set_details(id).await,
            None => Vec::new(),
        };
        let error = Error::new(Kind::StackFailed, message);
        details.into_iter().fold(error, |error, detail| error.hint(format!("CloudFormation adds: {detail}")))
    }

    async fn create_change_set(&self, desired: &Desired, kind: &ChangeSetType, name: &str) -> Result<Created> {
        let tag = |(key, value): &(String, String)| Tag::builder().key(key).value(value).build();
        let tags: Vec<_> = desired.tags.iter().map(tag).collect();
        // The same for every attempt of this one request, and for no other request.
        let client_token = uuid::Uuid::new_v4().to_string();
        let send = || {
            self.client
                .create_change_set()
                .stack_name(&desired.name)
                .change_set_name(name)
                .change_set_type(kind.clone())
                .template_body(desired.template)
                .set_parameters(Some(desired.parameters.clone()))
                .set_tags(Some(tags.clone()))
                .capabilities(Capability::CapabilityNamedIam)
                .capabilities(Capability::CapabilityAutoExpand)
                .client_token(&client_token)
                .description("outboxctl deploy")
                .send()
        };
        match self.pace.send(&desired.name, send).await {
            Ok(made) => made.id.map(Created::New).ok_or_else(|| {
                Error::new(Kind::Unexpected, format!("CloudFormation names no change set for stack {}", desired.name))
            }),
            Err(error) if sdk_code(&error) == "AlreadyExistsException" => {
                self.reporter.detail(format!("{}: change set {name} exists already", desired.scope));
                Ok(Created::NameTaken)
            }
            // One code for a template that is wrong and for a stack that somebody began to change a moment ago.
            Err(error) if sdk_code(&error) == "ValidationError" && self.has_moved(&desired.name, kind).await? => {
                self.reporter.detail(format!("{}: {}", desired.scope, DisplayErrorContext(&error)));
                Ok(Created::Refused)
            }
            Err(error) => Err(error).aws(format!("make a change set for stack {}", desired.name)),
        }
    }

    /// Whether the stack can no longer take a change set of this type.
    async fn has_moved(&self, stack: &str, kind: &ChangeSetType) -> Result<bool> {
        let now = self.describe(stack).await?.map(|stack| actions(status_of(&stack)).deploy);
        Ok(match now.unwrap_or(OnDeploy::Create) {
            OnDeploy::Create | OnDeploy::Review => *kind != ChangeSetType::Create,
            OnDeploy::Update => *kind != ChangeSetType::Update,
            OnDeploy::Wait | OnDeploy::Recreate | OnDeploy::Recover => true,
        })
    }

    /// The finished change set with all its pages of changes; None once it is gone, as it is after its execution.
    async fn described_change_set(&self, stack: &str, id: &str) -> Result<Option<DescribeChangeSetOutput>> {
        let mut poll = self.pace.poll(format!("a change set of stack {stack}"));
        let mut whole = loop {
            let Some(page) = self.change_set_page(stack, id, None).await? else { return Ok(None) };
            if !matches!(page.status(), Some(ChangeSetStatus::CreatePending | ChangeSetStatus::CreateInProgress)) {
                break page;
            }
            poll.pause().await?;
        };
        while let Some(next) = whole.next_token.take() {
            let Some(more) = self.change_set_page(stack, id, Some(next)).await? else { return Ok(None) };
            whole.changes.get_or_insert_default().extend(more.changes.unwrap_or_default());
            whole.next_token = more.next_token;
        }
        Ok(Some(whole))
    }

    async fn change_set_page(
        &self,
        stack: &str,
        id: &str,
        token: Option<String>,
    ) -> Result<Option<DescribeChangeSetOutput>> {
        let send = || {
            self.client
                .describe_change_set()
                .stack_name(stack)
                .change_set_name(id)
                .set_next_token(token.clone())
                .include_property_values(true)
                .send()
        };
        match self.pace.send(stack, send).await {
            Ok(page) => Ok(Some(page)),
            Err(error) if sdk_code(&error) == "ChangeSetNotFound" => Ok(None),
            Err(error) => Err(error).aws(format!("read the change set of stack {stack}")),
        }
    }

    /// Executes it, once: the token makes a repeated request the same request. False where somebody else was faster.
    pub(super) async fn execute(&self, set: &ChangeSet) -> Result<bool> {
        let send = || {
            self.client
                .execute_change_set()
                .change_set_name(&set.id)
                .client_request_token(set.token())
                // A failed first create must not leave what its template would retain.
                .set_retain_except_on_create(set.creates.then_some(true))
                .send()
        };
        match self.pace.send(&set.id, send).await {
            Ok(_) => Ok(true),
            Err(error) if TAKEN.contains(&sdk_code(&error)) => Ok(false),
            Err(error) => Err(error).aws("execute a change set"),
        }
    }

    /// Deletes a change set of this run's, by its ARN.
    pub(super) async fn delete_change_set(&self, stack: &str, id: &str) -> Result<()> {
        let send = || self.client.delete_change_set().stack_name(stack).change_set_name(id).send();
        self.pace.send(stack, send).await.aws(format!("delete a change set of stack {stack}")).map(drop)
    }

    /// Names of the stack's change sets that are not ours.
    pub(super) async fn foreign_change_sets(&self, stack: &str) -> Result<Vec<String>> {
        let mut names = self.change_sets(stack).await?;
        names.retain(|name| !is_ours(name));
        Ok(names)
    }

    /// Names of all the stack's change sets.
    pub(super) async fn change_sets(&self, stack: &str) -> Result<Vec<String>> {
        let (mut names, mut token) = (Vec::new(), None);
        loop {
            let send = || self.client.list_change_sets().stack_name(stack).set_next_token(token.clone()).send();
            let page = self.pace.send(stack, send).await.aws(format!("list the change sets of stack {stack}"))?;
            names.extend(page.summaries.unwrap_or_default().into_iter().filter_map(|summary| summary.change_set_name));
            token = page.next_token;
            if token.is_none() {
                return Ok(names);
            }
        }
    }
}

impl ChangeSet {
    /// The token of its execution, the same whoever executes it. Every event of the operation carries it.
    pub(super) fn token(&self) -> String {
        token([self.id.as_str()])
    }
}

/// A name that cannot be known beforehand.
fn random_name() -> String {
    format!("{PREFIX}{}", token([uuid::Uuid::new_v4().to_string().as_str()]))
}

fn is_ours(name: &str) -> bool {
    name.strip_prefix(PREFIX).is_some_and(|rest| rest.len() == 24 && rest.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

fn read(described: DescribeChangeSetOutput, id: String, kind: ChangeSetType, secrets: &Secrets) -> ChangeSet {
    ChangeSet {
        changes: described.changes().iter().filter_map(|change| Change::read(change, secrets)).collect(),
        id,
        stack_id: described.stack_id.unwrap_or_default(),
        creates: kind == ChangeSetType::Create,
    }
}

#[cfg(test)]
mod tests {
    use super::{is_ours, random_name};

    #[test]
    fn names_of_ours_are_random_and_recognised() {
        let (one, other) = (random_name(), random_name());
        assert!(is_ours(&one) && is_ours(&other) && one != other);
        assert!(is_ours("outboxctl-0123456789abcdef01234567"));
        assert!(!is_ours("outboxctl-mine") && !is_ours("review-1") && !is_ours("outboxctl-0123456789abcdef0123456g"));
    }
}
