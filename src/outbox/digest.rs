//! Digest of an event's content: type, aggregate, sequence and data, independent of the order of keys, white space and
//! the notation of numbers. Numbers are compared exactly: 1, 1.0 and 1e0 are equal, and a fraction that was rounded to
//! a double on the way is different.

use sha2::{Digest, Sha256};

use super::{Decimal, Exact, Message};

/// Levels of a document that are compared by their content; deeper ones are compared as text.
const MAX_DEPTH: usize = 512;

/// Returns the first 16 bytes of a SHA-256 over the event's content.
pub fn digest(message: &Message) -> u128 {
    let mut hash = Sha256::new();
    for part in [&message.aggregate_type, &message.aggregate_id, &message.event_type] {
        // A value of `character(n)` is padded with blanks in the log, and PostgreSQL drops them in a conversion to text.
        text(&mut hash, part.trim_end_matches(' '));
    }
    // An outbox without a sequence has none on either side of a comparison.
    if let Some(sequence) = message.sequence {
        hash.update(sequence.to_be_bytes());
    }
    walk(&mut hash, message.payload.get(), MAX_DEPTH);
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hash.finalize()[..16]);
    u128::from_be_bytes(bytes)
}

fn text(hash: &mut Sha256, text: &str) {
    hash.update((text.len() as u64).to_be_bytes());
    hash.update(text);
}

fn walk(hash: &mut Sha256, json: &str, levels: usize) {
    match Exact::open(json) {
        Ok(Exact::Array(_) | Exact::Object(_)) if levels == 0 => text(hash, json),
        Err(_) => text(hash, json),
        Ok(Exact::Null) => hash.update([0]),
        Ok(Exact::Bool(value)) => hash.update([1, u8::from(value)]),
        Ok(Exact::Number(number)) => {
            hash.update([2]);
            let bytes = Decimal::parse(number).bytes();
            hash.update((bytes.len() as u64).to_be_bytes());
            hash.update(bytes);
        }
        Ok(Exact::String(value)) => {
            hash.update([3]);
            text(hash, &value);
        }
        Ok(Exact::Array(values)) => {
            hash.update([4]);
            hash.update((values.len() as u64).to_be_bytes());
            values.iter().for_each(|value| walk(hash, value.get(), levels - 1));
        }
        Ok(Exact::Object(fields)) => {
            hash.update([5]);
            hash.update((fields.len() as u64).to_be_bytes());
            // Sorted by name.
            for (name, value) in fields {
                text(hash, &name);
                walk(hash, value.get(), levels - 1);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(data: &str) -> Message {
        let text = format!(
            r#"{{"specversion":"1.0","id":"0198a6a0-0000-7000-8000-000000000001","source":"outbox.car","type":"T","subject":"c","time":"2026-11-21T06:14:00Z","sequence":"1","data":{data}}}"#
        );
        Message::from_cloud_event(&text).expect("an event")
    }

    #[test]
    fn digests_depend_on_content_only() {
        let one = digest(&event(r#"{"a": 1.10, "b": [1, 2, null], "c": {"x": "é", "y": 9007199254740993}}"#));
        for same in [
            r#"{"c":{"y":9007199254740993,"x":"\u00e9"},"b":[1.0,2e0,null],"a":1.1}"#,
            r#"{"b":[1,2,null],"a":11e-1,"c":{"x":"é","y":9007199254740993}}"#,
        ] {
            assert_eq!(digest(&event(same)), one, "{same}");
        }
        for other in [
            r#"{"a": 1.10, "b": [2, 1, null], "c": {"x": "é", "y": 9007199254740993}}"#,
            r#"{"a": 1.10, "b": [1, 2, null], "c": {"x": "é", "y": 9007199254740992}}"#,
            r#"{"a": 1.11, "b": [1, 2, null], "c": {"x": "é", "y": 9007199254740993}}"#,
            r#"{"a": 1.10, "b": [1, 2], "c": {"x": "é", "y": 9007199254740993}}"#,
        ] {
            assert_ne!(digest(&event(other)), one, "{other}");
        }
        let number = |text: &str| digest(&event(&format!("{{\"n\":{text}}}")));
        assert_ne!(number("123456789012345678901234567890"), number("123456789012345678901234567891"));
        assert_ne!(number("1.5e400"), number("1.6e400"));
        assert_ne!(number("1.10000000000000000001"), number("1.1"), "the double nearest to it is another number");
        // Also when it is nested more deeply than values are read.
        let nested = |inner: &str| event(&format!("{}{inner}{}", "[".repeat(200), "]".repeat(200)));
        let one = digest(&nested(r#"{"a": 1.10, "b": [2]}"#));
        assert_eq!(digest(&nested(r#"{"b":[2.0],"a":1.1}"#)), one);
        assert_ne!(digest(&nested(r#"{"b":[2.0],"a":1.2}"#)), one);
        let mut renamed = event("{}");
        renamed.sequence = Some(2);
        assert_ne!(digest(&renamed), digest(&event("{}")));
    }

    proptest::proptest! {
        #[test]
        fn numbers_are_compared_as_decimals(
            digits in "[1-9][0-9]{0,30}",
            point in 0usize..31,
            zeros in 0usize..4,
            changed in 0usize..31,
        ) {
            let point = point.min(digits.len());
            let number = |digits: &str| digest(&event(&format!("[{digits}e-{point}]")));
            let written = format!("{}.{}{}", &digits[..point.max(1)], &digits[point.max(1)..], "0".repeat(zeros + 1));
            let exponent = digits.len() - point.max(1);
            proptest::prop_assert_eq!(
                digest(&event(&format!("[{digits}e-{exponent}]"))),
                digest(&event(&format!("[{written}]")))
            );
            let mut other = digits.clone().into_bytes();
            let at = changed.min(other.len() - 1);
            other[at] = if other[at] == b'9' { b'8' } else { other[at] + 1 };
            let other = String::from_utf8(other).expect("digits");
            proptest::prop_assert_ne!(number(&digits), number(&other));
        }
    }

    #[test]
    fn the_padding_of_a_column_is_no_change() {
        let message = event("{}");
        let padded = Message { event_type: "T   ".into(), aggregate_id: "c ".into(), ..message.clone() };
        assert_eq!(digest(&padded), digest(&message));
        let other = Message { event_type: " T".into(), ..message.clone() };
        assert_ne!(digest(&other), digest(&message));
    }
}
