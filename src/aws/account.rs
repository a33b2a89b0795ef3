//! The account of the credentials, and its limits.

use aws_sdk_sts::operation::get_caller_identity::GetCallerIdentityOutput;

use super::Clients;
use crate::base::error::{AwsContext, Error, Result};

/// The caller, as AWS sees it.
#[derive(Debug, Clone)]
pub struct Identity {
    /// Twelve digits.
    pub account: String,
    /// ARN of the user or the assumed role.
    pub principal: String,
}

impl Identity {
    pub(super) fn of(answer: GetCallerIdentityOutput) -> Self {
        Self { account: answer.account.unwrap_or_default(), principal: answer.arn.unwrap_or_default() }
    }
}

/// Reads the caller from STS, which needs no permission.
///
/// # Errors
/// `Credentials` if there are no working credentials.
pub async fn identity(clients: &Clients) -> Result<Identity> {
    let answer = clients.sts().get_caller_identity().send().await.aws("get the caller identity")?;
    let identity = Identity::of(answer);
    // A concurrent request may have been faster, with the same answer.
    let _ = clients.account.set(identity.account.clone());
    Ok(identity)
}

/// Returns the account's number, requested once for all clones of these clients.
///
/// # Errors
/// Those of [`identity`].
pub async fn number(clients: &Clients) -> Result<&str> {
    let number = clients.account.get_or_try_init(|| async { Ok::<_, Error>(identity(clients).await?.account) }).await;
    number.map(String::as_str)
}

/// Executions that Lambda keeps for functions without a reservation (Lambda developer guide, "Reserved concurrency").
pub const UNRESERVED: i64 = 100;

/// Returns how many concurrent executions no function has reserved; None where Lambda gives no value.
pub async fn unreserved(clients: &Clients) -> Result<Option<i64>> {
    let answer = clients.lambda().get_account_settings().send().await.aws("get the limits of Lambda")?;
    Ok(answer.account_limit().and_then(|limit| limit.unreserved_concurrent_executions()).map(i64::from))
}

/// Returns whether the account has an IAM role of this name.
pub async fn has_role(clients: &Clients, role: &str) -> Result<bool> {
    let found = clients.iam().get_role().role_name(role).send().await;
    Ok(found.aws_unless("NoSuchEntity", format!("look for role {role}"))?.is_some())
}
