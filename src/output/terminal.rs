//! What the terminal can do, if there is one.

use std::io::IsTerminal;

use console::Term;

use crate::settings::{ColorMode, environment};

/// Columns where a terminal does not report its size and COLUMNS does not say it.
const COLUMNS: usize = 80;
/// Rows where a terminal does not report its size.
const ROWS: usize = 24;

/// Returns the columns of the terminal on stdout; None where stdout is not a terminal.
pub fn width() -> Option<usize> {
    let size = |()| columns(Term::stdout().size_checked().map(|(_, width)| width), variable("COLUMNS").as_deref());
    std::io::stdout().is_terminal().then_some(()).map(size)
}

/// Returns rows and columns of the terminal on stderr.
pub fn stderr_size() -> (usize, usize) {
    let size = Term::stderr().size_checked();
    let rows = size.map_or(ROWS, |(rows, _)| usize::from(rows));
    (rows, columns(size.map(|(_, width)| width), variable("COLUMNS").as_deref()))
}

/// What the terminal reports, else COLUMNS, else 80. Terminals that nobody looks at (`docker exec -t`, `script`, CI systems)
/// report 0 columns.
fn columns(reported: Option<u16>, variable: Option<&str>) -> usize {
    let stated = || variable?.trim().parse().ok().filter(|columns| *columns > 0);
    reported.map(usize::from).filter(|columns| *columns > 0).or_else(stated).unwrap_or(COLUMNS)
}

/// Whether lines on stderr can be drawn again: it is a terminal, and one that moves its cursor.
pub fn can_redraw() -> bool {
    std::io::stderr().is_terminal() && moves_cursor(variable("TERM").as_deref())
}

/// Terminals without a name or with the name `dumb` know no escape codes (terminfo(5)).
fn moves_cursor(term: Option<&str>) -> bool {
    term.is_some_and(|term| term != "dumb")
}

/// Whether a CI system runs us: CI is set, and not to "no".
pub fn is_ci() -> bool {
    variable("CI").is_some_and(|value| environment::parse_flag(&value) != Some(false))
}

/// Leaves styles out where TERM is empty, as where it is unset: the library takes an empty name for that of a terminal.
pub fn respect_empty_term() {
    // What makes the library style without a terminal's name.
    let wanted = ["CLICOLOR_FORCE", "CI"].iter().any(|name| variable(name).is_some())
        || variable("CLICOLOR").is_some_and(|value| value != "0");
    if variable("TERM").is_none() && !wanted {
        anstream::ColorChoice::Never.write_global();
    }
}

/// Sets when both streams are styled, for the rest of the process. [`ColorMode::Auto`] leaves that to the terminal and to
/// [`respect_empty_term`].
pub fn choose_color(mode: ColorMode) {
    let choice = match mode {
        ColorMode::Auto => return,
        // Escape codes on every platform, terminals and pipes alike.
        ColorMode::Always => anstream::ColorChoice::AlwaysAnsi,
        ColorMode::Never => anstream::ColorChoice::Never,
    };
    choice.write_global();
}

/// Whether stderr is to be styled; NO_COLOR, CLICOLOR, CLICOLOR_FORCE and TERM count as they do for lines.
pub fn styles_stderr() -> bool {
    anstream::AutoStream::choice(&std::io::stderr()) != anstream::ColorChoice::Never
}

/// A variable that other programs define: never an error.
fn variable(name: &str) -> Option<String> {
    environment::raw(name).map(|value| value.to_string_lossy().into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminal_without_a_size_has_the_columns_that_are_stated_or_80() {
        assert_eq!(columns(Some(120), Some("40")), 120);
        assert_eq!(columns(Some(0), Some("100")), 100);
        assert_eq!([Some("0"), Some("wide"), Some(""), Some("-5"), None].map(|stated| columns(None, stated)), [80; 5]);
    }

    #[test]
    fn a_terminal_without_a_name_draws_nothing_again() {
        assert_eq!([Some("xterm"), Some("dumb"), None].map(moves_cursor), [true, false, false]);
    }
}
