//! Records that are text, and texts that are shortened for display.

/// Maximum characters of a foreign record in a summary. The item has all of it.
const SHOWN: usize = 160;

/// Returns the record's text; `None` if it is blank, not readable as text, or seems to be JSON that was truncated.
pub fn plain(bytes: &[u8]) -> Option<&str> {
    let text = std::str::from_utf8(bytes).ok()?;
    let is_json = text.trim_start().starts_with(['{', '[', '"']);
    let is_readable = |c: char| !c.is_control() || matches!(c, '\n' | '\r' | '\t');
    (!text.trim().is_empty() && !is_json && text.chars().all(is_readable)).then_some(text)
}

/// Returns the beginning of a text, with its length if it is longer than that.
pub fn short(text: &str) -> String {
    match text.char_indices().nth(SHOWN) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}… ({} bytes)", &text[..end], text.len()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_readable_and_not_truncated_json() {
        for text in ["GET /cars 200\n", "ž\tü", "NaN", "42 apples"] {
            assert_eq!(plain(text.as_bytes()), Some(text));
        }
        for other in [&b""[..], b" \n", b"\xff", b"a\0b", b"\x1b[2J", b"{\"a\":", b" [1", b"\"a"] {
            assert_eq!(plain(other), None, "{other:?}");
        }
    }

    #[test]
    fn long_texts_are_shortened_between_characters() {
        assert_eq!(short("ž"), "ž");
        let long = "ž".repeat(SHOWN + 1);
        assert_eq!(short(&long), format!("{}… ({} bytes)", "ž".repeat(SHOWN), 2 * (SHOWN + 1)));
    }
}
