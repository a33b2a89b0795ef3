//! Draws Markdown for a terminal: headings, paragraphs, lists, tables and code, wrapped to a width. The text has escape
//! codes; the stream removes them if unsupported.
//!
//! Supports the elements of our own texts: `#` headings, `-` and `1.` lists, fenced code, pipe tables, `code`, **bold**
//! and links.

use anstyle::{AnsiColor, Style};

use super::{Table, tables};

const TITLE: Style = Style::new().bold().underline();
const HEADING: Style = Style::new().bold();
const BOLD: Style = Style::new().bold();
const CODE: Style = AnsiColor::Cyan.on_default();
/// Indentation of everything but headings.
const INDENT: usize = 2;

/// Draws `markdown` in lines of at most `width` columns; code keeps its lines.
pub fn draw(markdown: &str, width: usize) -> String {
    let mut page = Page { width, lines: Vec::new() };
    let mut rest = markdown.lines().peekable();
    while let Some(line) = rest.next() {
        let indent = line.len() - line.trim_start().len();
        let text = line.trim();
        if text.is_empty() {
            page.blank();
        } else if let Some(heading) = heading(line) {
            page.blank();
            page.lines.push(heading);
        } else if text.starts_with("```") {
            let code: Vec<&str> = rest.by_ref().take_while(|line| line.trim() != "```").collect();
            // Pasted as is, where indentation is significant.
            let left = if text == "```python" { 0 } else { INDENT + 2 + indent };
            page.code(indent, left, &code);
        } else if text.starts_with('|') {
            let mut rows = vec![text];
            while let Some(row) = rest.next_if(|line| line.trim_start().starts_with('|')) {
                rows.push(row.trim());
            }
            page.table(&rows);
        } else {
            let mut whole = text.to_owned();
            while let Some(more) = rest.next_if(|line| continues(line)) {
                whole.push(' ');
                whole.push_str(more.trim());
            }
            page.paragraph(indent, &whole);
        }
    }
    page.lines.join("\n").trim_end().to_owned()
}

fn heading(line: &str) -> Option<String> {
    let text = line.trim_start_matches('#');
    let style = if line.len() - text.len() == 1 { TITLE } else { HEADING };
    let text = text.strip_prefix(' ').filter(|_| line.starts_with('#'))?;
    Some(format!("{style}{}{style:#}", text.replace('`', "")))
}

/// Returns whether the line continues the paragraph before it.
fn continues(line: &str) -> bool {
    let text = line.trim_start();
    !text.is_empty() && !text.starts_with(['#', '|']) && !text.starts_with("```") && bullet(text).is_none()
}

/// Returns `- ` or `1. ` at the start, and the rest.
fn bullet(text: &str) -> Option<(&str, &str)> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let length = if digits > 0 && text[digits..].starts_with(". ") {
        digits + 2
    } else if text.starts_with("- ") {
        2
    } else {
        return None;
    };
    Some(text.split_at(length))
}

struct Page {
    width: usize,
    lines: Vec<String>,
}

impl Page {
    fn blank(&mut self) {
        if self.lines.last().is_some_and(|line| !line.is_empty()) {
            self.lines.push(String::new());
        }
    }

    fn code(&mut self, indent: usize, left: usize, code: &[&str]) {
        let left = " ".repeat(left);
        for line in code {
            // In a list the source is indented as the item is.
            let line = line.get(indent..).unwrap_or(line.trim_start());
            let drawn = if line.is_empty() { String::new() } else { format!("{left}{CODE}{line}{CODE:#}") };
            self.lines.push(drawn);
        }
    }

    fn table(&mut self, rows: &[&str]) {
        let cells = |row: &str| -> Vec<String> {
            let row = row.trim_matches('|').replace("\\|", "\u{0}");
            row.split('|').map(|cell| plain(cell.trim()).replace('\u{0}', "|")).collect()
        };
        let Some((head, body)) = rows.split_first() else { return };
        let mut table = Table::new(cells(head));
        // The second row is the rule.
        body.iter().skip(1).for_each(|row| table.row(cells(row)));
        let drawn = tables::format_within(&table, self.width.saturating_sub(INDENT));
        self.lines.extend(drawn.lines().map(|line| format!(" {line}")));
    }

    fn paragraph(&mut self, indent: usize, text: &str) {
        let (mark, text) = bullet(text).unwrap_or(("", text));
        let left = INDENT + indent;
        let mark = if mark == "- " { "• " } else { mark };
        let hanging = left + mark.chars().count();
        let mut line = format!("{}{mark}", " ".repeat(left));
        let mut used = hanging;
        for word in words(text) {
            if used > hanging && used + 1 + word.width > self.width {
                self.lines.push(std::mem::take(&mut line));
                line.push_str(&" ".repeat(hanging));
                used = hanging;
            }
            if used > hanging {
                line.push(' ');
                used += 1;
            }
            line.push_str(&word.drawn);
            used += word.width;
        }
        self.lines.push(line);
    }
}

/// A part of a line that is not broken.
#[derive(Default)]
struct Word {
    drawn: String,
    /// Width in columns.
    width: usize,
}

fn words(text: &str) -> Vec<Word> {
    let mut words = vec![Word::default()];
    for (style, span) in spans(text) {
        for (at, part) in span.split(' ').enumerate() {
            if at > 0 {
                words.push(Word::default());
            }
            if let Some(word) = words.last_mut().filter(|_| !part.is_empty()) {
                word.drawn.push_str(&format!("{style}{part}{style:#}"));
                word.width += part.chars().count();
            }
        }
    }
    words.retain(|word| word.width > 0);
    words
}

/// Returns the text without its marks.
fn plain(text: &str) -> String {
    spans(text).into_iter().map(|(_, span)| span).collect()
}

/// Splits text into runs of one style.
fn spans(text: &str) -> Vec<(Style, String)> {
    let mut spans = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find(['`', '*', '[']) {
        let (before, marked) = rest.split_at(at);
        spans.push((Style::new(), before.to_owned()));
        let (style, span, after) = marked_span(marked);
        spans.push((style, span));
        rest = after;
    }
    spans.push((Style::new(), rest.to_owned()));
    spans.retain(|(_, span)| !span.is_empty());
    spans
}

/// Returns the marked run at the start and the rest; an unmatched mark is literal.
fn marked_span(marked: &str) -> (Style, String, &str) {
    let between = |mark: &'static str| marked.strip_prefix(mark)?.split_once(mark);
    if let Some((code, after)) = between("`") {
        return (CODE, code.to_owned(), after);
    }
    if let Some((bold, after)) = between("**") {
        return (BOLD, plain(bold), after);
    }
    if let Some((text, target, after)) = link(marked) {
        if target.strip_suffix(".md") == Some(text) {
            return (CODE, format!("outboxctl explain {text}"), after);
        }
        let text = match target.strip_suffix(".md") {
            Some(topic) if !topic.contains('/') => format!("{} (outboxctl explain {topic})", plain(text)),
            _ if target.contains("://") => format!("{} ({target})", plain(text)),
            _ => plain(text),
        };
        return (Style::new(), text, after);
    }
    let (mark, after) = marked.split_at(1);
    (Style::new(), mark.to_owned(), after)
}

/// Returns `[text](target)` at the start, and the rest.
fn link(marked: &str) -> Option<(&str, &str, &str)> {
    let (text, rest) = marked.strip_prefix('[')?.split_once("](")?;
    let (target, after) = rest.split_once(')')?;
    Some((text, target, after))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unstyled(markdown: &str, width: usize) -> String {
        anstream::adapter::strip_str(&draw(markdown, width)).to_string()
    }

    #[test]
    fn every_part_has_its_shape() {
        let text = "# Title\n\nOne `two` **three**\nfour, [six](six.md), [the sixth](six.md).\n\n## Part\n\n- a long item that wraps\n  \
                    twice\n- b\n\n1. first\n\n```sh\nx  --y # z\n\nw\n```\n\n| a | b |\n|---|---|\n| `1` | 2 |\n";
        insta::assert_snapshot!(unstyled(text, 24), @r"
        Title

          One two three four,
          outboxctl explain six,
          the sixth (outboxctl
          explain six).

        Part

          • a long item that
            wraps twice
          • b

          1. first

            x  --y # z

            w

          a  b
         ─────
          1  2
        ");
    }

    #[test]
    fn python_is_not_indented() {
        let text = "Text.\n\n```python\nif True:\n    print(1)\n```\n";
        assert_eq!(unstyled(text, 40), "  Text.\n\nif True:\n    print(1)");
    }

    #[test]
    fn styles_are_escape_codes() {
        assert_eq!(draw("a `b`", 80), "  a \u{1b}[36mb\u{1b}[0m");
    }

    #[test]
    fn unmatched_marks_are_literal() {
        assert_eq!(unstyled("2 * 3 and [x] and ` alone", 80), "  2 * 3 and [x] and ` alone");
    }

    #[test]
    fn a_word_longer_than_the_line_is_not_broken() {
        assert_eq!(unstyled("a https-is-a-very-long-word b", 10), "  a\n  https-is-a-very-long-word\n  b");
    }
}
