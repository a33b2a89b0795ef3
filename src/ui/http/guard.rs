//! Who may ask: only pages of this server. It listens on loopback, but so does every browser on this machine reach it.
//!
//! - A foreign name that resolves to 127.0.0.1 (DNS rebinding) shows in `Host`: only loopback names pass. The port is
//!   not compared, so that a forwarded one works.
//! - A foreign page that sends a form (CSRF) shows in `Origin` and `Sec-Fetch-Site`; and bodies must be JSON, which no
//!   foreign page may send without a preflight that nobody answers here.

use axum::extract::Request;
use axum::http::header::{self, HeaderMap, HeaderName};
use axum::http::{HeaderValue, Method};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::problem::Problem;
use axum::http::StatusCode;

/// Nothing from elsewhere, nothing inline, no string ever becomes markup or script.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
                      form-action 'none'; base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; \
                      trusted-types 'none'";

const HEADERS: [(HeaderName, &str); 7] = [
    (header::CONTENT_SECURITY_POLICY, POLICY),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("permissions-policy"), "camera=(), geolocation=(), microphone=()"),
];

pub async fn guard(request: Request, next: Next) -> Response {
    let mut response = match refusal(request.method(), request.headers()) {
        Some(problem) => problem.into_response(),
        None => next.run(request).await,
    };
    let headers = response.headers_mut();
    for (name, value) in HEADERS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

fn refusal(method: &Method, headers: &HeaderMap) -> Option<Problem> {
    let text = |name: HeaderName| headers.get(name).map(|value| value.to_str().unwrap_or("?"));
    let host = text(header::HOST).unwrap_or("");
    if !is_loopback(host) {
        return Some(Problem::new(
            StatusCode::MISDIRECTED_REQUEST,
            "this page answers to localhost and 127.0.0.1 only",
        ));
    }
    if let Some(origin) = text(header::ORIGIN)
        && origin.strip_prefix("http://") != Some(host)
    {
        return Some(Problem::forbidden("requests of other pages are not answered"));
    }
    // A typed address and other tools send "none" or nothing.
    let site = text(HeaderName::from_static("sec-fetch-site"));
    let foreign = matches!(site, Some("cross-site" | "same-site"));
    let navigation = text(HeaderName::from_static("sec-fetch-mode")) == Some("navigate");
    if foreign && !(navigation && method == Method::GET) {
        return Some(Problem::forbidden("requests of other pages are not answered"));
    }
    let writes = !matches!(*method, Method::GET | Method::HEAD);
    let json = text(header::CONTENT_TYPE)
        .is_some_and(|kind| kind.split(';').next().is_some_and(|kind| kind.trim() == "application/json"));
    if writes && !json {
        return Some(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "the body must be application/json"));
    }
    None
}

/// Whether `Host` names this machine itself, with or without a port.
fn is_loopback(host: &str) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    };
    matches!(name.to_ascii_lowercase().as_str(), "localhost" | "127.0.0.1" | "[::1]")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(method: Method, pairs: &[(&str, &str)]) -> Option<u16> {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.insert(HeaderName::try_from(*name).expect("a name"), value.parse().expect("a value"));
        }
        refusal(&method, &headers).map(|problem| problem.into_response().status().as_u16())
    }

    #[test]
    fn only_loopback_names_pass() {
        for host in ["localhost", "LOCALHOST:3000", "127.0.0.1:3000", "[::1]:3000"] {
            assert_eq!(asked(Method::GET, &[("host", host)]), None, "{host}");
        }
        for host in ["evil.example", "localhost.evil.example:3000", "127.0.0.1.nip.io", "0.0.0.0:3000", "", "::1"] {
            assert_eq!(asked(Method::GET, &[("host", host)]), Some(421), "{host}");
        }
        assert_eq!(asked(Method::GET, &[]), Some(421));
    }

    #[test]
    fn other_pages_are_refused() {
        let host = ("host", "localhost:3000");
        let json = ("content-type", "application/json; charset=utf-8");
        assert_eq!(asked(Method::POST, &[host, json, ("origin", "http://localhost:3000")]), None);
        assert_eq!(asked(Method::POST, &[host, json]), None, "a tool sends no origin");
        for origin in ["http://evil.example", "null", "https://localhost:3000", "http://localhost:3001"] {
            assert_eq!(asked(Method::POST, &[host, json, ("origin", origin)]), Some(403), "{origin}");
        }
        assert_eq!(asked(Method::GET, &[host, ("sec-fetch-site", "cross-site")]), Some(403));
        let link = [host, ("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "navigate")];
        assert_eq!(asked(Method::GET, &link), None, "a link from elsewhere opens the page");
        assert_eq!(asked(Method::POST, &[host, ("content-type", "text/plain")]), Some(415));
        assert_eq!(asked(Method::POST, &[host]), Some(415));
    }
}
