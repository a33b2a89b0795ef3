//! The encodings that signatures use (IAM user guide, "Create a canonical request").

use std::fmt::Write;

/// Encodes everything but unreserved characters; keeps a slash that separates the parts of a path.
pub fn encode(text: &str, path: bool) -> String {
    text.bytes().fold(String::with_capacity(text.len()), |mut encoded, byte| {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => encoded.push(byte.into()),
            b'/' if path => encoded.push('/'),
            // Writing to a string does not fail.
            _ => drop(write!(encoded, "%{byte:02X}")),
        }
        encoded
    })
}

/// Returns names and values of a query, decoded.
pub fn fields(query: &str) -> impl Iterator<Item = (String, String)> {
    query.split('&').filter(|pair| !pair.is_empty()).map(|pair| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        (decoded(name), decoded(value))
    })
}

/// Decodes percent-encoding; keeps invalid sequences unchanged.
fn decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let (mut plain, mut at) = (Vec::with_capacity(bytes.len()), 0);
    while at < bytes.len() {
        let code = (bytes[at] == b'%').then(|| text.get(at + 1..at + 3)).flatten();
        match code.and_then(|code| u8::from_str_radix(code, 16).ok()) {
            Some(byte) => {
                plain.push(byte);
                at += 3;
            }
            None => {
                plain.push(bytes[at]);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&plain).into_owned()
}

/// Removes `.`, `..` and empty segments (RFC 3986, section 5.2.4), as every service but S3 does before signing.
pub fn normalized(path: &str) -> String {
    let mut segments: Vec<&str> = Vec::new();
    for segment in path.split('/') {
        match segment {
            "" | "." => {}
            ".." => drop(segments.pop()),
            _ => segments.push(segment),
        }
    }
    let end = if path.ends_with('/') && !segments.is_empty() { "/" } else { "" };
    format!("/{}{end}", segments.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encodings() {
        assert_eq!(encode("a b/ü%~", false), "a%20b%2F%C3%BC%25~");
        assert_eq!(encode("/a b", true), "/a%20b");
        let pairs: Vec<_> = fields("a=1%2F2&b&c=%zz%").collect();
        let pairs: Vec<(&str, &str)> = pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        assert_eq!(pairs, [("a", "1/2"), ("b", ""), ("c", "%zz%")]);
        for (path, wanted) in [("", "/"), ("/", "/"), ("/a//b/../c/", "/a/c/"), ("/../x/.", "/x")] {
            assert_eq!(normalized(path), wanted, "{path}");
        }
    }
}
