//! Recognises requests from web pages. Any page in a browser on this machine can reach a server on loopback, so the
//! address of the client is not significant. A page can't forge three headers:
//!
//! - `Host`: shows a foreign name that resolves to 127.0.0.1 (DNS rebinding). The port is not compared, so that a
//!   forwarded one works.
//! - `Origin` and `Sec-Fetch-Site` (Fetch Metadata, W3C): browsers set them on requests of pages. Programs send neither.

use http::header::{self, HeaderMap};
use http::{HeaderName, Method};

use crate::settings::is_loopback_host;

/// Permission for links on other pages to open an address here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Links {
    Allowed,
    Refused,
}

/// The reason for refusing a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// `Host` does not name this machine.
    Host,
    /// Sent by a page of another origin.
    Page,
}

/// Checks that a request comes from a program, from the address bar, or from a page of the same origin.
///
/// # Errors
/// The reason for refusing the request.
pub fn check(method: &Method, headers: &HeaderMap, links: Links) -> Result<(), Refusal> {
    let text = |name: HeaderName| headers.get(name).map(|value| value.to_str().unwrap_or("?"));
    let host = text(header::HOST).unwrap_or("");
    if headers.get_all(header::HOST).iter().count() != 1 || !names_this_machine(host) {
        return Err(Refusal::Host);
    }
    if text(header::ORIGIN).is_some_and(|origin| origin.strip_prefix("http://") != Some(host)) {
        return Err(Refusal::Page);
    }
    let site = text(HeaderName::from_static("sec-fetch-site"));
    let foreign = !matches!(site, None | Some("none" | "same-origin"));
    let link = *method == Method::GET && text(HeaderName::from_static("sec-fetch-mode")) == Some("navigate");
    if foreign && !(link && links == Links::Allowed) {
        return Err(Refusal::Page);
    }
    Ok(())
}

/// Returns whether the body is declared as JSON, which forms can't do, and foreign pages only with a preflight.
pub fn is_json(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    kind.and_then(|kind| kind.split(';').next()).is_some_and(|kind| kind.trim() == "application/json")
}

/// Returns whether `Host` names this machine, with or without a port.
fn names_this_machine(host: &str) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    };
    is_loopback_host(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(method: &Method, links: Links, pairs: &[(&str, &str)]) -> Result<(), Refusal> {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(HeaderName::try_from(*name).expect("a name"), value.parse().expect("a value"));
        }
        check(method, &headers, links)
    }

    #[test]
    fn only_names_of_this_machine_pass() {
        for host in ["localhost", "LOCALHOST:3000", "127.0.0.1:3000", "[::1]:3000", "a1.execute-api.localhost:4566"] {
            assert_eq!(checked(&Method::GET, Links::Refused, &[("host", host)]), Ok(()), "{host}");
        }
        for host in ["evil.example", "localhost.evil.example:3000", "127.0.0.1.nip.io", "0.0.0.0:3000", "", "::1"] {
            assert_eq!(checked(&Method::GET, Links::Allowed, &[("host", host)]), Err(Refusal::Host), "{host}");
        }
        assert_eq!(checked(&Method::GET, Links::Allowed, &[]), Err(Refusal::Host));
        let two = [("host", "localhost"), ("host", "evil.example")];
        assert_eq!(checked(&Method::GET, Links::Allowed, &two), Err(Refusal::Host));
    }

    #[test]
    fn other_pages_are_refused() {
        let host = ("host", "localhost:3000");
        for links in [Links::Allowed, Links::Refused] {
            assert_eq!(checked(&Method::POST, links, &[host]), Ok(()), "a program sends no origin");
            assert_eq!(checked(&Method::POST, links, &[host, ("origin", "http://localhost:3000")]), Ok(()));
            for origin in ["http://evil.example", "null", "https://localhost:3000", "http://localhost:3001"] {
                assert_eq!(checked(&Method::POST, links, &[host, ("origin", origin)]), Err(Refusal::Page), "{origin}");
            }
            for site in ["cross-site", "same-site", "unheard-of"] {
                assert_eq!(checked(&Method::GET, links, &[host, ("sec-fetch-site", site)]), Err(Refusal::Page));
                let form = [host, ("sec-fetch-site", site), ("sec-fetch-mode", "navigate")];
                assert_eq!(checked(&Method::POST, links, &form), Err(Refusal::Page), "a form of another page");
            }
            for site in ["none", "same-origin"] {
                assert_eq!(checked(&Method::GET, links, &[host, ("sec-fetch-site", site)]), Ok(()), "{site}");
            }
        }
        let link = [host, ("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "navigate")];
        assert_eq!(checked(&Method::GET, Links::Allowed, &link), Ok(()), "a link opens the page");
        assert_eq!(checked(&Method::GET, Links::Refused, &link), Err(Refusal::Page));
    }
}
