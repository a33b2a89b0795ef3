//! Recognises endpoints on this machine.

use crate::settings::is_loopback_host;

/// Returns whether the host of a URL is this machine: `localhost`, a name below it (RFC 6761, section 6.3), or a
/// loopback address.
pub fn is_loopback(url: &str) -> bool {
    let Ok(url) = url.trim().parse::<http::Uri>() else { return false };
    url.host().is_some_and(is_loopback_host)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_loopback_is_this_machine() {
        let here = [
            "http://127.0.0.1:4566",
            "http://localhost/",
            "http://LOCALHOST:4566",
            "http://localhost.:1",
            "http://abc.execute-api.localhost:1/x",
            "http://[::1]:4566",
            "http://[::ffff:127.0.0.1]:1",
            "https://user@127.0.0.1/",
        ];
        let elsewhere = [
            "https://cloudformation.eu-central-1.amazonaws.com",
            "http://127.evil.com",
            "http://localhost.evil.com",
            "http://127.0.0.1@evil.com/",
            "http://0.0.0.0:1",
            "http://10.0.0.1",
            "",
        ];
        here.iter().for_each(|url| assert!(is_loopback(url), "{url}"));
        elsewhere.iter().for_each(|url| assert!(!is_loopback(url), "{url}"));
    }
}
