//! `outboxctl local status`.

use std::path::Path;

use serde_json::{Value, json};

use crate::base::error::Result;
use crate::commands::Context;
use crate::local::control::{self, Status};
use crate::local::fidelity::{RULES, SERVICES};
use crate::local::{Home, Snapshot, space, state::State};
use crate::output::{Outcome, Table, bytes, utc};

/// Show whether the local stack runs, and its addresses
///
/// With --verbose, or as JSON, also lists the services and the AWS rules that the stack enforces or does not enforce.
#[derive(Debug, clap::Args)]
pub struct Args {}

impl Args {
    pub async fn run(self, ctx: &Context) -> Result<Outcome> {
        let home = Home::of_stack()?;
        if space::is_full(&home.stack()) {
            ctx.console.warn(format!(
                "the disk of {} has {} left, without which PostgreSQL ends: it starts again once there are {}",
                home.stack().display(),
                bytes(space::free(&home.stack()).and_then(|free| free.try_into().ok()).unwrap_or_default()),
                bytes(space::NEEDED.try_into().unwrap_or_default())
            ));
        }
        Ok(match control::status(&home).await {
            Status::Up(state) => {
                let outcome =
                    Outcome::data(document(&state, &home)).table(running(&state, Snapshot::of(&home), &home.logs()));
                let (outcome, more) = match ctx.settings.verbose {
                    true => (outcome.table(services(&state)).table(rules(true)).table(rules(false)), ""),
                    false => (outcome, "; --verbose lists its services and rules"),
                };
                outcome.summary(format!("the local stack is up since {}{more}", utc(state.started_at)))
            }
            Status::Silent(state) => {
                let (reason, remedy) = control::silence(state.pid);
                Outcome::data(json!({"up": false, "pid": state.pid, "reason": reason}))
                    .summary(format!("{reason}; {remedy}"))
            }
            Status::Between { pid, reason } => {
                let daemon = pid.map_or_else(String::new, |pid| format!(" (process {pid})"));
                let what = match &reason {
                    Some(reason) => format!("the local stack is stopping{daemon}: {reason}"),
                    None => format!("the local stack is starting or stopping{daemon}"),
                };
                Outcome::data(json!({"up": false, "between": true, "pid": pid, "reason": reason})).summary(what)
            }
            Status::Down { reason } => {
                let why = reason.as_deref().map_or_else(String::new, |reason| format!(": {reason}"));
                Outcome::data(json!({"up": false, "reason": reason, "home": home.stack()}))
                    .summary(format!("the local stack is down{why}; start it: `outboxctl local up`"))
            }
        })
    }
}

fn document(state: &State, home: &Home) -> Value {
    let snapshot = Snapshot::of(home);
    json!({
        "up": true,
        "state": state.shown(),
        "home": home.stack(),
        "saved_at": snapshot.at,
        "saved": snapshot.complete,
        "disk_free_bytes": space::free(&home.stack()),
        "services": SERVICES,
        "rules": RULES,
    })
}

fn running(state: &State, snapshot: Snapshot, logs: &Path) -> Table {
    let mut table = Table::new(["part", "where", "what"]);
    table.row(["endpoint", &state.endpoint, &format!("outboxctl {}, process {}", state.version, state.pid)]);
    table.row(["access key", &state.key.id, "protects the endpoint; the secret: outboxctl local env"]);
    let emulator = format!("ministack {}, process {}", state.emulator_version, state.emulator_pid);
    let user = match state.emulator_uid {
        0 => "runs as root, and so do the functions: no other user can run Python".to_owned(),
        uid => format!("user {uid}, as the functions"),
    };
    let emulator = format!("{emulator}; {user}");
    table.row(["emulator", &state.emulator_url, &emulator]);
    let place = format!("{}:{}", state.postgres.host, state.postgres.port);
    table.row(["PostgreSQL", &place, &format!("{} from {}", state.postgres.version, state.postgres.bin.display())]);
    table.row(["seed", "of order, repetition and delay of events", &state.transports.summary()]);
    let saved = snapshot.at.map_or_else(|| "not saved yet".into(), |at| format!("saved {}", utc(at)));
    let later = if snapshot.complete { "complete" } else { "later changes are not saved yet" };
    table.row(["emulator's state", &saved, later]);
    table.row(["logs", &logs.display().to_string(), "of the daemon, the emulator, PostgreSQL and the functions"]);
    table.row([
        "authority",
        &state.postgres.ca_file.display().to_string(),
        "signs PostgreSQL's certificate (PGSSLROOTCERT)",
    ]);
    table
}

fn services(state: &State) -> Table {
    let mut table = Table::new(["service", "answered by", "about"]);
    let postgres = format!("PostgreSQL {}", state.postgres.version);
    for service in SERVICES {
        let by = if service.answered_by == "PostgreSQL" { &postgres } else { service.answered_by };
        table.row([service.name, by, service.about]);
    }
    table
}

/// Returns the AWS rules that the local stack enforces, or those that it does not.
fn rules(enforced: bool) -> Table {
    let title = if enforced { "enforced as on AWS" } else { "not enforced" };
    let mut table = Table::new(["service", title, "AWS documentation"]);
    for rule in RULES.iter().filter(|rule| rule.enforced == enforced) {
        table.row([rule.service, rule.rule, rule.source]);
    }
    table
}
