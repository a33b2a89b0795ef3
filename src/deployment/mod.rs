//! A deployed pipeline in use: its stacks and outputs, access to its database, readers of its stops, and writers of
//! sample events. Imports `aws`, `base`, `cloudformation`, `consumer`, `outbox`, `pipelines`, `postgres`, `settings`
//! and `streams`.
//!
//! A [`Deployment`] is loaded once by a command and then passed on alone: with the pipeline's route it gives access to
//! everything that the command works on.

pub mod database;
mod given;
mod health;
mod parts;
mod readers;
pub mod samples;
mod stops;

pub use health::Health;
pub use readers::{Feed, Readers, Reading};

use std::collections::BTreeMap;

use crate::aws::Clients;
use crate::aws::databases::Server;
use crate::base::error::{Error, Kind, Result};
use crate::cloudformation::{StackView, stacks};
use crate::outbox::Layout;
use crate::pipelines::{self, Given, Output, Owner, Part, Pipeline, Sample, WITH_SAMPLE};
use crate::postgres::Target;
use crate::postgres::admin::Domain;
use crate::postgres::tls::Roots;
use crate::settings::Settings;
use database::{Database, Via};
use samples::Writer;

/// Returns the outbox table of the deployed capture; `None` if there is no capture, or its stack is of an older version.
fn deployed_layout(outputs: &BTreeMap<String, String>) -> Option<Layout> {
    outputs.get(Output::OutboxLayout.name())?.parse().ok()
}

/// One stage of a pipeline: its stacks with their outputs, and how to reach it.
#[derive(Debug, Clone)]
pub struct Deployment {
    pub pipeline: &'static Pipeline,
    pub stage: String,
    /// In the pipeline's order.
    pub stacks: Vec<StackView>,
    outputs: BTreeMap<String, String>,
    given: Given,
    pub clients: Clients,
    /// Route to the database, if there is one.
    pub via: Via,
    /// The PostgreSQL table that holds the events: of outboxctl.toml, else as deployed.
    pub layout: Layout,
    roots: Option<Roots>,
    /// A database that this machine reaches itself, in place of the deployed one.
    target: Option<Box<Target>>,
}

impl Deployment {
    /// Describes every stack of `settings.pipeline` in `settings.stage`. A missing stack is not an error here; a
    /// missing output is one when it is requested.
    ///
    /// # Errors
    /// `Usage` for an unknown pipeline, and those of CloudFormation.
    pub async fn load(clients: &Clients, settings: &Settings) -> Result<Self> {
        Self::described(clients, settings, false).await
    }

    /// Loads as [`Deployment::load`], with short timeouts: for commands that only show the deployment.
    ///
    /// # Errors
    /// The same.
    pub async fn glance(clients: &Clients, settings: &Settings) -> Result<Self> {
        Self::described(clients, settings, true).await
    }

    async fn described(clients: &Clients, settings: &Settings, glance: bool) -> Result<Self> {
        let pipeline = pipelines::find(&settings.pipeline)?;
        let stacks = stacks(clients, pipeline, &settings.stage, glance);
        let (given, stacks) = tokio::try_join!(given::given(clients, pipeline, settings), stacks)?;
        Ok(Self::new(clients, pipeline, &settings.stage, stacks).with(given).with_outbox(settings))
    }

    /// Returns a deployment of these stacks.
    pub fn new(clients: &Clients, pipeline: &'static Pipeline, stage: &str, stacks: Vec<StackView>) -> Self {
        let outputs: BTreeMap<_, _> = stacks.iter().flat_map(StackView::outputs).collect();
        let (clients, stage) = (clients.clone(), stage.to_owned());
        let given = Given::default();
        let layout = deployed_layout(&outputs).unwrap_or_default();
        let via = Via::Auto;
        let mut deployment =
            Self { pipeline, stage, stacks, outputs, given, clients, via, layout, roots: None, target: None };
        // Stacks that were left out on purpose are not missing.
        if !deployment.has_sample() {
            deployment.stacks.retain(|view| !view.stack.sample || view.described.is_some());
        }
        deployment
    }

    /// Sets the existing resources. They take the place of outputs of the stacks.
    #[must_use]
    fn with(mut self, given: Given) -> Self {
        let replaced = self.stacks.iter().filter(|view| given.replaces(view.stack));
        let hidden: Vec<String> = replaced.flat_map(|view| view.outputs().into_keys()).collect();
        self.outputs.retain(|name, _| !hidden.contains(name));
        self.outputs.extend(given.outputs().map(|(output, value)| (output.name().to_owned(), value.to_owned())));
        self.given = given;
        self
    }

    /// Sets the outbox table that the settings name, if they name one.
    #[must_use]
    fn with_outbox(mut self, settings: &Settings) -> Self {
        if let Some(layout) = settings.outbox.as_ref().filter(|_| self.pipeline.has(Part::Database)) {
            self.layout = layout.clone();
        }
        self
    }

    /// Returns the table that the deployed capture follows, if it is another one than that of the settings.
    pub fn other_captured(&self) -> Option<Layout> {
        deployed_layout(&self.outputs).filter(|deployed| *deployed != self.layout)
    }

    /// Sets the certificate authorities for direct connections to the database.
    #[must_use]
    pub fn trusting(mut self, roots: Roots) -> Self {
        self.roots = Some(roots);
        self
    }

    /// Sets a database that this machine reaches itself. It takes the place of the deployed or existing one.
    #[must_use]
    pub fn using(mut self, target: Option<Target>) -> Self {
        self.target = target.map(Box::new);
        self
    }

    /// Returns whether the commands use another database than the deployed one, which outboxctl only reaches: the one that
    /// was set, or that of a secret which stands alone in `[existing]`.
    pub fn is_elsewhere(&self) -> bool {
        self.target.is_some() || self.has_secret_alone()
    }

    /// Returns whether `[existing]` has nothing of a database but its secret, which then names the server.
    pub fn has_secret_alone(&self) -> bool {
        self.is_existing(Output::DatabaseSecretArn) && !self.is_existing(Output::DatabaseEndpoint)
    }

    /// Sets the route to the database.
    #[must_use]
    pub fn reached(mut self, via: Via) -> Self {
        self.via = via;
        self
    }

    /// Sets clients with short timeouts, for checks.
    #[must_use]
    pub fn fail_fast(mut self) -> Self {
        self.clients = self.clients.fail_fast();
        self
    }

    /// Opens the database.
    ///
    /// # Errors
    /// `NotDeployed`, and those of connecting.
    pub async fn database(&self) -> Result<Database> {
        Database::open(self).await
    }

    /// Opens the target of sample events: the database; or on DynamoDB the sample's API, or the outbox table without
    /// the sample.
    ///
    /// # Errors
    /// `NotDeployed`, and those of connecting.
    pub async fn writer(&self) -> Result<Writer> {
        if self.pipeline.has(Part::Database) {
            return Ok(Writer::Database(self.database().await?));
        }
        match self.has_sample() {
            true => Writer::api(&self.clients, self.output(Output::ApiUrl)?, self.pipeline.route.sample),
            false => Ok(Writer::outbox(&self.clients, self.output(Output::OutboxTable)?)),
        }
    }

    /// Returns the subject of sample events.
    pub fn domain(&self) -> Domain {
        match self.pipeline.route.sample {
            // A pipeline of other tools has no tables of the sample.
            _ if !self.has_sample() || !self.exists() || !self.layout.is_own() || self.is_elsewhere() => Domain::Outbox,
            Sample::People => Domain::People,
            _ => Domain::Cars,
        }
    }

    /// Returns the value of an output, from the stack that has it.
    ///
    /// # Errors
    /// `NotDeployed`.
    pub fn output(&self, output: Output) -> Result<&str> {
        self.outputs.get(output.name()).map(String::as_str).ok_or_else(|| {
            if self.outputs.is_empty() {
                return not_deployed(self.pipeline.name, &self.stage);
            }
            let (pipeline, stage) = (self.pipeline.name, &self.stage);
            let message =
                format!("the stack of pipeline {pipeline} that has {output} is not deployed in stage {stage}");
            let error = Error::new(Kind::NotDeployed, message);
            match self.has_sample() {
                true => error,
                false => error.hint("it was deployed without the sample; `outboxctl deploy --with-sample` adds that"),
            }
        })
    }

    /// Returns whether the sample's API and tables are included, as the last deploy chose; true if nothing is deployed.
    pub fn has_sample(&self) -> bool {
        !self.stacks.iter().any(|view| view.parameter(WITH_SAMPLE) == Some("false"))
    }

    /// Returns the id of the deployment's first own stack, which no other account, region or later deployment has;
    /// `None` if nothing is deployed.
    pub fn id(&self) -> Option<&str> {
        let own = self.stacks.iter().filter(|view| view.stack.owner == Owner::Pipeline);
        own.filter_map(|view| view.described.as_ref()?.stack_id()).next()
    }

    /// Returns whether any stack of the pipeline itself is deployed.
    pub fn exists(&self) -> bool {
        self.own_stacks().any(|view| view.described.is_some())
    }

    /// Returns whether there is anything to look at: a stack, or an existing resource.
    pub fn is_known(&self) -> bool {
        self.exists() || !self.given.is_empty() || self.is_elsewhere()
    }

    /// Returns the stacks of this stage, deployed or not: without those of the account, and those that existing
    /// resources replace.
    pub fn own_stacks(&self) -> impl Iterator<Item = &StackView> {
        self.stacks.iter().filter(|view| view.stack.owner == Owner::Pipeline && !self.replaces(view.stack))
    }

    /// Returns the database as RDS names it; None if it is not on RDS, or not deployed.
    pub fn server(&self) -> Option<Server<'_>> {
        let cluster = self.output(Output::DatabaseCluster).ok().map(Server::Cluster);
        cluster.or_else(|| self.output(Output::DatabaseIdentifier).ok().map(Server::Instance))
    }

    /// Returns every output, by name.
    pub fn outputs(&self) -> &BTreeMap<String, String> {
        &self.outputs
    }
}

/// Returns the error for a pipeline of which nothing is deployed.
pub fn not_deployed(pipeline: &str, stage: &str) -> Error {
    Error::new(Kind::NotDeployed, format!("pipeline {pipeline} is not deployed in stage {stage}"))
}
