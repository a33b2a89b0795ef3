//! Checks of the settings' values.

use std::path::Path;

use super::Origin;
use crate::base::error::{Error, Kind, Result};

/// Checks that a stage can be part of the names of DMS, RDS and S3 resources.
///
/// # Errors
/// `Usage` if it can't.
pub fn check_stage(stage: &str) -> Result<()> {
    let well_formed = stage.len() <= 20
        && stage.starts_with(|c: char| c.is_ascii_lowercase())
        && !stage.ends_with('-')
        && !stage.contains("--")
        && stage.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
    if well_formed {
        return Ok(());
    }
    Err(Error::new(Kind::Usage, format!("stage {stage:?} can't be part of AWS names"))
        .hint("use 1 to 20 lower-case letters, digits and single hyphens, starting with a letter"))
}

/// Checks that a region has the form of one (`eu-central-1`, `us-gov-west-1`, `eusc-de-east-1`): it is part of host
/// names, and a misspelt one would otherwise appear as a network failure. AWS adds regions and partitions, so there is
/// no list of them here.
///
/// # Errors
/// `Region` if it does not.
pub fn check_region(region: Option<&str>) -> Result<()> {
    let Some(region) = region else { return Ok(()) };
    let parts: Vec<&str> = region.split('-').collect();
    let word = |part: &str| !part.is_empty() && part.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
    let well_formed = (3..=6).contains(&parts.len())
        && region.len() <= 40
        && parts[0].len() >= 2
        && parts[0].chars().all(|c| c.is_ascii_lowercase())
        && parts.iter().all(|part| word(part))
        && parts[parts.len() - 1].chars().all(|c| c.is_ascii_digit());
    if well_formed {
        Ok(())
    } else {
        Err(Error::new(Kind::Region, format!("unknown AWS region {region:?}; for example eu-central-1")))
    }
}

/// Returns whether it is an http or https URL of a host, without user, password or query; a path is allowed.
pub fn is_endpoint(url: &str) -> bool {
    url.parse::<http::Uri>().is_ok_and(|uri| {
        matches!(uri.scheme_str(), Some("http" | "https"))
            && uri.host().is_some_and(|host| !host.is_empty())
            && !uri.authority().is_some_and(|authority| authority.as_str().contains('@'))
            && uri.query().is_none()
    })
}

/// Checks the endpoint of a setting.
///
/// # Errors
/// `Usage`, or `Config` if it is from the file.
pub(super) fn check_endpoint(url: &str, origin: Origin, file: Option<&Path>) -> Result<()> {
    if is_endpoint(url) {
        return Ok(());
    }
    let (kind, by) = match (origin, file) {
        (Origin::File, Some(path)) => (Kind::Config, format!("endpoint_url in {}", path.display())),
        (Origin::Variable, _) => (Kind::Usage, "AWS_ENDPOINT_URL".to_owned()),
        _ => (Kind::Usage, "--endpoint-url".to_owned()),
    };
    Err(Error::new(kind, format!("{by} is not an http or https URL: {url:?}"))
        .hint("for example http://127.0.0.1:4566"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn regions_of_every_partition_are_valid_and_misspelt_ones_are_not() {
        for region in ["eu-central-1", "us-gov-west-1", "us-iso-east-1", "eusc-de-east-1", "cn-north-1", "ap-east-2"] {
            assert!(check_region(Some(region)).is_ok(), "{region}");
        }
        for slip in ["mars-1", "frankfurt", "eu-central", "EU-central-1", "eu_central_1", "e-central-1", "eu--1", ""] {
            assert!(check_region(Some(slip)).is_err(), "{slip}");
        }
    }

    #[test]
    fn an_endpoint_is_a_url_with_a_host() {
        for url in ["http://127.0.0.1:4566", "https://vpce-1.kinesis.eu-west-1.vpce.amazonaws.com/", "http://[::1]:1"] {
            assert!(is_endpoint(url), "{url}");
        }
        for url in ["", "abc", "127.0.0.1:4566", "ftp://x", "http://", "http://me:secret@x/", "http://x/?a=b"] {
            assert!(!is_endpoint(url), "{url}");
        }
    }
}
