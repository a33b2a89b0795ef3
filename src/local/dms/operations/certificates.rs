//! Certificates that endpoints trust.

use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;
use serde_json::{Value, json};

use super::{Call, document, one};
use crate::local::dms::fault::{Answer, Fault};
use crate::local::dms::input::Input;
use crate::local::dms::kind::Kind;
use crate::local::dms::store::now;
use crate::local::state::ACCOUNT;

pub(super) fn import(call: &Call<'_>, input: &Input) -> Answer<Value> {
    let name = input.identifier("CertificateIdentifier")?;
    let pem = input.text("CertificatePem")?;
    let readable = CertificateDer::pem_slice_iter(pem.as_bytes()).collect::<Result<Vec<_>, _>>();
    if readable.map_or(true, |certificates| certificates.is_empty()) {
        return Err(Fault { code: "InvalidCertificateFault", message: "The certificate was not valid".into() });
    }
    let document = document(json!({
        "CertificateIdentifier": name,
        "CertificatePem": pem,
        "CertificateCreationDate": now(),
        "CertificateOwner": ACCOUNT,
    }));
    let arn = call.arn(Kind::Certificate, None);
    call.add(Kind::Certificate, arn, document, input).map(one)
}

pub(super) fn delete(call: &Call<'_>, input: &Input) -> Answer<Value> {
    let certificate = call.get(Kind::Certificate, input.text("CertificateArn")?)?;
    let users = call.store.list(|r| r.kind == Kind::Endpoint && r.text("CertificateArn") == certificate.arn);
    if let Some(endpoint) = users.first() {
        return Err(Fault::state(format!("the certificate is in use by endpoint {}", endpoint.identifier())));
    }
    call.store.remove(|resource| resource.arn == certificate.arn)?;
    Ok(one(certificate))
}
