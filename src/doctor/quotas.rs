//! Quotas of the account that a deploy can exceed. Services that report use and limit are queried directly, the others
//! through Service Quotas. The resources of a deployed stack count as used, so that a full quota is not a failure then.

use super::run::Check;
use super::{Context, Finding};
use crate::aws::account::{self, UNRESERVED};
use crate::base::error::{AwsContext, Result};
use crate::base::report::count;
use crate::pipelines::{AURORA, DATABASE, ENGINE, NETWORK, Part, STREAM};

/// VPCs per region, in Service Quotas.
const VPCS: (&str, &str) = ("vpc", "L-F678F1CE");

pub fn checks<'a>(context: &'a Context<'_>) -> Vec<Check<'a>> {
    let pipeline = context.pipeline;
    let mut checks = Vec::new();
    if context.creates(&NETWORK) {
        checks.push(Check::new("quota: VPCs", vpcs(context)));
    }
    if context.creates(&DATABASE) {
        checks.push(Check::new("quota: databases", databases(context)));
    }
    if pipeline.has(Part::Capture) {
        checks.push(Check::new("quota: DMS", dms(context)));
    }
    if context.creates(&STREAM) {
        checks.push(Check::new("quota: streams", streams(context)));
    }
    checks.push(Check::new("quota: function concurrency", concurrency(context)));
    checks
}

/// Returns the finding for `used` of `most`: whether one more fits.
fn room(check: &str, what: &str, used: i64, most: i64) -> Finding {
    let text = format!("{used} of {most} {what} are used");
    match used < most {
        true => Finding::ok(check, text),
        // The pipeline's own may be among them, so this is not a failure yet.
        false => Finding::warning(
            check,
            text,
            "before you deploy another pipeline, request a higher quota in the Service Quotas console, or remove \
             unused resources",
        ),
    }
}

async fn vpcs(context: &Context<'_>) -> Result<Vec<Finding>> {
    let answer = context.clients.quotas().get_service_quota().service_code(VPCS.0).quota_code(VPCS.1).send().await;
    let answer = answer.aws("ask how many VPCs there may be (servicequotas:GetServiceQuota)")?;
    let most = answer.quota().and_then(|quota| quota.value());
    Ok(vec![match most {
        Some(most) => {
            let used = super::networks::count(context).await?;
            #[allow(clippy::cast_possible_truncation, reason = "a quota is a small whole number")]
            let most = most as i64;
            room("quota: VPCs", "VPCs", i64::try_from(used).unwrap_or(i64::MAX), most)
        }
        None => Finding::not_checked("quota: VPCs", "Service Quotas gives no value"),
    }])
}

async fn databases(context: &Context<'_>) -> Result<Vec<Finding>> {
    const CHECK: &str = "quota: databases";
    let answer = context.clients.rds().describe_account_attributes().send().await.aws("ask for the quotas of RDS")?;
    let of = |name: &str, what: &str| {
        let quota = answer.account_quotas().iter().find(|quota| quota.account_quota_name() == Some(name));
        match quota.and_then(|quota| quota.used().zip(quota.max())) {
            Some((used, most)) => room(CHECK, what, used, most),
            None => Finding::not_checked(CHECK, format!("RDS gives no value for {what}")),
        }
    };
    let mut findings = vec![of("DBInstances", "database instances")];
    if context.parameter(ENGINE) == AURORA {
        findings.push(of("DBClusters", "database clusters"));
    }
    Ok(findings)
}

async fn dms(context: &Context<'_>) -> Result<Vec<Finding>> {
    const CHECK: &str = "quota: DMS";
    let answer = context.clients.dms().describe_account_attributes().send().await.aws("ask for the quotas of DMS")?;
    let quota = answer.account_quotas().iter().find(|quota| quota.account_quota_name() == Some("ReplicationInstances"));
    Ok(vec![match quota {
        Some(quota) => room(CHECK, "replication instances", quota.used(), quota.max()),
        None => Finding::not_checked(CHECK, "DMS gives no value"),
    }])
}

async fn streams(context: &Context<'_>) -> Result<Vec<Finding>> {
    const CHECK: &str = "quota: streams";
    let limits = context.clients.kinesis().describe_limits().send().await.aws("ask for the limits of Kinesis")?;
    let shards: i32 = context.parameter("Shards").parse().unwrap_or(0);
    Ok(vec![match shards {
        0 => {
            let (used, most) = (limits.on_demand_stream_count(), limits.on_demand_stream_count_limit());
            room(CHECK, "on-demand streams", used.into(), most.into())
        }
        shards => {
            let (used, most) = (limits.open_shard_count(), limits.shard_limit());
            room(CHECK, "shards, with those to come,", i64::from(used) + i64::from(shards) - 1, most.into())
        }
    }])
}

async fn concurrency(context: &Context<'_>) -> Result<Vec<Finding>> {
    const CHECK: &str = "quota: function concurrency";
    let free = account::unreserved(&context.clients).await?;
    let reserved: i64 = context.parameter("WriterConcurrency").parse().unwrap_or(0);
    Ok(vec![match free {
        Some(free) if reserved > 0 && free - reserved < UNRESERVED => Finding::warning(
            CHECK,
            format!(
                "unreserved: {}; the writer reserves {reserved}, and Lambda wants {UNRESERVED} to stay",
                count(free, "execution")
            ),
            "for a new pipeline: set WriterConcurrency = 0 in [parameters], or ask for a higher limit",
        ),
        Some(free) => Finding::ok(CHECK, format!("unreserved: {}", count(free, "execution"))),
        None => Finding::not_checked(CHECK, "Lambda gives no value"),
    }])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::State;

    #[test]
    fn full_quotas_are_reported() {
        assert_eq!(room("q", "streams", 49, 50).state, State::Ok);
        assert_eq!(room("q", "streams", 50, 50).state, State::Warning);
    }
}
