//! Amazon Resource Names.

/// The parts of an ARN, `arn:PARTITION:SERVICE:REGION:ACCOUNT:RESOURCE` ("Identify AWS resources with Amazon Resource
/// Names" in the IAM user guide). Region and account are empty for some services.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Arn<'a> {
    pub partition: &'a str,
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
        let ("arn", partition) = (part()?, part()?) else { return None };
        Some(Self { partition, service: part()?, region: part()?, account: part()?, resource: part()? })
    }
}

/// Returns the partition of a region ("Amazon Resource Names" in the AWS General Reference; for `eusc-`, the user guide of
/// the AWS European Sovereign Cloud); `*` for the pattern `*` of any region.
pub fn partition(region: &str) -> &'static str {
    match region {
        "*" => "*",
        _ if region.starts_with("cn-") => "aws-cn",
        _ if region.starts_with("us-gov-") => "aws-us-gov",
        _ if region.starts_with("eusc-") => "aws-eusc",
        _ => "aws",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_resource_is_everything_after_the_account() {
        let arn = Arn::parse("arn:aws:dynamodb:eu-west-1:123456789012:table/t/stream/2026-01-01T00:00:00.000");
        let arn = arn.expect("an ARN");
        assert_eq!((arn.partition, arn.service, arn.region), ("aws", "dynamodb", "eu-west-1"));
        assert_eq!(arn.account, "123456789012");
        assert_eq!(arn.resource, "table/t/stream/2026-01-01T00:00:00.000");
        assert_eq!(Arn::parse("arn:aws:s3:::bucket").map(|arn| (arn.region, arn.resource)), Some(("", "bucket")));
        for other in ["", "orders", "arn:aws:kinesis", "urn:aws:kinesis:r:a:stream/s"] {
            assert_eq!(Arn::parse(other), None, "{other}");
        }
    }

    #[test]
    fn the_region_decides_the_partition() {
        let partitions = ["eu-west-1", "cn-north-1", "us-gov-west-1", "eusc-de-east-1", "*"].map(partition);
        assert_eq!(partitions, ["aws", "aws-cn", "aws-us-gov", "aws-eusc", "*"]);
    }
}
