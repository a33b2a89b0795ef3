//! Prevents foreign text from being read as a command: GitHub's runner reads workflow commands from both streams of a
//! step, `::name::value` at the start of a line and `##[name]value` anywhere in it (actions/runner, ActionCommand.cs).

use std::borrow::Cow;
use std::sync::LazyLock;

/// Returns whether this process runs on GitHub Actions, which sets GITHUB_ACTIONS to `true`; other values do not count.
pub fn on_actions() -> bool {
    static ON: LazyLock<bool> =
        LazyLock::new(|| crate::settings::environment::raw("GITHUB_ACTIONS").is_some_and(|value| value == "true"));
    *ON
}

/// Breaks text that the runner would read as a command, visibly, with a space.
pub fn lines(text: &str) -> Cow<'_, str> {
    if !text.contains("::") && !text.contains("##[") {
        return text.into();
    }
    let lines = text.split('\n').map(|line| {
        let start = line.len() - line.trim_start().len();
        let line = line.replace("##[", "# #[");
        match line.get(start..) {
            Some(rest) if rest.starts_with("::") => format!("{}: {}", &line[..start], &rest[1..]),
            _ => line,
        }
    });
    lines.collect::<Vec<_>>().join("\n").into()
}

/// Escapes in JSON the characters that [`super::clean()`] replaces elsewhere, and `##[`. The value does not change:
/// these occur only inside strings.
pub fn json(bytes: &[u8]) -> Cow<'_, [u8]> {
    let plain = bytes.iter().all(|byte| *byte < 0x7f) && !bytes.windows(3).any(|three| three == b"##[");
    let (false, Ok(text)) = (plain, std::str::from_utf8(bytes)) else { return bytes.into() };
    let mut escaped = String::with_capacity(bytes.len() + 16);
    for c in text.chars() {
        // All of them are in the basic multilingual plane. A line feed here ends a line of NDJSON.
        if crate::base::report::is_harmful(c) && c != '\r' {
            escaped.push_str(&format!("\\u{:04x}", u32::from(c)));
        } else {
            escaped.push(c);
        }
    }
    escaped.replace("##[", "#\\u0023[").into_bytes().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_looks_like_a_workflow_command_is_broken() {
        assert_eq!(lines("a\n  ::add-mask::x\nb ::c"), "a\n  : :add-mask::x\nb ::c");
        assert_eq!(lines("::error::x"), ": :error::x");
        assert_eq!(lines("a ##[add-mask]x"), "a # #[add-mask]x");
        assert!(matches!(lines("arn:aws:x"), Cow::Borrowed(_)));
    }

    #[test]
    fn json_keeps_its_value_without_control_characters() {
        let hostile = serde_json::json!({"a": "\u{9b}2J\u{202e}\u{7f}##[add-mask]x é\n"});
        let written = json(&serde_json::to_vec(&hostile).expect("JSON")).into_owned();
        let text = String::from_utf8(written.clone()).expect("text");
        assert!(!text.contains(['\u{9b}', '\u{202e}', '\u{7f}']) && !text.contains("##["), "{text}");
        assert_eq!(serde_json::from_slice::<serde_json::Value>(&written).expect("JSON"), hostile);
    }
}
