//! `outboxctl local status`.

use std::path::Path;

use serde_json::json;

use crate::commands::Context;
use crate::error::Result;
use crate::local::control::{self, Status};
use crate::local::{Home, state::State};
use crate::output::{Outcome, Table};

/// Show the services of the local stack, their addresses, and which are emulated
#[derive(Debug, clap::Args)]
pub struct Args {}

impl Args {
    pub async fn run(self, _ctx: &Context) -> Result<Outcome> {
        let home = Home::find()?;
        Ok(match control::status(&home) {
            Status::Up(state) => Outcome::data(json!({"up": true, "state": state.shown(), "home": home.stack()}))
                .table(running(&state, &home.logs()))
                .table(who_answers(&state))
                .summary(format!(
                    "the local stack is up since {}, protected by its access key",
                    state.started_at.format("%Y-%m-%d %H:%M:%S UTC")
                )),
            Status::Between { pid } => {
                let daemon = pid.map_or_else(String::new, |pid| format!(" (process {pid})"));
                Outcome::data(json!({"up": false, "between": true, "pid": pid}))
                    .summary(format!("the local stack is starting or stopping{daemon}"))
            }
            Status::Down { reason } => {
                let why = reason.as_deref().map_or_else(String::new, |reason| format!(": {reason}"));
                Outcome::data(json!({"up": false, "reason": reason, "home": home.stack()}))
                    .summary(format!("the local stack is down{why}; start it: `outboxctl local up`"))
            }
        })
    }
}

fn running(state: &State, logs: &Path) -> Table {
    let mut table = Table::new(["part", "where", "what"]);
    table.row(["endpoint", &state.endpoint, &format!("outboxctl {}, process {}", state.version, state.pid)]);
    table.row(["access key", &state.key.id, "protects the endpoint; the secret: outboxctl local env"]);
    let emulator = format!("ministack {}, process {}", state.emulator_version, state.emulator_pid);
    table.row(["emulator", &state.emulator_url, &emulator]);
    let place = format!("{}:{}", state.postgres.host, state.postgres.port);
    table.row(["PostgreSQL", &place, &format!("{} from {}", state.postgres.version, state.postgres.bin.display())]);
    table.row(["seed", "of order, repetition and delay of events", &state.transports.summary()]);
    table.row(["logs", &logs.display().to_string(), "of the daemon, the emulator, PostgreSQL and the functions"]);
    table.row([
        "authority",
        &state.postgres.ca_file.display().to_string(),
        "signs PostgreSQL's certificate (PGSSLROOTCERT)",
    ]);
    table
}

/// Honest on what stands behind each service.
fn who_answers(state: &State) -> Table {
    let mut table = Table::new(["service", "answered by", "how real"]);
    let postgres = format!("PostgreSQL {}", state.postgres.version);
    for row in [
        ["RDS", "emulator", "records only; the database behind the endpoint is real, its class and storage are not"],
        ["RDS database", &postgres, "real, with TLS and its write-ahead log; IAM tokens are not verified"],
        ["DMS", "outboxctl", "API, task states and data plane, with sessions of its roles; no instance"],
        ["Kinesis", "emulator", "no shard limits, a split parent disappears"],
        ["Lambda", "emulator", "the executable runs on this machine, with a session of its role; no memory limit"],
        [
            "event source mappings of streams",
            "outboxctl",
            "polling, retries, bisecting and failure destinations as AWS has them, with sessions of the function's role",
        ],
        ["DynamoDB", "emulator, outboxctl", "one shard a stream; time to live takes seconds, not days"],
        [
            "EventBridge",
            "outboxctl, emulator",
            "PutEvents checked as AWS does; no order between deliveries; targets only by their policies",
        ],
        [
            "log-group targets",
            "outboxctl",
            "in the emulator's process; need a Logs resource policy for both actions, as on AWS",
        ],
        [
            "CloudFormation",
            "emulator, outboxctl",
            "stacks complete at once; refused as on AWS: parameters, capabilities, properties that a type lacks or needs, names \
             that are taken, replacement under a name; of quotas five VPCs and ten Logs resource policies",
        ],
        ["API Gateway, S3, SQS, Logs, Secrets Manager", "emulator", "in memory, saved by `local down`"],
        [
            "IAM",
            "emulator",
            "policies of roles, resources and VPC endpoints are evaluated for every call, trust policies for DMS and event source \
             mappings; your own key may do everything, and API Gateway invokes any function",
        ],
        [
            "network",
            "outboxctl",
            "from a VPC, DMS and functions reach a service by its endpoint, a NAT gateway and security groups only, else there is no \
             answer; connections to the database are not restricted",
        ],
        ["EC2, KMS, CloudWatch alarms", "emulator", "records only: nothing encrypted or alarmed"],
    ] {
        table.row(row);
    }
    table
}
