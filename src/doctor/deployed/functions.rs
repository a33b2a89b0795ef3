//! The Lambda functions.

use super::{DELETED, Finding, Scene, gone, missing};
use crate::error::{AwsContext, RESOURCE_MISSING, Result};
use crate::pipelines::Output;

pub async fn writer(scene: Scene<'_>) -> Result<Vec<Finding>> {
    let address = scene.output(Output::ApiUrl).unwrap_or_default();
    function(scene, "writer", Output::WriterFunction, address).await
}

pub async fn publisher(scene: Scene<'_>) -> Result<Vec<Finding>> {
    function(scene, "publisher", Output::PublisherFunction, "").await
}

pub async fn receiver(scene: Scene<'_>) -> Result<Vec<Finding>> {
    function(scene, "receiver", Output::ConsumerFunction, "").await
}

async fn function(scene: Scene<'_>, check: &str, output: Output, more: &str) -> Result<Vec<Finding>> {
    let Some(name) = scene.output(output) else { return Ok(missing(check)) };
    let found = scene.ground.clients.lambda().get_function_configuration().function_name(name).send().await;
    let found = found.aws_unless(RESOURCE_MISSING, format!("look at function {name}"))?;
    let Some(found) = found else { return Ok(gone(check, format!("function {name}"), DELETED)) };
    let state = found.state().map_or("active", |state| state.as_str()).to_lowercase();
    let update = found.last_update_status().map_or("Successful", |status| status.as_str());
    let reason = found.state_reason().or(found.last_update_status_reason()).unwrap_or("Lambda gives no reason");
    let text = [name, more].into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>().join(" at ");
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
