//! Checks of existing resources before the first stack changes.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::base::error::{Error, Kind, Result};
use crate::commands::Context;
use crate::deployment::Deployment;
use crate::doctor::{Finding, State, examine_existing};
use crate::pipelines::idle_parameters;
use crate::pipelines::templates::template_parameters;

/// Time limit for each check.
const LIMIT: Duration = Duration::from_secs(30);

/// Checks the resources that `[existing]` names. `overrides` are the user's parameters, `values` those of the deploy.
///
/// # Errors
/// `Usage` for parameters of a replaced stack, and `Config` with every check that failed and its remedy. Warnings, and
/// checks that could not run, are only shown.
pub async fn check(
    ctx: &Context,
    deployment: &Deployment,
    overrides: &BTreeMap<String, String>,
    values: &BTreeMap<String, String>,
) -> Result<()> {
    if deployment.given().is_empty() {
        return Ok(());
    }
    without_effect(deployment, overrides)?;
    let wait = ctx.console.wait("existing", "checking the existing resources");
    let findings = examine_existing(deployment, values, LIMIT).await;
    drop(wait);
    for finding in &findings {
        let text = format!("{}: {}", finding.check, finding.message);
        match (finding.state, &finding.remedy) {
            (State::Ok | State::Failed, _) => ctx.console.detail(text),
            (State::NotChecked, _) => ctx.console.note(format!("not checked: {text}")),
            (State::Warning, Some(remedy)) => ctx.console.warn(format!("{text}; {remedy}")),
            (State::Warning, None) => ctx.console.warn(text),
        }
    }
    let failed: Vec<_> = findings.iter().filter(|finding| finding.state == State::Failed).collect();
    if failed.is_empty() {
        return Ok(());
    }
    let texts: Vec<_> = failed.iter().map(|finding| format!("{}: {}", finding.check, finding.message)).collect();
    let remedy = |finding: &&Finding| Some(format!("{}: {}", finding.check, finding.remedy.as_ref()?));
    let error = Error::new(Kind::Config, format!("existing resources can't be used: {}", texts.join("; ")));
    Err(error.with_hints(failed.iter().filter_map(remedy)))
}

/// Rejects parameters that only replaced stacks have.
fn without_effect(deployment: &Deployment, overrides: &BTreeMap<String, String>) -> Result<()> {
    let (mut used, mut unused) = (Vec::new(), Vec::new());
    for stack in deployment.pipeline.stacks {
        let names = template_parameters(stack)?;
        if deployment.replaces(stack) { unused.extend(names) } else { used.extend(names) }
    }
    let idle_here = idle_parameters(deployment.given().existing());
    let is_idle =
        |name: &&String| idle_here.contains(&name.as_str()) || (unused.contains(*name) && !used.contains(*name));
    let idle: Vec<_> = overrides.keys().filter(is_idle).collect();
    if idle.is_empty() {
        return Ok(());
    }
    let names = idle.iter().map(|name| name.as_str()).collect::<Vec<_>>().join(", ");
    let text = format!("{names} has no effect: [existing] names a resource in place of the one with the parameter");
    Err(Error::new(Kind::Usage, text).hint("remove it from [parameters] and from the flags"))
}
