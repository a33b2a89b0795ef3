//! Checks before and after a deployment: `doctor`, and the state that `status` draws. Imports `aws`, `base`,
//! `cloudformation`, `deployment`, `functions`, `pipelines`, `postgres`, `settings` and `streams`.
//!
//! Every check returns [`Finding`]s with a remedy. [`machine`] checks this machine, [`account`] the AWS account,
//! [`deployed`] the stacks and their resources. Checks run in parallel, each with its own time limit (`run.rs`).

mod account;
mod cloud_control;
mod deployed;
mod endpoint_policy;
mod existing;
mod finding;
mod leftovers;
mod machine;
mod networks;
mod offers;
mod permissions;
mod picture;
pub mod policy;
mod quotas;
mod ranges;
mod run;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use crate::aws::Clients;
use crate::base::error::{Error, Kind, Result};
use crate::deployment::Deployment;
use crate::pipelines::{self, NETWORK, Pipeline, Stack};
use crate::postgres::Target;
use crate::postgres::tls::Roots;
use crate::settings::{ConfigFile, Existing, ExistingKey, Place, Settings};

pub use existing::candidates::{Candidate, Candidates};
pub use existing::examine as examine_existing;
pub use existing::references::references;
pub use finding::{Finding, State};
pub use picture::{HopState, hops, picture};
pub use run::OnFinding;

/// The input of an examination.
pub struct Examination<'a> {
    pub settings: &'a Settings,
    /// The configuration file, or the error from reading it.
    pub file: Result<ConfigFile>,
    /// The executable that a deploy would package as the functions.
    pub executable: PathBuf,
    /// The trusted certificate authorities for the database.
    pub roots: Result<Roots>,
    /// The database of OUTBOXCTL_DATABASE_URL, if it is set.
    pub database: Result<Option<Target>>,
    /// Time limit for each check.
    pub limit: Duration,
    /// The flags for the commands in remedies.
    pub place: Place,
    pub on_finding: OnFinding<'a>,
}

/// The result of an examination.
#[derive(Debug)]
pub struct Report {
    pub findings: Vec<Finding>,
    /// The kind of error that ended it early: no region, no credentials, no local stack.
    pub ended_by: Option<Kind>,
}

/// The context of the checks of an account and of a deployment.
struct Context<'a> {
    local: bool,
    stage: &'a str,
    pipeline: &'static Pipeline,
    clients: Clients,
    /// Template parameters as a deploy would set them: the user's, and the templates' defaults.
    parameters: BTreeMap<String, String>,
    /// Resources that outboxctl does not create.
    existing: Existing,
    limit: Duration,
    on_finding: OnFinding<'a>,
}

impl Context<'_> {
    /// Returns the prefix of the names of the pipeline's resources, without the last dash.
    fn prefix(&self) -> String {
        self.pipeline.name_prefix(self.stage)
    }

    /// Returns a template parameter's value in the next deploy; empty if it has none.
    fn parameter(&self, name: &str) -> &str {
        self.parameters.get(name).map_or("", String::as_str)
    }

    /// Returns whether a deploy creates this stack. In an existing VPC, that of the network has security groups only.
    fn creates(&self, stack: &Stack) -> bool {
        let in_existing = stack.name == NETWORK.name && self.existing.has(ExistingKey::VpcId);
        !in_existing && self.pipeline.stack(stack.name).is_some_and(|stack| !pipelines::replaces(&self.existing, stack))
    }
}

impl Examination<'_> {
    /// Runs every check that can run. `clients` are the AWS clients, or the error from creating them.
    pub async fn run(self, clients: Result<&Clients>) -> Report {
        let place = self.place.clone();
        let on_finding = self.on_finding;
        let filled = |finding: &Finding| on_finding(&finding.clone().filled(&place));
        let report = Examination { on_finding: &filled, ..self }.examine(clients).await;
        Report { findings: report.findings.into_iter().map(|finding| finding.filled(&place)).collect(), ..report }
    }

    async fn examine(self, clients: Result<&Clients>) -> Report {
        let region = clients.as_ref().ok().map(|clients| clients.region().to_owned());
        let mut findings = run::run(machine::checks(&self, region.as_deref()), self.limit, self.on_finding).await;
        let (context, more) = self.reach(clients).await;
        more.iter().for_each(self.on_finding);
        findings.extend(more);
        let context = match context {
            Ok(context) => context,
            Err(error) => {
                let rest = without_account(&error);
                rest.iter().for_each(self.on_finding);
                findings.extend(rest);
                return Report { findings, ended_by: Some(error.kind()) };
            }
        };
        let load = Deployment::glance(&context.clients, self.settings);
        let (account, deployment) = tokio::join!(account::examine(&context), tokio::time::timeout(self.limit, load));
        findings.extend(account);
        let deployment =
            deployment.unwrap_or_else(|_| Err(Error::new(Kind::Unreachable, "CloudFormation did not answer in time")));
        match deployment {
            Ok(deployment) => {
                let deployment = match &self.roots {
                    Ok(roots) => deployment.trusting(roots.clone()),
                    Err(_) => deployment,
                };
                let deployment = deployment.using(self.database.as_ref().ok().cloned().flatten());
                let mut checks = networks::checks(&context, &deployment);
                checks.extend(leftovers::checks(&context, &deployment));
                checks.extend(existing::checks(&deployment, &context.parameters, false));
                findings.extend(run::run(checks, self.limit, self.on_finding).await);
                findings.extend(deployed::examine(&context, &deployment).await);
            }
            Err(error) => {
                let finding = Finding::of_error("stacks", &error);
                (self.on_finding)(&finding);
                findings.push(finding);
            }
        }
        Report { findings, ended_by: None }
    }

    /// Returns the context of the further checks, and the findings of the first request to AWS: a wrong clock is a
    /// common cause of refused credentials.
    async fn reach(&self, clients: Result<&Clients>) -> (Result<Context<'_>>, Vec<Finding>) {
        let clients = match clients {
            Ok(clients) => clients.fail_fast(),
            Err(error) => return (Err(error), Vec::new()),
        };
        let (identity, clock) = account::identify(&clients, self.limit).await;
        let mut findings = vec![Finding::ok("region", clients.region())];
        findings.extend(clock);
        let context = identity.and_then(|identity| {
            let who = format!("{} of account {}", identity.principal, identity.account);
            findings.push(Finding::ok("credentials", who));
            self.context(clients)
        });
        (context, findings)
    }

    fn context(&self, clients: Clients) -> Result<Context<'_>> {
        let pipeline = pipelines::find(&self.settings.pipeline)?;
        let mut parameters = BTreeMap::new();
        for parameter in pipelines::parameters(pipeline)? {
            parameters.extend(parameter.default.map(|default| (parameter.name, default)));
        }
        parameters.extend(self.settings.parameters.clone());
        let (local, stage) = (self.settings.local, self.settings.stage.as_str());
        let (limit, on_finding) = (self.limit, self.on_finding);
        let existing = self.settings.existing.clone();
        Ok(Context { local, stage, pipeline, clients, parameters, existing, limit, on_finding })
    }
}

/// Returns the findings where neither an account nor the local stack can be asked.
fn without_account(error: &Error) -> [Finding; 2] {
    let check = match error.kind() {
        Kind::Region => "region",
        Kind::LocalDown => "local stack",
        Kind::Usage => "pipeline",
        Kind::Unreachable => "network",
        _ => "credentials",
    };
    let needs = "they need a region and credentials, or the running local stack";
    [Finding { state: State::Failed, ..Finding::of_error(check, error) }, Finding::not_checked("other checks", needs)]
}

/// Returns the state of the deployment for `status`: by hop, and the findings beside the path.
pub async fn look(
    deployment: &Deployment,
    limit: Duration,
    (place, on_finding): (&Place, OnFinding<'_>),
) -> Vec<Finding> {
    let on_finding: OnFinding<'_> = &|finding: &Finding| on_finding(&finding.clone().filled(place));
    let deployment = deployment.clone().fail_fast();
    let context = Context {
        local: deployment.clients.is_local(),
        stage: &deployment.stage,
        pipeline: deployment.pipeline,
        clients: deployment.clients.clone(),
        parameters: BTreeMap::new(),
        existing: deployment.given().existing().clone(),
        limit,
        on_finding,
    };
    let findings = deployed::examine(&context, &deployment).await;
    findings.into_iter().map(|finding| finding.filled(place)).collect()
}
