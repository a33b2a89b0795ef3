//! Tables drawn with comfy-table: fitted to the terminal, one row per line without a limit.

use comfy_table::{ColumnConstraint, ContentArrangement, LineStyle, TableStyle, Width};
use console::measure_text_width;

use super::{Table, clean_line, terminal, wrap};

/// One rule under the header: rows keep to one line each, and are easy to copy.
const TABLE: TableStyle = TableStyle::new().header_separator(LineStyle::none().fill('─').junction('─'));

/// Minimum columns of a cell that has as much text.
const FLOOR: usize = 8;

/// Minimum columns of a last column whose wider cells are written below their rows.
const PROSE: usize = 24;

/// A space at which no cell breaks; it is printed as a space.
pub const NO_BREAK: char = '\u{a0}';

/// Columns before a cell that is written below its row.
const INDENT: usize = 5;

/// Draws a table for stdout.
pub fn format(table: &Table) -> String {
    match terminal::width() {
        Some(width) => format_within(table, width),
        None => spaced(drawn(table).trim_fmt()),
    }
}

/// Replaces no-break spaces, with which the output cannot be searched.
fn spaced(text: String) -> String {
    text.replace(NO_BREAK, " ")
}

/// Draws a table in at most `width` columns. No word is broken that fits on one line. If only the last column is too
/// narrow for a word, that cell is written below its row; otherwise each row becomes a paragraph of `header  cell` lines.
pub fn format_within(table: &Table, width: usize) -> String {
    let table = cleaned(table);
    let widest = widest_words(&table);
    let separators = widest.len().saturating_sub(1);
    let mut drawn = drawn(&table);
    drawn.set_width(u16::try_from(width).unwrap_or(u16::MAX));
    if widest.iter().sum::<usize>() + separators > width {
        return spaced(below(&table, width).unwrap_or_else(|| paragraphs(&table, width)));
    }
    for (column, least) in drawn.column_iter_mut().zip(widest) {
        let least = u16::try_from(least).unwrap_or(u16::MAX);
        column.set_constraint(ColumnConstraint::LowerBoundary(Width::Fixed(least)));
    }
    spaced(drawn.trim_fmt())
}

/// Returns the minimum width of each column, with the padding on its left: of its widest word, and of a few letters.
fn widest_words(table: &Table) -> Vec<usize> {
    let rows = || std::iter::once(&table.header).chain(&table.rows);
    let word = |cell: &String| cell.split(' ').map(measure_text_width).max().unwrap_or_default();
    let least = |cell: &String| word(cell).max(measure_text_width(cell).min(FLOOR));
    (0..table.header.len()).map(|at| rows().filter_map(|row| row.get(at)).map(least).max().unwrap_or(0) + 1).collect()
}

/// Draws the columns before the last as wide as their cells. A last cell with a word that does not fit in the rest of the
/// line is written below its row, as in the output of `--help`. Returns nothing if the rest is too narrow for prose.
fn below(table: &Table, width: usize) -> Option<String> {
    let rows = || std::iter::once(&table.header).chain(&table.rows);
    let (last, first) = table.header.len().checked_sub(1).map(|last| (last, 0..last))?;
    let widest = |at: usize| rows().filter_map(|row| row.get(at)).map(|cell| measure_text_width(cell)).max();
    let columns: Vec<usize> = first.map(|at| widest(at).unwrap_or_default()).collect();
    // A column of space on the left of each cell, and one more on its right.
    let left = columns.iter().map(|column| column + 2).sum::<usize>() + 1;
    let rest = width.checked_sub(left).filter(|rest| *rest >= PROSE && last > 0)?;
    let row = |row: &Vec<String>| {
        let cells = columns.iter().zip(row).map(|(column, cell)| {
            let gap = " ".repeat(column - measure_text_width(cell));
            format!(" {cell}{gap} ")
        });
        let head: String = cells.collect();
        let cell = row.get(last).map_or("", String::as_str);
        if cell.split(' ').all(|word| measure_text_width(word) <= rest) {
            let indent = format!("\n{}", " ".repeat(left));
            return format!("{head} {}", wrap::words(cell, rest).join(&indent)).trim_end().to_owned();
        }
        let lines = wrap::words(cell, width.saturating_sub(INDENT));
        let indent = format!("\n{}", " ".repeat(INDENT));
        format!("{}{indent}{}", head.trim_end(), lines.join(&indent))
    };
    let mut drawn = vec![row(&table.header), "─".repeat(width)];
    drawn.extend(table.rows.iter().map(row));
    Some(drawn.join("\n"))
}

fn paragraphs(table: &Table, width: usize) -> String {
    let names = table.header.iter().map(|name| measure_text_width(name)).max().unwrap_or(0);
    let row = |row: &Vec<String>| {
        let cells = table.header.iter().zip(row).filter(|(_, cell)| !cell.is_empty());
        let lines = cells.map(|(name, cell)| {
            let gap = " ".repeat(names - measure_text_width(name));
            wrap::hanging(&format!(" {name}{gap}  {cell}"), width)
        });
        lines.collect::<Vec<_>>().join("\n")
    };
    table.rows.iter().map(row).collect::<Vec<_>>().join("\n\n")
}

fn drawn(table: &Table) -> comfy_table::Table {
    let table = cleaned(table);
    let mut drawn = comfy_table::Table::new();
    drawn.load_style(TABLE).set_content_arrangement(ContentArrangement::Dynamic);
    drawn.set_header(&table.header);
    drawn.add_rows(&table.rows);
    drawn.column_iter_mut().for_each(|column| {
        column.set_padding((1, 0));
    });
    drawn
}

/// Sanitizes cells: foreign text neither controls the terminal nor creates a second row.
fn cleaned(table: &Table) -> Table {
    let row = |cells: &Vec<String>| cells.iter().map(|cell| clean_line(cell).into_owned()).collect();
    Table { header: row(&table.header), rows: table.rows.iter().map(row).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outputs() -> Table {
        let mut table = Table::new(["output", "value"]);
        table.row(["StreamName", "outboxctl-dev-rds-kinesis"]);
        table.row(["Policy", "may read what is in the stream and nothing else"]);
        table
    }

    #[test]
    fn cells_break_between_words() {
        let drawn = format_within(&outputs(), 40);
        let lines: Vec<Vec<&str>> = drawn.lines().map(|line| line.split_whitespace().collect()).collect();
        assert_eq!(lines[2], ["StreamName", "outboxctl-dev-rds-kinesis"], "{drawn}");
        let policy = "Policy may read what is in the stream and nothing else";
        assert_eq!(lines[3..].concat().join(" "), policy, "{drawn}");
        assert!(drawn.lines().all(|line| measure_text_width(line) <= 40), "{drawn}");
    }

    #[test]
    fn cells_do_not_break_at_no_break_spaces() {
        let mut table = Table::new(["hop", "out of order"]);
        table.row(["rolled\u{a0}back", "0"]);
        let drawn = format_within(&table, 24);
        let lines: Vec<Vec<&str>> = drawn.lines().map(|line| line.split_whitespace().collect()).collect();
        assert!(lines.contains(&vec!["rolled", "back", "0"]), "{drawn}");
        assert_eq!(lines[1], ["order"], "the header breaks instead: {drawn}");
    }

    /// The table of `verify`, with its widest usual values.
    #[test]
    fn the_table_of_verify_fits_on_80_columns() {
        let header = ["hop", "seen", "lost", "dups", "out of order", "p50", "p90", "p99", "+p50", "+p99"];
        let mut table = Table::new(header);
        table.row(["processed", "10000", "0", "0", "0", "999ms", "999ms", "12.3s", "999ms", "12.3s"]);
        table.row(["rolled\u{a0}back", "0\u{a0}of\u{a0}1"]);
        let drawn = format_within(&table, 80);
        assert!(drawn.lines().all(|line| measure_text_width(line) <= 80), "{drawn}");
        assert!(drawn.lines().any(|line| line.trim_end().ends_with("rolled back  0 of 1")), "{drawn}");
    }

    #[test]
    fn a_last_cell_with_a_long_word_is_below_its_row() {
        let mut table = outputs();
        table.row(["Url", &format!("at http://localhost/{}", "a".repeat(37))]);
        let drawn = format_within(&table, 59);
        let lines: Vec<&str> = drawn.lines().collect();
        assert_eq!(lines[0], " output      value");
        assert_eq!(lines[2], " StreamName  outboxctl-dev-rds-kinesis");
        assert_eq!(lines[3..5], [" Policy      may read what is in the stream and nothing", "             else"]);
        assert_eq!(lines[5..], [" Url", "     at", &format!("     http://localhost/{}", "a".repeat(37))]);
        assert!(lines.iter().all(|line| measure_text_width(line) <= 59), "{drawn}");
    }

    #[test]
    fn rows_become_paragraphs_if_a_word_does_not_fit() {
        for width in [0, 1, 20, 30] {
            let drawn = format_within(&outputs(), width);
            assert!(drawn.split_whitespace().any(|word| word == "outboxctl-dev-rds-kinesis"), "{width}: {drawn}");
            assert!(drawn.starts_with(" output"), "{width}: {drawn}");
        }
        assert!(format_within(&outputs(), 36).contains("\n\n output  Policy\n value   may read what"));
    }

    /// Every column is as narrow as its widest word at some of these widths.
    #[test]
    fn a_table_is_never_wider_than_the_terminal_and_breaks_no_word() {
        let mut table = Table::new(["hop", "seen", "lost", "out of order", "p99"]);
        table.row(["processed", "10000", "0", "0", "12.3s"]);
        table.row(["event log", "1 of 10000", "9999", "0", "999ms"]);
        for width in 12..=80 {
            let drawn = format_within(&table, width);
            assert!(drawn.lines().all(|line| measure_text_width(line) <= width), "{width}:\n{drawn}");
            let words: Vec<&str> = drawn.split_whitespace().collect();
            let all = table.header.iter().chain(table.rows.iter().flatten()).flat_map(|cell| cell.split(' '));
            let broken: Vec<&str> = all.filter(|word| !words.contains(word)).collect();
            assert_eq!(broken, Vec::<&str>::new(), "{width}:\n{drawn}");
        }
    }

    #[test]
    fn cells_neither_control_the_terminal_nor_create_rows() {
        let mut table = Table::new(["a"]);
        table.row(["x\u{1b}[2J\ny"]);
        assert!(drawn(&table).trim_fmt().ends_with(" x\u{fffd}[2J\u{fffd}y"), "{}", drawn(&table).trim_fmt());
    }
}
