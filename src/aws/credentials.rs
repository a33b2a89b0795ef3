//! The credentials that sign requests: a profile, AWS's default chain, or placeholders.
//!
//! A profile of a flag is used alone. Keys in the environment take precedence over a profile of AWS_PROFILE or
//! outboxctl.toml, as with the AWS CLI: CI systems set keys, whatever profile the developers' file has. The profile
//! must exist in either case.

use aws_config::profile::{ProfileFileCredentialsProvider, ProfileSet};
use aws_config::provider_config::ProviderConfig;
use aws_config::{BehaviorVersion, Region};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_runtime::env_config::file::EnvConfigFiles;
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_types::os_shim_internal::{Env, Fs};

use crate::base::error::{Error, Kind, OrFail, Result};
use crate::settings::environment;
use crate::settings::{Origin, Settings, quoted};

/// Access key ids that emulators document as arbitrary: AWS does not accept them.
const NOT_REAL: [&str; 7] = ["test", "dummy", "fake", "mock", "local", "localstack", "000000000000"];

/// The profiles of ~/.aws, and the chosen one.
#[derive(Debug)]
pub struct Profiles {
    /// "default" if none is chosen.
    pub name: String,
    origin: Origin,
    sections: ProfileSet,
}

impl Profiles {
    /// Reads the files that AWS_CONFIG_FILE and AWS_SHARED_CREDENTIALS_FILE name, by default those in ~/.aws.
    ///
    /// # Errors
    /// `Credentials` if a chosen profile does not exist, unless keys in the environment replace it.
    pub async fn load(settings: &Settings) -> Result<Self> {
        let (name, origin) = match &settings.profile {
            Some(name) => (name.clone(), settings.chosen.profile),
            None => ("default".to_owned(), Origin::Default),
        };
        let files = EnvConfigFiles::default();
        let read = aws_config::profile::load(&Fs::real(), &Env::real(), &files, Some(name.clone().into())).await;
        let sections = match read {
            Ok(sections) => sections,
            Err(_) if origin == Origin::Default => ProfileSet::default(),
            Err(error) => {
                return Err(error).or_fail(Kind::Credentials, || "the AWS configuration files can't be read".into());
            }
        };
        let profiles = Self { name, origin, sections };
        let excused = match origin {
            Origin::Flag => false,
            Origin::Default => true,
            // The name that is used if none is chosen.
            Origin::Variable | Origin::File => keys_in_environment() || profiles.name == "default",
        };
        if profiles.exists() || excused { Ok(profiles) } else { Err(profiles.missing(settings)) }
    }

    fn exists(&self) -> bool {
        self.sections.get_profile(&self.name).is_some()
    }

    fn missing(&self, settings: &Settings) -> Error {
        let mut names: Vec<&str> = self.sections.profiles().collect();
        names.sort_unstable();
        let known = match names.len() {
            0 => "no profiles are configured: aws configure, or aws configure sso".to_owned(),
            _ => format!("profiles: {}", names.join(", ")),
        };
        let origin = origin_note(settings, self.origin);
        Error::new(Kind::Credentials, format!("AWS profile {:?}{origin} does not exist", self.name)).hint(known)
    }

    /// Returns a key of the profile.
    pub fn get(&self, key: &str) -> Option<&str> {
        self.sections.get(key).filter(|value| !value.is_empty())
    }

    /// Returns the way to renew the credentials, by their source; `None` if that is unknown.
    pub fn remedy(&self) -> Option<String> {
        if self.origin != Origin::Flag && keys_in_environment() {
            let token = environment::raw("AWS_SESSION_TOKEN").is_some();
            let token = if token { " and AWS_SESSION_TOKEN" } else { "" };
            return Some(format!("renew AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY{token}"));
        }
        remedy(&self.name, &self.name, &|profile, key| {
            self.sections.get_profile(profile)?.get(key).filter(|value| !value.is_empty()).map(str::to_owned)
        })
    }

    /// Returns whether the profile sets an endpoint, so that its credentials are meant for it.
    fn has_endpoint(&self) -> bool {
        self.get("endpoint_url").is_some() || self.get("services").is_some()
    }

    /// Returns the credentials of the profile alone, if a flag names it; else None: AWS's default chain.
    pub fn alone(&self, region: &Region, http: &SharedHttpClient) -> Option<SharedCredentialsProvider> {
        if self.origin != Origin::Flag {
            return None;
        }
        let config = ProviderConfig::without_region()
            .with_region(Some(region.clone()))
            .with_behavior_version(Some(BehaviorVersion::latest()))
            .with_http_client(http.clone());
        let provider = ProfileFileCredentialsProvider::builder().configure(&config).profile_name(&self.name).build();
        Some(SharedCredentialsProvider::new(provider))
    }

    /// Returns a warning if the chosen profile is not used.
    pub fn warning(&self, settings: &Settings) -> Option<String> {
        let behind = matches!(self.origin, Origin::Variable | Origin::File) && keys_in_environment();
        behind.then(|| {
            format!(
                "AWS_ACCESS_KEY_ID takes precedence over profile {}{}; --profile {} uses the profile",
                self.name,
                origin_note(settings, self.origin),
                quoted(&self.name)
            )
        })
    }

    /// Returns whether the credentials in use were chosen for an endpoint on this machine. Others are not sent there: a
    /// process of another user may listen.
    pub fn are_meant_for_endpoint(&self, settings: &Settings) -> bool {
        match (self.origin, settings.chosen.endpoint_url) {
            (Origin::Flag, _) => true,
            (_, Origin::File) => false,
            _ => self.origin != Origin::Default || keys_in_environment() || self.has_endpoint(),
        }
    }

    /// Returns whether the credentials in use are known to be an emulator's, before a request is signed with them.
    pub fn are_not_real(&self) -> bool {
        let known = |id: &str| NOT_REAL.contains(&id);
        if self.origin != Origin::Flag && keys_in_environment() {
            let id = environment::text("AWS_ACCESS_KEY_ID").ok().flatten();
            return id.is_some_and(|id| known(&id)) && environment::raw("AWS_SESSION_TOKEN").is_none();
        }
        let plain = ["role_arn", "sso_session", "sso_account_id", "credential_process", "aws_session_token"];
        self.get("aws_access_key_id").is_some_and(known) && plain.iter().all(|key| self.get(key).is_none())
    }
}

/// Maximum length of a chain of profiles (`source_profile`).
const LONGEST_CHAIN: usize = 5;

/// Returns the remedy for a profile, by its keys (AWS SDKs and Tools Reference Guide, "Standardized credential
/// providers"). `chosen` is the profile that commands name anyway.
fn remedy(chosen: &str, name: &str, get: &dyn Fn(&str, &str) -> Option<String>) -> Option<String> {
    let mut name = name.to_owned();
    for _ in 0..LONGEST_CHAIN {
        if get(&name, "role_arn").and_then(|_| get(&name, "mfa_serial")).is_some() {
            let shown = quoted(&name);
            return Some(format!(
                "profile {shown} requires an MFA code, which is not asked for here: get a session from the AWS CLI (`aws \
                 configure export-credentials --profile {shown} --format env` prints its variables), and omit --profile"
            ));
        }
        match get(&name, "role_arn").and_then(|_| get(&name, "source_profile")) {
            Some(source) if source != name => name = source,
            _ => break,
        }
    }
    let has = |key: &str| get(&name, key).is_some();
    let shown = quoted(&name);
    let of = if name == chosen { String::new() } else { format!(" --profile {shown}") };
    Some(if has("web_identity_token_file") {
        format!("check the web_identity_token_file of profile {shown}")
    } else if has("sso_session") || has("sso_start_url") || has("sso_account_id") {
        format!("sign in (`aws sso login{of}`)")
    } else if has("aws_access_key_id") {
        format!("renew the access key of profile {shown}")
    } else if has("credential_process") {
        format!("check that the credential_process of profile {shown} prints valid credentials")
    } else if has("login_session") {
        format!("sign in (`aws login{of}`)")
    } else if has("credential_source") {
        format!("check the credential_source of profile {shown}")
    } else {
        return None;
    })
}

fn origin_note(settings: &Settings, origin: Origin) -> String {
    match (origin, &settings.file) {
        (Origin::Variable, _) => " (from AWS_PROFILE)".into(),
        (Origin::File, Some(path)) => format!(" (from {})", path.display()),
        _ => String::new(),
    }
}

/// Returns whether the environment has an access key; SDKs use it before any profile.
fn keys_in_environment() -> bool {
    ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"].iter().all(|name| environment::raw(name).is_some())
}

/// Returns placeholder credentials for endpoints that real ones must not be sent to.
pub fn placeholder() -> Credentials {
    Credentials::new("test", "test", None, None, "placeholder")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_remedy_fits_the_kind_of_profile() {
        let profiles = [
            ("sso", "sso_session", "corp"),
            ("login", "login_session", "arn"),
            ("process", "credential_process", "/opt/get --secret x"),
            ("keys", "aws_access_key_id", "AKIA"),
            ("role", "role_arn", "arn"),
            ("role", "source_profile", "login"),
            ("circle", "role_arn", "arn"),
            ("circle", "source_profile", "circle"),
        ];
        let get = |profile: &str, key: &str| {
            profiles.iter().find(|(p, k, _)| *p == profile && *k == key).map(|(_, _, value)| (*value).to_owned())
        };
        let of = |name: &str| remedy(name, name, &get);
        assert_eq!(of("sso").as_deref(), Some("sign in (`aws sso login`)"));
        assert_eq!(of("login").as_deref(), Some("sign in (`aws login`)"));
        assert_eq!(of("role").as_deref(), Some("sign in (`aws login --profile login`)"));
        assert_eq!(of("keys").as_deref(), Some("renew the access key of profile keys"));
        let process = of("process").expect("a remedy");
        assert!(process.contains("credential_process of profile process") && !process.contains("secret"), "{process}");
        assert_eq!([of("circle"), of("none")], [None, None]);
    }
}
