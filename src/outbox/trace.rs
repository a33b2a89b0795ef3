//! W3C Trace Context: the `traceparent` that follows an event from the request to the bus.

use std::fmt;

use uuid::Uuid;

/// A well-formed `traceparent` value, at most 55 characters of version 00.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Traceparent(String);

impl Traceparent {
    /// Parses a header's value; `None` if it is invalid: W3C Trace Context §3.2 says to start a new trace then.
    pub fn parse(value: &str) -> Option<Self> {
        let value = value.trim();
        let mut parts = value.split('-');
        let (version, trace, span, flags) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        let fields = [(version, 2), (trace, 32), (span, 16), (flags, 2)];
        let well_formed = fields.iter().all(|(text, length)| text.len() == *length && text.bytes().all(lower_hex));
        let all_zero = |text: &str| text.bytes().all(|byte| byte == b'0');
        // A later version may have more parts; the first four are then read as version 00.
        let known = version != "ff" && (version != "00" || parts.next().is_none());
        (well_formed && known && !all_zero(trace) && !all_zero(span))
            .then(|| Self(format!("00-{trace}-{span}-{flags}")))
    }

    /// Returns a new, sampled trace.
    pub fn generate() -> Self {
        let span = Uuid::new_v4().simple().to_string();
        Self(format!("00-{}-{}-01", Uuid::new_v4().simple(), &span[16..]))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Traceparent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn lower_hex(byte: u8) -> bool {
    byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_valid_values_are_parsed() {
        let valid = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        assert_eq!(Traceparent::parse(valid).unwrap().as_str(), valid);
        assert_eq!(Traceparent::parse(&format!("01{}-more", &valid[2..])).unwrap().as_str(), valid);
        for wrong in [
            "",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-extra",
            "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
            "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e473-00f067aa0ba902b7-01",
        ] {
            assert_eq!(Traceparent::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn generated_values_are_valid() {
        let made = Traceparent::generate();
        assert_eq!(Traceparent::parse(made.as_str()), Some(made));
    }
}
