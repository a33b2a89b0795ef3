//! Colours by what they mean. Streams drop them where they are not wanted.

use anstyle::{AnsiColor, Style};

use super::clean;

pub const GREEN: Style = AnsiColor::Green.on_default();
pub const RED: Style = AnsiColor::Red.on_default().bold();
pub const YELLOW: Style = AnsiColor::Yellow.on_default();
pub const CYAN: Style = AnsiColor::Cyan.on_default();
pub const DIM: Style = Style::new().dimmed();
pub const BOLD: Style = Style::new().bold();

/// What a piece of text is to the reader.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// Something new, or something well.
    Good,
    /// Something to look at.
    Warning,
    /// Something lost, or something broken.
    Bad,
    /// Of less weight than what is around it.
    Faint,
    /// A heading.
    Strong,
}

/// Returns the text, made harmless by [`clean()`], in the tone's colour, for [`Outcome::text`](super::Outcome).
pub fn painted(tone: Tone, text: &str) -> String {
    let style = match tone {
        Tone::Good => GREEN,
        Tone::Warning => YELLOW,
        Tone::Bad => RED,
        Tone::Faint => DIM,
        Tone::Strong => BOLD,
    };
    format!("{style}{}{style:#}", clean(text))
}
