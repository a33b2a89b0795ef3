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
use crate::base::error::{Error, Kind, Result};
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
            let clients = Self::for_local(endpoint);
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
            .retry_config(retries())
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

    /// Creates clients of the local stack with the stack's own credentials, without variables and files, which are meant
    /// for AWS.
    pub fn for_local(endpoint: LocalEndpoint) -> Self {
        let config = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new(endpoint.region))
            .endpoint_url(&endpoint.url)
            .credentials_provider(SharedCredentialsProvider::new(endpoint.key.credentials()))
            .http_client(transport::local_client())
            .time_source(SharedTimeSource::new(SystemTimeSource::new()))
            .sleep_impl(SharedAsyncSleep::new(TokioSleep::new()))
            .retry_config(retries())
            .timeout_config(timeouts(Duration::from_secs(60)))
            .build();
        Self::of(config)
    }
}

#[cfg(test)]
impl Clients {
    /// Creates clients of a scripted service, which do not retry.
    pub fn for_test(url: impl Into<String>) -> Self {
        let key = super::AccessKey::new("test", "test");
        let clients = Self::for_local(LocalEndpoint { url: url.into(), region: "us-east-1".into(), key });
        let config = clients.config.to_builder().retry_config(RetryConfig::disabled()).build();
        Self { config, ..clients }
    }
}

/// Returns the retries of a request that is throttled or fails: about half a minute in all.
///
/// Not in adaptive mode. Its rate limiter reads the clock of the machine: once that was set back, requests wait as long as
/// it was set back by. And it has one rate for all resources of a service, so that a throttled shard slows down all others.
fn retries() -> RetryConfig {
    RetryConfig::standard().with_max_attempts(8)
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

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::time::SystemTime;

    use aws_smithy_async::time::TimeSource;
    use axum::Router;
    use axum::http::StatusCode;
    use axum::routing::post;

    use super::*;
    use crate::aws::AccessKey;

    /// The clock of the machine, until it is set back by an hour.
    #[derive(Debug, Clone, Default)]
    struct Clock(Arc<AtomicBool>);

    impl TimeSource for Clock {
        fn now(&self) -> SystemTime {
            let back = if self.0.load(Ordering::SeqCst) { 3_600 } else { 0 };
            SystemTime::now() - Duration::from_secs(back)
        }
    }

    #[tokio::test]
    async fn requests_after_throttling_do_not_wait_for_a_clock_that_was_set_back() {
        let throttled = Arc::new(AtomicBool::new(false));
        let answer = async move || match throttled.swap(true, Ordering::SeqCst) {
            false => (StatusCode::BAD_REQUEST, r#"{"__type":"LimitExceededException"}"#),
            true => (StatusCode::OK, r#"{"StreamNames":[],"HasMoreStreams":false}"#),
        };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        tokio::spawn(async move { axum::serve(listener, Router::new().route("/", post(answer))).await });
        let key = AccessKey::new("id", "secret");
        let clients = Clients::for_local(LocalEndpoint { url, region: "eu-west-1".into(), key });
        let clock = Clock::default();
        let config = clients.config.to_builder().time_source(SharedTimeSource::new(clock.clone()));
        let kinesis = Clients { config: config.build(), ..clients }.kinesis();
        kinesis.list_streams().send().await.expect("an answer after a retry");
        clock.0.store(true, Ordering::SeqCst);
        for _ in 0..3 {
            let answer = tokio::time::timeout(Duration::from_secs(20), kinesis.list_streams().send()).await;
            answer.expect("no wait").expect("an answer");
        }
    }
}
