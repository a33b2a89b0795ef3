//! `outboxctl status`.

use std::time::Duration;

use serde_json::{Value, json};

use crate::base::error::{Error, Kind, Result};
use crate::commands::args::{LONGEST, TICK, duration};
use crate::commands::{Context, reach};
use crate::deployment::{Deployment, not_deployed};
use crate::doctor::{self, Finding, HopState, State};
use crate::output::{Outcome, Table, clean_line};

/// Show a diagram of the pipeline with the state of each part, and where it is broken
///
/// Changes nothing. The state of a part that cannot be queried is shown as unknown. `doctor` shows more details, and
/// exits with 1 on failures.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Time limit for each query
    #[arg(long, value_name = "DURATION", default_value = "15s", value_parser = duration(TICK, LONGEST))]
    timeout: Duration,
    /// Exit with 1 if a part is broken, and with 0 otherwise, even if there are warnings
    #[arg(long)]
    exit_code: bool,
}

impl Args {
    pub async fn run(self, ctx: &Context) -> Result<Outcome> {
        let (clients, deployment) = (ctx.aws().await?, reach::glance(ctx).await?);
        let (pipeline, stage) = (deployment.pipeline, deployment.stage.as_str());
        let stacks = stacks(&deployment);
        let head = format!("{}, stage {stage}, region {}\n{}", pipeline.name, clients.region(), pipeline.title);
        if !deployment.is_known() {
            let data =
                json!({ "pipeline": pipeline.name, "stage": stage, "stacks": stacks, "hops": [], "findings": [] });
            if self.exit_code {
                return Err(not_deployed(pipeline.name, stage).with_data(data));
            }
            return Ok(Outcome::data(data)
                .text(head)
                .summary(format!("nothing is deployed in stage {stage}; next: `outboxctl deploy`")));
        }
        let wait = ctx.console.wait("status", "asking");
        let on_finding = |finding: &Finding| {
            ctx.console.machine_item("finding", finding);
        };
        let findings = doctor::look(&deployment, self.timeout, (&ctx.console.place(), &on_finding)).await;
        let places = doctor::hops(&deployment, &findings);
        drop(wait);

        let table = table(&places, &findings);
        ctx.console.text(&format!("{head}\n\n{}\n", doctor::picture(&places, ctx.console.width())));
        let data = json!({
            "pipeline": pipeline.name, "stage": stage, "stacks": stacks, "hops": places, "findings": findings,
        });
        let problems = problems(&findings);
        let failed = findings.iter().filter(|finding| finding.state == State::Failed);
        let failed: Vec<&str> = failed.map(|finding| finding.check.as_str()).collect();
        if self.exit_code && !failed.is_empty() {
            ctx.console.table(&table);
            problems.iter().for_each(|text| ctx.console.text(text));
            return Err(Error::new(Kind::Failed, format!("broken: {}", failed.join(", "))).with_data(data));
        }
        let mut outcome = Outcome::data(data).table(table);
        outcome.text = problems;
        Ok(outcome)
    }
}

/// Returns the stacks with their status, and the time of its last change.
fn stacks(deployment: &Deployment) -> Vec<Value> {
    let shown = deployment.stacks.iter().map(|view| {
        let replaced = deployment.replaces(view.stack);
        let status = if replaced { "existing, left alone" } else { view.status() };
        let since = view.changed_at().filter(|_| !replaced);
        json!({ "stack": view.stack.name, "name": view.name, "status": status, "since": since })
    });
    shown.collect()
}

/// Returns the table of the hops, and of the findings that belong to no hop.
fn table(places: &[HopState], findings: &[Finding]) -> Table {
    let mut table = Table::new(["part", "state", "details"]);
    for place in places {
        table.row([place.hop.name(), &place.word, &place.detail]);
    }
    for finding in findings.iter().filter(|finding| finding.hop.is_none()) {
        let word = finding.word.as_deref().unwrap_or(finding.state.word());
        table.row([finding.check.as_str(), word, &finding.message]);
    }
    table
}

/// Returns the warnings and failures with their remedies; None if there are none.
fn problems(findings: &[Finding]) -> Option<String> {
    let mut findings: Vec<_> =
        findings.iter().filter(|finding| matches!(finding.state, State::Failed | State::Warning)).collect();
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.state));
    let lines: Vec<_> = findings
        .iter()
        .map(|finding| {
            let (word, message) = (finding.state.word(), clean_line(&finding.message));
            match &finding.remedy {
                Some(remedy) => format!("{word} {}: {message}\n  → {}", finding.check, clean_line(remedy)),
                None => format!("{word} {}: {message}", finding.check),
            }
        })
        .collect();
    (!lines.is_empty()).then(|| format!("\n{}", lines.join("\n")))
}
