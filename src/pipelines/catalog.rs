//! The shape of the data.

use super::{Output, Route};

/// The template parameter that leaves the sample's API and tables out, in the stack that has it beside other things.
/// CloudFormation remembers it from one deploy to the next.
pub const WITH_SAMPLE: &str = "WithSample";

/// A whole system that can be deployed.
#[derive(Debug, Clone, Copy)]
pub struct Pipeline {
    /// As given to `--pipeline`; part of every stack name.
    pub name: &'static str,
    /// One line for people.
    pub title: &'static str,
    /// The way of an event through it.
    pub route: Route,
    /// Earlier stacks never depend on later ones.
    pub stacks: &'static [Stack],
}

/// One CloudFormation stack of a pipeline.
#[derive(Debug, Clone, Copy)]
pub struct Stack {
    /// Last part of the stack's name, and the prefix of its lines.
    pub name: &'static str,
    pub owner: Owner,
    /// The template's text.
    pub template: &'static str,
    /// Names of the stacks that must be complete before this one begins.
    pub depends_on: &'static [&'static str],
    /// Template parameter → where its value comes from. Parameters not named here keep the template's default, or what
    /// the user set in `outboxctl.toml`.
    pub parameters: &'static [(&'static str, Source)],
    /// Holds data that can't be made again: protected against termination outside development stages.
    pub holds_data: bool,
    /// Belongs to the sample as a whole: not there where [`WITH_SAMPLE`] says "false".
    pub sample: bool,
}

/// Whose a stack is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Owner {
    /// One stage of one pipeline; goes with `destroy`.
    Pipeline,
    /// Shared by everything in the account and region; `destroy` leaves it.
    Account,
}

/// Where a parameter's value comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// The stage's name.
    Stage,
    /// `outboxctl-{stage}-{pipeline}`: the prefix of physical names.
    NamePrefix,
    /// "true" outside development stages.
    Protected,
    /// Always this.
    Fixed(&'static str),
    /// An output of a stack that this one depends on.
    Output(Output),
    /// Made during the deploy.
    Artifact(Artifact),
    /// The prefix of physical names and a digest of another parameter's value: a name that changes with what it names, so that the
    /// resource can be replaced.
    NameByDigest(&'static str),
    /// "true" when the account has no IAM role of this name yet (or this stack made it).
    RoleMissing(&'static str),
}

/// What a deploy makes besides stacks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Artifact {
    /// S3 key of the functions' package.
    PackageKey,
    /// Lambda architecture of the package: `x86_64` or `arm64`.
    Architecture,
    /// The PEM root certificate that the database's certificate leads to (a parameter holds 4 KB: not a whole bundle).
    DatabaseCertificate,
}

impl Pipeline {
    /// The stack of that name.
    pub fn stack(&self, name: &str) -> Option<&'static Stack> {
        self.stacks.iter().find(|stack| stack.name == name)
    }

    /// `outboxctl-{stage}-{pipeline}`.
    pub fn name_prefix(&self, stage: &str) -> String {
        format!("outboxctl-{stage}-{}", self.name)
    }
}

impl Stack {
    /// The CloudFormation stack name.
    pub fn full_name(&self, pipeline: &Pipeline, stage: &str) -> String {
        match self.owner {
            Owner::Pipeline => format!("{}-{}", pipeline.name_prefix(stage), self.name),
            Owner::Account => format!("outboxctl-{}", self.name),
        }
    }
}
