//! Checks of the account before a deploy: identity, clock and roles. `offers`, `quotas` and `permissions` have the
//! others.

use std::time::Duration;

use chrono::TimeDelta;

use super::run::{Check, run};
use super::{Context, Finding, offers, permissions, quotas};
use crate::aws::Clients;
use crate::aws::account::Identity;
use crate::aws::clock::identity_and_skew;
use crate::base::error::{AwsContext, Error, Kind, Result};
use crate::pipelines::ACCOUNT;

/// Signatures are refused from about five minutes on (IAM user guide, "Signature Version 4 … time").
const SKEW_REFUSED: TimeDelta = TimeDelta::minutes(4);
const SKEW_ODD: TimeDelta = TimeDelta::seconds(30);

/// Returns the identity that STS reports, and a finding about the machine's clock from the date of the answer.
pub async fn identify(clients: &Clients, limit: Duration) -> (Result<Identity>, Option<Finding>) {
    match tokio::time::timeout(limit, identity_and_skew(clients)).await {
        Ok((identity, skew)) => (identity, skew.map(clock)),
        Err(_) => {
            (Err(Error::new(Kind::Unreachable, format!("STS did not answer within {} s", limit.as_secs_f64()))), None)
        }
    }
}

fn clock(ahead: TimeDelta) -> Finding {
    const CHECK: &str = "clock";
    let seconds = ahead.num_seconds();
    let off = format!("this machine is {} s {} AWS", seconds.abs(), if seconds < 0 { "behind" } else { "ahead of" });
    let remedy = "set the clock by NTP: `timedatectl set-ntp true`, or the virtual machine's time synchronisation";
    match ahead.abs() {
        skew if skew >= SKEW_REFUSED => Finding::failed(CHECK, format!("{off}: signatures are refused"), remedy),
        skew if skew >= SKEW_ODD => Finding::warning(CHECK, off, remedy),
        _ => Finding::ok(CHECK, "agrees with AWS"),
    }
}

pub async fn examine(context: &Context<'_>) -> Vec<Finding> {
    if context.local {
        let text = "the local stack has no permissions, quotas, engine versions or instance classes to check";
        let finding = Finding::not_checked("AWS account", text);
        (context.on_finding)(&finding);
        return vec![finding];
    }
    let mut checks = vec![Check::new("permissions", permissions::examine(context))];
    if context.pipeline.includes(&ACCOUNT) {
        checks.push(Check::new("role dms-vpc-role", role(context, "dms-vpc-role", "AmazonDMSVPCManagementRole")));
        let logs = role(context, "dms-cloudwatch-logs-role", "AmazonDMSCloudWatchLogsRole");
        checks.push(Check::new("role dms-cloudwatch-logs-role", logs));
    }
    checks.extend(offers::checks(context));
    checks.extend(quotas::checks(context));
    run(checks, context.limit, context.on_finding).await
}

/// Checks a role that DMS finds by its name. A deploy creates a missing one, but cannot repair one that DMS can't
/// assume.
async fn role(context: &Context<'_>, name: &'static str, policy: &'static str) -> Result<Vec<Finding>> {
    let check = format!("role {name}");
    let iam = context.clients.iam();
    let role = iam.get_role().role_name(name).send().await;
    let Some(role) = role.aws_unless("NoSuchEntity", format!("look for role {name}"))? else {
        return Ok(vec![Finding::ok(check, "does not exist; `outboxctl deploy` creates it")]);
    };
    let trust = role.role().and_then(|role| role.assume_role_policy_document()).unwrap_or_default();
    // The document is URL-encoded JSON; the encoding does not change the name of a service.
    if !trust.contains("dms.amazonaws.com") {
        return Ok(vec![Finding::failed(
            check,
            "exists, but does not trust dms.amazonaws.com",
            format!(
                "let dms.amazonaws.com assume it: `aws iam update-assume-role-policy --role-name {name} --policy-document FILE`"
            ),
        )]);
    }
    let attached = iam.list_attached_role_policies().role_name(name).send().await;
    let attached = attached.aws(format!("list the policies of role {name}"))?;
    let has = attached.attached_policies().iter().any(|attached| attached.policy_name() == Some(policy));
    Ok(vec![match has {
        true => Finding::ok(check, "exists and trusts DMS"),
        false => Finding::warning(
            check,
            format!("exists without the managed policy {policy}; another policy may replace it"),
            format!(
                "attach it: `aws iam attach-role-policy --role-name {name} --policy-arn arn:<partition>:iam::aws:policy/service-role/{policy}`"
            ),
        ),
    }])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::State;

    #[test]
    fn clock_skew_is_a_failure_from_four_minutes() {
        for (seconds, state) in [(0, State::Ok), (-2, State::Ok), (45, State::Warning), (-400, State::Failed)] {
            assert_eq!(clock(TimeDelta::seconds(seconds)).state, state, "{seconds}");
        }
        assert!(clock(TimeDelta::seconds(-400)).message.contains("400 s behind"));
    }
}
