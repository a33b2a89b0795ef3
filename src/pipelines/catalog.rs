//! The types of the pipelines' data.

use super::{Output, Route};
use crate::outbox::Layout;

/// The template parameter that includes the sample's API and tables in a stack that also has other resources.
/// CloudFormation keeps its value from one deploy to the next.
pub const WITH_SAMPLE: &str = "WithSample";

/// A pipeline that can be deployed.
#[derive(Debug, Clone, Copy)]
pub struct Pipeline {
    /// Name for `--pipeline`, and part of every stack name.
    pub name: &'static str,
    /// Description in one line.
    pub title: &'static str,
    /// The path of an event.
    pub route: Route,
    /// Stacks in the order of a deploy: earlier stacks never depend on later ones.
    pub stacks: &'static [Stack],
}

/// One CloudFormation stack of a pipeline.
#[derive(Debug, Clone, Copy)]
pub struct Stack {
    /// Last part of the stack's name, and the prefix of its progress lines.
    pub name: &'static str,
    pub owner: Owner,
    /// The template's text.
    pub template: &'static str,
    /// Names of the stacks that must be complete before this one starts.
    pub depends_on: &'static [&'static str],
    /// Template parameter → origin of its value. Other parameters keep the template's default, or have the user's value
    /// of `outboxctl.toml`.
    pub parameters: &'static [(&'static str, Source)],
    /// Holds data that can't be restored: protected against deletion outside development stages.
    pub holds_data: bool,
    /// Belongs to the sample as a whole: not deployed where [`WITH_SAMPLE`] is "false".
    pub sample: bool,
}

/// The scope of a stack.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Owner {
    /// One stage of one pipeline; `destroy` deletes it.
    Pipeline,
    /// Shared by everything in the account and region; `destroy` keeps it.
    Account,
}

/// The origin of a parameter's value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// The stage's name.
    Stage,
    /// `outboxctl-{stage}-{pipeline}`: the prefix of physical names.
    NamePrefix,
    /// "true" outside development stages.
    Protected,
    /// A constant.
    Fixed(&'static str),
    /// An output of a stack that this one depends on, or that an existing resource stands for.
    Output(Output),
    /// An output that an existing resource stands for; empty where none does.
    Existing(Output),
    /// Like `Output`; this value where neither has the output: a stack of an earlier version, which is not updated
    /// as long as only its outputs differ.
    OutputOr(Output, &'static str),
    /// Created during the deploy.
    Artifact(Artifact),
    /// The prefix of physical names and a digest of another parameter's value, so that the resource can be replaced
    /// when that value changes.
    NameByDigest(&'static str),
    /// "true" when the account has no IAM role of this name yet (or this stack made it).
    RoleMissing(&'static str),
    /// As before, else the template's default: only this command changes it.
    Kept(&'static str),
}

/// Anything that a deploy creates besides stacks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Artifact {
    /// S3 key of the functions' package.
    PackageKey,
    /// Lambda architecture of the package: `x86_64` or `arm64`.
    Architecture,
    /// The PEM root certificate that the database's certificate leads to (a parameter holds 4 KB: not a whole bundle).
    DatabaseCertificate,
    /// Identifier of the existing replication instance, by which CloudWatch names it; empty without one.
    ReplicationInstanceName,
    /// The outbox table: a preset's name, or JSON (`outbox/layout/keys.rs`).
    OutboxLayout,
    /// A part of the outbox table, for the capture's table mappings.
    Outbox(Mapping),
}

/// A part of the capture's table mappings. Values are escaped as in a JSON string.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mapping {
    Schema,
    Table,
    /// The column that is the partition key.
    PartitionKey,
    /// Column and operator of the source filter.
    FilterColumn,
    FilterOperator,
}

impl Mapping {
    /// Returns the part for this table, escaped as in a JSON string: the template has its quotes.
    pub fn of(self, layout: &Layout) -> String {
        let filter = layout.filter();
        let text = match self {
            Self::Schema => &layout.schema,
            Self::Table => &layout.table,
            Self::PartitionKey => &layout.columns.aggregate_id,
            Self::FilterColumn => filter.column,
            Self::FilterOperator => filter.operator(),
        };
        text.replace('\\', "\\\\").replace('"', "\\\"")
    }
}

impl Pipeline {
    /// Returns the stack of that name.
    pub fn stack(&self, name: &str) -> Option<&'static Stack> {
        self.stacks.iter().find(|stack| stack.name == name)
    }

    /// Returns `outboxctl-{stage}-{pipeline}`.
    pub fn name_prefix(&self, stage: &str) -> String {
        format!("outboxctl-{stage}-{}", self.name)
    }
}

impl Stack {
    /// Returns a stack of the pipeline, without dependencies, parameters and data.
    pub const fn new(name: &'static str, template: &'static str) -> Self {
        let (depends_on, parameters): (&[&str], &[(&str, Source)]) = (&[], &[]);
        Self { name, owner: Owner::Pipeline, template, depends_on, parameters, holds_data: false, sample: false }
    }

    /// Returns the CloudFormation stack name.
    pub fn full_name(&self, pipeline: &Pipeline, stage: &str) -> String {
        match self.owner {
            Owner::Pipeline => format!("{}-{}", pipeline.name_prefix(stage), self.name),
            Owner::Account => format!("outboxctl-{}", self.name),
        }
    }
}
