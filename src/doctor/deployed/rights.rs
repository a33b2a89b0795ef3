//! Checks by IAM simulation that the functions' roles allow the calls that the functions make.
//!
//! A permission that was removed by hand shows nowhere else until events stop: the function's log then has the denial.
//! The table of calls ([`FUNCTIONS`]) lists the calls of each function.

use aws_sdk_iam::types::PolicyEvaluationDecisionType as Decision;

use super::{Finding, Subject};
use crate::aws::arn::Arn;
use crate::base::error::{AwsContext, Kind, Result};
use crate::functions::rights::FUNCTIONS;
use crate::pipelines::{Hop, Output};

const CHECK: &str = "function rights";

/// The outputs that name the functions, and the hop of each function.
const PLACES: &[(Output, Option<Hop>)] = &[
    (Output::WriterFunction, Some(Hop::Api)),
    (Output::PublisherFunction, Some(Hop::Consumer)),
    (Output::ConsumerFunction, Some(Hop::Receiver)),
    (Output::AdminFunction, None),
];

/// Checks every deployed function. A missing permission is a failure at the function's hop.
pub async fn rights(subject: Subject<'_>) -> Result<Vec<Finding>> {
    let mut findings = Vec::new();
    let mut functions = 0;
    for (output, place) in PLACES {
        let Some(name) = subject.output(*output) else { continue };
        functions += 1;
        match missing(subject, name).await {
            Ok(missing) => findings.extend(missing.into_iter().map(|missing| {
                let finding = Finding::failed(
                    CHECK,
                    missing,
                    "restore the policy of the role: CloudFormation does not undo changes that were made by hand",
                )
                .word("denied");
                match place {
                    Some(place) => finding.at(*place),
                    None => finding,
                }
            })),
            Err(error) if error.kind() == Kind::AccessDenied => {
                let text =
                    "IAM does not let this principal simulate the roles of the functions (iam:SimulatePrincipalPolicy)";
                return Ok(vec![Finding::not_checked(CHECK, text)]);
            }
            Err(error) => return Err(error),
        }
    }
    if findings.is_empty() && functions > 0 {
        findings.push(Finding::ok(CHECK, "the roles of the functions allow every call that the functions make"));
    }
    Ok(findings)
}

/// Returns a sentence for each call of the function that its role does not allow.
async fn missing(subject: Subject<'_>, name: &str) -> Result<Vec<String>> {
    let clients = &subject.context.clients;
    let request = clients.lambda().get_function_configuration().function_name(name);
    // Without a function there is nothing to check; the function's own check reports it.
    let Ok(function) = request.send().await else { return Ok(Vec::new()) };
    let (role, handler) = (function.role().unwrap_or_default(), function.handler().unwrap_or_default());
    let Some(known) = FUNCTIONS.iter().find(|known| known.handler == handler) else { return Ok(Vec::new()) };
    let mut missing = Vec::new();
    for (action, target) in known.calls {
        let Some(resource) = subject.resource(function.function_arn().unwrap_or_default(), action, target) else {
            continue;
        };
        let request = clients.iam().simulate_principal_policy().policy_source_arn(role);
        let answer = request.action_names(*action).resource_arns(&resource).send().await;
        let answer = answer.aws(format!("simulate the policies of {role}"))?;
        if answer.evaluation_results().iter().any(|result| *result.eval_decision() != Decision::Allowed) {
            let role = role.rsplit('/').next().unwrap_or(role);
            missing.push(format!("role {role} does not allow {action} on {resource}"));
        }
    }
    Ok(missing)
}

impl Subject<'_> {
    /// Returns the ARN of the resource that a function calls, from the output that names it; `None` where no stack has
    /// that output, or where IAM can't judge the call by a simulation. `function` is the function's own ARN.
    fn resource(&self, function: &str, action: &str, target: &str) -> Option<String> {
        let Arn { partition, region, account, .. } = Arn::parse(function)?;
        let output = if target == "Inbox" { Output::InboxTable } else { Output::named(target)? };
        let name = self.output(output)?;
        match action.split(':').next()? {
            "dynamodb" => Some(format!("arn:{partition}:dynamodb:{region}:{account}:table/{name}")),
            "s3" => Some(format!("arn:{partition}:s3:::{name}/*")),
            "events" | "secretsmanager" => Some(name.to_owned()),
            // Signed by the function itself: `db status` shows whether the database accepts it.
            _ => None,
        }
    }
}
