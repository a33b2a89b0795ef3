//! Error responses in the protocol of the requested service, so that clients understand them.
//!
//! Codes: "Common error types" in the API references of STS (query), DynamoDB (JSON) and S3 (REST XML), and "Error
//! codes for the Amazon EC2 API".

use http::{HeaderMap, HeaderValue, StatusCode, header};

use super::ApiResponse;
use super::identify::Identity;
use super::signature::Refusal;

/// Returns the response to a request that is not accepted.
pub fn refused(refusal: Refusal, identity: &Identity, headers: &HeaderMap) -> ApiResponse {
    let text = format!("{} This local stack has its own access key: outboxctl local env", reason(refusal));
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or("");
    if identity.service == "s3" {
        let body = format!("<Error><Code>{}</Code><Message>{text}</Message></Error>", s3_code(refusal));
        return ApiResponse::new(StatusCode::FORBIDDEN, "application/xml", body);
    }
    if kind.starts_with("application/x-www-form-urlencoded") {
        // EC2 has a separate format for this error.
        let body = if identity.service == "ec2" {
            let error = format!("<Error><Code>AuthFailure</Code><Message>{text}</Message></Error>");
            format!("<Response><Errors>{error}</Errors></Response>")
        } else {
            let code = query_code(refusal);
            let error = format!("<Error><Type>Sender</Type><Code>{code}</Code><Message>{text}</Message></Error>");
            format!("<ErrorResponse>{error}<RequestId>local</RequestId></ErrorResponse>")
        };
        return ApiResponse::new(StatusCode::FORBIDDEN, "text/xml", body);
    }
    let code = json_code(refusal);
    // A JSON request names its operation, a REST one does not.
    let status = if identity.operation.is_some() { StatusCode::BAD_REQUEST } else { StatusCode::FORBIDDEN };
    if kind.starts_with("application/cbor") || headers.contains_key("smithy-protocol") {
        let mut answer = ApiResponse::new(status, "application/cbor", cbor(&[("__type", code), ("message", &text)]));
        answer.headers.insert("smithy-protocol", HeaderValue::from_static("rpc-v2-cbor"));
        return answer;
    }
    ApiResponse::error(status, code, &text)
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

/// Encodes a map of short texts in CBOR (RFC 8949, section 3).
fn cbor(fields: &[(&str, &str)]) -> Vec<u8> {
    let text = |bytes: &mut Vec<u8>, text: &str| {
        // Two bytes of length: enough for any message here.
        bytes.push(0x79);
        bytes.extend(u16::try_from(text.len()).unwrap_or(0).to_be_bytes());
        bytes.extend(text.as_bytes());
    };
    let mut bytes = vec![0xa0 + u8::try_from(fields.len()).unwrap_or(0)];
    for (name, value) in fields {
        text(&mut bytes, name);
        text(&mut bytes, value);
    }
    bytes
}

#[cfg(test)]
mod tests {
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
