//! One region's root certificate from Amazon's bundle, for services that accept a single certificate.

use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;

use super::RDS_ROOTS;

/// Returns the PEM of the root that signs for `rds-ca-rsa2048-g1`, the authority in our templates, in this region.
/// `None` for a region that the embedded bundle does not contain.
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

    /// Regions with RDS (botocore 1.44.8, endpoints of `rds`, partitions aws, aws-us-gov and aws-cn).
    const REGIONS: &str = "af-south-1 ap-east-1 ap-east-2 ap-northeast-1 ap-northeast-2 ap-northeast-3 ap-south-1 ap-south-2 \
        ap-southeast-1 ap-southeast-2 ap-southeast-3 ap-southeast-4 ap-southeast-5 ap-southeast-6 ap-southeast-7 ca-central-1 \
        ca-west-1 eu-central-1 eu-central-2 eu-north-1 eu-south-1 eu-south-2 eu-west-1 eu-west-2 eu-west-3 il-central-1 \
        me-central-1 me-south-1 mx-central-1 sa-east-1 us-east-1 us-east-2 us-west-1 us-west-2 us-gov-east-1 us-gov-west-1 \
        cn-north-1 cn-northwest-1";
    /// Of those, the regions that need DatabaseCertificate and PGSSLROOTCERT. `.github/CONTRIBUTING.md` describes how
    /// to shorten the list.
    const MISSING: &[&str] = &["ap-east-2", "ap-southeast-6", "cn-north-1", "cn-northwest-1"];

    #[test]
    fn every_region_but_the_listed_ones_has_a_root_that_fits_a_template_parameter() {
        for region in REGIONS.split_whitespace() {
            let root = regional_root(region);
            assert_eq!(root.is_none(), MISSING.contains(&region), "{region}");
            // The maximum length of a template parameter of the functions is 3,000 characters.
            assert!(root.is_none_or(|pem| pem.len() < 3000 && pem.matches("BEGIN").count() == 1), "{region}");
        }
        assert_eq!(regional_root("mars-1"), None);
    }
}
