//! Checks that the functions of the changed stacks run the deployed package.

use crate::aws::Clients;
use crate::aws::package::{Package, compare};
use crate::base::error::{Kind, Result};
use crate::cloudformation::{Engine, StackReport};
use crate::commands::Context;
use crate::pipelines::{Artifact, Pipeline, Source};

/// Compares the digests. Not needed on the local stack, whose S3 only its user can write.
///
/// # Errors
/// `Failed` if a function runs other code. Without permission to read it the command only warns.
pub async fn check(
    ctx: &Context,
    clients: &Clients,
    engine: &Engine,
    pipeline: &'static Pipeline,
    package: &Package,
    reports: &[StackReport],
) -> Result<()> {
    if !package.is_for_lambda() {
        return Ok(());
    }
    let has_package = |report: &&StackReport| {
        let stack = pipeline.stack(report.name);
        let parameters = stack.map_or(&[][..], |stack| stack.parameters);
        parameters.iter().any(|(_, source)| matches!(source, Source::Artifact(Artifact::PackageKey)))
    };
    let mut functions = Vec::new();
    for report in reports.iter().filter(|report| report.changed()).filter(has_package) {
        let Some(stack) = pipeline.stack(report.name) else { continue };
        let name = stack.full_name(pipeline, &ctx.settings.stage);
        functions.extend(engine.resources_of(&name, "AWS::Lambda::Function").await?);
    }
    if functions.is_empty() {
        return Ok(());
    }
    match compare(clients, package, &functions).await {
        Err(error) if error.kind() == Kind::AccessDenied => {
            ctx.console.warn(format!("can't check that the functions run the package: {error}"));
            Ok(())
        }
        result => ctx.console.report_failure("package", result),
    }
}
