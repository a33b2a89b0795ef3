//! Checks that the pipeline's network can be connected with the account's others: peering and transit gateways require
//! address ranges that do not overlap.
//!
//! Cloud Control returns a VPC's first range, and not those that were added later.

use aws_sdk_cloudcontrol::Client;
use aws_sdk_cloudcontrol::types::ResourceDescription;
use futures_util::stream::{StreamExt, TryStreamExt, iter};
use serde_json::Value;

use super::cloud_control::{AT_ONCE, get, list};
use super::ranges::Range;
use super::run::Check;
use super::{Context, Finding};
use crate::base::error::Result;
use crate::base::report;
use crate::deployment::Deployment;
use crate::pipelines::{NETWORK, Output};

const CHECK: &str = "address range";
const VPC: &str = "AWS::EC2::VPC";

pub fn checks<'a>(context: &'a Context<'_>, deployment: &'a Deployment) -> Vec<Check<'a>> {
    // The local stack has only one network.
    if context.local || !context.creates(&NETWORK) {
        return Vec::new();
    }
    vec![Check::new(CHECK, range(context, deployment))]
}

async fn range(context: &Context<'_>, deployment: &Deployment) -> Result<Vec<Finding>> {
    let network = deployment.stacks.iter().find(|view| view.stack.name == NETWORK.name);
    let there = network.and_then(|view| view.parameter("VpcCidr"));
    let text = there.or(context.parameters.get("VpcCidr").map(String::as_str)).unwrap_or_default();
    let Ok(ours) = text.parse::<Range>() else {
        return Ok(vec![Finding::failed(
            CHECK,
            format!("VpcCidr is {text:?}, which is not an IPv4 address range"),
            "set VpcCidr in [parameters] to one like 10.42.0.0/16",
        )]);
    };
    let own = deployment.output(Output::VpcId).ok();
    let others: Vec<_> = vpcs(context).await?.into_iter().filter(|(id, _)| Some(id.as_str()) != own).collect();
    Ok(vec![judge(ours, there.is_some(), &others)])
}

/// Returns the number of VPCs in the region.
pub(super) async fn count(context: &Context<'_>) -> Result<usize> {
    Ok(list(&context.clients.cloud_control(), VPC).await?.len())
}

/// Returns the region's VPCs with their ranges.
async fn vpcs(context: &Context<'_>) -> Result<Vec<(String, Range)>> {
    let client = &context.clients.cloud_control();
    let found = list(client, VPC).await?;
    let asked: Vec<_> = iter(found).map(|vpc| described(client, vpc)).buffered(AT_ONCE).try_collect().await?;
    Ok(asked.into_iter().flatten().collect())
}

/// Returns a listed VPC with its range; None for one that was deleted since.
async fn described(client: &Client, vpc: ResourceDescription) -> Result<Option<(String, Range)>> {
    let Some(id) = vpc.identifier else { return Ok(None) };
    let listed = vpc.properties.and_then(|text| cidr(&serde_json::from_str(&text).ok()?));
    let range = match listed {
        Some(range) => Some(range),
        None => get(client, VPC, &id).await?.as_ref().and_then(cidr),
    };
    Ok(range.map(|range| (id, range)))
}

/// Returns the range in a VPC's properties.
fn cidr(properties: &Value) -> Option<Range> {
    properties.get("CidrBlock")?.as_str()?.parse().ok()
}

/// Returns the finding for these ranges. `there`: the network is deployed, and keeps its range.
fn judge(ours: Range, there: bool, others: &[(String, Range)]) -> Finding {
    let clashes: Vec<_> = others.iter().filter(|(_, range)| range.overlaps(ours)).collect();
    if clashes.is_empty() {
        return Finding::ok(
            CHECK,
            format!("{ours} does not overlap with {}", report::count(others.len(), "other VPC")),
        );
    }
    let names: Vec<_> = clashes.iter().map(|(id, range)| format!("{id} ({range})")).collect();
    let taken: Vec<_> = others.iter().map(|(_, range)| *range).collect();
    let free = ours.free(&taken).map_or(String::new(), |free| format!(", like {free}"));
    let when = if there {
        "the range of a deployed network can't change: run `outboxctl destroy`, then"
    } else {
        "to connect them:"
    };
    Finding::warning(
        CHECK,
        format!("{ours} overlaps with {}: the networks can't be connected", names.join(", ")),
        format!("{when} set VpcCidr in [parameters] to a free range{free}"),
    )
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::doctor::State;

    #[test]
    fn an_overlap_is_a_warning_with_a_free_range() {
        let range = |text: &str| text.parse::<Range>().expect("a range");
        let others = [("vpc-1".to_owned(), range("10.42.128.0/20")), ("vpc-2".to_owned(), range("10.0.0.0/16"))];
        let finding = judge(range("10.42.0.0/16"), false, &others);
        assert_eq!(finding.state, State::Warning);
        assert!(
            finding.message.contains("vpc-1 (10.42.128.0/20)") && !finding.message.contains("vpc-2"),
            "{finding:?}"
        );
        assert!(finding.remedy.is_some_and(|remedy| remedy.contains("VpcCidr") && remedy.contains("10.1.0.0/16")));
        assert_eq!(judge(range("10.43.0.0/16"), false, &others).state, State::Ok);
        let there = judge(range("10.42.0.0/16"), true, &others);
        assert!(there.remedy.is_some_and(|remedy| remedy.contains("destroy")));
    }

    #[test]
    fn vpcs_without_a_range_are_ignored() {
        assert_eq!(cidr(&json!({ "VpcId": "vpc-1" })), None);
        let range = cidr(&json!({ "CidrBlock": "10.1.2.3/16" })).map(|range| range.to_string());
        assert_eq!(range.as_deref(), Some("10.1.0.0/16"));
        assert_eq!(cidr(&Value::Null), None);
    }
}
