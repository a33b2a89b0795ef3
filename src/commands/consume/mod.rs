//! `outboxctl consume`.

mod lines;

use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use tokio_util::sync::{CancellationToken, DropGuard};

use self::lines::Lines;
use crate::base::error::Result;
use crate::base::timing::Backoff;
use crate::commands::args::{HOUR, LONGEST, SECOND, TICK, duration, from, whole};
use crate::commands::{Context, announce, reach};
use crate::consumer::{
    Command, End, Hook, Login, Metrics, Options, Post, PostgresStore, Processor, Reader, Retry, Table, Totals, Worker,
};
use crate::deployment::Deployment;
use crate::deployment::database::Address;
use crate::output::{Outcome, Reporter, count};
use crate::pipelines::{Output, Part};
use crate::settings::DEFAULT_GROUP;
use crate::streams::kinesis::Kinesis;
use crate::streams::{StartAt, kinesis};

/// Consume the stream: run a handler for each event, mark it as processed, and checkpoint
///
/// Reads every shard, parents before children, and shares the shards with other consumers of the same group through
/// leases in a DynamoDB table. Events of an aggregate are handled in order. For each event, consume runs the command or
/// POST if one is given, and then writes the inbox row and marks the outbox row in one transaction. Events that are
/// already marked are skipped. The command or POST runs at least once: it runs again after a crash between handler and
/// mark. An event that still fails after --attempts is stored in outbox_failures with its payload. On SIGINT or
/// SIGTERM, consume finishes the events in flight, checkpoints, and releases its leases.
///
/// Connects to the database as outbox_consumer with an IAM token. On AWS, run it inside the pipeline's network, because
/// it must be able to reach the database. With OUTBOXCTL_DATABASE_URL, it connects as the user named there.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Command to run for each event through `sh -c`: stdin is the CloudEvent, exit code 0 is success
    #[arg(long, value_name = "COMMAND", conflicts_with = "post")]
    exec: Option<String>,
    /// URL to POST each CloudEvent to; any 2xx is success
    #[arg(long, value_name = "URL")]
    post: Option<String>,
    /// Time limit for one attempt of the command or POST
    #[arg(long, value_name = "DURATION", default_value = "30s", value_parser = duration(TICK, LONGEST))]
    hook_timeout: Duration,
    /// Maximum attempts before an event is stored as a failure
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = whole(1_u32, 1_000))]
    attempts: u32,
    /// Delay after a failed attempt; doubles with each attempt, up to one minute
    #[arg(long, value_name = "DURATION", default_value = "500ms", value_parser = duration(TICK, HOUR))]
    backoff: Duration,
    /// Maximum number of aggregates of a shard to process concurrently
    #[arg(long, value_name = "N", default_value_t = 8, value_parser = whole(1_u16, 1_000))]
    concurrency: u16,
    /// Where to start in shards that the group has not read: start, latest, a time, or -15m
    #[arg(long, value_name = "TIME", default_value = "start", allow_hyphen_values = true, value_parser = from)]
    from: StartAt,
    /// Exit once all available events have been processed
    #[arg(long, conflicts_with = "idle_timeout")]
    once: bool,
    /// Exit after this much time without events
    #[arg(long, alias = "until-idle", value_name = "DURATION", value_parser = duration(TICK, LONGEST))]
    idle_timeout: Option<Duration>,
    /// Consumer group: members share the shards, and each group receives every event
    #[arg(long, value_name = "NAME", default_value = DEFAULT_GROUP, value_parser = group)]
    group: String,
    /// Consider a member dead, and take over its shards, if not heard from for this long
    #[arg(long, value_name = "DURATION", default_value = "20s", value_parser = duration(SECOND, LONGEST))]
    lease_duration: Duration,
    /// Maximum records per read
    #[arg(long, value_name = "N", default_value_t = 1_000, value_parser = whole(1_i32, 10_000))]
    batch: i32,
    /// Interval between metrics reports
    #[arg(long, value_name = "DURATION", default_value = "10s", value_parser = duration(SECOND, LONGEST))]
    metrics_every: Duration,
}

/// Checks the name of a group: it is part of a primary key of varchar(64).
fn group(text: &str) -> std::result::Result<String, String> {
    let fits = (1..=64).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b));
    if fits { Ok(text.to_owned()) } else { Err("use 1 to 64 letters, digits, '-', '_' and '.'".into()) }
}

#[derive(Serialize)]
struct Consumed {
    consumer: String,
    group: String,
    #[serde(flatten)]
    totals: Totals,
}

impl Args {
    pub async fn run(self, ctx: &Context) -> Result<Outcome> {
        ctx.need(Part::Consumers)?;
        let hook = self.hook()?;
        let deployment = announce::deployment(ctx, true).await?;
        let unread = CancellationToken::new();
        let _watched = cancel_once_unread(ctx, &unread);
        let metrics = Metrics::default();
        let reader = self.reader(ctx, &deployment, hook, metrics.clone(), unread).await?;
        let options = Options {
            from: self.from,
            lease_duration: self.lease_duration,
            until_idle: if self.once { Some(Duration::ZERO) } else { self.idle_timeout },
            report_every: self.metrics_every,
        };
        let me = reader.me.clone();
        ctx.console.started("consume", format!("{me} of group {} reads {}", self.group, reader.source.stream));
        // From here on, a signal returns the leases, and ends it with its totals.
        let _hold = ctx.hold();
        let ended = Worker::new(reader, options).run(&ctx.cancel).await;
        let totals = metrics.totals();
        let end = ended.map_err(|error| error.with_data(&totals))?;
        let Totals { processed, duplicates, failed, .. } = totals;
        let text = format!("{processed} processed, {}, {failed} failed", count(duplicates, "duplicate"));
        let changed = processed + failed > 0;
        let finished = |why: &str| ctx.console.finished("consume", format!("{why}: {text}"), changed);
        match end {
            // The signal handler reports it.
            End::Cancelled => {}
            End::Idle => finished("nothing more to do"),
            End::Unread => finished("the reader of the output is gone"),
        }
        let outcome = Outcome::data(Consumed { consumer: me, group: self.group, totals }).changed(changed);
        Ok(if end == End::Cancelled { outcome.summary(text) } else { outcome })
    }

    /// Returns the reader of the deployed stream, with its leases and its database, whose connection it has checked.
    async fn reader(
        &self,
        ctx: &Context,
        deployment: &Deployment,
        hook: Hook,
        metrics: Metrics,
        unread: CancellationToken,
    ) -> Result<Reader<Table, PostgresStore>> {
        let (clients, layout) = (ctx.aws().await?, &deployment.layout);
        let stream = deployment.output(Output::StreamName)?.to_owned();
        let login = login(ctx, deployment).await?;
        let store = PostgresStore::new(clients.clone(), login, &stream, &self.group, layout.clone());
        // Reports a database error now, and not at the first event.
        store.inbox().await?;
        let processor = Processor {
            store,
            hook,
            retry: Retry { attempts: self.attempts, backoff: Backoff::new(self.backoff, Duration::from_secs(60)) },
            concurrency: self.concurrency.into(),
            metrics,
            reporter: ctx.console.share(),
            observer: Arc::new(Lines { console: ctx.console.clone(), unread: unread.clone() }),
            unread,
        };
        Ok(Reader {
            source: Kinesis { client: Kinesis::client(clients), stream, consumer: None, layout: layout.clone() },
            leases: Arc::new(Table::new(clients.dynamodb(), deployment.output(Output::LeaseTable)?, &self.group)),
            processor: Arc::new(processor),
            me: identity(),
            batch: self.batch,
            intervals: kinesis::intervals(clients, kinesis::OF_CONSUMER),
            checkpoint_every: Duration::from_secs(5),
        })
    }

    fn hook(&self) -> Result<Hook> {
        Ok(match (&self.exec, &self.post) {
            (Some(line), _) => Hook::Command(Command { line: line.clone(), timeout: self.hook_timeout }),
            (None, Some(url)) => Hook::Post(Box::new(Post::new(url, self.hook_timeout)?)),
            (None, None) => Hook::None,
        })
    }
}

/// Returns the database with the marks: that of OUTBOXCTL_DATABASE_URL or of a secret alone, else the deployed one.
async fn login(ctx: &Context, deployment: &Deployment) -> Result<Login> {
    if let Some(target) = deployment.elsewhere().await? {
        return Ok(Login::Password(Box::new(target)));
    }
    let Address { host, port, database } = deployment.address()?;
    Ok(Login::Token { host: host.to_owned(), port, database: database.to_owned(), roots: reach::roots(ctx)? })
}

/// Cancels the token once stdout is closed, also while there is nothing to write. Ends when the guard is dropped, which
/// cancels the token, too.
fn cancel_once_unread(ctx: &Context, unread: &CancellationToken) -> DropGuard {
    let (console, gone) = (ctx.console.clone(), unread.clone());
    tokio::spawn(async move {
        gone.run_until_cancelled(console.unread()).await;
        gone.cancel();
    });
    unread.clone().drop_guard()
}

/// Returns a readable name that is unique to this process.
fn identity() -> String {
    let host = rustix::system::uname().nodename().to_string_lossy().into_owned();
    let random = uuid::Uuid::new_v4().simple().to_string();
    format!("{host}-{}-{}", std::process::id(), &random[..8])
}
