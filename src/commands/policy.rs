//! `outboxctl policy`.

use serde_json::json;

use crate::base::error::{Error, Kind, Result};
use crate::commands::Context;
use crate::doctor::policy::{self, Repository, Role};
use crate::output::Outcome;
use crate::pipelines::{self, Home};

/// Placeholders for the account and the region.
const ACCOUNT: &str = "ACCOUNT_ID";
const REGION: &str = "REGION";
/// The template parameter with the key of the stream.
const KEY: &str = "StreamKeyArn";

/// Print the least-privilege IAM policy of a role as JSON
///
/// The policy covers the chosen pipeline and stage. The command sends no requests to AWS. A deployer may create, update
/// and delete the stacks. An operator may run every other command. A reader may follow streams and logs and read the
/// state of everything except the database, which requires the permission to invoke the admin function. A preview may
/// run `deploy --dry-run` in a stage that is deployed. Resources that `[existing]` names in outboxctl.toml are included.
///
/// With --oidc, prints a document with `policy` and `trust_policy`, for a role that jobs of GitHub Actions assume without
/// access keys: jobs of the environment that has the stage's name, or for a preview those of pull requests. GitHub adds
/// ids to the subject of the tokens of newer repositories; `explain ci` shows the command that prints them.
///
/// With --consumer, prints what a consumer in another account needs: `consumer_policy` of its role; with a bus `target_role`,
/// which delivers to a bus of that account; with a stream `key_policy` of the key that encrypts it. `parameter` is the parameter
/// with which `deploy` admits the account. For an existing bus or stream, `resource_policy` is the statement to add to its policy.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Role to print the policy of
    #[arg(long, value_name = "ROLE", default_value = "deployer")]
    role: Role,
    /// Add the trust policy for GitHub Actions of this repository; OWNER@ID/REPO@ID if its tokens contain these ids
    #[arg(long, value_name = "OWNER/REPO")]
    oidc: Option<Repository>,
    /// Environment of the repository whose jobs are trusted [default: the stage]
    #[arg(long, value_name = "NAME", requires = "oidc", value_parser = environment)]
    environment: Option<String>,
    /// Account of the pipeline, for --oidc and --consumer [default: the placeholder ACCOUNT_ID]
    #[arg(long, value_name = "ID", value_parser = account)]
    account: Option<String>,
    /// Print the policies for a consumer in this account
    #[arg(long, value_name = "ID", value_parser = account, conflicts_with_all = ["role", "oidc"])]
    consumer: Option<String>,
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
        if self.account.is_some() && self.oidc.is_none() && self.consumer.is_none() {
            return Err(Error::new(Kind::Usage, "--account is for --oidc and --consumer").hint("add one of them"));
        }
        if let Some(consumer) = &self.consumer {
            return self.for_consumer(ctx, consumer);
        }
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

    /// Returns the policies for a consumer in another account.
    fn for_consumer(&self, ctx: &Context, consumer: &str) -> Result<Outcome> {
        let settings = &ctx.settings;
        let supplied = policy::Supplied {
            pipeline: pipelines::find(&settings.pipeline)?,
            stage: &settings.stage,
            existing: &settings.existing,
            home: Home {
                region: settings.region.as_deref().unwrap_or(REGION),
                account: self.account.as_deref().unwrap_or(ACCOUNT),
            },
            key: settings.parameters.get(KEY).map(String::as_str).filter(|key| !key.is_empty()),
        };
        let document = policy::consumer(&supplied, consumer);
        let next = match document["parameter"].as_str() {
            Some(parameter) => format!("admit the account: `outboxctl deploy --parameter {parameter}`"),
            None => {
                "add `resource_policy` to the policy of the existing bus or stream, which outboxctl does not change"
                    .to_owned()
            }
        };
        let text = format!("{document:#}");
        Ok(Outcome::data(document).text(text).summary(next))
    }
}
