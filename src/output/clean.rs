//! Makes text from outside harmless for a terminal and a CI log.

use std::borrow::Cow;

/// Replaces what could steer a terminal: control characters other than tab and line feed (C0, DEL, C1) and the
/// bidirectional controls of Unicode (UAX #9) become U+FFFD. Escape sequences that we style with ourselves are added
/// after this.
pub fn clean(text: &str) -> Cow<'_, str> {
    if text.chars().any(is_harmful) {
        text.chars().map(|c| if is_harmful(c) { '\u{fffd}' } else { c }).collect::<String>().into()
    } else {
        text.into()
    }
}

/// Returns the text as one line: [`clean`], and line feeds become U+FFFD, too.
pub fn clean_line(text: &str) -> Cow<'_, str> {
    match clean(text) {
        text if text.contains('\n') => text.replace('\n', "\u{fffd}").into(),
        text => text,
    }
}

fn is_harmful(c: char) -> bool {
    let control = c.is_control() && c != '\t' && c != '\n';
    control || matches!(c, '\u{061c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_steers_a_terminal_is_replaced() {
        assert_eq!(
            clean("a\u{1b}]0;t\u{7}\u{9b}2J\u{7f}\u{202e}b"),
            "a\u{fffd}]0;t\u{fffd}\u{fffd}2J\u{fffd}\u{fffd}b"
        );
        assert_eq!(clean_line("a\r\nb"), "a\u{fffd}\u{fffd}b");
    }

    #[test]
    fn ordinary_text_is_not_copied() {
        assert!(matches!(clean("a\tb\nc é 字 👍🏽"), Cow::Borrowed(_)));
    }
}
