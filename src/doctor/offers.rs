//! Checks of the engine versions and instance classes that RDS and DMS offer in the region.

use super::run::Check;
use super::{Context, Finding};
use crate::aws::dms::versions::unsupported;
use crate::base::error::{AwsContext, Result};
use crate::pipelines::{self, AURORA, DATABASE, ENGINE, POSTGRES, Part};

pub fn checks<'a>(context: &'a Context<'_>) -> Vec<Check<'a>> {
    let mut checks = vec![Check::new("partition", partition(context))];
    if context.creates(&DATABASE) {
        checks.push(Check::new("database version", database_version(context)));
        checks.push(Check::new("database class", database_class(context)));
    }
    if context.pipeline.has(Part::Capture) {
        checks.push(Check::new("DMS versions", dms_versions(context)));
        checks.push(Check::new("DMS instance class", dms_class(context)));
    }
    checks
}

/// Warns of the China partition, where several endpoints and service principals have other names than in the templates.
async fn partition(context: &Context<'_>) -> Result<Vec<Finding>> {
    const CHECK: &str = "partition";
    let region = context.clients.region();
    Ok(vec![match region.starts_with("cn-") {
        true => Finding::failed(
            CHECK,
            format!("{region} is in China, where the templates can't be deployed"),
            "choose a region of another partition with --region",
        ),
        false => Finding::ok(CHECK, format!("{region} is in a partition that the templates support")),
    }])
}

/// An engine of the database, as RDS offers it.
struct Engine {
    name: &'static str,
    title: &'static str,
    /// The parameter with the instance class.
    class: &'static str,
    /// The storage type in RDS's words.
    storage: &'static str,
}

impl Engine {
    /// Returns the engine of the next deploy.
    fn of(context: &Context<'_>) -> Self {
        match context.parameter(ENGINE) {
            AURORA => Self { name: AURORA, title: "Aurora PostgreSQL", class: "AuroraClass", storage: "aurora" },
            _ => Self { name: POSTGRES, title: "PostgreSQL", class: "DatabaseClass", storage: "gp3" },
        }
    }
}

async fn database_version(context: &Context<'_>) -> Result<Vec<Finding>> {
    const CHECK: &str = "database version";
    let (major, region) = (context.parameter("DatabaseVersion"), context.clients.region());
    let engine = Engine::of(context);
    let request = context.clients.rds().describe_db_engine_versions().engine(engine.name).engine_version(major);
    // The code for a major version that RDS does not have.
    let answer = request.send().await.aws_unless("InvalidParameterValue", "ask for the PostgreSQL versions")?;
    let newest = answer.and_then(|answer| answer.db_engine_versions?.pop()?.engine_version);
    Ok(vec![match newest {
        Some(newest) => {
            Finding::ok(CHECK, format!("{} {major} is available in {region}, up to {newest}", engine.title))
        }
        None => Finding::failed(
            CHECK,
            format!("RDS offers no {} {major} in {region}", engine.title),
            "set DatabaseVersion in [parameters] to a major version that RDS offers",
        ),
    }])
}

async fn database_class(context: &Context<'_>) -> Result<Vec<Finding>> {
    const CHECK: &str = "database class";
    let engine = Engine::of(context);
    let (class, major) = (context.parameter(engine.class), context.parameter("DatabaseVersion"));
    // A reader of a cluster is a separate instance.
    let multi_az = context.parameter("DatabaseMultiAz") == "true" && engine.name == POSTGRES;
    let request = context.clients.rds().describe_orderable_db_instance_options().engine(engine.name);
    let mut pages = request.db_instance_class(class).vpc(true).into_paginator().items().send();
    let of_version = |version: &str| version.split('.').next() == Some(major);
    let (mut any, mut fits) = (false, false);
    while let Some(option) = pages.next().await {
        let option = option.aws(format!("ask whether {class} can be ordered"))?;
        any = true;
        fits |= option.engine_version().is_some_and(of_version)
            && option.storage_type() == Some(engine.storage)
            && option.supports_storage_encryption() == Some(true)
            && option.supports_iam_database_authentication() == Some(true)
            && (!multi_az || option.multi_az_capable() == Some(true));
        if fits {
            break;
        }
    }
    let title = engine.title;
    let standby = if multi_az { ", with a standby" } else { "" };
    let region = context.clients.region();
    Ok(vec![match (any, fits) {
        (_, true) => Finding::ok(CHECK, format!("{class} can be ordered for {title} {major} in {region}{standby}")),
        (true, false) => Finding::failed(
            CHECK,
            format!(
                "{class} can't be ordered in {region} for {title} {major} on {}, encrypted, with IAM \
                 authentication{standby}",
                engine.storage
            ),
            format!("set {} in [parameters] to another class", engine.class),
        ),
        (false, false) => Finding::failed(
            CHECK,
            format!("{class} can't be ordered in {region}"),
            format!("set {} in [parameters] to a class of this region", engine.class),
        ),
    }])
}

/// Checks that the DMS version of the parameters is offered, and supports the database's version.
async fn dms_versions(context: &Context<'_>) -> Result<Vec<Finding>> {
    const CHECK: &str = "DMS versions";
    let mut pages = context.clients.dms().describe_engine_versions().into_paginator().send();
    let mut versions = Vec::new();
    while let Some(page) = pages.next().await {
        let page = page.aws("ask for the DMS versions")?;
        versions.extend(page.engine_versions().iter().filter_map(|version| Some(version.version()?.to_owned())));
    }
    if versions.is_empty() {
        return Ok(vec![Finding::failed(
            CHECK,
            format!("DMS offers no version in {}", context.clients.region()),
            "DMS may not exist in this region: choose another with --region",
        )]);
    }
    let (wanted, offered) = (context.parameter("ReplicationEngineVersion"), versions.join(", "));
    let set = "set ReplicationEngineVersion in [parameters]";
    let mut findings = vec![match wanted {
        "" => Finding::ok(CHECK, format!("available: {offered}; DMS chooses its default")),
        _ if versions.iter().any(|version| version == wanted) => Finding::ok(CHECK, format!("{wanted} is available")),
        _ => Finding::failed(
            CHECK,
            format!("DMS {wanted} is not available in {}; available: {offered}", context.clients.region()),
            format!("{set} to one of them"),
        ),
    }];
    let unsupported = unsupported(wanted, context.parameter("DatabaseVersion"));
    findings.extend(unsupported.map(|text| Finding::failed(CHECK, text, format!("{set} to that version or newer"))));
    let uncertain = pipelines::uncertain_engine(&context.parameters);
    findings.extend(uncertain.map(|text| Finding::warning(CHECK, text, format!("{set} to that version or newer"))));
    Ok(findings)
}

async fn dms_class(context: &Context<'_>) -> Result<Vec<Finding>> {
    const CHECK: &str = "DMS instance class";
    let (class, region) = (context.parameter("ReplicationInstanceClass"), context.clients.region());
    let mut pages = context.clients.dms().describe_orderable_replication_instances().into_paginator().send();
    let mut classes = std::collections::BTreeSet::new();
    while let Some(page) = pages.next().await {
        let page = page.aws("ask which DMS instance classes can be ordered")?;
        let found = page.orderable_replication_instances().iter();
        classes.extend(found.filter_map(|instance| Some(instance.replication_instance_class()?.to_owned())));
    }
    if classes.contains(class) {
        return Ok(vec![Finding::ok(CHECK, format!("{class} can be ordered in {region}"))]);
    }
    let family: Vec<_> = classes.iter().filter(|other| other.starts_with("dms.t")).cloned().collect();
    Ok(vec![Finding::failed(
        CHECK,
        format!("{class} can't be ordered in {region}"),
        format!("set ReplicationInstanceClass in [parameters] to one that can, like {}", family.join(", ")),
    )])
}
