//! The trust policy of a role for GitHub Actions.

use std::fmt;
use std::str::FromStr;

use serde_json::{Value, json};

use super::Role;
use crate::aws::arn::partition;

/// GitHub's issuer of OpenID Connect tokens (GitHub docs, "Configuring OpenID Connect in Amazon Web Services").
const ISSUER: &str = "token.actions.githubusercontent.com";

/// A repository on GitHub, as `OWNER/NAME`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Repository(String);

impl FromStr for Repository {
    type Err = String;

    /// Parses `OWNER/NAME`. A wildcard is refused, because it would trust repositories of others.
    fn from_str(text: &str) -> Result<Self, String> {
        let is_name = |name: &str| {
            !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))
        };
        match text.split_once('/') {
            Some((owner, name)) if is_name(owner) && is_name(name) => Ok(Self(text.to_owned())),
            _ => Err("a repository like OWNER/NAME is needed".to_owned()),
        }
    }
}

impl fmt::Display for Repository {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Returns the trust policy with which jobs of the repository assume the role: jobs of the environment `environment`, and
/// for the read-only role jobs of pull requests too. `region` chooses the partition.
pub fn trust(role: Role, repository: &Repository, environment: &str, account: &str, region: Option<&str>) -> Value {
    let partition = partition(region.unwrap_or_default());
    let mut subjects = vec![format!("repo:{repository}:environment:{environment}")];
    if role == Role::ReadOnly {
        subjects.push(format!("repo:{repository}:pull_request"));
    }
    json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Effect": "Allow",
            "Principal": { "Federated": format!("arn:{partition}:iam::{account}:oidc-provider/{ISSUER}") },
            "Action": "sts:AssumeRoleWithWebIdentity",
            "Condition": { "StringEquals": {
                format!("{ISSUER}:aud"): "sts.amazonaws.com",
                format!("{ISSUER}:sub"): subjects,
            } },
        }],
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_named_repository_and_its_environment_are_trusted() {
        let repository: Repository = "example/shop".parse().unwrap();
        let subjects = |role| {
            let document = trust(role, &repository, "prod", "123456789012", Some("us-gov-west-1"));
            let statement = &document["Statement"][0];
            assert_eq!(
                statement["Principal"]["Federated"],
                "arn:aws-us-gov:iam::123456789012:oidc-provider/token.actions.githubusercontent.com"
            );
            statement["Condition"]["StringEquals"]["token.actions.githubusercontent.com:sub"].clone()
        };
        assert_eq!(subjects(Role::Deployer), json!(["repo:example/shop:environment:prod"]));
        assert_eq!(
            subjects(Role::ReadOnly),
            json!(["repo:example/shop:environment:prod", "repo:example/shop:pull_request"])
        );
        for wrong in ["", "shop", "example/*", "*/shop", "a/b/c", "example/", "example/shop:ref"] {
            assert!(wrong.parse::<Repository>().is_err(), "{wrong}");
        }
    }
}
