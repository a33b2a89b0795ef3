//! One `POST` over HTTP, seen again at every hop by `outboxctl tail`.

use std::process::Stdio;
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::ChildStdout;

use super::shell::Shell;
use crate::error::{Error, Kind, OrFail, Result};
use crate::pipelines::Pipeline;

/// How long one event may take to be seen everywhere; locally it takes well under a second.
const DEADLINE: Duration = Duration::from_secs(60);

/// Starts `tail`, waits until it listens, posts a sample, and waits until its event was seen on every hop.
pub async fn one_event_on_every_hop(shell: &mut Shell<'_>, pipeline: &Pipeline) -> Result<()> {
    shell.announce(&["tail", "--output", "ndjson", "&"]);
    let mut command = shell.command(&["tail", "--output", "ndjson"]);
    let mut tail = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .or_fail(Kind::Io, || "`outboxctl tail` did not start".into())?;
    let stdout = tail.stdout.take().ok_or_else(|| Error::new(Kind::Unexpected, "`outboxctl tail` has no stdout"))?;
    let mut lines = BufReader::new(stdout).lines();
    let seen = tokio::time::timeout(DEADLINE, watch(shell, pipeline, &mut lines)).await;
    super::shell::end(&mut tail).await;
    seen.unwrap_or_else(|_| Err(Error::new(Kind::Verify, "the posted event was not seen on every hop within 60 s")))
}

async fn watch(shell: &mut Shell<'_>, pipeline: &Pipeline, lines: &mut Lines<BufReader<ChildStdout>>) -> Result<()> {
    loop {
        let said = next(lines).await?;
        if said["scope"] == "tail" && said["type"] == "finished" {
            break;
        }
    }
    let event_id = post_one(shell).await?;
    let hops = [("stream", "kinesis"), ("bus", "events"), ("leases", "processed")];
    let mut missing: Vec<&str> =
        hops.into_iter().filter(|(stack, _)| pipeline.stack(stack).is_some()).map(|(_, hop)| hop).collect();
    while !missing.is_empty() {
        let item = next(lines).await?;
        let hop = item["hop"].as_str().unwrap_or_default().to_owned();
        if item["event_id"] == event_id.as_str() && missing.contains(&hop.as_str()) {
            shell.console().note(format!("  {hop}: {}", item["summary"].as_str().unwrap_or(&event_id)));
            missing.retain(|wanted| *wanted != hop);
        }
    }
    Ok(())
}

/// The next line that tail printed.
async fn next(lines: &mut Lines<BufReader<ChildStdout>>) -> Result<Value> {
    let line = lines.next_line().await.or_fail(Kind::Io, || "`outboxctl tail` can't be read".into())?;
    let line = line.ok_or_else(|| Error::new(Kind::Failed, "`outboxctl tail` ended early"))?;
    let value: Value = serde_json::from_str(&line).or_fail(Kind::Unexpected, || format!("tail printed {line:?}"))?;
    if value["type"] == "result" {
        let message = value["error"]["message"].as_str().unwrap_or("`outboxctl tail` ended early");
        return Err(Error::new(Kind::Failed, message));
    }
    Ok(value)
}

/// Posts one sample to the API over HTTP and returns the id of the event that was committed with it.
async fn post_one(shell: &mut Shell<'_>) -> Result<String> {
    let written = shell.ask(&["sample", "insert", "--count", "1", "--via", "api"]).await?;
    let id = written["event_ids"][0].as_str();
    Ok(id.ok_or_else(|| Error::new(Kind::Unexpected, "`sample insert` named no event id"))?.to_owned())
}
