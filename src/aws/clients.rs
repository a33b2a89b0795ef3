//! One SDK configuration, and the clients of all services.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use aws_config::identity::IdentityCache;
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{AppName, BehaviorVersion, Region, SdkConfig};
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_async::rt::sleep::{SharedAsyncSleep, TokioSleep};
use aws_smithy_async::time::{SharedTimeSource, SystemTimeSource};
use tokio::sync::OnceCell;

use super::AccessKey;
use super::credentials::{Profiles, placeholder};
use super::endpoint::is_loopback;
use super::region::region;
use super::trust::Trust;
use super::{service_endpoint, transport};
use crate::error::{Error, Kind, Result};
use crate::settings::{Origin, Settings, is_endpoint};

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
        const SERVICES: &'static [&'static str] = &["S3", API_GATEWAY, $($id,)*];

        $(pub fn $name(&self) -> $krate::Client { $krate::Client::new(&self.config_of($id)) })*
    };
}

impl Clients {
    /// Chooses region, credentials and endpoint by the settings. For the local stack profiles, variables and proxies
    /// are ignored.
    ///
    /// # Errors
    /// `Region` if there is none, `Credentials` if the chosen profile does not exist, `Config` or `Usage` for an
    /// endpoint that must not be sent credentials. Credentials are resolved at the first request, not here.
    pub async fn load(settings: &Settings, local: Option<LocalEndpoint>) -> Result<Self> {
        if let Some(mut endpoint) = local {
            endpoint.region = settings.region.clone().unwrap_or(endpoint.region);
            let clients = Self::of_local(endpoint);
            return Ok(Self { config: named(&clients.config), ..clients });
        }
        check_source(settings)?;
        let profiles = Profiles::load(settings).await?;
        if let Some(remedy) = profiles.remedy() {
            Kind::sign_in_by(&remedy);
        }
        let trust = Trust::of(profiles.get("ca_bundle"))?;
        let http = transport::client(&trust);
        let region = region(settings, &profiles, &http).await?;
        let mut loader = aws_config::defaults(BehaviorVersion::latest())
            .retry_config(RetryConfig::adaptive().with_max_attempts(8))
            .timeout_config(timeouts(Duration::from_secs(60)))
            .profile_name(&profiles.name)
            .region(region.clone())
            .http_client(http.clone());
        if let Some(provider) = profiles.alone(&region, &http) {
            loader = loader.credentials_provider(provider);
        }
        if let Some(url) = &settings.endpoint_url {
            // The SDK reads the variable itself: single services may have their own.
            if settings.chosen.endpoint_url != Origin::Variable {
                loader = loader.endpoint_url(url);
            }
            // Emulators have neither.
            if is_loopback(url) {
                loader = loader.use_fips(false).use_dual_stack(false);
            }
        }
        let config = named(&service_endpoint::without_empty(loader.load().await));
        let unsigned = unsigned(&config, settings, &profiles)?;
        let here = config.endpoint_url().is_some_and(is_loopback);
        let config = if here && !profiles.are_meant_for_endpoint(settings) { unsigning(&config) } else { config };
        Ok(Self {
            endpoint_url: config.endpoint_url().map(str::to_owned),
            config,
            unsigned,
            trust,
            warnings: profiles.warning(settings).into_iter().collect(),
            account: Arc::default(),
        })
    }

    /// Creates clients for the local stack's own daemon.
    pub async fn for_local(endpoint: LocalEndpoint) -> Self {
        Self::of_local(endpoint)
    }

    /// Creates them without variables or files, which are meant for AWS, and with the stack's own credentials.
    fn of_local(endpoint: LocalEndpoint) -> Self {
        let config = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new(endpoint.region))
            .endpoint_url(&endpoint.url)
            .credentials_provider(SharedCredentialsProvider::new(endpoint.key.credentials()))
            .http_client(transport::local_client())
            .time_source(SharedTimeSource::new(SystemTimeSource::new()))
            .sleep_impl(SharedAsyncSleep::new(TokioSleep::new()))
            .retry_config(RetryConfig::adaptive().with_max_attempts(8))
            .timeout_config(timeouts(Duration::from_secs(60)))
            .build();
        Self::of(config)
    }

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

/// Returns the configuration with `app/outboxctl` in the user agent of requests, which CloudTrail shows.
fn named(config: &SdkConfig) -> SdkConfig {
    let mut builder = config.to_builder();
    builder.set_app_name(AppName::new("outboxctl").ok());
    builder.build()
}

fn timeouts(attempt: Duration) -> TimeoutConfig {
    let builder = TimeoutConfig::builder().connect_timeout(Duration::from_secs(5));
    builder.operation_attempt_timeout(attempt).build()
}

/// Checks that the file names no endpoint on another machine: it may come with a repository of others, and must not
/// redirect signed requests.
fn check_source(settings: &Settings) -> Result<()> {
    match &settings.endpoint_url {
        Some(url) if settings.chosen.endpoint_url == Origin::File && !is_loopback(url) => {
            let file = settings.file.as_ref().map(|path| path.display().to_string()).unwrap_or_default();
            Err(Error::new(Kind::Config, format!("endpoint_url in {file} is {url}, which is not on this machine"))
                .hint("a file can only name an endpoint on this machine; use --endpoint-url or AWS_ENDPOINT_URL"))
        }
        _ => Ok(()),
    }
}

/// Returns the services whose endpoint must not get the credentials in use: those on this machine that the credentials
/// were not chosen for.
///
/// # Errors
/// `Usage` for an invalid endpoint, or one that real credentials would be sent to unencrypted.
fn unsigned(config: &SdkConfig, settings: &Settings, profiles: &Profiles) -> Result<Vec<&'static str>> {
    let mut unsigned = Vec::new();
    for service in Clients::SERVICES {
        let Some(url) = service_endpoint::of(config, service) else { continue };
        if !is_endpoint(&url) {
            let message = format!("the endpoint of {service} is not an http or https URL: {url:?}");
            return Err(Error::new(Kind::Usage, message)
                .hint("it comes from an AWS_ENDPOINT_URL_… variable, or from the AWS profile"));
        }
        if is_loopback(&url) {
            if !profiles.are_meant_for_endpoint(settings) {
                unsigned.push(*service);
            }
        } else if url.to_ascii_lowercase().starts_with("http:") && !profiles.are_not_real() {
            let message = format!("{url} is on another machine and not encrypted: requests are not signed for it");
            return Err(Error::new(Kind::Usage, message)
                .hint("use https; for an emulator set AWS_ACCESS_KEY_ID=test and AWS_SECRET_ACCESS_KEY=test"));
        }
    }
    Ok(unsigned)
}
