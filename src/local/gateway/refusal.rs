//! Error responses in the protocol of the requested service, so that clients understand them.
//!
//! Codes: "Common error types" in the API references of STS (query), DynamoDB (JSON) and S3 (REST XML), and "Error
//! codes for the Amazon EC2 API".

use http::{HeaderMap, StatusCode};

use super::ApiResponse;
use super::identify::Identity;
use super::protocol::Protocol;
use super::signature::Refusal;

/// Returns the response to a request that is not accepted.
pub fn refused(refusal: Refusal, identity: &Identity, headers: &HeaderMap) -> ApiResponse {
    let (reason, s3, query, json) = described(refusal);
    let protocol = Protocol::of(&identity.service, headers);
    let (code, is_json) = match protocol {
        Protocol::S3 => (s3, false),
        Protocol::Ec2 => ("AuthFailure", false),
        Protocol::Query => (query, false),
        Protocol::Json | Protocol::Sqs | Protocol::Cbor => (json, true),
    };
    // A JSON request names its operation, a REST one does not.
    let is_json_call = is_json && identity.operation.is_some();
    let status = if is_json_call { StatusCode::BAD_REQUEST } else { StatusCode::FORBIDDEN };
    protocol.error(status, code, &format!("{reason} This local stack has its own access key: outboxctl local env"))
}

/// Returns the reason, and the codes of S3, of the query protocol and of JSON.
fn described(refusal: Refusal) -> (&'static str, &'static str, &'static str, &'static str) {
    match refusal {
        Refusal::Unsigned => (
            "The request is not signed.",
            "AccessDenied",
            "MissingAuthenticationToken",
            "MissingAuthenticationTokenException",
        ),
        Refusal::Malformed => (
            "The signature is incomplete or of an unknown form.",
            "AuthorizationHeaderMalformed",
            "IncompleteSignature",
            "IncompleteSignatureException",
        ),
        Refusal::OtherKey => (
            "The security token included in the request is invalid.",
            "InvalidAccessKeyId",
            "InvalidClientTokenId",
            "UnrecognizedClientException",
        ),
        Refusal::Mismatch => (
            "The request signature does not match.",
            "SignatureDoesNotMatch",
            "SignatureDoesNotMatch",
            "InvalidSignatureException",
        ),
        Refusal::Expired => (
            "The signature has expired, or the clocks differ.",
            "RequestTimeTooSkewed",
            "SignatureDoesNotMatch",
            "InvalidSignatureException",
        ),
        Refusal::SessionExpired => (
            "The security token included in the request is expired.",
            "ExpiredToken",
            "ExpiredToken",
            "ExpiredTokenException",
        ),
    }
}

#[cfg(test)]
mod tests {
    use http::{HeaderValue, header};

    use super::*;

    #[test]
    fn refusals_use_the_protocol_of_the_service() {
        let answer = |service: &str, operation: Option<&str>, kind: &'static str| {
            let identity = Identity { service: service.into(), operation: operation.map(Into::into), region: None };
            let headers = HeaderMap::from_iter([(header::CONTENT_TYPE, HeaderValue::from_static(kind))]);
            let answer = refused(Refusal::OtherKey, &identity, &headers);
            (answer.status.as_u16(), String::from_utf8_lossy(&answer.body).into_owned())
        };
        let contains = |(status, body): (u16, String), wanted: (u16, &str)| {
            assert!(status == wanted.0 && body.contains(wanted.1) && body.contains("outboxctl local env"), "{body}");
        };
        let form = "application/x-www-form-urlencoded; charset=utf-8";
        contains(answer("sts", None, form), (403, "<Code>InvalidClientTokenId</Code>"));
        contains(answer("ec2", None, form), (403, "<Code>AuthFailure</Code>"));
        contains(answer("s3", None, ""), (403, "<Code>InvalidAccessKeyId</Code>"));
        let json = "application/x-amz-json-1.1";
        contains(answer("dynamodb", Some("GetItem"), json), (400, "UnrecognizedClientException"));
        contains(answer("lambda", None, "application/json"), (403, "UnrecognizedClientException"));
        contains(answer("kinesis", Some("PutRecords"), "application/cbor"), (400, "UnrecognizedClientException"));
    }
}
