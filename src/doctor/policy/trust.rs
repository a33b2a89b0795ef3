//! The trust policy of a role for GitHub Actions.

use std::fmt;
use std::str::FromStr;

use serde_json::{Value, json};

use super::Role;
use crate::aws::arn::partition;

/// GitHub's issuer of OpenID Connect tokens (GitHub docs, "Configuring OpenID Connect in Amazon Web Services").
const ISSUER: &str = "token.actions.githubusercontent.com";

/// A repository on GitHub, as `OWNER/NAME` or, with the numbers that never change, as `OWNER@ID/NAME@ID`.
///
/// Tokens name repositories that were created, renamed or transferred after 15 July 2026 in the second form (GitHub docs,
/// "OpenID Connect reference", "Immutable subject claims").
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Repository(String);

impl FromStr for Repository {
    type Err = String;

    /// Parses `OWNER/NAME` or `OWNER@ID/NAME@ID`. A wildcard is refused, because it would trust repositories of others.
    fn from_str(text: &str) -> Result<Self, String> {
        let is_name = |name: &str| {
            !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))
        };
        let is_id = |id: &str| !id.is_empty() && id.bytes().all(|b| b.is_ascii_digit());
        // Whether a part has an id; None if it is neither.
        let form = |part: &str| match part.split_once('@') {
            Some((name, id)) => (is_name(name) && is_id(id)).then_some(true),
            None => is_name(part).then_some(false),
        };
        match text.split_once('/') {
            Some((owner, name)) if form(owner).is_some() && form(owner) == form(name) => Ok(Self(text.to_owned())),
            _ => Err("a repository like OWNER/NAME or OWNER@ID/NAME@ID is needed".to_owned()),
        }
    }
}

impl fmt::Display for Repository {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Returns the trust policy with which jobs of the repository assume the role: jobs of the environment `environment`, or for
/// [`Role::Preview`] those of pull requests. `region` chooses the partition.
pub fn trust(role: Role, repository: &Repository, environment: &str, account: &str, region: Option<&str>) -> Value {
    let partition = partition(region.unwrap_or_default());
    // Every person who can push a branch can run jobs of a pull request.
    let subject = match role {
        Role::Preview => format!("repo:{repository}:pull_request"),
        Role::Deployer | Role::Operator | Role::ReadOnly => format!("repo:{repository}:environment:{environment}"),
    };
    json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Effect": "Allow",
            "Principal": { "Federated": format!("arn:{partition}:iam::{account}:oidc-provider/{ISSUER}") },
            "Action": "sts:AssumeRoleWithWebIdentity",
            "Condition": { "StringEquals": {
                format!("{ISSUER}:aud"): "sts.amazonaws.com",
                format!("{ISSUER}:sub"): subject,
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
        let subject = |role| {
            let document = trust(role, &repository, "prod", "123456789012", Some("us-gov-west-1"));
            let statement = &document["Statement"][0];
            assert_eq!(
                statement["Principal"]["Federated"],
                "arn:aws-us-gov:iam::123456789012:oidc-provider/token.actions.githubusercontent.com"
            );
            statement["Condition"]["StringEquals"]["token.actions.githubusercontent.com:sub"].clone()
        };
        for role in [Role::Deployer, Role::Operator, Role::ReadOnly] {
            assert_eq!(subject(role), "repo:example/shop:environment:prod");
        }
        assert_eq!(subject(Role::Preview), "repo:example/shop:pull_request");
        let with_ids: Repository = "example@123/shop@456".parse().unwrap();
        let document = trust(Role::Deployer, &with_ids, "prod", "123456789012", None);
        let subjects =
            &document["Statement"][0]["Condition"]["StringEquals"]["token.actions.githubusercontent.com:sub"];
        assert_eq!(subjects, "repo:example@123/shop@456:environment:prod");
        let names = ["", "shop", "example/*", "*/shop", "a/b/c", "example/", "example/shop:ref"];
        let ids = [
            "example@1/shop",
            "example/shop@1",
            "example@*/shop@1",
            "example@/shop@1",
            "@1/shop@2",
            "example@1/shop@2@3",
        ];
        for wrong in names.into_iter().chain(ids) {
            assert!(wrong.parse::<Repository>().is_err(), "{wrong}");
        }
    }
}
