//! Least-privilege policies for the people and programs that run the commands.
//!
//! The deployer's actions follow from the resource types in the templates and the calls of a deploy ([`deployer`]); those of the
//! other roles from the calls of the commands ([`calls`]).

pub mod calls;
mod consumer;
mod deployer;
mod statements;
mod trust;

use serde_json::{Value, json};

use crate::pipelines::Pipeline;
use crate::settings::Existing;
pub use consumer::{Supplied, consumer};
pub use trust::{Repository, trust};

/// The role that a policy is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Role {
    /// Deploys, updates, recovers and deletes the pipeline
    Deployer,
    /// Runs every command on a deployed pipeline but deploy, recover and destroy
    Operator,
    /// Reads state, streams, logs and stored dead letters, and changes nothing
    ReadOnly,
    /// Shows with `deploy --dry-run` what a deploy would change, and reads no events
    Preview,
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 4] = [Self::Deployer, Self::Operator, Self::ReadOnly, Self::Preview];
}

/// Returns the role's policy as a document for IAM. It includes the existing resources.
pub fn document(role: Role, pipeline: &Pipeline, stage: &str, existing: &Existing) -> Value {
    let mut statements = match role {
        Role::Deployer => deployer::statements(pipeline, stage, existing),
        Role::Operator | Role::ReadOnly | Role::Preview => Vec::new(),
    };
    statements.extend(statements::of_calls(role, pipeline, stage, existing));
    json!({ "Version": "2012-10-17", "Statement": statements })
}

/// Minimum length of a stack's name in the names that CloudFormation generates for its resources: in names of at most 63
/// characters, stack and resource share 49 or 50, and the rest is a random suffix.
const KEPT: usize = 24;

/// Returns the beginning of the generated names of the resources of stacks with this name prefix. Other stages and pipelines
/// may have the same.
pub(super) fn beginning(prefix: &str) -> &str {
    &prefix[..prefix.len().min(KEPT)]
}

/// Returns a pattern for the generated names of the resources of stacks with this name prefix.
fn generated(prefix: &str) -> String {
    format!("{}*", beginning(prefix))
}
