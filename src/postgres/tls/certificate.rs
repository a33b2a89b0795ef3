//! The channel binding value of a certificate (RFC 5929, section 4.1).

use rustls::ClientConnection;
use sha2::{Digest, Sha256, Sha384, Sha512};

/// Returns the certificate's hash, by the hash function of its own signature; MD5 and SHA-1 count as SHA-256. `None` if
/// the signature names no single hash function (Ed25519): such a connection has no channel binding, as with libpq.
fn server_end_point(certificate: &[u8]) -> Option<Vec<u8>> {
    let hash = signature_algorithm(certificate).and_then(hash_of)?;
    Some(match hash {
        Hash::Sha256 => Sha256::digest(certificate).to_vec(),
        Hash::Sha384 => Sha384::digest(certificate).to_vec(),
        Hash::Sha512 => Sha512::digest(certificate).to_vec(),
    })
}

/// Returns the channel binding value of a session: that of the server's certificate.
pub fn channel_binding(session: &ClientConnection) -> Option<Vec<u8>> {
    server_end_point(session.peer_certificates()?.first()?)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Hash {
    Sha256,
    Sha384,
    Sha512,
}

/// Returns the OID's bytes of `Certificate.signatureAlgorithm`: the second element of the outer sequence.
fn signature_algorithm(certificate: &[u8]) -> Option<&[u8]> {
    const SEQUENCE: u8 = 0x30;
    const OID: u8 = 0x06;
    let (outer, _) = element(certificate, SEQUENCE)?;
    let (_, rest) = element(outer, SEQUENCE)?;
    let (algorithm, _) = element(rest, SEQUENCE)?;
    element(algorithm, OID).map(|(oid, _)| oid)
}

/// Reads one DER element with this tag: its content and the bytes after it.
fn element(der: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    let (&found, rest) = der.split_first()?;
    let (&first, rest) = rest.split_first()?;
    let (length, rest) = if first < 0x80 {
        (usize::from(first), rest)
    } else {
        let count = usize::from(first & 0x7f);
        if count == 0 || count > 4 || rest.len() < count {
            return None;
        }
        let (digits, rest) = rest.split_at(count);
        (digits.iter().fold(0, |length, &digit| length << 8 | usize::from(digit)), rest)
    };
    (found == tag && rest.len() >= length).then(|| rest.split_at(length))
}

fn hash_of(oid: &[u8]) -> Option<Hash> {
    // 1.2.840.113549.1.1 (PKCS #1) and 1.2.840.10045.4 (ECDSA)
    const RSA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01];
    const ECDSA: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04];
    match (oid.strip_prefix(RSA), oid.strip_prefix(ECDSA)) {
        (Some([4 | 5 | 11]), _) | (_, Some([1] | [3, 2])) => Some(Hash::Sha256),
        (Some([12]), _) | (_, Some([3, 3])) => Some(Hash::Sha384),
        (Some([13]), _) | (_, Some([3, 4])) => Some(Hash::Sha512),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use rustls_pki_types::CertificateDer;
    use rustls_pki_types::pem::PemObject;

    use super::*;

    fn certificate(algorithm: &'static rcgen::SignatureAlgorithm) -> Vec<u8> {
        let key = rcgen::KeyPair::generate_for(algorithm).expect("key");
        let params = rcgen::CertificateParams::new(vec!["localhost".into()]).expect("params");
        params.self_signed(&key).expect("certificate").der().to_vec()
    }

    #[test]
    fn the_signature_chooses_the_hash() {
        for (algorithm, length) in [
            (&rcgen::PKCS_ECDSA_P256_SHA256, Some(32)),
            (&rcgen::PKCS_ECDSA_P384_SHA384, Some(48)),
            (&rcgen::PKCS_ED25519, None),
        ] {
            assert_eq!(server_end_point(&certificate(algorithm)).map(|hash| hash.len()), length);
        }
    }

    #[test]
    fn amazons_certificates_all_have_one() {
        for root in CertificateDer::pem_slice_iter(super::super::RDS_ROOTS) {
            assert!(server_end_point(&root.expect("PEM")).is_some());
        }
    }

    proptest::proptest! {
        #[test]
        fn invalid_bytes_do_not_panic(bytes: Vec<u8>) {
            let _ = server_end_point(&bytes);
        }
    }
}
