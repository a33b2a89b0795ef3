//! Access control: only pages of this server, and programs that have its token. The server listens on loopback, but
//! every browser and every user of this machine can reach it.
//!
//! - Requests of other pages are refused, see [`listener::check`]; a link may open the page. Bodies must be JSON.
//! - Everything needs the token: as a cookie, for which the printed address exchanges it, or as a bearer token, for
//!   programs such as Prometheus.

use axum::extract::{Request, State};
use axum::http::header::{self, HeaderMap, HeaderName};
use axum::http::{HeaderValue, Method, StatusCode, Uri};
use axum::middleware::Next;
use axum::response::{Html, IntoResponse, Response};

use super::Site;
use super::problem::Problem;
use crate::listener::{self, Links, Refusal};

/// Nothing from other origins, nothing inline, no string is ever interpreted as markup or script.
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

/// A page that leads to `/`. Not a redirect: after a link from another page, a browser would follow it without the
/// cookie.
const ONWARD: &str = "<!doctype html><html lang=\"en\"><meta http-equiv=\"refresh\" content=\"0;url=/\">\
                      <title>outboxctl ui</title><p><a href=\"/\">Show the pipeline</a></p></html>";

/// The answer to a browser that opens the page without its token, such as by a bookmark.
const SIGNED_OUT: &str = "<!doctype html><html lang=\"en\"><meta name=\"viewport\" content=\"width=device-width\">\
                          <meta name=\"color-scheme\" content=\"light dark\"><title>outboxctl ui</title>\
                          <h1>This page needs its token</h1><p>Open the address that <code>outboxctl ui</code> printed at \
                          its start. Each start has another token, unless the option <code>--token-file</code> names a \
                          file.</p></html>";

/// The secret that requests must present.
#[derive(Clone)]
pub struct Access {
    token: String,
    /// Cookies are not separated by port: each page on this machine has its own cookie name.
    cookie: String,
}

impl Access {
    pub fn new(token: String, port: u16) -> Self {
        Self { token, cookie: format!("outboxctl-{port}") }
    }

    /// Exchanges a token in the request's address for a cookie, so that it stays neither in the address bar nor in the
    /// history.
    fn exchange(&self, method: &Method, uri: &Uri) -> Option<Response> {
        let given = uri.query()?.split('&').find_map(|field| field.strip_prefix("token="))?;
        if *method != Method::GET || uri.path() != "/" || !listener::same(given, &self.token) {
            return None;
        }
        let cookie = format!("{}={}; Path=/; HttpOnly; SameSite=Strict", self.cookie, self.token);
        Some(([(header::SET_COOKIE, cookie)], Html(ONWARD)).into_response())
    }

    fn permits(&self, headers: &HeaderMap) -> bool {
        let texts = |name| headers.get_all(name).iter().filter_map(|value: &HeaderValue| value.to_str().ok());
        let bearer = texts(header::AUTHORIZATION).filter_map(|value| value.strip_prefix("Bearer "));
        let cookies = texts(header::COOKIE).flat_map(|value| value.split(';'));
        let cookies = cookies.filter_map(|cookie| cookie.trim().strip_prefix(self.cookie.as_str())?.strip_prefix('='));
        bearer.chain(cookies).any(|given| listener::same(given.trim(), &self.token))
    }
}

pub async fn guard(State(site): State<Site>, request: Request, next: Next) -> Response {
    let mut response = match refusal(request.method(), request.headers()) {
        Some(problem) => problem.into_response(),
        None => match site.access.exchange(request.method(), request.uri()) {
            Some(exchanged) => exchanged,
            None if site.access.permits(request.headers()) => next.run(request).await,
            None => unauthorized(request.headers()),
        },
    };
    let headers = response.headers_mut();
    for (name, value) in HEADERS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

fn unauthorized(headers: &HeaderMap) -> Response {
    let accepted = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let text = "open the address that `outboxctl ui` printed; programs send its token as a bearer token";
    let mut response = match accepted.contains("text/html") {
        true => (StatusCode::UNAUTHORIZED, Html(SIGNED_OUT)).into_response(),
        false => Problem::new(StatusCode::UNAUTHORIZED, text).into_response(),
    };
    // RFC 9110, section 11.6.1.
    response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    response
}

fn refusal(method: &Method, headers: &HeaderMap) -> Option<Problem> {
    match listener::check(method, headers, Links::Allowed) {
        Err(Refusal::Host) => {
            let text = "this page answers to localhost and 127.0.0.1 only";
            return Some(Problem::new(StatusCode::MISDIRECTED_REQUEST, text));
        }
        Err(Refusal::Page) => return Some(Problem::forbidden("requests of other pages are not answered")),
        Ok(()) => {}
    }
    let writes = !matches!(*method, Method::GET | Method::HEAD);
    if writes && !listener::is_json(headers) {
        return Some(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "the body must be application/json"));
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&str, &str)]) -> HeaderMap {
        let pairs = pairs.iter().map(|(name, value)| {
            (HeaderName::try_from(*name).expect("a name"), value.parse::<HeaderValue>().expect("a value"))
        });
        pairs.collect()
    }

    fn asked(method: Method, pairs: &[(&str, &str)]) -> Option<u16> {
        refusal(&method, &headers(pairs)).map(|problem| problem.into_response().status().as_u16())
    }

    #[test]
    fn other_hosts_and_pages_are_refused() {
        let host = ("host", "localhost:3000");
        let json = ("content-type", "application/json; charset=utf-8");
        assert_eq!(asked(Method::GET, &[("host", "evil.example")]), Some(421));
        assert_eq!(asked(Method::GET, &[]), Some(421));
        assert_eq!(asked(Method::POST, &[host, json, ("origin", "http://localhost:3000")]), None);
        assert_eq!(asked(Method::POST, &[host, json, ("origin", "http://localhost:3001")]), Some(403));
        let link = [host, ("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "navigate")];
        assert_eq!(asked(Method::GET, &link), None, "a link from elsewhere opens the page");
        assert_eq!(asked(Method::POST, &[host, ("content-type", "text/plain")]), Some(415));
        assert_eq!(asked(Method::POST, &[host]), Some(415));
    }

    #[test]
    fn the_token_is_a_cookie_or_a_bearer_token() {
        let access = Access::new("secret".into(), 3000);
        let permits = |name: &str, value: &str| access.permits(&headers(&[(name, value)]));
        assert!(permits("cookie", "a=b; outboxctl-3000=secret") && permits("authorization", "Bearer secret"));
        let refused = [
            ("cookie", "outboxctl-3000=other"),
            ("cookie", "outboxctl-3001=secret"),
            ("cookie", "outboxctl-3000="),
            ("authorization", "Bearer secrets"),
            ("authorization", "Basic secret"),
            ("x-token", "secret"),
        ];
        assert!(refused.iter().all(|(name, value)| !permits(name, value)));
    }

    #[test]
    fn a_browser_without_the_token_gets_a_page() {
        let kind = |accepted: &str| {
            let response = unauthorized(&headers(&[("accept", accepted)]));
            assert_eq!(
                (response.status().as_u16(), &response.headers()["www-authenticate"]),
                (401, &"Bearer".parse().unwrap())
            );
            response.headers()["content-type"].to_str().expect("text").to_owned()
        };
        assert!(kind("text/html,application/xhtml+xml,*/*;q=0.8").starts_with("text/html"));
        assert!(kind("application/json").starts_with("application/problem+json") && kind("*/*").contains("json"));
    }

    #[test]
    fn only_the_right_address_is_exchanged_for_the_cookie() {
        let access = Access::new("secret".into(), 3000);
        let exchanged = |uri: &str| access.exchange(&Method::GET, &uri.parse().expect("an address"));
        let response = exchanged("/?token=secret").expect("exchanged");
        assert_eq!(response.status(), StatusCode::OK);
        let cookie = response.headers()["set-cookie"].to_str().expect("text");
        assert_eq!(cookie, "outboxctl-3000=secret; Path=/; HttpOnly; SameSite=Strict");
        for uri in ["/", "/?token=", "/?token=secret2", "/api/outbox?token=secret"] {
            assert!(exchanged(uri).is_none(), "{uri}");
        }
    }
}
