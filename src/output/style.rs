//! Colours by meaning. Streams remove them where they are not supported.

use anstyle::{AnsiColor, Style};

use super::clean;

/// New, or in good state.
pub const GREEN: Style = AnsiColor::Green.on_default();
/// Lost or broken.
pub const RED: Style = AnsiColor::Red.on_default().bold();
/// Needs attention.
pub const YELLOW: Style = AnsiColor::Yellow.on_default();
pub const CYAN: Style = AnsiColor::Cyan.on_default();
/// Less important than the text around it.
pub const DIM: Style = Style::new().dimmed();
/// A heading.
pub const BOLD: Style = Style::new().bold();

/// Returns the text, sanitized by [`clean()`], in this style, for [`Outcome::text`](super::Outcome).
pub fn painted(style: Style, text: &str) -> String {
    format!("{style}{}{style:#}", clean(text))
}
