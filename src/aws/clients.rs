//! One SDK configuration, and the clients of all services.

mod load;

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use aws_config::identity::IdentityCache;
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::provider::SharedCredentialsProvider;
use tokio::sync::OnceCell;

use super::AccessKey;
use super::credentials::placeholder;
use super::endpoint::is_loopback;
use super::service_endpoint;
use super::trust::Trust;

/// Address and credentials of the local stack.
#[derive(Debug, Clone)]
pub struct LocalEndpoint {
    /// Like `http://127.0.0.1:4566`.
    pub url: String,
    pub region: String,
    pub key: AccessKey,
}

/// Clients share connections and credentials; creating one costs nothing.
#[derive(Debug, Clone)]
pub struct Clients {
    config: SdkConfig,
    /// The endpoint that requests go to instead of AWS, if any; single services may have others.
    pub endpoint_url: Option<String>,
    /// Services with an endpoint on this machine that the credentials are not meant for.
    unsigned: Vec<&'static str>,
    trust: Trust,
    /// A note for the user about the choice of credentials.
    pub warnings: Vec<String>,
    /// See [`super::account::number`].
    pub(super) account: Arc<OnceCell<String>>,
}

/// The id for requests to an API itself, for which the SDK has no client.
const API_GATEWAY: &str = "API Gateway";

macro_rules! client {
    ($($name:ident => $krate:ident, $id:literal;)*) => {
        /// The services' ids, as endpoint variables and `services` sections name them (AWS SDKs and Tools Reference
        /// Guide, "Service-specific endpoints").
        const SERVICES: &'static [&'static str] = &["S3", API_GATEWAY, service_endpoint::EC2, $($id,)*];

        $(pub fn $name(&self) -> $krate::Client { $krate::Client::new(&self.config_of($id)) })*
    };
}

impl Clients {
    /// Creates clients inside a Lambda function, from its environment.
    pub async fn from_environment() -> Self {
        Self::of(aws_config::defaults(BehaviorVersion::latest()).load().await)
    }

    fn of(config: SdkConfig) -> Self {
        Self {
            endpoint_url: config.endpoint_url().map(str::to_owned),
            config,
            unsigned: Vec::new(),
            trust: Trust::System,
            warnings: Vec::new(),
            account: Arc::default(),
        }
    }

    /// Returns the same clients for another region.
    #[must_use]
    pub fn in_region(&self, region: &str) -> Self {
        let config = self.config.to_builder().region(Region::new(region.to_owned())).build();
        Self { config, ..self.clone() }
    }

    /// Returns the same clients with other credentials, which they share. Each set is resolved once, and again before
    /// it expires.
    #[must_use]
    pub fn with_credentials(&self, credentials: SharedCredentialsProvider) -> Self {
        let config = self.config.to_builder().credentials_provider(credentials);
        Self { config: config.identity_cache(IdentityCache::lazy().build()).build(), ..self.clone() }
    }

    /// Returns the same clients with one retry and short time limits.
    #[must_use]
    pub fn fail_fast(&self) -> Self {
        let config = self.config.to_builder().retry_config(RetryConfig::standard().with_max_attempts(2));
        Self { config: config.timeout_config(timeouts(Duration::from_secs(15))).build(), ..self.clone() }
    }

    /// Returns the configuration for requests without an SDK client, and for clients in functions and in the local
    /// stack's daemon. Clients of single services take [`Clients::config_of`].
    pub fn config(&self) -> &SdkConfig {
        &self.config
    }

    /// Returns the certificate authorities for HTTPS to AWS.
    pub fn trust(&self) -> &Trust {
        &self.trust
    }

    /// Returns whether deployments are on this machine: on the local stack, or another emulator. CloudFormation's
    /// endpoint decides, because every other resource is where its stack is.
    pub fn is_local(&self) -> bool {
        service_endpoint::of(&self.config, "CloudFormation").is_some_and(|url| is_loopback(&url))
    }

    /// Returns whether reads of a Kinesis shard are limited: on AWS, and on a local stack unless it was started without
    /// limits.
    pub fn has_shard_limits(&self) -> bool {
        let unlimited =
            || matches!(crate::settings::environment::flag("OUTBOXCTL_LOCAL_SHARD_LIMITS"), Ok(Some(false)));
        !(self.is_local() && unlimited())
    }

    pub fn region(&self) -> &str {
        self.config.region().map_or("", Region::as_ref)
    }

    /// Returns the configuration for one service, by its id: without the credentials if its endpoint must not get them.
    pub fn config_of(&self, service: &'static str) -> Cow<'_, SdkConfig> {
        if !self.unsigned.contains(&service) {
            return Cow::Borrowed(&self.config);
        }
        Cow::Owned(unsigning(&self.config))
    }

    /// Returns the credentials that sign requests to an API.
    pub(super) fn api_credentials(&self) -> Option<SharedCredentialsProvider> {
        self.config_of(API_GATEWAY).credentials_provider()
    }

    /// Returns a client of S3, with bucket names in the path if an endpoint is set: as a host they do not resolve on
    /// the local stack. There, checksums are off as well: they take seconds without optimisation.
    pub fn s3(&self) -> aws_sdk_s3::Client {
        use aws_sdk_s3::config::{Builder, RequestChecksumCalculation};
        let mut config = Builder::from(self.config_of("S3").as_ref());
        if let Some(url) = service_endpoint::of(&self.config, "S3") {
            config = config.force_path_style(true);
            if is_loopback(&url) {
                config = config.request_checksum_calculation(RequestChecksumCalculation::WhenRequired);
            }
        }
        aws_sdk_s3::Client::from_conf(config.build())
    }

    client! {
        cloudformation => aws_sdk_cloudformation, "CloudFormation";
        cloudwatch => aws_sdk_cloudwatch, "CloudWatch";
        quotas => aws_sdk_servicequotas, "Service Quotas";
        dms => aws_sdk_databasemigration, "Database Migration Service";
        rds => aws_sdk_rds, "RDS";
        secrets => aws_sdk_secretsmanager, "Secrets Manager";
        cloud_control => aws_sdk_cloudcontrol, "CloudControl";
        dynamodb => aws_sdk_dynamodb, "DynamoDB";
        dynamodb_streams => aws_sdk_dynamodbstreams, "DynamoDB Streams";
        kinesis => aws_sdk_kinesis, "Kinesis";
        eventbridge => aws_sdk_eventbridge, "EventBridge";
        sqs => aws_sdk_sqs, "SQS";
        lambda => aws_sdk_lambda, "Lambda";
        sts => aws_sdk_sts, "STS";
        iam => aws_sdk_iam, "IAM";
        logs => aws_sdk_cloudwatchlogs, "CloudWatch Logs";
    }
}

/// Returns the configuration with placeholders for credentials.
fn unsigning(config: &SdkConfig) -> SdkConfig {
    config.to_builder().credentials_provider(SharedCredentialsProvider::new(placeholder())).build()
}

fn timeouts(attempt: Duration) -> TimeoutConfig {
    let builder = TimeoutConfig::builder().connect_timeout(Duration::from_secs(5));
    builder.operation_attempt_timeout(attempt).build()
}
