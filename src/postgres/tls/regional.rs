//! One region's root certificate out of Amazon's bundle, for services that take a single certificate.

use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;

use super::RDS_ROOTS;

/// The PEM of the root that signs for `rds-ca-rsa2048-g1`, the authority our templates name, in this region. None for a
/// region that the embedded bundle does not know.
pub fn regional_root(region: &str) -> Option<String> {
    const END: &str = "-----END CERTIFICATE-----";
    let common_name = format!("Amazon RDS {region} Root CA RSA2048 G1");
    let bundle = std::str::from_utf8(RDS_ROOTS).ok()?;
    bundle.split_inclusive(END).find_map(|text| {
        let pem = &text[text.find("-----BEGIN CERTIFICATE-----")?..];
        let der = CertificateDer::from_pem_slice(pem.as_bytes()).ok()?;
        // The name is plain text within the DER, and in no other certificate of the bundle.
        der.windows(common_name.len()).any(|bytes| bytes == common_name.as_bytes()).then(|| format!("{pem}\n"))
    })
}

#[cfg(test)]
mod tests {
    use super::regional_root;

    #[test]
    fn a_region_has_one_root_that_fits_a_template_parameter() {
        for region in ["us-east-1", "eu-central-1", "ap-southeast-2"] {
            let pem = regional_root(region).expect("known region");
            assert!(pem.len() < 4096 && pem.matches("BEGIN").count() == 1, "{region}: {pem}");
        }
        assert_eq!(regional_root("mars-1"), None);
    }
}
