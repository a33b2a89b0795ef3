//! The endpoint in use for a service, as the SDK resolves it.

use aws_config::SdkConfig;
use aws_types::service_config::{LoadServiceConfig, ServiceConfigKey};

/// The id of EC2, for which this program has no SDK client.
pub const EC2: &str = "EC2";

/// Returns the endpoint that requests to a service go to instead of AWS's own: a flag's, `AWS_ENDPOINT_URL_<SERVICE>`,
/// AWS_ENDPOINT_URL, the `services` section or `endpoint_url` of the profile; in the order of the SDK's clients.
pub fn of(config: &SdkConfig, id: &str) -> Option<String> {
    let general = || config.endpoint_url().map(str::to_owned);
    if config.get_origin("endpoint_url").is_client_config() {
        return general();
    }
    // Unset for the local stack, whose endpoint is used for every service.
    let Some(source) = config.service_config() else { return general() };
    let key = ServiceConfigKey::builder().service_id(id).env("AWS_ENDPOINT_URL").profile("endpoint_url").build();
    key.ok().and_then(|key| source.load_config(key)).or_else(general)
}

/// Returns the configuration with empty values of variables counting as unset; the SDK takes them for URLs.
pub fn without_empty(config: SdkConfig) -> SdkConfig {
    let builder = config.to_builder();
    builder.service_config(WithoutEmpty(config)).build()
}

#[derive(Debug)]
struct WithoutEmpty(SdkConfig);

impl LoadServiceConfig for WithoutEmpty {
    fn load_config(&self, key: ServiceConfigKey<'_>) -> Option<String> {
        self.0.service_config()?.load_config(key).filter(|value| !value.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The values of variables and profile.
    #[derive(Debug)]
    struct Configured;

    impl LoadServiceConfig for Configured {
        fn load_config(&self, key: ServiceConfigKey<'_>) -> Option<String> {
            match key.service_id() {
                "Kinesis" => Some("http://127.0.0.1:1".to_owned()),
                "S3" => Some(String::new()),
                _ => None,
            }
        }
    }

    #[test]
    fn a_services_own_endpoint_counts_and_an_empty_one_does_not() {
        let config = without_empty(SdkConfig::builder().service_config(Configured).build());
        assert_eq!(of(&config, "Kinesis").as_deref(), Some("http://127.0.0.1:1"));
        assert_eq!((of(&config, "S3"), of(&config, "RDS")), (None, None));
        let general = without_empty(SdkConfig::builder().service_config(Configured).endpoint_url("http://x").build());
        assert_eq!(of(&general, "S3").as_deref(), Some("http://x"));
    }
}
