//! The certificate authorities that HTTPS trusts: the system's, or those of AWS_CA_BUNDLE.

use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rustls::crypto::aws_lc_rs;
use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;

use crate::base::error::{Error, Kind, OrFail, Result};
use crate::settings::environment;

/// The AWS CLI's variable for a PEM file that replaces the system's authorities; `ca_bundle` of a profile is the same.
const BUNDLE_VARIABLE: &str = "AWS_CA_BUNDLE";

/// The system's authorities, or those of SSL_CERT_FILE and SSL_CERT_DIR. Those that rustls can't read are skipped.
static SYSTEM: LazyLock<Vec<CertificateDer<'static>>> =
    LazyLock::new(|| usable(rustls_native_certs::load_native_certs().certs));

/// The certificate authorities for requests to AWS.
#[derive(Debug, Clone)]
pub enum Trust {
    /// The system's; read at the first HTTPS request, because plain http needs none.
    System,
    /// Those of a PEM file, and no others.
    Bundle(Arc<Vec<CertificateDer<'static>>>),
}

impl Trust {
    /// Reads the file of AWS_CA_BUNDLE, else of `profile`'s `ca_bundle`.
    ///
    /// # Errors
    /// `Usage` if that has no usable certificate: without it every request would fail.
    pub fn of(profile: Option<&str>) -> Result<Self> {
        let variable = environment::path(BUNDLE_VARIABLE).map(|path| (BUNDLE_VARIABLE, path));
        let profile = profile.filter(|path| !path.is_empty()).map(|path| ("ca_bundle of the AWS profile", home(path)));
        let Some((name, path)) = variable.or(profile) else { return Ok(Self::System) };
        let shown = path.display();
        let text = std::fs::read(&path).or_fail(Kind::Usage, || format!("{name}={shown}: the file can't be read"))?;
        let found = CertificateDer::pem_slice_iter(&text).collect::<std::result::Result<Vec<_>, _>>();
        let found = usable(found.or_fail(Kind::Usage, || format!("{name}={shown}: not a PEM file"))?);
        if found.is_empty() {
            return Err(Error::new(Kind::Usage, format!("{name}={shown}: no usable certificate in this file")));
        }
        Ok(Self::Bundle(Arc::new(found)))
    }

    fn certificates(&self) -> &[CertificateDer<'static>] {
        match self {
            Self::System => &SYSTEM,
            Self::Bundle(certificates) => certificates,
        }
    }

    /// Returns the authorities as one PEM text; empty if there are none.
    pub fn pem(&self) -> String {
        let block = |certificate: &CertificateDer<'_>| {
            let text = STANDARD.encode(certificate);
            format!("-----BEGIN CERTIFICATE-----\n{text}\n-----END CERTIFICATE-----\n")
        };
        self.certificates().iter().map(block).collect()
    }

    /// Returns a TLS configuration for requests to `url`.
    ///
    /// # Errors
    /// `Io` for an https URL if no authority is installed.
    pub fn client_config(&self, url: &http::Uri) -> Result<ClientConfig> {
        let mut store = RootCertStore::empty();
        if url.scheme_str() != Some("http") {
            store.add_parsable_certificates(self.certificates().iter().cloned());
            if store.is_empty() {
                return Err(Error::new(Kind::Io, "no certificate authorities are installed on this machine").hint(
                    "install them (Debian: apt-get install ca-certificates), or name a PEM file with SSL_CERT_FILE",
                ));
            }
        }
        let builder = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()));
        let builder = builder.with_safe_default_protocol_versions();
        let builder = builder.or_fail(Kind::Unexpected, || "TLS could not be set up".into())?;
        Ok(builder.with_root_certificates(store).with_no_client_auth())
    }
}

/// Removes authorities that rustls can't read; the SDK would panic at them.
fn usable(certificates: Vec<CertificateDer<'static>>) -> Vec<CertificateDer<'static>> {
    let fits = |certificate: &CertificateDer<'static>| RootCertStore::empty().add(certificate.clone()).is_ok();
    certificates.into_iter().filter(fits).collect()
}

/// Expands a leading `~/`, as the AWS CLI does in a profile.
fn home(path: &str) -> PathBuf {
    match (path.strip_prefix("~/"), environment::path("HOME")) {
        (Some(rest), Some(home)) => home.join(rest),
        _ => Path::new(path).to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_https_needs_an_authority() {
        let none = Trust::Bundle(Arc::default());
        let for_url = |url: &str| none.client_config(&url.parse().expect("a URL"));
        assert!(for_url("http://127.0.0.1:1").is_ok());
        assert_eq!(for_url("https://127.0.0.1:1").expect_err("no authority").kind(), Kind::Io);
    }
}
