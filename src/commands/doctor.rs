//! `outboxctl doctor`.

use std::path::PathBuf;
use std::time::Duration;

use serde_json::json;

use crate::base::error::{Error, Kind, OrFail, Result};
use crate::commands::args::{LONGEST, TICK, duration};
use crate::commands::deploy::{FUNCTION_BINARY, chosen_executable};
use crate::commands::{Context, reach, running_executable};
use crate::doctor::policy::{self, Role};
use crate::doctor::{Examination, Report, State};
use crate::output::{Outcome, Table};
use crate::pipelines;
use crate::settings::ConfigFile;

/// Check machine, account and deployment, and suggest a fix for each problem
///
/// Before a deploy, doctor checks configuration, executable, certificates, region, clock, credentials, permissions (by
/// IAM simulation), quotas, roles, available engine versions and instance classes, address ranges of the account's
/// networks, and leftovers of earlier runs. After a deploy it also checks stacks, logical replication, slots, capture
/// task and connections, stream, event source mapping, bus, dead letters and alarms. Each check has its own time limit,
/// and a check that cannot run does not affect the others. Exits with 0 if no check failed, with 4 if there are no
/// credentials or no region, and with 1 otherwise.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Executable that `deploy` would package as the functions
    #[arg(long, value_name = "PATH", env = FUNCTION_BINARY)]
    function_binary: Option<PathBuf>,
    /// Time limit for each check
    #[arg(long, value_name = "DURATION", default_value = "20s", value_parser = duration(TICK, LONGEST))]
    timeout: Duration,
    /// Print the policy of `outboxctl policy` for a deployer, and exit
    #[arg(long)]
    print_policy: bool,
}

impl Args {
    pub async fn run(self, ctx: &Context) -> Result<Outcome> {
        if self.print_policy {
            let policy = policy::document(
                Role::Deployer,
                pipelines::find(&ctx.settings.pipeline)?,
                &ctx.settings.stage,
                &ctx.settings.existing,
            );
            let text = format!("{policy:#}");
            return Ok(Outcome::data(policy).text(text));
        }
        let executable = chosen_executable(self.function_binary.as_deref()).map_or_else(running_executable, Ok)?;
        let folder = std::env::current_dir().or_fail(Kind::Io, || "the working directory can't be read".into())?;
        ctx.console.started("doctor", "checking");
        let examination = Examination {
            settings: &ctx.settings,
            file: ConfigFile::find(&folder),
            executable,
            roots: reach::roots(ctx),
            database: reach::target(ctx),
            limit: self.timeout,
            place: ctx.console.place(),
            on_finding: &|finding| {
                ctx.console.machine_item("finding", finding);
            },
        };
        let report = examination.run(ctx.aws().await).await;
        let count = |state: State| report.findings.iter().filter(|finding| finding.state == state).count();
        let counts = json!({
            "ok": count(State::Ok), "warning": count(State::Warning),
            "failed": count(State::Failed), "not_checked": count(State::NotChecked),
        });
        let sentence = sentence(&count);
        let data = json!({ "counts": counts, "findings": report.findings });
        let table = table(&report);
        if count(State::Failed) == 0 {
            ctx.console.finished("doctor", &sentence, false);
            return Ok(Outcome::data(data).table(table));
        }
        ctx.console.failed("doctor", &sentence);
        ctx.console.table(&table);
        let failed = report.findings.iter().filter(|finding| finding.state == State::Failed);
        let names = failed.map(|finding| finding.check.as_str()).collect::<Vec<_>>().join(", ");
        let kind = match report.ended_by {
            Some(kind @ (Kind::Credentials | Kind::Region)) => kind,
            _ => Kind::Failed,
        };
        Err(Error::new(kind, format!("failed: {names}")).with_data(data))
    }
}

fn sentence(count: &impl Fn(State) -> usize) -> String {
    let said = [State::Failed, State::Warning, State::NotChecked, State::Ok].map(|state| (count(state), state.word()));
    said.iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, word)| format!("{count} {word}"))
        .collect::<Vec<_>>()
        .join(", ")
}

fn table(report: &Report) -> Table {
    let mut table = Table::new(["state", "check", "finding"]);
    for finding in &report.findings {
        table.row([finding.state.word(), finding.check.as_str(), &finding.message]);
        // On its own row, because a cell is one line.
        if let Some(remedy) = finding.remedy.as_ref().filter(|_| finding.state != State::Ok) {
            table.row(["", "", &format!("→ {remedy}")]);
        }
    }
    table
}
