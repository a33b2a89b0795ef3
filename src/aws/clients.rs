//! One SDK configuration, and a client of each service from it.

use std::sync::Arc;
use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use tokio::sync::OnceCell;

use super::AccessKey;
use crate::error::{Error, Kind, Result};
use crate::settings::Settings;

/// Where the local stack listens.
#[derive(Debug, Clone)]
pub struct LocalEndpoint {
    /// Like `http://127.0.0.1:4566`.
    pub url: String,
    pub region: String,
    /// What its requests are signed with.
    pub key: AccessKey,
}

/// Clients share connections and credentials; making one costs nothing.
#[derive(Debug, Clone)]
pub struct Clients {
    config: SdkConfig,
    /// The endpoint override in force, if any.
    pub endpoint_url: Option<String>,
    /// See [`super::account::number`].
    pub(super) account: Arc<OnceCell<String>>,
}

macro_rules! client {
    ($($(#[$doc:meta])* $name:ident => $krate:ident;)*) => {
        $($(#[$doc])* pub fn $name(&self) -> $krate::Client { $krate::Client::new(&self.config) })*
    };
}

impl Clients {
    /// # Errors
    /// `Region` when there is none. Credentials are resolved at the first request, not here.
    pub async fn load(settings: &Settings, local: Option<LocalEndpoint>) -> Result<Self> {
        let mut loader = aws_config::defaults(BehaviorVersion::latest())
            .retry_config(RetryConfig::adaptive().with_max_attempts(8))
            .timeout_config(
                TimeoutConfig::builder()
                    .connect_timeout(Duration::from_secs(5))
                    .operation_attempt_timeout(Duration::from_secs(60))
                    .build(),
            );
        let endpoint_url = match &local {
            Some(endpoint) => {
                // The local stack takes its own key alone; real ones must never be sent to it.
                loader = loader
                    .credentials_provider(endpoint.key.credentials())
                    .region(Region::new(settings.region.clone().unwrap_or_else(|| endpoint.region.clone())));
                Some(endpoint.url.clone())
            }
            None => {
                if let Some(profile) = &settings.profile {
                    loader = loader.profile_name(profile);
                }
                if let Some(region) = &settings.region {
                    loader = loader.region(Region::new(region.clone()));
                }
                settings.endpoint_url.clone()
            }
        };
        if let Some(url) = &endpoint_url {
            loader = loader.endpoint_url(url);
        }
        let config = loader.load().await;
        if config.region().is_none() {
            return Err(Error::new(Kind::Region, "no AWS region is set"));
        }
        Ok(Self { config, endpoint_url, account: Arc::default() })
    }

    /// Clients of the local stack's own daemon.
    pub async fn for_local(endpoint: LocalEndpoint) -> Self {
        let loader = aws_config::defaults(BehaviorVersion::latest())
            .credentials_provider(endpoint.key.credentials())
            .region(Region::new(endpoint.region))
            .endpoint_url(&endpoint.url);
        Self { config: loader.load().await, endpoint_url: Some(endpoint.url), account: Arc::default() }
    }

    /// Clients inside a Lambda function: everything from its environment.
    pub async fn from_environment() -> Self {
        let config = aws_config::defaults(BehaviorVersion::latest()).load().await;
        Self { config, endpoint_url: std::env::var("AWS_ENDPOINT_URL").ok(), account: Arc::default() }
    }

    /// Returns the same clients for another region.
    #[must_use]
    pub fn in_region(&self, region: &str) -> Self {
        let config = self.config.to_builder().region(Region::new(region.to_owned())).build();
        Self { config, endpoint_url: self.endpoint_url.clone(), account: self.account.clone() }
    }

    /// The same, for questions whose answer is worth little later: one repetition, short time limits.
    #[must_use]
    pub fn impatient(&self) -> Self {
        let timeouts = TimeoutConfig::builder()
            .connect_timeout(Duration::from_secs(5))
            .operation_attempt_timeout(Duration::from_secs(15))
            .build();
        let config = self.config.to_builder();
        let config = config.retry_config(RetryConfig::standard().with_max_attempts(2)).timeout_config(timeouts).build();
        Self { config, endpoint_url: self.endpoint_url.clone(), account: self.account.clone() }
    }

    /// For what the SDK has no client for: signing a request to API Gateway, an RDS authentication token.
    pub fn config(&self) -> &SdkConfig {
        &self.config
    }

    /// Returns whether requests go to this machine: the local stack, or another emulator.
    pub fn is_local(&self) -> bool {
        self.endpoint_url.as_deref().is_some_and(super::endpoint::is_loopback)
    }

    pub fn region(&self) -> &str {
        self.config.region().map_or("", Region::as_ref)
    }

    /// S3 by path where an endpoint is set: a bucket's name as a host does not resolve on the local stack. There, no
    /// checksums either: nothing can be lost on the way, and they cost seconds without optimisation.
    pub fn s3(&self) -> aws_sdk_s3::Client {
        use aws_sdk_s3::config::{Builder, RequestChecksumCalculation};
        let mut config = Builder::from(&self.config);
        if self.endpoint_url.is_some() {
            config =
                config.force_path_style(true).request_checksum_calculation(RequestChecksumCalculation::WhenRequired);
        }
        aws_sdk_s3::Client::from_conf(config.build())
    }

    client! {
        cloudformation => aws_sdk_cloudformation;
        cloudwatch => aws_sdk_cloudwatch;
        quotas => aws_sdk_servicequotas;
        dms => aws_sdk_databasemigration;
        rds => aws_sdk_rds;
        secrets => aws_sdk_secretsmanager;
        cloud_control => aws_sdk_cloudcontrol;
        dynamodb => aws_sdk_dynamodb;
        dynamodb_streams => aws_sdk_dynamodbstreams;
        kinesis => aws_sdk_kinesis;
        eventbridge => aws_sdk_eventbridge;
        sqs => aws_sdk_sqs;
        lambda => aws_sdk_lambda;
        sts => aws_sdk_sts;
        iam => aws_sdk_iam;
        logs => aws_sdk_cloudwatchlogs;
    }
}
