//! One `POST` over HTTP, followed through every hop by `outboxctl tail`.

use std::process::Stdio;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::ChildStdout;

use super::shell::Shell;
use crate::base::error::{Error, Kind, OrFail, Result};
use crate::pipelines::{Hop, Pipeline};

/// Time limit for one event to appear at every hop; locally it takes well under a second.
const DEADLINE: Duration = Duration::from_secs(60);

/// Starts `tail`, waits until it listens, posts a sample, and waits until its event appeared at every hop.
pub async fn one_event_on_every_hop(shell: &mut Shell<'_>, pipeline: &Pipeline) -> Result<()> {
    shell.announce(&["tail", "--output", "ndjson", "&"]);
    let mut command = shell.command(&["tail", "--output", "ndjson"]);
    let mut tail = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .or_fail(Kind::Io, || "tail did not start".into())?;
    let stdout = tail.stdout.take().ok_or_else(|| Error::new(Kind::Unexpected, "tail has no stdout"))?;
    let mut lines = BufReader::new(stdout).lines();
    let seen = tokio::time::timeout(DEADLINE, watch(shell, pipeline, &mut lines)).await;
    super::shell::end(&mut tail).await;
    seen.unwrap_or_else(|_| Err(Error::new(Kind::Verify, "the posted event did not appear at every hop within 60 s")))
}

async fn watch(shell: &mut Shell<'_>, pipeline: &Pipeline, lines: &mut Lines<BufReader<ChildStdout>>) -> Result<()> {
    let listening = shell.ctx.console.wait("tail", "reading the start positions");
    loop {
        let said = next(lines).await?;
        if said["scope"] == "tail" && said["type"] == "finished" {
            break;
        }
    }
    // The next output needs the terminal.
    drop(listening);
    let written = post_one(shell).await?;
    let _seeing = shell.ctx.console.wait("tail", "waiting for the event on every hop");
    // The event log has the same events as the bus.
    let mut missing: Vec<&str> =
        pipeline.visible_hops().into_iter().filter(|hop| *hop != Hop::Log).map(Hop::name).collect();
    while !missing.is_empty() {
        let item = next(lines).await?;
        let hop = item["hop"].as_str().unwrap_or_default().to_owned();
        // Records of other tables have no event id.
        let ours = |name: &str| item[name].is_string() && item[name] == written[name];
        if (ours("event_id") || ours("correlation_id")) && missing.contains(&hop.as_str()) {
            shell.ctx.console.note(format!("  {hop}: {}", item["summary"].as_str().unwrap_or_default()));
            missing.retain(|wanted| *wanted != hop);
        }
    }
    Ok(())
}

/// Returns the next line of tail's output.
async fn next(lines: &mut Lines<BufReader<ChildStdout>>) -> Result<Value> {
    let line = lines.next_line().await.or_fail(Kind::Io, || "the output of tail can't be read".into())?;
    let line = line.ok_or_else(|| Error::new(Kind::Failed, "tail ended early"))?;
    let value: Value = serde_json::from_str(&line).or_fail(Kind::Unexpected, || format!("tail printed {line:?}"))?;
    if value["type"] == "result" {
        let message = value["error"]["message"].as_str().unwrap_or("tail ended early");
        return Err(Error::new(Kind::Failed, message));
    }
    Ok(value)
}

/// Posts one sample to the API over HTTP and returns the `event_id` of its event, and its `correlation_id` if it has
/// one.
async fn post_one(shell: &mut Shell<'_>) -> Result<Value> {
    let written = shell.ask(&["sample", "insert", "--count", "1", "--via", "api"]).await?;
    let (id, correlation) = (&written["event_ids"][0], &written["inserted"][0]["correlation_id"]);
    if !id.is_string() {
        return Err(Error::new(Kind::Unexpected, "the sample insert returned no event id"));
    }
    Ok(json!({ "event_id": id, "correlation_id": correlation }))
}
