//! The components with a price of several parts.

use super::Usage;
use super::builder::{Builder, cents, millions};
use super::usage::HOURS;
use crate::pipelines::{AURORA, ENGINE};

pub(super) fn database(build: &mut Builder<'_>, usage: &Usage) {
    match usage.text(ENGINE) {
        AURORA => aurora(build, usage),
        _ => instance(build, usage),
    }
    build.add("database secret", "1 secret", &[(1.0, "secret.month")]);
}

/// Adds an Aurora cluster in its standard configuration, which bills storage and I/O by use.
fn aurora(build: &mut Builder<'_>, usage: &Usage) {
    let instances = usage.zones("DatabaseMultiAz");
    let reader = if instances > 1.0 { ", with a reader" } else { "" };
    let class = usage.text("AuroraClass");
    if class == SERVERLESS {
        let (least, most) = (usage.number("AuroraMinimumCapacity"), usage.number("AuroraMaximumCapacity"));
        let basis = format!("{least} ACUs, the minimum, {HOURS} h{reader}");
        build.add("database capacity", basis, &[(least * HOURS * instances, ACU)]);
        if let Some(price) = build.prices.get(ACU) {
            let usd = cents(most * HOURS * instances * price);
            let because = format!("billed by the second; {usd} US dollars in a month at the maximum of {most} ACUs");
            build.leave_out("database capacity above the minimum", because);
        }
    } else {
        let name = format!("aurora.{class}.hour");
        build.add("database instance", format!("{class}, {HOURS} h{reader}"), &[(HOURS * instances, name.as_str())]);
    }
    let storage = Usage::AURORA_GIB;
    build.add("database storage", format!("{storage} GiB, billed by use"), &[(storage, "aurora.gb-month")]);
    // The outbox row with its envelope, the row of the sample, and the log of both in one transaction.
    let writes = usage.millions() * (usage.units(4_096.0) + if usage.with_sample() { 1.0 } else { 0.0 });
    let basis = format!("{} writes of up to 4 KiB", millions(writes));
    build.add("database I/O", basis, &[(writes, "aurora.million-io")]);
    let because = "billed like writes; the capture reads the log from a cache as long as it keeps up";
    build.leave_out("reads from the storage of the database", because);
}

/// The class of Aurora Serverless v2.
const SERVERLESS: &str = "db.serverless";
/// The price of an ACU for one hour.
const ACU: &str = "aurora.acu-hour";

fn instance(build: &mut Builder<'_>, usage: &Usage) {
    let zones = usage.zones("DatabaseMultiAz");
    let standby = if zones > 1.0 { ", with a standby" } else { "" };
    let class = usage.text("DatabaseClass");
    let name = format!("rds.{class}.hour");
    build.add("database instance", format!("{class}, {HOURS} h{standby}"), &[(HOURS * zones, name.as_str())]);
    let size = usage.number("DatabaseStorage");
    build.add("database storage", format!("{size} GiB gp3{standby}"), &[(size * zones, "rds.gp3.gb-month")]);
}

pub(super) fn endpoints(build: &mut Builder<'_>, usage: &Usage, consumer: bool) {
    // Kinesis and Secrets Manager in two zones each, and with a consumer CloudFormation, where it looks for its
    // pipeline.
    let endpoints = if consumer { 3.0 } else { 2.0 };
    let amounts = [(endpoints * 2.0 * HOURS, "endpoint.hour"), (usage.gib(), "endpoint.gb")];
    build.add("VPC endpoints", format!("{endpoints} endpoints in 2 zones, {:.1} GiB", usage.gib()), &amounts);
}

pub(super) fn capture(build: &mut Builder<'_>, usage: &Usage) {
    let (class, zones) = (usage.text("ReplicationInstanceClass"), usage.zones("ReplicationMultiAz"));
    let standby = if zones > 1.0 { ", with a standby" } else { "" };
    let name = format!("dms.{class}.hour");
    build.add("capture instance (DMS)", format!("{class}, {HOURS} h{standby}"), &[(HOURS * zones, name.as_str())]);
    // The price of an instance includes some storage, depending on its class.
    let burstable = class.starts_with("dms.t");
    let size = usage.number("ReplicationStorage");
    let beyond = (size - if burstable { 50.0 } else { 100.0 }).max(0.0);
    if beyond > 0.0 {
        let amounts = [(beyond * zones, "dms.gp2.gb-month")];
        build.add("capture storage (DMS)", format!("{beyond} GiB gp2 beyond what the price has{standby}"), &amounts);
    }
}

pub(super) fn tables(build: &mut Builder<'_>, usage: &Usage, outbox: bool) {
    let events = usage.millions();
    // A write in a transaction counts twice. Without an outbox an event is one plain write.
    let units = usage.units(1_024.0);
    let aggregate = if usage.with_sample() { 1.0 } else { 0.0 };
    let writes = if outbox { events * 2.0 * (aggregate + units) } else { events * units };
    build.add("tables", format!("{} write units", millions(writes)), &[(writes, "dynamodb.million-writes")]);
    if outbox {
        let days = usage.number("OutboxRetentionDays");
        let kept = usage.gib() * days * 24.0 / HOURS;
        build.add("outbox storage", format!("{kept:.1} GiB in {days} days"), &[(kept, "dynamodb.gb-month")]);
    }
}

pub(super) fn stream(build: &mut Builder<'_>, usage: &Usage) {
    let (shards, hours, gib) = (usage.number("Shards"), usage.number("RetentionHours"), usage.gib());
    if hours > 168.0 {
        let because = "records kept for more than 7 days are billed by what is stored and read";
        build.leave_out("stream retention beyond 7 days", because);
    }
    let extended = (hours.min(168.0) - 24.0).max(0.0);
    if shards > 0.0 {
        let beyond = if extended > 0.0 { shards * HOURS } else { 0.0 };
        let puts = usage.millions() * usage.units(25_600.0);
        let amounts = [
            (shards * HOURS, "kinesis.shard-hour"),
            (puts, "kinesis.million-put-units"),
            (beyond, "kinesis.shard-hour.retention"),
        ];
        let records = millions(usage.millions());
        build.add("stream", format!("{shards} shards, {records} records, kept {hours} h"), &amounts);
        return;
    }
    let amounts = [
        (HOURS, "kinesis.on-demand.stream-hour"),
        (gib, "kinesis.on-demand.gb-in"),
        (gib, "kinesis.on-demand.gb-out"),
        (gib * extended / HOURS, "kinesis.on-demand.retention.gb-month"),
    ];
    build.add("stream", format!("on demand, {gib:.1} GiB in and out, kept {hours} h"), &amounts);
}
