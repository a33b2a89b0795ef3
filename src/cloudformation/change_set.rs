//! Change sets: each is created under a random name, addressed by its ARN, read and executed once.
//!
//! A name can be used by anyone who may create change sets, and CloudFormation does not return the creator. So change
//! sets of other runs are never used: only the ARN that CloudFormation returned to this run's own request is described
//! and executed. An ARN is never reused, even for a change set that was deleted and created again under the same name.
//! After a killed run only the operation itself continues, and the next run attaches to it.

use aws_sdk_cloudformation::error::DisplayErrorContext;
use aws_sdk_cloudformation::operation::describe_change_set::DescribeChangeSetOutput;
use aws_sdk_cloudformation::types::{
    Capability, ChangeSetStatus, ChangeSetType, ExecutionStatus, Parameter, Stack as Described, Tag,
};

use super::Engine;
use super::changes::Change;
use super::engine::token;
use super::secrets::Secrets;
use super::status::{OnDeploy, actions_of};
use crate::base::error::{AwsContext, Error, Kind, Result, sdk_code};
use crate::pipelines::templates::members;

/// Prefix of the names of our change sets.
const PREFIX: &str = "outboxctl-";

/// Error codes of [`Engine::execute`] for a change set that is no longer available.
const TAKEN: &[&str] = &["ChangeSetNotFound", "InvalidChangeSetStatus"];

/// Reasons of CloudFormation for a change set without changes. CloudFormation has no code for them.
const NOTHING: &[&str] = &["No updates are to be performed", "didn't contain changes"];

/// The desired state of a stack.
#[derive(Debug)]
pub struct Desired {
    /// The CloudFormation stack name.
    pub name: String,
    /// Scope of the lines about it.
    pub scope: String,
    pub template: &'static str,
    pub parameters: Vec<Parameter>,
    pub tags: Vec<(String, String)>,
    /// The stack as described a moment ago, if known.
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

/// The difference between the stack and its desired state.
#[derive(Debug)]
pub(super) enum Plan {
    /// No change.
    Nothing,
    Ready(ChangeSet),
    /// The stack has changed: describe it again.
    Moved,
}

enum Created {
    /// With its ARN.
    New(String),
    /// The name is in use, although it is random: by an earlier attempt of this request whose answer was lost, or by a
    /// foreign change set. The two can't be distinguished.
    NameTaken,
    /// The stack is being changed.
    Refused,
}

impl Engine {
    /// Creates a change set of this run and waits until CloudFormation has computed it.
    pub(super) async fn prepare(&self, desired: &Desired, existing: Option<&Described>) -> Result<Plan> {
        let kind = if existing.is_some() { ChangeSetType::Update } else { ChangeSetType::Create };
        let id = match self.create_change_set(desired, &kind, &random_name()).await? {
            Created::New(id) => id,
            Created::NameTaken | Created::Refused => return Ok(Plan::Moved),
        };
        let Some(described) = self.described_change_set(&desired.name, &id).await? else { return Ok(Plan::Moved) };
        match (described.status(), described.execution_status()) {
            (Some(ChangeSetStatus::Failed), _) => {
                let reason = described.status_reason().unwrap_or("no reason given");
                let plan = match NOTHING.iter().any(|nothing| reason.contains(nothing)) {
                    true => Ok(Plan::Nothing),
                    // Before the deletion: it reads the change set's events.
                    false => Err(self.refusal(&desired.name, &id, reason).await),
                };
                self.discard_change_set(&desired.name, &id).await;
                plan
            }
            (_, Some(ExecutionStatus::Available) | None) => {
                let secrets = Secrets::of(desired.template, &desired.parameters)?;
                let members = members(desired.template)?;
                let changes = described.changes().iter();
                Ok(Plan::Ready(ChangeSet {
                    changes: changes.filter_map(|change| Change::read(change, &secrets, &members)).collect(),
                    id,
                    stack_id: described.stack_id.unwrap_or_default(),
                    creates: kind == ChangeSetType::Create,
                }))
            }
            (_, Some(ExecutionStatus::ExecuteInProgress | ExecutionStatus::ExecuteComplete)) => Ok(Plan::Moved),
            // Superseded by another change of the stack.
            (_, Some(_)) => self.delete_change_set(&desired.name, &id).await.map(|()| Plan::Moved),
        }
    }

    /// Returns the error of a refused change, with the findings of CloudFormation's early validation.
    async fn refusal(&self, stack: &str, change_set: &str, reason: &str) -> Error {
        let message = format!("stack {stack}: CloudFormation refuses the change: {reason}");
        let details = self.change_set_details(change_set).await.into_iter();
        let error = Error::new(Kind::StackFailed, message);
        details.fold(error, |error, detail| error.hint(format!("CloudFormation adds: {detail}")))
    }

    async fn create_change_set(&self, desired: &Desired, kind: &ChangeSetType, name: &str) -> Result<Created> {
        let tag = |(key, value): &(String, String)| Tag::builder().key(key).value(value).build();
        let tags: Vec<_> = desired.tags.iter().map(tag).collect();
        // The same for every attempt of this request, different for any other request.
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
        match self.limiter.send(&desired.name, send).await {
            Ok(made) => made.id.map(Created::New).ok_or_else(|| {
                let message = format!("CloudFormation returned no change set for stack {}", desired.name);
                Error::new(Kind::Unexpected, message)
            }),
            Err(error) if sdk_code(&error) == "AlreadyExistsException" => {
                self.reporter.detail(format!("{}: change set {name} exists already", desired.scope));
                Ok(Created::NameTaken)
            }
            // The same code for a wrong template and for a stack that another process began to change a moment ago.
            Err(error) if sdk_code(&error) == "ValidationError" && self.has_moved(&desired.name, kind).await? => {
                self.reporter.detail(format!("{}: {}", desired.scope, DisplayErrorContext(&error)));
                Ok(Created::Refused)
            }
            Err(error) => Err(error).aws(format!("create a change set for stack {}", desired.name)),
        }
    }

    /// Returns whether the stack can no longer take a change set of this type.
    async fn has_moved(&self, stack: &str, kind: &ChangeSetType) -> Result<bool> {
        let now = self.describe(stack).await?;
        Ok(match now.map_or(OnDeploy::Create, |stack| actions_of(&stack).deploy) {
            OnDeploy::Create | OnDeploy::Review => *kind != ChangeSetType::Create,
            OnDeploy::Update => *kind != ChangeSetType::Update,
            OnDeploy::Wait | OnDeploy::Recreate | OnDeploy::Recover => true,
        })
    }

    /// Returns the finished change set with all pages of changes; None once it is deleted, as after its execution.
    async fn described_change_set(&self, stack: &str, id: &str) -> Result<Option<DescribeChangeSetOutput>> {
        let mut poll = self.limiter.poll(format!("a change set of stack {stack}"));
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
        match self.limiter.send(stack, send).await {
            Ok(page) => Ok(Some(page)),
            Err(error) if sdk_code(&error) == "ChangeSetNotFound" => Ok(None),
            Err(error) => Err(error).aws(format!("read the change set of stack {stack}")),
        }
    }

    /// Executes it once: the token makes a repeated request the same request. False if another deploy was first.
    pub(super) async fn execute(&self, set: &ChangeSet) -> Result<bool> {
        let send = || {
            self.client
                .execute_change_set()
                .change_set_name(&set.id)
                .client_request_token(set.token())
                // A failed first creation must not leave resources that its template would retain.
                .set_retain_except_on_create(set.creates.then_some(true))
                .send()
        };
        match self.limiter.send(&set.id, send).await {
            Ok(_) => Ok(true),
            Err(error) if TAKEN.contains(&sdk_code(&error)) => Ok(false),
            Err(error) => Err(error).aws("execute a change set"),
        }
    }

    /// Deletes a change set of this run, by its ARN.
    pub(super) async fn delete_change_set(&self, stack: &str, id: &str) -> Result<()> {
        let send = || self.client.delete_change_set().stack_name(stack).change_set_name(id).send();
        self.limiter.send(stack, send).await.aws(format!("delete a change set of stack {stack}")).map(drop)
    }

    /// Deletes a change set that is not needed. A failure is a warning: it must not hide the result of the operation.
    pub(super) async fn discard_change_set(&self, stack: &str, id: &str) {
        if let Err(left) = self.delete_change_set(stack, id).await {
            self.reporter.warn(left.to_string());
        }
    }

    /// Refuses a stack that contains a change set of another creator.
    ///
    /// # Errors
    /// `NeedsRecovery` with the names of those change sets.
    pub(super) async fn refuse_foreign_change_sets(&self, stack: &str) -> Result<()> {
        let mut foreign = self.change_sets(stack).await?;
        foreign.retain(|name| !is_ours(name));
        if foreign.is_empty() {
            return Ok(());
        }
        let names = foreign.join(", ");
        let message = format!("stack {stack} contains a change set that outboxctl did not create: {names}");
        let hint = "execute or delete that change set, or use another --stage";
        Err(Error::new(Kind::NeedsRecovery, message).hint(hint))
    }

    /// Returns the names of all change sets of the stack.
    pub(super) async fn change_sets(&self, stack: &str) -> Result<Vec<String>> {
        let (mut names, mut token) = (Vec::new(), None);
        loop {
            let send = || self.client.list_change_sets().stack_name(stack).set_next_token(token.clone()).send();
            let page = self.limiter.send(stack, send).await.aws(format!("list the change sets of stack {stack}"))?;
            names.extend(page.summaries.unwrap_or_default().into_iter().filter_map(|summary| summary.change_set_name));
            token = page.next_token;
            if token.is_none() {
                return Ok(names);
            }
        }
    }
}

impl ChangeSet {
    /// Returns the token of its execution, the same for every executor. Every event of the operation carries it.
    pub(super) fn token(&self) -> String {
        token([self.id.as_str()])
    }
}

/// Returns a name that can't be predicted.
fn random_name() -> String {
    format!("{PREFIX}{}", token([uuid::Uuid::new_v4().to_string().as_str()]))
}

fn is_ours(name: &str) -> bool {
    name.strip_prefix(PREFIX).is_some_and(|rest| rest.len() == 24 && rest.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

#[cfg(test)]
mod tests {
    use super::{is_ours, random_name};

    #[test]
    fn our_names_are_random_and_recognised() {
        let (one, other) = (random_name(), random_name());
        assert!(is_ours(&one) && is_ours(&other) && one != other);
        assert!(is_ours("outboxctl-0123456789abcdef01234567"));
        assert!(!is_ours("outboxctl-mine") && !is_ours("review-1") && !is_ours("outboxctl-0123456789abcdef0123456g"));
    }
}
