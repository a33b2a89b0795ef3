//! The region of requests.

use aws_config::Region;
use aws_config::imds::region::ImdsRegionProvider;
use aws_config::provider_config::ProviderConfig;
use aws_smithy_runtime_api::client::http::SharedHttpClient;

use super::credentials::Profiles;
use crate::base::error::{Error, Kind, Result};
use crate::settings::{Settings, check_region};

/// Returns the region of the settings, else of the profile, else of the EC2 instance.
pub(super) async fn region(settings: &Settings, profiles: &Profiles, http: &SharedHttpClient) -> Result<Region> {
    if let Some(region) = &settings.region {
        return Ok(Region::new(region.clone()));
    }
    if let Some(region) = profiles.get("region") {
        check_region(Some(region))?;
        return Ok(Region::new(region.to_owned()));
    }
    let config = ProviderConfig::without_region().with_http_client(http.clone());
    ImdsRegionProvider::builder().configure(&config).build().region().await.ok_or_else(|| {
        Error::new(Kind::Region, "no AWS region is set")
            .hint("pass --region, or set AWS_REGION or `region` in outboxctl.toml")
            .hint("to work on the local stack, pass --local or set OUTBOXCTL_LOCAL=true")
    })
}

/// Returns the region of commands, by flags, variables and files only, without a request.
pub async fn configured_region(settings: &Settings) -> Option<String> {
    let profiles = match &settings.region {
        Some(region) => return Some(region.clone()),
        None => Profiles::load(settings).await.ok()?,
    };
    profiles.get("region").map(str::to_owned)
}
