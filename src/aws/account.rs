//! Whose account this is, and what it has.

use super::Clients;
use crate::error::{AwsContext, Result, sdk_code};

/// Who asks, as AWS sees it.
#[derive(Debug, Clone)]
pub struct Identity {
    /// Twelve digits.
    pub account: String,
    /// ARN of the user or the assumed role.
    pub principal: String,
}

/// Asks STS, which needs no permission.
///
/// # Errors
/// `Credentials` where there are none that work.
pub async fn identity(clients: &Clients) -> Result<Identity> {
    let answer = clients.sts().get_caller_identity().send().await.aws("ask who we are")?;
    Ok(Identity { account: answer.account.unwrap_or_default(), principal: answer.arn.unwrap_or_default() })
}

/// Whether the account has an IAM role of this name.
pub async fn has_role(clients: &Clients, role: &str) -> Result<bool> {
    match clients.iam().get_role().role_name(role).send().await {
        Ok(_) => Ok(true),
        Err(error) if sdk_code(&error) == "NoSuchEntity" => Ok(false),
        Err(error) => Err(error).aws(format!("look for role {role}")),
    }
}
