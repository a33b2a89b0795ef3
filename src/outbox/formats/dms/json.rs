//! Writes JSON text without serde, for speed: a replicator writes hundreds of thousands of records per second.

use std::io::Write;

/// Appends `text` as a JSON string.
pub fn write_string(out: &mut Vec<u8>, text: &str) {
    out.push(b'"');
    let bytes = text.as_bytes();
    let mut written = 0;
    for (at, byte) in bytes.iter().enumerate() {
        let escape: &[u8] = match byte {
            b'"' => b"\\\"",
            b'\\' => b"\\\\",
            b'\n' => b"\\n",
            b'\r' => b"\\r",
            b'\t' => b"\\t",
            0x08 => b"\\b",
            0x0c => b"\\f",
            0..=0x1f => b"",
            _ => continue,
        };
        out.extend_from_slice(&bytes[written..at]);
        match escape {
            b"" => drop(write!(out, "\\u{byte:04x}")),
            _ => out.extend_from_slice(escape),
        }
        written = at + 1;
    }
    out.extend_from_slice(&bytes[written..]);
    out.push(b'"');
}

/// Returns a JSON string followed by the colon of a key.
pub fn key(name: &str) -> Vec<u8> {
    let mut out = Vec::with_capacity(name.len() + 3);
    write_string(&mut out, name);
    out.push(b':');
    out
}

/// Appends the decimal digits of a count.
pub fn write_count(out: &mut Vec<u8>, count: u64) {
    // Writing to a vector does not fail.
    let _ = write!(out, "{count}");
}

/// Rewrites the compact JSON that begins at `from` in the message format `json`: one line per member, tabs as
/// indentation and after the colon.
pub fn make_pretty(out: &mut Vec<u8>, from: usize) {
    let compact = out.split_off(from);
    let (mut depth, mut in_string, mut escaped) = (0, false, false);
    let line = |out: &mut Vec<u8>, depth: usize| {
        out.push(b'\n');
        out.resize(out.len() + depth, b'\t');
    };
    for (at, &byte) in compact.iter().enumerate() {
        if in_string {
            out.push(byte);
            in_string = escaped || byte != b'"';
            escaped = !escaped && byte == b'\\';
            continue;
        }
        let empty = compact.get(at + 1).is_some_and(|next| matches!(next, b'}' | b']'));
        let after_open = at > 0 && matches!(compact[at - 1], b'{' | b'[');
        match byte {
            b'{' | b'[' => {
                out.push(byte);
                depth += 1;
                if !empty {
                    line(out, depth);
                }
            }
            b'}' | b']' => {
                depth = depth.saturating_sub(1);
                if !after_open {
                    line(out, depth);
                }
                out.push(byte);
            }
            b',' => {
                out.push(byte);
                line(out, depth);
            }
            b':' => out.extend_from_slice(b":\t"),
            _ => {
                in_string = byte == b'"';
                out.push(byte);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;

    #[test]
    fn pretty_output_has_one_line_per_member() {
        let mut out = br#"xx{"data":{"a":"{,:\"}","b":[]},"m":{}}"#.to_vec();
        make_pretty(&mut out, 2);
        assert_eq!(
            String::from_utf8(out).unwrap(),
            "xx{\n\t\"data\":\t{\n\t\t\"a\":\t\"{,:\\\"}\",\n\t\t\"b\":\t[]\n\t},\n\t\"m\":\t{}\n}"
        );
    }

    proptest! {
        #[test]
        fn written_strings_and_counts_are_read_back(text: String, count: u64) {
            let mut out = b"[".to_vec();
            write_string(&mut out, &text);
            out.push(b',');
            write_count(&mut out, count);
            out.push(b']');
            let value: Value = serde_json::from_slice(&out).unwrap();
            prop_assert_eq!(&value, &serde_json::json!([text, count]));
            make_pretty(&mut out, 0);
            prop_assert_eq!(serde_json::from_slice::<Value>(&out).unwrap(), value);
        }
    }
}
