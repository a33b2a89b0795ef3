//! Deploys a whole pipeline: its stacks in parallel, in the order of their dependencies.

use std::collections::BTreeMap;

use aws_sdk_cloudformation::types::Stack as Described;
use parking_lot::Mutex;

use super::change_set::Desired;
use super::changes::TASK;
use super::deploy::Deployed;
use super::graph::{self, End};
use super::preview::{Preview, StackAction};
use super::stacks::outputs_of;
use super::values::{Outputs, Values};
use super::{Change, Engine, Guard, Pause};
use crate::base::error::{Error, Kind, Result};
use crate::base::report::Event;
use crate::pipelines::templates::{resources, template_parameters};
use crate::pipelines::{Owner, Pipeline, Source, Stack, WITH_SAMPLE, likely_resources};

/// The deploy or preview of a pipeline.
pub struct Rollout<'a> {
    pub engine: &'a Engine,
    pub pipeline: &'static Pipeline,
    pub values: Values<'a>,
    pub guard: Guard,
    /// Stops the capture while its resources are updated; None if there is nothing to stop.
    pub pause: Option<&'a dyn Pause>,
    /// Deploy the sample's API and tables.
    pub with_sample: bool,
}

/// The result of one stack in a finished rollout.
#[derive(Debug)]
pub struct StackReport {
    pub name: &'static str,
    pub changes: Vec<Change>,
    /// Waited for an operation that was already in progress and that changed the stack.
    pub attached: bool,
    /// Executed a change set.
    pub executed: bool,
}

impl StackReport {
    fn unchanged(stack: &Stack) -> Self {
        Self { name: stack.name, changes: Vec::new(), attached: false, executed: false }
    }

    /// Returns whether the stack has changed since the rollout began.
    pub fn changed(&self) -> bool {
        self.attached || self.executed || !self.changes.is_empty()
    }
}

/// The preview of one stack.
#[derive(Debug)]
pub struct StackPreview {
    pub name: &'static str,
    pub preview: Preview,
}

impl Rollout<'_> {
    /// Deploys every stack. Returns the reports in the pipeline's order.
    ///
    /// # Errors
    /// The first root cause. Other failures have been reported by then; dependents of a failed stack are not started.
    pub async fn deploy(&self) -> Result<(Vec<StackReport>, Outputs)> {
        let outputs = Mutex::new(self.given());
        let is_made = |stack: &Stack| !self.leaves_out(stack) && !self.values.given.replaces(stack);
        for stack in self.pipeline.stacks.iter().filter(|stack| is_made(stack)) {
            let is_awaited = |name: &&&str| self.pipeline.stack(name).is_some_and(is_made);
            let on: Vec<_> = stack.depends_on.iter().filter(is_awaited).collect();
            if on.is_empty() {
                continue;
            }
            self.engine.reporter.emit(Event::Waiting {
                scope: stack.name.to_owned(),
                on: on.into_iter().map(|name| (*name).to_owned()).collect(),
            });
        }
        let ends = self.each(|stack| self.deploy_one(stack, &outputs)).await;
        let reports = self.judge(ends)?;
        Ok((reports, outputs.into_inner()))
    }

    /// Returns the changes that a deploy would make, by stack. Nothing is changed.
    pub async fn preview(&self) -> Result<Vec<StackPreview>> {
        let outputs = Mutex::new(self.given());
        let ends = self.each(|stack| self.preview_one(stack, &outputs)).await;
        self.judge(ends)
    }

    async fn each<T, F>(&self, step: impl Fn(&'static Stack) -> F) -> BTreeMap<&'static str, End<T>>
    where
        F: Future<Output = Result<T>>,
    {
        let names: Vec<_> = self.pipeline.stacks.iter().map(|stack| stack.name).collect();
        let stack = |name: &str| self.pipeline.stack(name);
        graph::run(
            &names,
            |name| stack(name).map(|stack| stack.depends_on.to_vec()).unwrap_or_default(),
            |name| {
                let work = stack(name).map(&step);
                async move {
                    match work {
                        Some(work) => work.await,
                        None => Err(Error::new(Kind::Unexpected, format!("no stack {name}"))),
                    }
                }
            },
        )
        .await
    }

    async fn deploy_one(&self, stack: &'static Stack, outputs: &Mutex<Outputs>) -> Result<StackReport> {
        if self.values.given.replaces(stack) {
            self.engine.reporter.emit(Event::finished(stack.name, "existing, left alone", false));
            return Ok(StackReport::unchanged(stack));
        }
        let name = stack.full_name(self.pipeline, self.values.stage);
        if self.leaves_out(stack) {
            let gone = self.engine.destroy(stack.name, &name).await?;
            let changes = gone.then(|| Change::stack_removed(name)).into_iter().collect();
            return Ok(StackReport { changes, ..StackReport::unchanged(stack) });
        }
        let existing = self.engine.describe(&name).await?;
        let Some(desired) = self.desired(stack, name, existing, outputs).await? else {
            self.engine.reporter.emit(Event::finished(stack.name, "nothing to create", false));
            return Ok(StackReport::unchanged(stack));
        };
        let pause = if has_task(stack)? { self.pause } else { None };
        let deployed = self.engine.deploy(&desired, self.guard, pause).await?;
        if stack.holds_data && self.values.protects() && deployed.stack.enable_termination_protection() != Some(true) {
            self.engine.protect(&desired.name, true).await?;
        }
        outputs.lock().extend(outputs_of(&deployed.stack));
        let Deployed { changes, attached, executed, .. } = deployed;
        Ok(StackReport { name: stack.name, changes, attached, executed })
    }

    async fn preview_one(&self, stack: &'static Stack, outputs: &Mutex<Outputs>) -> Result<StackPreview> {
        let done = |preview| Ok(StackPreview { name: stack.name, preview });
        if self.values.given.replaces(stack) {
            return done(Preview::new(StackAction::Existing, Vec::new()));
        }
        let name = stack.full_name(self.pipeline, self.values.stage);
        let existing = self.engine.describe(&name).await?;
        if self.leaves_out(stack) {
            let changes = existing.map(|_| Change::stack_removed(name)).into_iter().collect();
            return done(Preview::new(StackAction::Stay, changes));
        }
        if let Some(existing) = &existing {
            outputs.lock().extend(outputs_of(existing));
        }
        done(match self.desired(stack, name, existing, outputs).await {
            Ok(Some(desired)) => self.engine.preview(&desired).await?,
            Ok(None) => Preview::new(StackAction::Stay, Vec::new()),
            // An earlier stack is not created yet: this one is created later, or its changes are still unknown.
            Err(error) if error.kind() == Kind::NotDeployed => {
                let resources = likely_resources(stack, self.values.overrides, self.values.given.existing())?;
                Preview::new(StackAction::CreateLater, resources.into_iter().map(Change::added).collect())
            }
            Err(error) => return Err(error),
        })
    }

    /// Returns the outputs that existing resources stand for.
    fn given(&self) -> Outputs {
        self.values.given.outputs().map(|(output, value)| (output.name().to_owned(), value.to_owned())).collect()
    }

    fn leaves_out(&self, stack: &Stack) -> bool {
        stack.sample && !self.with_sample
    }

    /// Returns the desired state of the stack. None for a shared stack that would be empty.
    async fn desired(
        &self,
        stack: &'static Stack,
        name: String,
        existing: Option<Described>,
        outputs: &Mutex<Outputs>,
    ) -> Result<Option<Desired>> {
        let outputs = outputs.lock().clone();
        let parameters = self.values.parameters(stack, existing.as_ref(), &outputs).await?;
        let wants = |name: &str| {
            parameters.iter().any(|p| p.parameter_key() == Some(name) && p.parameter_value() == Some("true"))
        };
        let mut roles = stack.parameters.iter().filter(|(_, source)| matches!(source, Source::RoleMissing(_)));
        if stack.owner == Owner::Account && !roles.any(|(name, _)| wants(name)) {
            return Ok(None);
        }
        let mut tags = Vec::new();
        // A stack's tags propagate to its resources: a release alone must not be a reason to stop the capture.
        if !has_task(stack)? {
            tags.push(("outboxctl:version".to_owned(), env!("CARGO_PKG_VERSION").to_owned()));
        }
        tags.extend(stack_tags(self.pipeline, stack, self.values.stage, self.with_sample)?);
        Ok(Some(Desired {
            name,
            scope: stack.name.to_owned(),
            template: stack.template,
            parameters,
            tags,
            seen: existing,
        }))
    }

    fn judge<T>(&self, mut ends: BTreeMap<&'static str, End<T>>) -> Result<Vec<T>> {
        let (mut reports, mut failures) = (Vec::new(), Vec::new());
        for stack in self.pipeline.stacks {
            match ends.remove(stack.name) {
                Some(End::Done(report)) => reports.push(report),
                Some(End::Failed(error)) => failures.push((stack.name, error)),
                Some(End::Skipped(because)) => {
                    let reason = format!("not started, because {because} was not deployed");
                    self.engine.reporter.emit(Event::failed(stack.name, reason));
                }
                None => {}
            }
        }
        let mut failures = failures.into_iter();
        let Some((first, error)) = failures.next() else { return Ok(reports) };
        for (name, other) in failures {
            self.engine.reporter.emit(Event::failed(name, other.message()));
        }
        self.engine.reporter.emit(Event::failed(first, "failed"));
        Err(error)
    }
}

/// Returns the tags of a stack that do not depend on the version: stage and pipeline, by which policies find resources,
/// and whether the sample is excluded.
///
/// # Errors
/// `Unexpected` if the template is not YAML.
pub fn stack_tags(pipeline: &Pipeline, stack: &Stack, stage: &str, with_sample: bool) -> Result<Vec<(String, String)>> {
    let mut tags = Vec::new();
    if stack.owner == Owner::Pipeline {
        tags.push(("outboxctl:stage".to_owned(), stage.to_owned()));
        tags.push(("outboxctl:pipeline".to_owned(), pipeline.name.to_owned()));
    }
    // Visible in the stack's tags; an emulator that compares resources without their conditions sees a change.
    if !with_sample && template_parameters(stack)?.contains(WITH_SAMPLE) {
        tags.push(("outboxctl:sample".to_owned(), "left-out".to_owned()));
    }
    Ok(tags)
}

/// Returns whether the stack has the replication task and its endpoints.
fn has_task(stack: &Stack) -> Result<bool> {
    Ok(resources(stack.template)?.iter().any(|(_, kind)| kind == TASK))
}
