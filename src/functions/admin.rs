//! The admin function in the VPC: runs the CLI's requests on a private database, as its owner.

use serde_json::Value;

use super::environment::{required, required_as, roots};
use crate::aws::Clients;
use crate::base::error::{AwsContext, Error, Kind, Result};
use crate::postgres::admin::{AdminRequest, AdminResponse, Writers, execute_with};
use crate::postgres::{AdminReply, Target, connect, without_rows};

pub struct Handler {
    secrets: aws_sdk_secretsmanager::Client,
    secret_arn: String,
    host: String,
    port: u16,
    database: String,
}

impl Handler {
    /// Reads `DATABASE_SECRET_ARN`, `DATABASE_HOST`, `DATABASE_PORT` and `DATABASE_NAME`.
    ///
    /// # Errors
    /// `Config`, naming the variable that is missing or malformed.
    pub fn from_environment(clients: &Clients) -> Result<Self> {
        Ok(Self {
            secrets: clients.secrets(),
            secret_arn: required("DATABASE_SECRET_ARN")?,
            host: required("DATABASE_HOST")?,
            port: required_as("DATABASE_PORT")?,
            database: required("DATABASE_NAME")?,
        })
    }

    /// Runs a request. A failure is returned as an answer, so that its kind and hints reach the user of the CLI.
    pub async fn handle(&self, request: Value) -> AdminReply {
        let result = self.execute(request).await;
        match &result {
            Ok(_) => tracing::info!("done"),
            Err(error) => tracing::error!(code = error.kind().name(), "{}", without_rows(error)),
        }
        result.into()
    }

    async fn execute(&self, request: Value) -> Result<AdminResponse> {
        let request: AdminRequest = serde_json::from_value(request).map_err(|error| {
            Error::new(Kind::Usage, format!("the admin function does not understand the request: {error}"))
                .hint("run `outboxctl deploy`, to update the function to the version of this executable")
        })?;
        // Both are created for each request: a rotated secret applies at once, and this function is called rarely.
        let answer = self.secrets.get_secret_value().secret_id(&self.secret_arn).send().await;
        let secret = answer.aws(format!("read secret {}", self.secret_arn))?;
        let text = secret.secret_string().unwrap_or_default();
        let target = Target::from_secret(text, &self.host, self.port, &self.database, roots())?;
        let mut client = connect(&target).await?;
        execute_with(&mut Writers::new(target), &mut client, request).await
    }
}
