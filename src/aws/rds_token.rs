//! IAM authentication tokens for RDS: signed locally, without a request; valid for 15 minutes, for connecting only
//! ("IAM database authentication for MariaDB, MySQL, and PostgreSQL" in the RDS user guide).

use aws_sdk_rds::auth_token::{AuthTokenGenerator, Config};

use super::Clients;
use crate::base::error::{Kind, OrFail, Result};

/// Returns a token that replaces the password of `user`.
///
/// # Errors
/// `Credentials` if there are none.
pub async fn sign(clients: &Clients, host: &str, port: u16, user: &str) -> Result<String> {
    let unsigned = || "the database authentication token could not be signed".to_owned();
    let config = Config::builder().hostname(host).port(port.into()).username(user).build();
    let token = AuthTokenGenerator::new(config.or_fail(Kind::Unexpected, unsigned)?).auth_token(clients.config()).await;
    Ok(token.or_fail(Kind::Credentials, unsigned)?.as_str().to_owned())
}
