//! The faults: what each does, to whom, and which pipelines it applies to.

mod calls;
mod capture;
mod clock;
mod consumers;
mod disk;
mod lob;
mod network;
mod outage;
mod poison;
mod processes;
mod shards;
mod slot;
mod tables;

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::LocalBoxFuture;
use tokio::sync::Mutex;

use self::calls::{on_bus, on_stream};
use crate::consumers::Consumers;
use crate::pipeline::Pipeline::{self, DynamodbCdc, DynamodbEventbridge, DynamodbKinesis, RdsEventbridge, RdsKinesis};
use crate::prepare::Needs;
use crate::trouble::Result;
use crate::watch::Handler;
use crate::world::{History, World};
use crate::write::Load;

/// What a fault has at hand.
pub struct Scene<'a> {
    pub world: &'a Arc<World>,
    pub history: &'a Arc<History>,
    pub load: &'a Load,
    pub rng: Mutex<fastrand::Rng>,
    /// Of `rds-kinesis`.
    pub consumers: Option<&'a Consumers>,
    pub handler: Option<&'a Handler>,
    /// Of a big transaction.
    pub rows: usize,
    /// For which a target is down.
    pub outage: Duration,
}

impl Scene<'_> {
    pub async fn below(&self, end: usize) -> usize {
        self.rng.lock().await.usize(..end)
    }

    pub fn consumers(&self) -> Result<&Consumers> {
        self.consumers.ok_or_else(|| "this pipeline has no consumer process".into())
    }

    pub fn handler(&self) -> Result<&Handler> {
        self.handler.ok_or_else(|| "this pipeline has no handler".into())
    }
}

/// Disturbs, and returns once the cause is removed: how often it struck.
type Inject = for<'a> fn(&'a Scene<'a>) -> LocalBoxFuture<'a, Result<u64>>;

pub struct Fault {
    pub name: &'static str,
    /// For the table: what happens to whom.
    pub does: &'static str,
    pub applies_to: &'static [Pipeline],
    /// Part of `--quick` for these.
    pub quick: &'static [Pipeline],
    pub needs: Needs,
    pub inject: Inject,
}

const RDS: &[Pipeline] = &[RdsKinesis, RdsEventbridge];
const BUS: &[Pipeline] = &[RdsEventbridge, DynamodbKinesis, DynamodbEventbridge, DynamodbCdc];
const CONSUMED: &[Pipeline] = &[RdsKinesis];
const KINESIS: &[Pipeline] = &[RdsKinesis, RdsEventbridge, DynamodbKinesis];
const ALL: &[Pipeline] = &Pipeline::ALL;
const NONE: &[Pipeline] = &[];

const fn fault(
    name: &'static str,
    does: &'static str,
    applies_to: &'static [Pipeline],
    quick: &'static [Pipeline],
    inject: Inject,
) -> Fault {
    Fault { name, does, applies_to, quick, needs: Needs::Nothing, inject }
}

/// A fault of which a machine needs to be capable, so that it is no part of `--quick`.
const fn needing(
    needs: Needs,
    name: &'static str,
    does: &'static str,
    of: &'static [Pipeline],
    inject: Inject,
) -> Fault {
    Fault { name, does, applies_to: of, quick: NONE, needs, inject }
}

/// Every fault, in the order of the table.
pub const FAULTS: &[Fault] = &[
    fault("none", "nothing: the load alone", ALL, NONE, processes::none),
    fault("kill-function", "kill -9 of the function's processes, three times", BUS, BUS, processes::kill_function),
    fault("stop-function", "SIGSTOP of the function for longer than its time-out", BUS, NONE, processes::stop_function),
    fault("kill-stack", "kill -9 of the local stack: capture, pollers, API", ALL, NONE, processes::kill_stack),
    fault("restart-stack", "orderly restart of the whole stack", ALL, NONE, processes::restart_stack),
    fault("stop-aws", "SIGSTOP of the AWS emulator for 6 s: nothing answers", ALL, NONE, processes::stop_emulator),
    fault("bus-partial", "PutEvents refuses every other entry", BUS, &[DynamodbCdc], |scene| on_bus(scene, "partial")),
    fault("bus-throttled", "PutEvents is throttled", BUS, NONE, |scene| on_bus(scene, "throttle")),
    fault("bus-500", "PutEvents fails with 500", BUS, NONE, |scene| on_bus(scene, "error")),
    fault(
        "bus-late",
        "PutEvents takes effect, and the answer is lost",
        BUS,
        &[RdsEventbridge, DynamodbKinesis, DynamodbEventbridge],
        |scene| on_bus(scene, "late"),
    ),
    fault("bus-cut", "the connection is cut before PutEvents takes effect", BUS, NONE, |scene| on_bus(scene, "drop")),
    fault("put-partial", "PutRecords refuses every other record", RDS, &[RdsEventbridge], |scene| {
        on_stream(scene, "partial")
    }),
    fault("put-throttled", "PutRecords is throttled", RDS, NONE, |scene| on_stream(scene, "throttle")),
    fault("put-500", "PutRecords fails with 500", RDS, NONE, |scene| on_stream(scene, "error")),
    fault("put-late", "PutRecords takes effect, and the answer is lost", RDS, &[RdsKinesis], |scene| {
        on_stream(scene, "late")
    }),
    fault("read-fails", "GetRecords is throttled, fails, and is cut", CONSUMED, NONE, calls::read_fails),
    fault(
        "leases-fail",
        "calls to the table of leases are throttled, fail, and are late",
        CONSUMED,
        NONE,
        calls::leases_fail,
    ),
    fault("kill-consumer", "kill -9 of every consumer, three times", CONSUMED, CONSUMED, consumers::kill),
    fault(
        "stop-consumer",
        "SIGSTOP of one of two consumers for longer than its lease",
        CONSUMED,
        CONSUMED,
        consumers::stop,
    ),
    fault("steal-leases", "two more consumers join, and leave", CONSUMED, NONE, consumers::join_and_leave),
    fault("hook-fails", "the handler answers every other request with 503", CONSUMED, NONE, consumers::hook_fails),
    fault("hook-hangs", "the handler never answers every other request", CONSUMED, NONE, consumers::hook_hangs),
    fault("hook-late", "the handler takes effect and never answers", CONSUMED, CONSUMED, consumers::hook_late),
    fault(
        "cut-backends",
        "pg_terminate_backend of every session, three times",
        RDS,
        &[RdsEventbridge],
        capture::cut_backends,
    ),
    fault(
        "crash-postgres",
        "kill -9 of a backend: PostgreSQL recovers from a crash",
        RDS,
        &[RdsEventbridge],
        capture::crash_postgres,
    ),
    fault(
        "kill-postmaster",
        "kill -9 of the postmaster, which takes the local stack down",
        RDS,
        NONE,
        capture::kill_postmaster,
    ),
    fault("stop-walsender", "SIGSTOP of the backend that streams the log", RDS, NONE, capture::stop_walsender),
    fault("stop-resume-task", "dms stop and start in the middle of a transaction", RDS, NONE, capture::stop_and_resume),
    fault(
        "big-transaction",
        "one transaction of many rows, and a stop in its middle",
        RDS,
        NONE,
        capture::big_transaction,
    ),
    fault(
        "open-transaction",
        "a transaction stays open across a stop of the task and a restart",
        RDS,
        NONE,
        capture::open_transaction,
    ),
    fault(
        "slot-taken",
        "another reader holds the replication slot at the start of the task",
        RDS,
        NONE,
        capture::slot_taken,
    ),
    fault(
        "drop-slot",
        "the replication slot is dropped; `dms rebuild` makes another while events are written",
        RDS,
        &[RdsEventbridge],
        slot::drop_slot,
    ),
    fault(
        "lose-slot",
        "PostgreSQL removes the log that the slot needs; `dms rebuild` makes another while events are written",
        RDS,
        CONSUMED,
        slot::lose_slot,
    ),
    fault("stream-down", "PutRecords fails for a minute or longer (`--outage`)", RDS, NONE, outage::stream_down),
    fault("bus-down", "PutEvents fails for a minute or longer (`--outage`)", BUS, NONE, outage::bus_down),
    fault("net-cut", "the capture's connection to PostgreSQL is cut, again and again", RDS, NONE, network::cut),
    fault("net-stalled", "the capture's connection to PostgreSQL carries nothing for 8 s", RDS, NONE, network::stalled),
    fault("net-slow", "the capture's connection to PostgreSQL carries 25 kB/s", RDS, NONE, network::slow),
    fault("reshard", "the stream's shards are split and merged", KINESIS, NONE, shards::reshard),
    fault("poison", "records, rows and items that nothing can read, or that are unusual", ALL, NONE, poison::poison),
    fault("truncate", "TRUNCATE of another table of the publication", RDS, NONE, tables::truncate),
    fault("alter-table", "columns of the outbox table are added and dropped", RDS, NONE, tables::alter),
    fault("replica-identity", "REPLICA IDENTITY of the outbox table changes", RDS, NONE, tables::replica_identity),
    fault(
        "truncated-lob",
        "payloads larger than LobMaxSize, on an endpoint that truncates them instead of stopping the task",
        RDS,
        NONE,
        lob::truncated,
    ),
    needing(
        Needs::Clock,
        "clock-step",
        "the clock steps ahead, back behind the start, and to the right time",
        ALL,
        clock::steps,
    ),
    needing(
        Needs::Disk,
        "disk-full",
        "the disk of the stack is full until PostgreSQL ends, and then has space again",
        ALL,
        disk::full,
    ),
];
