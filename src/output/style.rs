//! Colours by meaning. Streams remove them where they are not supported.

use anstyle::{AnsiColor, Style};

use super::clean;

pub const GREEN: Style = AnsiColor::Green.on_default();
pub const RED: Style = AnsiColor::Red.on_default().bold();
pub const YELLOW: Style = AnsiColor::Yellow.on_default();
pub const CYAN: Style = AnsiColor::Cyan.on_default();
pub const DIM: Style = Style::new().dimmed();
pub const BOLD: Style = Style::new().bold();

/// The meaning of a piece of text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TextStyle {
    /// New, or in good state.
    Good,
    /// Needs attention.
    Warning,
    /// Lost or broken.
    Bad,
    /// Less important than the text around it.
    Faint,
    /// A heading.
    Strong,
}

/// Returns the text, sanitized by [`clean()`], in the style's colour, for [`Outcome::text`](super::Outcome).
pub fn painted(meaning: TextStyle, text: &str) -> String {
    let style = match meaning {
        TextStyle::Good => GREEN,
        TextStyle::Warning => YELLOW,
        TextStyle::Bad => RED,
        TextStyle::Faint => DIM,
        TextStyle::Strong => BOLD,
    };
    format!("{style}{}{style:#}", clean(text))
}
