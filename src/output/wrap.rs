//! Wraps running text on a terminal between words, never within a command to copy.

use std::ops::Range;

use console::measure_text_width;

/// Breaks lines that are wider than `width` columns between words; continuation lines are indented by 4 more columns. A
/// word that is wider than a line is not broken, nor is a command: the terminal breaks them without a line feed, which
/// a selection would copy. Escape codes have no width.
pub fn hanging(text: &str, width: usize) -> String {
    text.split('\n').map(|line| hang(line, width)).collect::<Vec<_>>().join("\n")
}

/// Breaks a text between words into lines of at most `width` columns; a longer word is a line of its own.
pub fn words(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        let fits = |line: &&mut String| measure_text_width(line) + 1 + measure_text_width(word) <= width;
        match lines.last_mut().filter(fits) {
            Some(line) => line.extend([" ", word]),
            None => lines.push(word.to_owned()),
        }
    }
    lines
}

fn hang(line: &str, width: usize) -> String {
    if measure_text_width(line) <= width {
        return line.to_owned();
    }
    let body = line.trim_start_matches(' ');
    let left = line.len() - body.len();
    let indent = " ".repeat(if left + 24 > width { 0 } else { left + 4 });
    let mut lines = vec![" ".repeat(left)];
    let mut used = left;
    for (at, piece) in pieces(body).into_iter().enumerate() {
        let columns = measure_text_width(piece);
        if at > 0 && used + 1 + columns > width {
            lines.push(indent.clone());
            used = indent.len();
        } else if at > 0 {
            used += 1;
            lines.last_mut().into_iter().for_each(|line| line.push(' '));
        }
        used += columns;
        lines.last_mut().into_iter().for_each(|line| line.push_str(piece));
    }
    lines.iter().map(|line| line.trim_end()).collect::<Vec<_>>().join("\n")
}

/// Splits a line into parts that are not broken: words, and commands.
fn pieces(line: &str) -> Vec<&str> {
    let kept = commands(line);
    let breaks = line.match_indices(' ').map(|(at, _)| at).filter(|at| !kept.iter().any(|kept| kept.contains(at)));
    let mut pieces = Vec::new();
    let mut from = 0;
    for at in breaks.chain([line.len()]) {
        pieces.push(&line[from..at]);
        from = at + 1;
    }
    pieces
}

/// Returns the ranges of commands: between backticks, or from `outboxctl` to the end of the line.
fn commands(line: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut from = 0;
    while let Some(rest) = line.get(from..) {
        let (tick, bare) = (rest.find('`'), rest.find("outboxctl "));
        let range = match (tick, bare) {
            (Some(tick), bare) if bare.is_none_or(|bare| tick < bare) => match rest[tick + 1..].find('`') {
                Some(end) => tick..tick + end + 2,
                None => return found,
            },
            (_, Some(bare)) => bare..rest.len(),
            (_, None) => return found,
        };
        found.push(from + range.start..from + range.end);
        from += range.end;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_break_between_words_but_not_within_commands() {
        insta::assert_snapshot!(hanging("  hint: pass --region, or set the variable that names it", 40), @"
        hint: pass --region, or set the
            variable that names it
        ");
        insta::assert_snapshot!(hanging("to undo it, run: outboxctl destroy --stage dev --pipeline rds-kinesis", 40), @"
        to undo it, run:
            outboxctl destroy --stage dev --pipeline rds-kinesis
        ");
        insta::assert_snapshot!(hanging("look with `outboxctl dlq show ID` for each one of them", 30), @"
        look with
            `outboxctl dlq show ID`
            for each one of them
        ");
        assert_eq!(words("one two three", 7), ["one two", "three"]);
        assert_eq!(words("unbreakable word", 4), ["unbreakable", "word"]);
        let styled = format!("{0}a{0:#} bc", anstyle::AnsiColor::Red.on_default());
        assert_eq!(hanging(&styled, 4), styled);
    }

    proptest::proptest! {
        #[test]
        fn nothing_is_lost(text in "[a-z` ]{0,80}", width in 1_usize..60) {
            let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
            proptest::prop_assert_eq!(words(&hanging(&text, width)), words(&text));
        }
    }
}
