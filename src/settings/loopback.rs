//! Recognises hosts on this machine.

use std::net::IpAddr;

/// Returns whether a host is this machine: `localhost`, a name below it (RFC 6761, section 6.3), or a loopback address.
/// An IPv6 address may be in brackets.
pub fn is_loopback_host(host: &str) -> bool {
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    let address = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(&host);
    match address.parse::<IpAddr>() {
        Ok(IpAddr::V6(six)) => six.to_ipv4_mapped().map_or(six.is_loopback(), |four| four.is_loopback()),
        Ok(IpAddr::V4(four)) => four.is_loopback(),
        Err(_) => host == "localhost" || host.ends_with(".localhost"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_loopback_hosts_are_this_machine() {
        for here in
            ["localhost", "LOCALHOST.", "db.localhost", "127.0.0.1", "127.9.9.9", "::1", "[::1]", "::ffff:127.0.0.1"]
        {
            assert!(is_loopback_host(here), "{here}");
        }
        for elsewhere in ["", "localhost.example.com", "127.example.com", "10.0.0.1", "0.0.0.0", "::"] {
            assert!(!is_loopback_host(elsewhere), "{elsewhere}");
        }
    }
}
