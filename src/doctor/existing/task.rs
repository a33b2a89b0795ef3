//! The existing capture task.

use super::{Finding, Subject, not_found};
use crate::aws::dms::describe;
use crate::base::error::Result;
use crate::pipelines::Output;

pub const CHECK: &str = "existing task";

/// Checks that the task exists, replicates changes, and writes to the existing stream.
pub async fn task(subject: Subject<'_>, arn: &str) -> Result<Vec<Finding>> {
    let dms = subject.deployment.clients.dms();
    let Some(found) = describe::task(&dms, arn).await? else {
        return Ok(vec![not_found(CHECK, &format!("task {arn}"))]);
    };
    let mut findings = Vec::new();
    let kind = found.migration_type().map(|kind| kind.as_str()).unwrap_or_default();
    if !matches!(kind, "cdc" | "full-load-and-cdc") {
        let text = format!("its migration type is {kind}, which captures no changes");
        findings.push(Finding::failed(CHECK, text, "name a task of the type cdc"));
    }
    let endpoint = found.target_endpoint_arn().unwrap_or_default();
    let target = describe::endpoint(&dms, endpoint).await?;
    let settings = target.as_ref().and_then(|target| target.kinesis_settings());
    let theirs = settings.and_then(|settings| settings.stream_arn());
    let stream = subject.deployment.given().value(Output::StreamArn);
    match (theirs, stream) {
        (None, _) => {
            let text = format!("its target {endpoint} is not a Kinesis stream");
            findings.push(Finding::failed(CHECK, text, "name a task that writes to a Kinesis stream"));
        }
        (Some(theirs), Some(stream)) if theirs != stream => {
            let text = format!("it writes to {theirs}, and stream is {stream}");
            findings.push(Finding::failed(CHECK, text, "correct task or stream"));
        }
        _ => {}
    }
    if findings.is_empty() {
        findings.push(Finding::ok(CHECK, found.replication_task_identifier().unwrap_or(arn)));
    }
    Ok(findings)
}
