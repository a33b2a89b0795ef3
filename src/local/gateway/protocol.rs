//! Errors in the protocols of AWS: each has a form of its own (Smithy documentation, "AWS protocols"; "Error responses"
//! in the API references of S3 and EC2).

use http::{HeaderMap, HeaderValue, StatusCode, header};

use super::ApiResponse;

/// The protocol of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    /// JSON or REST JSON: their errors have the same form here.
    Json,
    /// JSON of SQS, which had the query protocol before: a header has the code of that protocol.
    Sqs,
    /// Smithy RPC v2 CBOR, here of CloudWatch, which had the query protocol before as well.
    Cbor,
    Query,
    Ec2,
    S3,
}

impl Protocol {
    /// Returns the protocol by service and content type: a service may have several.
    pub fn of(service: &str, headers: &HeaderMap) -> Self {
        let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or("");
        let is_form = kind.starts_with("application/x-www-form-urlencoded");
        match service {
            "s3" => Self::S3,
            "sqs" if !is_form => Self::Sqs,
            "ec2" if is_form => Self::Ec2,
            _ if is_form => Self::Query,
            _ if kind.starts_with("application/cbor") || headers.contains_key("smithy-protocol") => Self::Cbor,
            _ => Self::Json,
        }
    }

    /// Returns an error in the form of the protocol.
    pub fn error(self, status: StatusCode, code: &str, message: &str) -> ApiResponse {
        let kind = if status.is_server_error() { "Receiver" } else { "Sender" };
        let with_query_code = |mut response: ApiResponse| {
            if let Ok(value) = HeaderValue::from_str(&format!("{code};{kind}")) {
                response.headers.insert("x-amzn-query-error", value);
            }
            response
        };
        match self {
            Self::Json => ApiResponse::error(status, code, message),
            Self::Sqs => with_query_code(ApiResponse::error(status, code, message)),
            Self::Cbor => {
                let body = cbor(&[("__type", code), ("message", message)]);
                let mut response = ApiResponse::new(status, "application/cbor", body);
                response.headers.insert("smithy-protocol", HeaderValue::from_static("rpc-v2-cbor"));
                with_query_code(response)
            }
            Self::Query => {
                let error = format!("<Type>{kind}</Type>{}", code_and_message(code, message));
                let body = format!("<ErrorResponse><Error>{error}</Error><RequestId>local</RequestId></ErrorResponse>");
                ApiResponse::new(status, "text/xml", body)
            }
            Self::Ec2 => {
                let error = format!("<Error>{}</Error>", code_and_message(code, message));
                let body = format!("<Response><Errors>{error}</Errors><RequestID>local</RequestID></Response>");
                ApiResponse::new(status, "text/xml", body)
            }
            Self::S3 => {
                let body = format!("<Error>{}<RequestId>local</RequestId></Error>", code_and_message(code, message));
                ApiResponse::new(status, "application/xml", body)
            }
        }
    }
}

fn code_and_message(code: &str, message: &str) -> String {
    let mut escaped = String::with_capacity(message.len());
    for c in message.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            // XML 1.0 has no other control characters.
            c if c.is_control() && !matches!(c, '\n' | '\r' | '\t') => escaped.push(' '),
            c => escaped.push(c),
        }
    }
    format!("<Code>{code}</Code><Message>{escaped}</Message>")
}

/// Encodes a map of texts in CBOR (RFC 8949, section 3).
fn cbor(fields: &[(&str, &str)]) -> Vec<u8> {
    let text = |bytes: &mut Vec<u8>, text: &str| {
        // Four bytes of length.
        bytes.push(0x7a);
        bytes.extend(u32::try_from(text.len()).unwrap_or(0).to_be_bytes());
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
    fn the_protocol_follows_from_service_and_content_type() {
        let of = |service: &str, kind: &'static str| {
            Protocol::of(service, &HeaderMap::from_iter([(header::CONTENT_TYPE, HeaderValue::from_static(kind))]))
        };
        let form = "application/x-www-form-urlencoded; charset=utf-8";
        assert_eq!([of("rds", form), of("ec2", form)], [Protocol::Query, Protocol::Ec2]);
        assert_eq!([of("s3", ""), of("lambda", "application/json")], [Protocol::S3, Protocol::Json]);
        assert_eq!([of("sqs", "application/x-amz-json-1.0"), of("sqs", form)], [Protocol::Sqs, Protocol::Query]);
        assert_eq!([of("monitoring", form), of("monitoring", "application/cbor")], [Protocol::Query, Protocol::Cbor]);
    }

    #[test]
    fn services_that_had_the_query_protocol_name_its_code() {
        for protocol in [Protocol::Sqs, Protocol::Cbor] {
            let answer = protocol.error(StatusCode::BAD_REQUEST, "RequestThrottled", "?");
            assert_eq!(answer.headers["x-amzn-query-error"], "RequestThrottled;Sender");
        }
        let answer = Protocol::Json.error(StatusCode::BAD_REQUEST, "ThrottlingException", "?");
        assert!(!answer.headers.contains_key("x-amzn-query-error"));
    }

    #[test]
    fn messages_are_escaped_in_xml() {
        let answer = Protocol::S3.error(StatusCode::BAD_REQUEST, "InvalidArgument", "a < b & \u{1}");
        let body = String::from_utf8(answer.body.to_vec()).unwrap();
        assert!(body.contains("<Message>a &lt; b &amp;  </Message>"), "{body}");
    }
}
