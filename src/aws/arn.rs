//! Amazon Resource Names.

/// The parts of an ARN, `arn:PARTITION:SERVICE:REGION:ACCOUNT:RESOURCE` ("Identify AWS resources with Amazon Resource
/// Names" in the IAM user guide). Region and account are empty for some services.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Arn<'a> {
    pub service: &'a str,
    pub region: &'a str,
    pub account: &'a str,
    pub resource: &'a str,
}

impl<'a> Arn<'a> {
    /// Returns the parts; `None` if the text is not an ARN.
    pub fn parse(text: &'a str) -> Option<Self> {
        let mut parts = text.splitn(6, ':');
        let mut part = || parts.next();
        let ("arn", _partition) = (part()?, part()?) else { return None };
        Some(Self { service: part()?, region: part()?, account: part()?, resource: part()? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_resource_is_everything_after_the_account() {
        let arn = Arn::parse("arn:aws:dynamodb:eu-west-1:123456789012:table/t/stream/2026-01-01T00:00:00.000");
        let arn = arn.expect("an ARN");
        assert_eq!((arn.service, arn.region, arn.account), ("dynamodb", "eu-west-1", "123456789012"));
        assert_eq!(arn.resource, "table/t/stream/2026-01-01T00:00:00.000");
        assert_eq!(Arn::parse("arn:aws:s3:::bucket").map(|arn| (arn.region, arn.resource)), Some(("", "bucket")));
        for other in ["", "orders", "arn:aws:kinesis", "urn:aws:kinesis:r:a:stream/s"] {
            assert_eq!(Arn::parse(other), None, "{other}");
        }
    }
}
