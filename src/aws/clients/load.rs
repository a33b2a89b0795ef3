//! Chooses region, credentials and endpoints of the clients by the settings.

use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::{AppName, BehaviorVersion, Region, SdkConfig};
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_async::rt::sleep::{SharedAsyncSleep, TokioSleep};
use aws_smithy_async::time::{SharedTimeSource, SystemTimeSource};

use super::{Clients, LocalEndpoint, timeouts, unsigning};
use crate::aws::credentials::Profiles;
use crate::aws::endpoint::is_loopback;
use crate::aws::region::region;
use crate::aws::trust::Trust;
use crate::aws::{service_endpoint, transport};
use crate::error::{Error, Kind, Result};
use crate::settings::{Origin, Settings, is_endpoint};

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
        let warnings = profiles.warning(settings).into_iter().collect();
        Ok(Self { unsigned, trust, warnings, ..Self::of(config) })
    }

    /// Creates clients of the local stack without variables or files, which are meant for AWS, and with the stack's own credentials.
    pub(super) fn of_local(endpoint: LocalEndpoint) -> Self {
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
}

/// Returns the configuration with `app/outboxctl` in the user agent of requests, which CloudTrail shows.
fn named(config: &SdkConfig) -> SdkConfig {
    let mut builder = config.to_builder();
    builder.set_app_name(AppName::new("outboxctl").ok());
    builder.build()
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
