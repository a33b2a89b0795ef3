//! Fits lines about one event to a terminal without cutting text that an operator copies.

use super::{terminal, wrap};

/// Characters of an abbreviated event id, as `--id` accepts them.
pub const ABBREVIATED: usize = 8;

/// Fits a line with the id of an event to the terminal on stdout: if the line is too wide, the id is abbreviated to its
/// first 8 characters; if that is not enough, the line keeps all ids and wraps between words. Without a terminal,
/// returns the line unchanged.
pub fn line(text: String, event_id: Option<&str>) -> String {
    match terminal::width() {
        Some(width) => within(text, event_id, width),
        None => text,
    }
}

fn within(text: String, event_id: Option<&str>, width: usize) -> String {
    let fits = |text: &str| console::measure_text_width(text) <= width;
    if fits(&text) {
        return text;
    }
    // Only a UUID is abbreviated: other ids may differ only at their ends.
    let id = event_id.filter(|id| uuid::Uuid::parse_str(id).is_ok() && id.is_char_boundary(ABBREVIATED));
    let short = id.map(|id| text.replace(id, &id[..ABBREVIATED]));
    match short.filter(|short| fits(short)) {
        Some(short) => short,
        None => wrap::hanging(&text, width),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "e2529020-0373-410b-b8cd-afb4cea4fe41";

    #[test]
    fn an_id_is_abbreviated_only_to_save_a_line() {
        let text = format!("processed CarCreated car 42 #1 {ID}");
        let fitted = |width| within(text.clone(), Some(ID), width);
        assert_eq!(fitted(80), text);
        assert_eq!(fitted(60), "processed CarCreated car 42 #1 e2529020");
        assert_eq!(fitted(38), format!("processed CarCreated car 42 #1\n    {ID}"));
    }

    #[test]
    fn every_word_is_kept_whole_in_a_line_that_wraps() {
        let aggregate = "01a215e1-afc4-7491-93d2-a4865215a8e6";
        let text = format!("12:00:00.250 \u{1b}[1mbus\u{1b}[0m CarCreated car {aggregate} #1 {ID}");
        for width in 1..=120 {
            let fitted = within(text.clone(), Some(ID), width);
            let words: Vec<&str> = fitted.split_whitespace().collect();
            assert!(words.contains(&aggregate), "{width}: {fitted}");
            assert!(words.contains(&ID) || words.contains(&&ID[..ABBREVIATED]), "{width}: {fitted}");
            let longest = fitted.lines().map(console::measure_text_width).max().unwrap_or_default();
            assert!(longest <= width.max(40), "{width}: {fitted}");
        }
    }
}
