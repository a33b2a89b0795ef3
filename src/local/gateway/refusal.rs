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
    let text = format!("{} This local stack has its own access key: outboxctl local env", reason(refusal));
    let protocol = Protocol::of(&identity.service, headers);
    let code = match protocol {
        Protocol::S3 => s3_code(refusal),
        Protocol::Ec2 => "AuthFailure",
        Protocol::Query => query_code(refusal),
        Protocol::Json | Protocol::Sqs | Protocol::Cbor => json_code(refusal),
    };
    // A JSON request names its operation, a REST one does not.
    let is_json_call =
        matches!(protocol, Protocol::Json | Protocol::Sqs | Protocol::Cbor) && identity.operation.is_some();
    let status = if is_json_call { StatusCode::BAD_REQUEST } else { StatusCode::FORBIDDEN };
    protocol.error(status, code, &text)
}

fn reason(refusal: Refusal) -> &'static str {
    match refusal {
        Refusal::Unsigned => "The request is not signed.",
        Refusal::Malformed => "The signature is incomplete or of an unknown form.",
        Refusal::OtherKey => "The security token included in the request is invalid.",
        Refusal::Mismatch => "The request signature does not match.",
        Refusal::Expired => "The signature has expired, or the clocks differ.",
        Refusal::SessionExpired => "The security token included in the request is expired.",
    }
}

fn s3_code(refusal: Refusal) -> &'static str {
    match refusal {
        Refusal::Unsigned => "AccessDenied",
        Refusal::Malformed => "AuthorizationHeaderMalformed",
        Refusal::OtherKey => "InvalidAccessKeyId",
        Refusal::Mismatch => "SignatureDoesNotMatch",
        Refusal::Expired => "RequestTimeTooSkewed",
        Refusal::SessionExpired => "ExpiredToken",
    }
}

fn query_code(refusal: Refusal) -> &'static str {
    match refusal {
        Refusal::Unsigned => "MissingAuthenticationToken",
        Refusal::Malformed => "IncompleteSignature",
        Refusal::OtherKey => "InvalidClientTokenId",
        Refusal::Mismatch | Refusal::Expired => "SignatureDoesNotMatch",
        Refusal::SessionExpired => "ExpiredToken",
    }
}

fn json_code(refusal: Refusal) -> &'static str {
    match refusal {
        Refusal::Unsigned => "MissingAuthenticationTokenException",
        Refusal::Malformed => "IncompleteSignatureException",
        Refusal::OtherKey => "UnrecognizedClientException",
        Refusal::Mismatch | Refusal::Expired => "InvalidSignatureException",
        Refusal::SessionExpired => "ExpiredTokenException",
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
