//! Access to the endpoint: for programs that have the stack's key, and for every program on this machine to the public
//! routes of a deployed API. Web pages are always refused.

use chrono::Utc;
use http::request::Parts;
use http::{Method, StatusCode, header};

use super::ApiResponse;
use super::signature::{Refusal, Signed};
use crate::aws::AccessKey;
use crate::listener::{self, Links};

/// Header with the secret of the stack's key, for the gateway's own addresses below `/_outboxctl/`. Forms can't send
/// it, and pages only after a preflight, which is not answered.
pub const KEY_HEADER: &str = "x-outboxctl-key";

/// Refuses requests of web pages.
pub fn refuse_pages(head: &Parts) -> Option<ApiResponse> {
    let reason = match listener::check(&head.method, &head.headers, Links::Refused) {
        Ok(()) => return None,
        Err(listener::Refusal::Host) => "the local stack answers to localhost and 127.0.0.1 only",
        Err(listener::Refusal::Page) => "the local stack does not answer web pages",
    };
    Some(ApiResponse::error(StatusCode::FORBIDDEN, "AccessDeniedException", reason))
}

/// Refuses requests to `/_outboxctl/` that do not come from the stack or its owner.
pub fn require_key(head: &Parts, key: &AccessKey) -> Option<ApiResponse> {
    let given = head.headers.get(KEY_HEADER).and_then(|value| value.to_str().ok()).unwrap_or("");
    if !listener::same(given, &key.secret) {
        let text = format!("{KEY_HEADER} must have the secret of the stack's access key");
        return Some(ApiResponse::error(StatusCode::FORBIDDEN, "AccessDeniedException", &text));
    }
    let reads = head.method == Method::GET || head.method == Method::DELETE;
    if !reads && !listener::is_json(&head.headers) {
        let text = "the body must be application/json";
        return Some(ApiResponse::error(StatusCode::UNSUPPORTED_MEDIA_TYPE, "UnsupportedMediaType", text));
    }
    None
}

/// The caller of a request, as far as it is known before the body is read.
pub enum Caller {
    /// Claims the stack's own key, to be verified.
    Signed(Signed),
    /// Claims a session of a role (a function's, or one that an AWS service has for its work), to be verified. The
    /// emulator evaluates the role's policies.
    Session(Signed),
    /// Any program on this machine: may reach deployed APIs and function URLs without IAM authorization, nothing else.
    /// The emulator's launcher enforces that.
    Public,
}

impl Caller {
    /// # Errors
    /// The reason why the request is refused, before its body is read.
    pub fn of(head: &Parts, key: &AccessKey) -> Result<Self, Refusal> {
        match Signed::of(head)? {
            Some(signed) if signed.has_session() => Ok(Self::Session(signed)),
            Some(signed) if !signed.names(key) => Err(Refusal::OtherKey),
            Some(signed) => Ok(Self::Signed(signed)),
            None if may_be_public(head) => Ok(Self::Public),
            None => Err(Refusal::Unsigned),
        }
    }

    /// Returns whether the body has to be read to verify the caller.
    pub fn needs_body(&self) -> bool {
        matches!(self, Self::Signed(signed) | Self::Session(signed) if signed.needs_body())
    }

    /// Verifies the signature with the caller's key.
    ///
    /// # Errors
    /// The reason why the request is refused.
    pub fn verify(&self, head: &Parts, body: &[u8], key: &AccessKey) -> Result<(), Refusal> {
        match self {
            Self::Signed(signed) | Self::Session(signed) => signed.verify(head, body, key, Utc::now()),
            Self::Public => Ok(()),
        }
    }
}

/// Returns the address of an API or of a function: by host, or by path for clients that can't resolve such hosts.
fn may_be_public(head: &Parts) -> bool {
    let host = head.headers.get(header::HOST).and_then(|value| value.to_str().ok()).unwrap_or("");
    let path = head.uri.path();
    [".execute-api.", ".lambda-url."].iter().any(|part| host.contains(part))
        || ["/_aws/execute-api/", "/_aws/lambda-url/"].iter().any(|start| path.starts_with(start))
        || (path.starts_with("/restapis/") && path.contains("/_user_request_"))
}

/// Returns whether a request answers a custom resource or a wait condition, by the address that the launcher presigns.
pub fn is_answer(head: &Parts) -> bool {
    ["/_ministack/cfn-response/", "/_ministack/cfn-signal/"].iter().any(|start| head.uri.path().starts_with(start))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(method: &str, uri: &str, host: &str) -> Parts {
        http::Request::builder().method(method).uri(uri).header("host", host).body(()).unwrap().into_parts().0
    }

    #[test]
    fn only_routes_of_apis_are_public() {
        let public = |method: &str, uri: &str, host: &str| match Caller::of(
            &head(method, uri, host),
            &AccessKey::new("LOCAL1", "x"),
        ) {
            Ok(Caller::Public) => "public",
            _ => "refused",
        };
        assert_eq!(public("GET", "/cars", "0a1b2c3d.execute-api.localhost:4566"), "public");
        assert_eq!(public("GET", "/_aws/lambda-url/x/", "localhost"), "public");
        assert_eq!(public("PUT", "/_ministack/cfn-response/t", "localhost"), "refused");
        for uri in ["/", "/bucket/object", "/_ministack/reset", "/_ministack/cfn-response/t", "/health"] {
            assert_eq!(public("POST", uri, "localhost"), "refused", "{uri}");
        }
    }
}
