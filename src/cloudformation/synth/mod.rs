//! The templates of a pipeline for other tools: plain CloudFormation, Terraform and CDK.
//!
//! A [`Plan`] has every stack with its parameters; each format renders the plan as files. Pure: no I/O, no AWS.

mod cdk;
mod cloudformation;
mod plan;
mod readme;
mod terraform;
#[cfg(test)]
mod tests;

pub use plan::{Choices, Package, Plan, PlannedStack, Value};

use std::collections::BTreeMap;

/// The tool that the files are for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// Templates, parameter files and a script for the AWS CLI
    Cloudformation,
    /// `aws_cloudformation_stack` resources, wired by outputs
    Terraform,
    /// A TypeScript app with a stack and CfnInclude for each template
    Cdk,
}

/// Text files by their path below the target folder, with `/` between folders.
pub type Files = BTreeMap<String, String>;

/// Returns the files of the plan.
pub fn files(plan: &Plan, format: Format) -> Files {
    let mut files = match format {
        Format::Cloudformation => cloudformation::files(plan),
        Format::Terraform => terraform::files(plan),
        Format::Cdk => cdk::files(plan),
    };
    for stack in &plan.stacks {
        files.insert(template_path(stack), stack.template.to_owned());
    }
    files.insert("README.md".to_owned(), readme::text(plan, format));
    files
}

fn template_path(stack: &PlannedStack) -> String {
    format!("templates/{}.yaml", stack.name)
}
