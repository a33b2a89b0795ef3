//! The terminal's capabilities.

use std::io::IsTerminal;

use console::Term;

use crate::settings::{ColorMode, environment};

/// Columns of a terminal that does not report its size, without COLUMNS.
const COLUMNS: usize = 80;
/// Rows of a terminal that does not report its size.
const ROWS: usize = 24;

/// Returns the columns of the terminal on stdout; None if stdout is not a terminal.
pub fn width() -> Option<usize> {
    let reported = || Term::stdout().size_checked().map(|(_, width)| width);
    std::io::stdout().is_terminal().then(|| columns(reported(), variable("COLUMNS").as_deref()))
}

/// Returns rows and columns of the terminal on stderr.
pub fn stderr_size() -> (usize, usize) {
    let size = Term::stderr().size_checked();
    let rows = size.map_or(ROWS, |(rows, _)| usize::from(rows));
    (rows, columns(size.map(|(_, width)| width), variable("COLUMNS").as_deref()))
}

/// Returns the reported columns, else COLUMNS, else 80. Terminals without a screen (`docker exec -t`, `script`, CI
/// systems) report 0 columns.
fn columns(reported: Option<u16>, variable: Option<&str>) -> usize {
    let stated = || variable?.trim().parse().ok().filter(|columns| *columns > 0);
    reported.map(usize::from).filter(|columns| *columns > 0).or_else(stated).unwrap_or(COLUMNS)
}

/// Returns whether lines on stderr can be redrawn: it is a terminal with cursor movement.
pub fn can_redraw() -> bool {
    std::io::stderr().is_terminal() && moves_cursor(variable("TERM").as_deref())
}

/// Returns false for terminals without a name or with the name `dumb`, which have no escape codes (terminfo(5)).
fn moves_cursor(term: Option<&str>) -> bool {
    term.is_some_and(|term| term != "dumb")
}

/// Returns whether this process runs in a CI system: CI is set, and not to "no".
pub fn is_ci() -> bool {
    variable("CI").is_some_and(|value| environment::parse_flag(&value) != Some(false))
}

/// Disables styles if TERM is empty, as if it were unset: the library takes an empty name for a terminal's.
pub fn respect_empty_term() {
    // Variables that enable styles without a terminal's name.
    let wanted = ["CLICOLOR_FORCE", "CI"].iter().any(|name| variable(name).is_some())
        || variable("CLICOLOR").is_some_and(|value| value != "0");
    if variable("TERM").is_none() && !wanted {
        anstream::ColorChoice::Never.write_global();
    }
}

/// Sets styling of both streams for the rest of the process. [`ColorMode::Auto`] depends on the terminal and
/// [`respect_empty_term`].
pub fn choose_color(mode: ColorMode) {
    let choice = match mode {
        ColorMode::Auto => return,
        // Escape codes on every platform, on terminals and in pipes.
        ColorMode::Always => anstream::ColorChoice::AlwaysAnsi,
        ColorMode::Never => anstream::ColorChoice::Never,
    };
    choice.write_global();
}

/// Returns whether stderr is styled; NO_COLOR, CLICOLOR, CLICOLOR_FORCE and TERM count as they do for lines.
pub fn styles_stderr() -> bool {
    anstream::AutoStream::choice(&std::io::stderr()) != anstream::ColorChoice::Never
}

/// Returns a variable that other programs define: never an error.
fn variable(name: &str) -> Option<String> {
    environment::raw(name).map(|value| value.to_string_lossy().into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminal_without_a_size_has_80_or_the_configured_columns() {
        assert_eq!(columns(Some(120), Some("40")), 120);
        assert_eq!(columns(Some(0), Some("100")), 100);
        assert_eq!([Some("0"), Some("wide"), Some(""), Some("-5"), None].map(|stated| columns(None, stated)), [80; 5]);
    }

    #[test]
    fn a_terminal_without_a_name_is_not_redrawn() {
        assert_eq!([Some("xterm"), Some("dumb"), None].map(moves_cursor), [true, false, false]);
    }
}
