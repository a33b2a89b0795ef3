//! Sanitizes foreign text for terminals and CI logs.

use std::borrow::Cow;

/// Replaces characters that could control a terminal: control characters other than tab and line feed (C0, DEL, C1) and
/// the bidirectional controls of Unicode (UAX #9) become U+FFFD. Our own escape sequences are added after this.
pub fn clean(text: &str) -> Cow<'_, str> {
    if text.chars().any(is_harmful) {
        text.chars().map(|c| if is_harmful(c) { '\u{fffd}' } else { c }).collect::<String>().into()
    } else {
        text.into()
    }
}

/// Returns the text as one line: like [`clean()`], with line feeds replaced by U+FFFD as well.
pub fn clean_line(text: &str) -> Cow<'_, str> {
    match clean(text) {
        text if text.contains('\n') => text.replace('\n', "\u{fffd}").into(),
        text => text,
    }
}

/// Returns the text as one line without loss: the characters that [`clean_line`] replaces, and tabs, become JSON
/// escapes.
pub fn escape(text: &str) -> Cow<'_, str> {
    if !text.chars().any(|c| is_harmful(c) || matches!(c, '\t' | '\n')) {
        return text.into();
    }
    let mut escaped = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        match c {
            '\t' => escaped.push_str("\\t"),
            '\n' => escaped.push_str("\\n"),
            '\r' => escaped.push_str("\\r"),
            // All of them are in the basic multilingual plane.
            c if is_harmful(c) => escaped.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => escaped.push(c),
        }
    }
    escaped.into()
}

/// Cleans as [`clean()`], but keeps our own styles: the last filter, for text that is already styled.
pub fn clean_styled(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_harmful) {
        return text.into();
    }
    let mut cleaned = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let length = style_length(rest).unwrap_or(c.len_utf8());
        match style_length(rest) {
            Some(length) => cleaned.push_str(&rest[..length]),
            None => cleaned.push(if is_harmful(c) { '\u{fffd}' } else { c }),
        }
        rest = &rest[length..];
    }
    cleaned.into()
}

/// Returns the length in bytes of the style at the start: ESC `[`, one of anstyle's codes that we use (plain, bold,
/// dimmed, underlined, a colour), `m`.
fn style_length(text: &str) -> Option<usize> {
    let rest = text.strip_prefix("\u{1b}[")?;
    let code = &rest[..rest.find('m').filter(|end| *end <= 2)?];
    let known = matches!(code.as_bytes(), [b'0' | b'1' | b'2' | b'4'] | [b'3' | b'9', b'0'..=b'7']);
    known.then_some("\u{1b}[m".len() + code.len())
}

/// Returns whether a terminal may act on the character instead of showing it.
pub fn is_harmful(c: char) -> bool {
    let control = c.is_control() && c != '\t' && c != '\n';
    control || matches!(c, '\u{061c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_are_replaced() {
        assert_eq!(
            clean("a\u{1b}]0;t\u{7}\u{9b}2J\u{7f}\u{202e}b"),
            "a\u{fffd}]0;t\u{fffd}\u{fffd}2J\u{fffd}\u{fffd}b"
        );
        assert_eq!(clean_line("a\r\nb"), "a\u{fffd}\u{fffd}b");
    }

    #[test]
    fn escaping_loses_nothing() {
        assert_eq!(escape("a\u{1b}]0;t\u{7}\u{9b}b\nc\t\u{202e}"), r"a\u001b]0;t\u0007\u009bb\nc\t\u202e");
    }

    #[test]
    fn only_our_own_styles_pass_clean_styled() {
        let style = anstyle::AnsiColor::BrightCyan.on_default().bold();
        let ours = format!("{style}a{style:#}");
        assert_eq!(clean_styled(&ours), ours);
        assert_eq!(
            clean_styled("\u{1b}[8mb\u{1b}]0;t\u{7}\u{1b}[m\u{1b}"),
            "\u{fffd}[8mb\u{fffd}]0;t\u{fffd}\u{fffd}[m\u{fffd}"
        );
    }

    #[test]
    fn ordinary_text_is_not_copied() {
        assert!(matches!(clean("a\tb\nc é 字 👍🏽"), Cow::Borrowed(_)));
    }
}
