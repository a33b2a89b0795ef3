//! Checks by IAM simulation that the principal may make the calls of a deploy.
//!
//! The simulation is for any resource: it denies an action that a policy allows for certain names only, so a denial without
//! an explicit statement is a warning.

use aws_sdk_iam::Client;
use aws_sdk_iam::types::PolicyEvaluationDecisionType as Decision;

use super::policy::calls::deploy_actions;
use super::{Context, Finding};
use crate::aws::arn::Arn;
use crate::base::error::{AwsContext, Kind, Result};

const CHECK: &str = "permissions";
/// Actions in one request; IAM accepts more, and answers in pages.
const BATCH: usize = 50;

pub async fn examine(context: &Context<'_>) -> Result<Vec<Finding>> {
    let identity = crate::aws::account::identity(&context.clients).await?;
    let iam = context.clients.iam();
    let principal = identity.principal;
    let source = match principal_of(&principal) {
        Principal::Root => {
            return Ok(vec![Finding::not_checked(CHECK, "the account's root may do everything; use a role instead")]);
        }
        Principal::Other => return Ok(vec![Finding::not_checked(CHECK, format!("IAM can't simulate {principal}"))]),
        Principal::User => principal,
        Principal::Role { name, guess } => {
            // The session's ARN leaves out the role's path.
            let role = iam.get_role().role_name(name).send().await.ok();
            role.and_then(|answer| Some(answer.role()?.arn().to_owned())).unwrap_or(guess)
        }
    };
    let actions = deploy_actions(context.pipeline);
    let simulated = match simulate(&iam, &source, &actions).await {
        Err(error) if error.kind() == Kind::AccessDenied => {
            let text = "IAM does not let this principal simulate its policies (iam:SimulatePrincipalPolicy)";
            return Ok(vec![Finding::not_checked(CHECK, text)]);
        }
        simulated => simulated?,
    };
    Ok(vec![finding(actions.len(), &simulated)])
}

/// The actions that a simulation does not allow.
#[derive(Default)]
struct NotAllowed {
    /// By a statement that denies them.
    refused: Vec<String>,
    /// Without such a statement: perhaps allowed on some resources.
    unallowed: Vec<String>,
}

/// Simulates the policies of a principal for actions on any resource.
async fn simulate(iam: &Client, principal: &str, actions: &[&str]) -> Result<NotAllowed> {
    let mut found = NotAllowed::default();
    for batch in actions.chunks(BATCH) {
        let names = batch.iter().map(|action| (*action).to_owned()).collect();
        let request = iam.simulate_principal_policy().policy_source_arn(principal).set_action_names(Some(names));
        let mut results = request.into_paginator().items().send();
        while let Some(result) = results.next().await {
            let result = result.aws("simulate the principal's policies")?;
            match result.eval_decision() {
                Decision::Allowed => {}
                Decision::ExplicitDeny => found.refused.push(result.eval_action_name().to_owned()),
                _ => found.unallowed.push(result.eval_action_name().to_owned()),
            }
        }
    }
    Ok(found)
}

fn finding(count: usize, NotAllowed { refused, unallowed }: &NotAllowed) -> Finding {
    if !refused.is_empty() {
        return Finding::failed(
            CHECK,
            format!("{} of {count} actions are denied: {}", refused.len(), refused.join(", ")),
            "a policy, a permissions boundary or an organisation's policy denies them: have it changed, or use another --profile",
        );
    }
    if unallowed.is_empty() {
        return Finding::ok(CHECK, format!("all {count} actions of a deploy are allowed"));
    }
    let names = unallowed.join(", ");
    Finding::warning(
        CHECK,
        format!("{} of {count} actions are not allowed on every resource: {names}", unallowed.len()),
        "grant them, unless the policy allows them on the names that begin with outboxctl-; `outboxctl policy` prints a policy \
         that does",
    )
}

enum Principal<'a> {
    Root,
    User,
    Role { name: &'a str, guess: String },
    Other,
}

/// Returns the principal that can be simulated for an ARN of STS.
fn principal_of(arn: &str) -> Principal<'_> {
    let Some(Arn { partition, service, account, resource, .. }) = Arn::parse(arn) else { return Principal::Other };
    match (service, resource.split('/').collect::<Vec<_>>()[..].as_ref()) {
        ("iam", ["root"]) => Principal::Root,
        ("iam", ["user", ..]) => Principal::User,
        ("sts", ["assumed-role", name, _]) => {
            Principal::Role { name, guess: format!("arn:{partition}:iam::{account}:role/{name}") }
        }
        _ => Principal::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sessions_are_simulated_as_their_role() {
        let session = "arn:aws-us-gov:sts::123456789012:assumed-role/deployer/ci";
        let Principal::Role { name, guess } = principal_of(session) else { panic!("a role") };
        assert_eq!((name, guess.as_str()), ("deployer", "arn:aws-us-gov:iam::123456789012:role/deployer"));
        assert!(matches!(principal_of("arn:aws:iam::123456789012:root"), Principal::Root));
        assert!(matches!(principal_of("arn:aws:iam::123456789012:user/team/jo"), Principal::User));
        assert!(matches!(principal_of("arn:aws:sts::123456789012:federated-user/jo"), Principal::Other));
    }
}
