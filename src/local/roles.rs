//! Roles of the pipeline that AWS services use: DMS and Lambda's event source mappings assume one for their work, and
//! fail on AWS if it does not trust them or lacks a right. Here they work with a session of the role, too.

use std::fmt;
use std::time::SystemTime;

use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider, future};
use aws_sdk_iam::types::PolicyEvaluationDecisionType as Decision;
use http::HeaderMap;
use serde_json::json;

use super::gateway::{Emulator, Gateway, SERVICE_HEADER, as_header};
use super::query;
use crate::aws::Clients;
use crate::base::error::{AwsContext, Error, Kind, Result};

/// A role that an AWS service assumes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assumed {
    /// ARN of the role.
    pub role: String,
    /// The service principal, like `dms.amazonaws.com`.
    pub service: String,
    /// The resource for which the service works: `aws:SourceArn`, with its account as `aws:SourceAccount`. Absent for
    /// services that name none.
    pub source: Option<String>,
    /// Name of the session: 2 to 64 characters.
    pub session: String,
    /// Place of the service, if it is in a VPC without a public address.
    pub place: Option<Place>,
}

/// A place in a VPC, from which services are reachable by VPC endpoints or a NAT gateway only.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Place {
    pub subnets: Vec<String>,
    /// Security groups; an empty list stands for the default group of the VPC.
    pub groups: Vec<String>,
}

impl Assumed {
    /// Returns clients that work with sessions of the role. A session is renewed before it expires, and its rights are
    /// those of the role at each call.
    pub fn clients(&self, gateway: &Gateway, region: &str) -> Clients {
        let sessions =
            Sessions { assumed: self.clone(), emulator: gateway.emulator.clone(), region: region.to_owned() };
        gateway.clients_in(region).with_credentials(SharedCredentialsProvider::new(sessions))
    }

    /// Checks that the service may assume the role and that the role's policies allow each action on the resource, by
    /// IAM's simulation.
    ///
    /// # Errors
    /// `AccessDenied`, worded as AWS does for a missing right.
    pub async fn check(&self, gateway: &Gateway, region: &str, actions: &[&str], resource: &str) -> Result<()> {
        self.session(&gateway.emulator, region).await?;
        let (role, actions_given) = (&self.role, actions.iter().map(|action| (*action).to_owned()).collect());
        let iam = gateway.clients_in(region).iam();
        let request = iam.simulate_principal_policy().policy_source_arn(role).set_action_names(Some(actions_given));
        let answer = request.resource_arns(resource).send().await.aws(format!("simulate the policies of {role}"))?;
        let refused = answer.evaluation_results().iter().find(|result| *result.eval_decision() != Decision::Allowed);
        match refused.map(|result| result.eval_action_name()) {
            None => Ok(()),
            Some(action) => Err(Error::new(
                Kind::AccessDenied,
                format!(
                    "role {role} is not authorized to perform: {action} on resource: {resource} because no identity-based \
                     policy allows the {action} action"
                ),
            )),
        }
    }

    /// Assumes the role: the trust policy must name the service, and its conditions must match (IAM user guide, "The
    /// confused deputy problem").
    async fn session(&self, emulator: &Emulator, region: &str) -> Result<Credentials> {
        let Self { role, service, source, session, place } = self;
        let about = as_header(&json!({ "service": service, "source": source, "place": place }))?;
        let headers = HeaderMap::from_iter([(SERVICE_HEADER, about)]);
        let form = format!("Action=AssumeRole&Version=2011-06-15&RoleArn={role}&RoleSessionName={session}");
        let answer = query::ask(emulator, region, "sts", &form, headers).await?;
        let text = |name: &str| query::text(answer.body(), name);
        let (Some(id), Some(secret), Some(token)) =
            (text("AccessKeyId"), text("SecretAccessKey"), text("SessionToken"))
        else {
            return Err(Error::new(
                Kind::AccessDenied,
                format!("{service} is not authorized to perform: sts:AssumeRole on resource: {role}"),
            ));
        };
        let expires = text("Expiration").and_then(|time| chrono::DateTime::parse_from_rfc3339(time).ok());
        let expires = expires.map(SystemTime::from);
        Ok(Credentials::new(id, secret, Some(token.to_owned()), expires, "service session"))
    }
}

/// Provides sessions for the SDK, which keeps each one until shortly before it expires.
struct Sessions {
    assumed: Assumed,
    emulator: Emulator,
    region: String,
}

impl fmt::Debug for Sessions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sessions").field("assumed", &self.assumed).finish_non_exhaustive()
    }
}

impl ProvideCredentials for Sessions {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(async {
            self.assumed.session(&self.emulator, &self.region).await.map_err(CredentialsError::provider_error)
        })
    }
}
