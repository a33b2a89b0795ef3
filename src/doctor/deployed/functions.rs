//! The Lambda functions.

use super::{DELETED, Finding, Subject, gone, missing};
use crate::base::error::{AwsContext, RESOURCE_MISSING, Result};
use crate::pipelines::Output;

pub async fn writer(subject: Subject<'_>) -> Result<Vec<Finding>> {
    let address = subject.output(Output::ApiUrl).unwrap_or_default();
    function(subject, "writer", Output::WriterFunction, address).await
}

/// Checks the function that this output names; `address` is that of its API, if it has one.
pub async fn function(subject: Subject<'_>, check: &str, output: Output, address: &str) -> Result<Vec<Finding>> {
    let Some(name) = subject.output(output) else { return Ok(missing(check)) };
    let found = subject.context.clients.lambda().get_function_configuration().function_name(name).send().await;
    let found = found.aws_unless(RESOURCE_MISSING, format!("look at function {name}"))?;
    let Some(found) = found else { return Ok(gone(check, format!("function {name}"), DELETED)) };
    let state = found.state().map_or("active", |state| state.as_str()).to_lowercase();
    let update = found.last_update_status().map_or("Successful", |status| status.as_str());
    let reason = found.state_reason().or(found.last_update_status_reason()).unwrap_or("Lambda gives no reason");
    let text = if address.is_empty() { name.to_owned() } else { format!("{name} at {address}") };
    Ok(vec![match (state.as_str(), update) {
        ("failed", _) | (_, "Failed") => {
            Finding::failed(check, format!("{name}: {reason}"), "correct the cause and run `outboxctl deploy`")
                .word("failed")
        }
        ("pending", _) | (_, "InProgress") => {
            Finding::warning(check, format!("{name} is being set up: {reason}"), "the change continues by itself")
                .word(state)
        }
        // Lambda deactivated an idle function: the next call takes longer, and works.
        _ => Finding::ok(check, text).word(state),
    }])
}
