//! Full-text search of the topics: `outboxctl explain slot lost`.

use serde::Serialize;

use super::topics::{TOPICS, Topic};

/// Maximum topics of a result.
const TOPICS_SHOWN: usize = 6;
/// Maximum excerpts of a topic.
const EXCERPTS: usize = 3;
/// Maximum characters of an excerpt.
const LENGTH: usize = 240;

/// A topic that contains the words.
#[derive(Debug, Serialize, PartialEq, Eq)]
pub struct Found {
    pub topic: &'static str,
    pub title: &'static str,
    pub excerpts: Vec<Excerpt>,
    #[serde(skip)]
    score: usize,
}

/// A sentence, list item, table row or line of code that contains the words.
#[derive(Debug, Clone, Serialize, PartialEq, Eq)]
pub struct Excerpt {
    /// Heading of the section; null before the first one.
    pub section: Option<&'static str>,
    pub text: String,
}

/// A part of a topic: a paragraph, a list item, a table row or a line of code.
struct Block {
    section: Option<&'static str>,
    text: String,
}

/// Returns the topics that contain every word, the best match first. Case is ignored, a word matches at the beginning of
/// words, and endings such as that of a plural do not count. The parts of a word with hyphens count if no topic contains the word.
pub fn search(words: &[&str]) -> Vec<Found> {
    let found = with_all(words.iter().copied());
    if found.is_empty() { with_all(words.iter().flat_map(|word| word.split('-'))) } else { found }
}

/// Returns the topics that contain every word, the best match first.
fn with_all<'a>(words: impl Iterator<Item = &'a str>) -> Vec<Found> {
    let words: Vec<String> = words.map(stem).filter(|word| !word.is_empty()).collect();
    if words.is_empty() {
        return Vec::new();
    }
    let mut found: Vec<Found> = TOPICS.iter().filter_map(|topic| in_topic(topic, &words)).collect();
    found.sort_by_key(|found| std::cmp::Reverse(found.score));
    found.truncate(TOPICS_SHOWN);
    found
}

/// Returns the matches of a topic, if it contains every word. The best blocks contain the most words, in the heading too.
fn in_topic(topic: &'static Topic, words: &[String]) -> Option<Found> {
    let title = topic.title();
    let all = format!("{} {title} {}", topic.name, topic.text).to_lowercase();
    if !words.iter().all(|word| contains(&all, word)) {
        return None;
    }
    let count = |text: &str| {
        let text = text.to_lowercase();
        words.iter().filter(|word| contains(&text, word)).count()
    };
    let mut blocks: Vec<(usize, Block)> = blocks(topic.text)
        .into_iter()
        .map(|block| (2 * count(&block.text) + count(block.section.unwrap_or_default()), block))
        .filter(|(_, block)| count(&block.text) > 0)
        .collect();
    // The order within the topic is kept among equals.
    blocks.sort_by_key(|(score, _)| std::cmp::Reverse(*score));
    let best = blocks.first().map_or(0, |(score, _)| *score);
    let together = blocks.iter().filter(|(score, _)| *score >= 2 * words.len()).count();
    let shown = blocks.into_iter().take_while(|(score, _)| *score == best || *score >= 2 * words.len());
    let mut excerpts: Vec<Excerpt> = Vec::new();
    for (_, block) in shown {
        let excerpt = Excerpt { section: block.section, text: excerpt(&block.text, &count) };
        if excerpts.len() < EXCERPTS && !excerpts.contains(&excerpt) {
            excerpts.push(excerpt);
        }
    }
    let score = 100 * best + 60 * count(&format!("{} {title}", topic.name)) + together.min(50);
    Some(Found { topic: topic.name, title, excerpts, score })
}

/// Splits a text into its blocks, with the heading above each.
fn blocks(text: &'static str) -> Vec<Block> {
    let mut found: Vec<Block> = Vec::new();
    let (mut section, mut fenced, mut continues) = (None, false, false);
    for line in text.lines() {
        let words = line.trim();
        if words.starts_with("```") {
            (fenced, continues) = (!fenced, false);
        } else if words.is_empty() || words.starts_with("|--") {
            continues = false;
        } else if section.is_some_and(|section: &str| section.starts_with("Results of")) && !words.starts_with('#') {
            // Figures of test runs answer no question.
            continues = false;
        } else if let Some(heading) = words.strip_prefix('#').filter(|_| !fenced) {
            let heading = heading.trim_start_matches('#').trim();
            // The first heading is the title.
            section = words.starts_with("##").then_some(heading);
            continues = false;
        } else {
            let begins = fenced || words.starts_with(['|', '-']) || words.starts_with(|c: char| c.is_ascii_digit());
            match found.last_mut().filter(|_| continues && !begins) {
                Some(block) => block.text = format!("{} {words}", block.text),
                None => found.push(Block { section, text: words.trim_start_matches("- ").to_owned() }),
            }
            continues = !fenced && !words.starts_with('|');
        }
    }
    found
}

/// Returns the sentence of a block with the most words, in plain text, shortened to [`LENGTH`].
fn excerpt(text: &str, count: &impl Fn(&str) -> usize) -> String {
    let plain = match text.strip_prefix('|') {
        Some(row) => row.trim_end_matches('|').split('|').map(str::trim).collect::<Vec<_>>().join(": "),
        None => text.to_owned(),
    };
    let mut sentences: Vec<&str> = plain.split_inclusive(". ").collect();
    // The first among equals.
    sentences.reverse();
    let best = sentences.into_iter().max_by_key(|sentence| count(sentence)).unwrap_or_default().trim();
    match best.char_indices().nth(LENGTH) {
        Some((end, _)) => format!("{}…", best[..end].rsplit_once(' ').map_or(&best[..end], |(whole, _)| whole)),
        None => best.to_owned(),
    }
}

/// Returns the word in lower case, without an ending that depends on its form: "slots", "rotated" and "rotation" have a
/// common beginning.
fn stem(word: &str) -> String {
    let word = word.to_lowercase();
    let word = word.trim_matches(|c: char| !c.is_alphanumeric());
    let endings = ["ation", "ing", "ion", "ies", "ed", "es", "e", "s", "y"];
    let short = endings.iter().filter_map(|ending| word.strip_suffix(ending)).find(|short| short.chars().count() > 3);
    short.unwrap_or(word).to_owned()
}

/// Returns whether a word of the text begins with `stem`.
fn contains(text: &str, stem: &str) -> bool {
    text.match_indices(stem).any(|(at, _)| !text[..at].ends_with(char::is_alphanumeric))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn topics(words: &str) -> Vec<&'static str> {
        search(&words.split(' ').collect::<Vec<_>>()).into_iter().map(|found| found.topic).collect()
    }

    #[test]
    fn the_topic_with_the_words_in_one_place_comes_first() {
        for (words, topic) in [
            ("slot lost", "capture"),
            ("rotate the password", "runbook"),
            ("failover", "aurora"),
            ("dlq grows", "runbook"),
            ("pg_upgrade", "local-stack"),
        ] {
            assert!(topics(words).iter().take(2).any(|found| *found == topic), "{words}: {:?}", topics(words));
        }
    }

    #[test]
    fn every_word_must_occur() {
        assert!(topics("slot xylophone").is_empty());
        assert!(topics("  ").is_empty());
        assert!(topics("--").is_empty());
        // Written like the name of a topic.
        assert_eq!(topics("getting-started").first(), Some(&"quickstart-aws"));
        assert_eq!(topics("getting-nowhereness"), [""; 0]);
    }

    #[test]
    fn forms_of_a_word_have_one_stem() {
        assert_eq!(["rotate", "rotation", "rotated", "rotates"].map(stem), ["rotat", "rotat", "rotat", "rotat"]);
        assert_eq!(["slots", "dlq", "lost", "retries"].map(stem), ["slot", "dlq", "lost", "retr"]);
        assert!(contains("the slots are", "slot") && !contains("inslots", "slot"));
    }

    #[test]
    fn an_excerpt_is_the_sentence_with_the_words() {
        let count = |text: &str| text.matches("slot").count();
        assert_eq!(excerpt("One sentence. The slot is lost. Another slot.", &count), "The slot is lost.");
        assert_eq!(excerpt("| `lose-slot` | the slot is lost |", &count), "`lose-slot`: the slot is lost");
        let long = excerpt(&"slot ".repeat(100), &count);
        assert!(long.chars().count() <= LENGTH + 1 && long.ends_with("slot…"), "{long}");
    }

    #[test]
    fn excerpts_name_their_section() {
        let found = search(&["slot", "lost"]);
        let capture = found.iter().find(|found| found.topic == "capture").expect("the topic capture");
        let section = capture.excerpts.iter().find(|excerpt| excerpt.section == Some("A lost slot"));
        assert!(section.is_some_and(|excerpt| excerpt.text.contains("the slot is lost")), "{capture:?}");
        assert!(found.iter().all(|found| !found.excerpts.is_empty() && found.excerpts.len() <= EXCERPTS));
    }
}
