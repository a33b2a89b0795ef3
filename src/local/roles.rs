//! Whether a role allows what an AWS service does with it: DMS and Lambda's event source mappings work with roles of the
//! pipeline, and fail on AWS where a role lacks a right or trusts another service.

use aws_sdk_iam::types::PolicyEvaluationDecisionType as Decision;

use crate::aws::Clients;
use crate::error::{AwsContext, Error, Kind, Result, sdk_code};

/// Checks that `role` names the service principal in its trust policy and allows each action on the resource, by IAM's
/// simulation. Conditions of the trust policy are not evaluated.
///
/// # Errors
/// `AccessDenied`, in the words that AWS has for a missing right.
pub async fn check(clients: &Clients, role: &str, service: &str, actions: &[&str], resource: &str) -> Result<()> {
    let name = role.rsplit('/').next().unwrap_or(role);
    let denied = |text: String| Err(Error::new(Kind::AccessDenied, text));
    let iam = clients.iam();
    let found = match iam.get_role().role_name(name).send().await {
        Err(error) if sdk_code(&error) == "NoSuchEntity" => return denied(format!("role {role} does not exist")),
        answer => answer.aws(format!("look at role {name}"))?,
    };
    let trust = found.role().and_then(|role| role.assume_role_policy_document()).unwrap_or_default();
    // Documents come percent-encoded, in which a service's name stays as it is.
    if !trust.contains(service) {
        return denied(format!("{service} is not authorized to perform: sts:AssumeRole on resource: {role}"));
    }
    let actions_given = actions.iter().map(|action| (*action).to_owned()).collect();
    let request = iam.simulate_principal_policy().policy_source_arn(role).set_action_names(Some(actions_given));
    let answer = request.resource_arns(resource).send().await.aws(format!("simulate the policies of {name}"))?;
    let refused = answer.evaluation_results().iter().find(|result| *result.eval_decision() != Decision::Allowed);
    match refused.map(|result| result.eval_action_name()) {
        None => Ok(()),
        Some(action) => denied(format!(
            "role {role} is not authorized to perform: {action} on resource: {resource} because no identity-based policy \
             allows the {action} action"
        )),
    }
}
