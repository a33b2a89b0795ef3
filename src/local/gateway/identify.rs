//! The service and operation of a request.

use http::{HeaderMap, Uri, request::Parts};

/// Operations that change items.
const TABLE_WRITES: &[&str] = &[
    "PutItem",
    "UpdateItem",
    "DeleteItem",
    "BatchWriteItem",
    "TransactWriteItems",
    "ExecuteStatement",
    "BatchExecuteStatement",
    "ExecuteTransaction",
];

/// Service, operation and region of a request, as far as it names them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Identity {
    /// The signing name, or "" for a request that is not a signed AWS call (a deployed HTTP API's own route).
    pub service: String,
    /// Absent for REST, and for query requests until the body is read.
    pub operation: Option<String>,
    pub region: Option<String>,
}

impl Identity {
    pub fn of(head: &Parts) -> Self {
        let (target_service, operation) = target(&head.headers, &head.uri);
        let scope = scope(&head.headers, &head.uri);
        let (region, service) = match scope {
            Some((region, service)) => (Some(region), service),
            None => (None, target_service.unwrap_or_default()),
        };
        Self { service, operation, region }
    }

    /// Returns whether it may put records into a stream: of Kinesis, or of a DynamoDB table.
    pub fn writes_to_stream(&self) -> bool {
        let Some(operation) = self.operation.as_deref() else { return false };
        match self.service.as_str() {
            "kinesis" => operation.starts_with("PutRecord"),
            "dynamodb" => TABLE_WRITES.contains(&operation),
            _ => false,
        }
    }
}

/// Returns region and service of the credential scope: `Credential=AKID/date/region/service/aws4_request`, in the
/// header or in a presigned query (docs: IAM, "Elements of an AWS API request signature").
fn scope(headers: &HeaderMap, uri: &Uri) -> Option<(String, String)> {
    let header = headers.get(http::header::AUTHORIZATION).and_then(|v| v.to_str().ok());
    let credential = match header.and_then(|h| h.split_once("Credential=")) {
        Some((_, rest)) => rest.split([',', ' ']).next().unwrap_or("").to_owned(),
        None => {
            let pairs = uri.query()?.split('&').filter_map(|pair| pair.split_once('='));
            let (_, value) = pairs.into_iter().find(|(name, _)| *name == "X-Amz-Credential")?;
            value.replace("%2F", "/").replace("%2f", "/")
        }
    };
    let mut fields = credential.rsplit('/').skip(1);
    let service = fields.next()?;
    let region = fields.next()?;
    Some((region.to_owned(), service.to_owned()))
}

/// Returns service (by its target prefix) and operation of a JSON request (`X-Amz-Target: Prefix.Operation`) or a CBOR
/// one (`/service/Prefix/operation/Operation`).
fn target(headers: &HeaderMap, uri: &Uri) -> (Option<String>, Option<String>) {
    if let Some(target) = headers.get("x-amz-target").and_then(|v| v.to_str().ok()) {
        return match target.rsplit_once('.') {
            Some((prefix, operation)) => (signing_name(prefix), Some(operation.to_owned())),
            None => (None, Some(target.to_owned())),
        };
    }
    let mut segments = uri.path().trim_start_matches('/').split('/');
    match (segments.next(), segments.next(), segments.next(), segments.next()) {
        (Some("service"), Some(prefix), Some("operation"), Some(operation)) => {
            (signing_name(prefix), Some(operation.to_owned()))
        }
        _ => (None, None),
    }
}

fn signing_name(prefix: &str) -> Option<String> {
    let name = match prefix {
        "AmazonDMSv20160101" => "dms",
        "AWSEvents" => "events",
        "Kinesis_20131202" => "kinesis",
        "Logs_20140328" => "logs",
        "DynamoDB_20120810" | "DynamoDBStreams_20120810" => "dynamodb",
        "secretsmanager" => "secretsmanager",
        "AmazonSQS" => "sqs",
        _ => return None,
    };
    Some(name.to_owned())
}

/// Returns `Action` of a query request's body, which the SDKs write first.
pub fn query_action(body: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(body).ok()?;
    let action = text.split('&').find_map(|pair| pair.strip_prefix("Action="))?;
    action.chars().all(|c| c.is_ascii_alphanumeric()).then(|| action.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn identity(uri: &str, headers: &[(&str, &str)]) -> Identity {
        let mut request = http::Request::builder().uri(uri);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        Identity::of(&request.body(()).unwrap().into_parts().0)
    }

    #[test]
    fn signed_json() {
        let scope =
            "AWS4-HMAC-SHA256 Credential=AKID/20260101/eu-west-1/dms/aws4_request, SignedHeaders=host, Signature=x";
        let seen = identity("/", &[("authorization", scope), ("x-amz-target", "AmazonDMSv20160101.DescribeEndpoints")]);
        assert_eq!(seen.service, "dms");
        assert_eq!(seen.operation.as_deref(), Some("DescribeEndpoints"));
        assert_eq!(seen.region.as_deref(), Some("eu-west-1"));
    }

    #[test]
    fn presigned() {
        let seen = identity("/b/k?X-Amz-Credential=AKID%2F20260101%2Fus-east-1%2Fs3%2Faws4_request&x=y", &[]);
        assert_eq!((seen.service.as_str(), seen.operation), ("s3", None));
    }

    #[test]
    fn unsigned() {
        assert_eq!(identity("/cars", &[("host", "a1.execute-api.localhost:4566")]), Identity::default());
        assert_eq!(identity("/", &[("x-amz-target", "AWSEvents.PutEvents")]).service, "events");
        let cbor = identity("/service/Kinesis_20131202/operation/PutRecords", &[]);
        assert_eq!((cbor.service.as_str(), cbor.operation.as_deref()), ("kinesis", Some("PutRecords")));
    }

    #[test]
    fn writes_to_streams() {
        let writes = |target: &str| identity("/", &[("x-amz-target", target)]).writes_to_stream();
        assert!(writes("Kinesis_20131202.PutRecords") && writes("DynamoDB_20120810.TransactWriteItems"));
        assert!(!writes("DynamoDB_20120810.GetItem") && !writes("DynamoDBStreams_20120810.GetRecords"));
    }

    #[test]
    fn query_actions() {
        assert_eq!(
            query_action(b"Action=DescribeDBInstances&Version=2014-10-31").as_deref(),
            Some("DescribeDBInstances")
        );
        assert_eq!(query_action(b"{}"), None);
        assert_eq!(query_action(&[0xff]), None);
    }
}
