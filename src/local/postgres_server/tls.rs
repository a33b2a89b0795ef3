//! The server's certificate, from an authority that exists for it only.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose,
};

use crate::base::error::{Kind, OrFail, Result};
use crate::local::home::write_for;
use crate::local::user::User;

/// Makes authority, certificate and key unless they exist; returns the authority's file. Its key is not kept: it signs
/// once, so no other certificate can be trusted through it.
///
/// # Errors
/// `LocalSetup` if they can't be made, `Io` if they can't be written.
pub fn ensure(public: &Path, private: &Path, user: Option<&User>) -> Result<PathBuf> {
    let (ca_file, certificate, key) = (public.join("ca.pem"), private.join("server.pem"), private.join("server.key"));
    if ca_file.exists() && certificate.exists() && key.exists() {
        return Ok(ca_file);
    }
    let made = make().or_fail(Kind::LocalSetup, || "the local database's certificate can't be created".into())?;
    std::fs::create_dir_all(public).or_fail(Kind::LocalSetup, || format!("{} can't be created", public.display()))?;
    for (path, text) in [(&key, made.key), (&certificate, made.certificate)] {
        write_for(path, text.as_bytes(), user)?;
    }
    write_for(&ca_file, made.ca.as_bytes(), None)?;
    let mode = std::fs::Permissions::from_mode(0o644);
    std::fs::set_permissions(&ca_file, mode).or_fail(Kind::Io, || format!("{}", ca_file.display()))?;
    Ok(ca_file)
}

/// Copies the certificate and key to another server of the stack.
///
/// # Errors
/// `LocalSetup` if they can't be copied.
pub fn copy(from: &Path, to: &Path, user: Option<&User>) -> Result<()> {
    for name in ["server.pem", "server.key"] {
        let text = std::fs::read(from.join(name)).or_fail(Kind::LocalSetup, || format!("{name} can't be read"))?;
        write_for(&to.join(name), &text, user)?;
    }
    Ok(())
}

struct Made {
    ca: String,
    certificate: String,
    key: String,
}

fn make() -> std::result::Result<Made, rcgen::Error> {
    let mut authority = CertificateParams::new(Vec::new())?;
    authority.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    authority.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    authority.distinguished_name.push(DnType::CommonName, "outboxctl local stack");
    let authority_key = KeyPair::generate()?;
    let ca = authority.self_signed(&authority_key)?;
    let issuer = Issuer::new(authority, authority_key);

    let mut server = CertificateParams::new(vec!["localhost".to_owned(), "127.0.0.1".to_owned(), "::1".to_owned()])?;
    server.distinguished_name.push(DnType::CommonName, "localhost");
    server.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    server.use_authority_key_identifier_extension = true;
    let key = KeyPair::generate()?;
    let certificate = server.signed_by(&key, &issuer)?;
    Ok(Made { ca: ca.pem(), certificate: certificate.pem(), key: key.serialize_pem() })
}
