//! TLS that always verifies the server: the roots, and rustls as tokio-postgres' TLS provider.

mod adapter;
mod certificate;
mod regional;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::crypto::aws_lc_rs;
use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;

pub use adapter::Connector;
pub use certificate::channel_binding;
pub use regional::regional_root;

use crate::base::error::{Error, Kind, OrFail, Result};
use crate::settings::environment;

/// The environment variable that names a PEM file of trusted roots, as for libpq.
pub const ROOTS_VARIABLE: &str = "PGSSLROOTCERT";

/// Amazon's certificate authorities for RDS.
const RDS_ROOTS: &[u8] = include_bytes!("rds-ca.pem");

/// The accepted authorities of server certificates.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Roots {
    /// Amazon's certificate authorities for RDS, embedded in this executable.
    Rds,
    /// The certificates of a PEM file only.
    File(PathBuf),
    /// The certificates of a PEM text only.
    Pem(Vec<u8>),
    /// The authorities of the operating system.
    System,
    /// None: the connection is not encrypted. Only for servers of this machine.
    NoTls,
}

impl Roots {
    /// Returns the authorities that PGSSLROOTCERT names; Amazon's if it is unset or empty.
    pub fn from_environment() -> Self {
        environment::path(ROOTS_VARIABLE).map_or(Self::Rds, Self::named)
    }

    /// Returns the authorities that `sslrootcert` names: a PEM file, or `system` as in libpq 16 and later.
    pub fn named(name: impl Into<PathBuf>) -> Self {
        let path = name.into();
        if path.as_os_str() == "system" { Self::System } else { Self::File(path) }
    }

    /// Returns the rustls configuration that trusts these roots, with ALPN `postgresql`.
    ///
    /// # Errors
    /// `UntrustedCertificate` if the file can't be read or contains no certificate, and without TLS.
    pub fn client_config(&self) -> Result<Arc<ClientConfig>> {
        let store = match self {
            Self::Rds => parse(RDS_ROOTS, "the embedded RDS bundle")?,
            Self::File(path) => parse(&read(path)?, &path.display().to_string())?,
            Self::Pem(text) => parse(text, "the database's certificate")?,
            Self::System => system()?,
            Self::NoTls => {
                return Err(Error::new(
                    Kind::UntrustedCertificate,
                    "this connection needs TLS, and sslmode=disable is set",
                ));
            }
        };
        let mut config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .or_fail(Kind::Unexpected, || "TLS could not be set up".into())?
            .with_root_certificates(store)
            .with_no_client_auth();
        config.alpn_protocols = vec![b"postgresql".to_vec()];
        Ok(Arc::new(config))
    }
}

fn read(path: &Path) -> Result<Vec<u8>> {
    std::fs::read(path).or_fail(Kind::UntrustedCertificate, || {
        format!("the file of certificate authorities {} can't be read", path.display())
    })
}

/// Returns the authorities of the operating system, or of SSL_CERT_FILE and SSL_CERT_DIR.
fn system() -> Result<RootCertStore> {
    let mut store = RootCertStore::empty();
    let (usable, _) = store.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if usable == 0 {
        return Err(Error::new(Kind::UntrustedCertificate, "the system has no certificate authorities"));
    }
    Ok(store)
}

fn parse(pem: &[u8], origin: &str) -> Result<RootCertStore> {
    let certificates: Vec<CertificateDer<'_>> = CertificateDer::pem_slice_iter(pem)
        .collect::<std::result::Result<_, _>>()
        .or_fail(Kind::UntrustedCertificate, || format!("{origin} is not a PEM bundle"))?;
    let mut store = RootCertStore::empty();
    // A bundle may contain a certificate that rustls does not support; the others still count.
    let (usable, _) = store.add_parsable_certificates(certificates);
    if usable == 0 {
        return Err(Error::new(Kind::UntrustedCertificate, format!("{origin} contains no usable certificate")));
    }
    Ok(store)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_embedded_authority_is_usable() {
        let listed = CertificateDer::pem_slice_iter(RDS_ROOTS).count();
        let store = parse(RDS_ROOTS, "bundle").expect("parses");
        assert!(listed > 50, "{listed}");
        assert_eq!(store.len(), listed);
    }

    #[test]
    fn a_certificate_given_as_text_is_the_only_authority() {
        let root = regional_root("us-gov-west-1").expect("a root");
        assert!(Roots::Pem(root.into_bytes()).client_config().is_ok());
        let error = Roots::Pem(b"no PEM".to_vec()).client_config().expect_err("no certificate");
        assert_eq!(error.kind(), Kind::UntrustedCertificate);
    }

    #[test]
    fn a_file_without_certificates_is_refused() {
        let error = parse(b"hello", "roots.pem").expect_err("no certificate");
        assert_eq!(error.kind(), Kind::UntrustedCertificate);
        assert_eq!((Roots::named("system"), Roots::named("ca.pem")), (Roots::System, Roots::File("ca.pem".into())));
        let missing = Roots::File("/nowhere/roots.pem".into()).client_config().expect_err("no file");
        assert!(missing.message().contains("/nowhere/roots.pem"), "{}", missing.message());
    }
}
