//! `outboxctl policy`.

use serde_json::json;

use crate::commands::Context;
use crate::doctor::policy::{self, Repository, Role};
use crate::error::Result;
use crate::output::Outcome;
use crate::pipelines;

/// Placeholder for the account.
const ACCOUNT: &str = "ACCOUNT_ID";

/// Print the least-privilege IAM policy of a role as JSON
///
/// The policy covers the chosen pipeline and stage. The command sends no requests to AWS. A deployer may create, update
/// and delete the stacks. An operator may run every other command. A reader may follow streams and logs and read the
/// state of everything except the database, which requires the permission to invoke the admin function. Resources that
/// `[existing]` names in outboxctl.toml are included.
///
/// With --oidc, prints a document with `policy` and `trust_policy`, for a role that jobs of GitHub Actions assume without
/// access keys: jobs of the environment that has the stage's name, and for a reader also those of pull requests.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Role to print the policy of
    #[arg(long, value_name = "ROLE", default_value = "deployer")]
    role: Role,
    /// Add the trust policy for GitHub Actions of this repository
    #[arg(long, value_name = "OWNER/REPO")]
    oidc: Option<Repository>,
    /// Environment of the repository whose jobs are trusted [default: the stage]
    #[arg(long, value_name = "NAME", requires = "oidc", value_parser = environment)]
    environment: Option<String>,
    /// Account of the role, for the trust policy [default: the placeholder ACCOUNT_ID]
    #[arg(long, value_name = "ID", requires = "oidc", value_parser = account)]
    account: Option<String>,
}

/// Rejects a wildcard, which would trust jobs of other environments.
fn environment(text: &str) -> Result<String, String> {
    let fits = !text.is_empty() && !text.contains(['*', '?', ':']);
    fits.then(|| text.to_owned())
        .ok_or_else(|| "the name of an environment, without wildcards and colons, is needed".into())
}

fn account(text: &str) -> Result<String, String> {
    let fits = text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit());
    fits.then(|| text.to_owned()).ok_or_else(|| "an account id of 12 digits is needed".into())
}

impl Args {
    pub fn run(self, ctx: &Context) -> Result<Outcome> {
        let settings = &ctx.settings;
        let policy =
            policy::document(self.role, pipelines::find(&settings.pipeline)?, &settings.stage, &settings.existing);
        let document = match &self.oidc {
            None => policy,
            Some(repository) => {
                let environment = self.environment.as_deref().unwrap_or(&settings.stage);
                let account = self.account.as_deref().unwrap_or(ACCOUNT);
                let region = settings.region.as_deref();
                let trust = policy::trust(self.role, repository, environment, account, region);
                json!({ "policy": policy, "trust_policy": trust })
            }
        };
        let text = format!("{document:#}");
        let outcome = Outcome::data(document).text(text);
        Ok(match (&self.oidc, &self.account) {
            (Some(_), None) => outcome.summary(format!("replace {ACCOUNT} with the account's id, or pass --account")),
            _ => outcome,
        })
    }
}
