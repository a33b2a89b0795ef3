//! The causes of an error, without repetitions.

use std::error::Error as StdError;

/// Messages of the AWS SDK, hyper and tokio-postgres that only wrap another error.
const WRAPPERS: &[&str] = &[
    "connection error",
    "construction failure",
    "db error",
    "dispatch failure",
    "io error",
    "other",
    "request has timed out",
    "response error",
    "service error",
    "unhandled error",
    "unhandled error (unhandled error)",
];

/// Returns the texts of the chain, outermost first, without links that only wrap the next one or repeat the message or
/// another link.
pub(super) fn of(message: &str, outermost: Option<&(dyn StdError + 'static)>) -> Vec<String> {
    let mut chain = Vec::new();
    let mut next = outermost;
    while let Some(cause) = next {
        // Output of other programs may end with line breaks.
        chain.push(cause.to_string().trim_end().to_owned());
        next = cause.source();
    }
    let mut texts: Vec<String> = chain.into_iter().filter(|text| !text.is_empty()).collect();
    if texts.iter().any(|text| !is_wrapper(text)) {
        texts.retain(|text| !is_wrapper(text));
    } else {
        // A chain of wrappers only: the innermost is the most specific.
        texts.drain(..texts.len().saturating_sub(1));
    }
    let mut kept: Vec<String> = Vec::new();
    for text in texts {
        let repeats = |other: &str| other.contains(fact(&text));
        if repeats(message) || kept.iter().any(|earlier| repeats(earlier)) {
            continue;
        }
        kept.retain(|earlier| !text.contains(fact(earlier)));
        kept.push(text);
    }
    kept
}

fn is_wrapper(text: &str) -> bool {
    WRAPPERS.contains(&text) || text.starts_with("client error (")
}

/// Returns the first line, without the prefix of the PostgreSQL driver: the server's detail and hint follow in lines of
/// their own, and are part of our messages.
fn fact(text: &str) -> &str {
    let line = text.lines().next().unwrap_or_default();
    let line = line.strip_prefix("db error: ").unwrap_or(line);
    ["ERROR: ", "FATAL: ", "PANIC: "].iter().find_map(|severity| line.strip_prefix(severity)).unwrap_or(line)
}

/// Returns the first and the last of them: the attempted action, and the reason of its failure.
pub(super) fn ends(causes: Vec<String>) -> Vec<String> {
    match causes.as_slice() {
        [first, .., last] => vec![first.clone(), last.clone()],
        _ => causes,
    }
}

#[cfg(test)]
mod tests {
    use std::fmt;

    use super::*;

    #[derive(Debug)]
    struct Link(&'static str, Option<Box<Link>>);

    impl fmt::Display for Link {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str(self.0)
        }
    }

    impl StdError for Link {
        fn source(&self) -> Option<&(dyn StdError + 'static)> {
            self.1.as_deref().map(|next| next as _)
        }
    }

    fn causes(message: &str, texts: &[&'static str]) -> Vec<String> {
        let chain = texts.iter().rev().fold(None, |next, text| Some(Box::new(Link(text, next))));
        of(message, chain.as_deref().map(|first| first as _))
    }

    #[test]
    fn wrappers_are_left_out_and_the_innermost_stays() {
        let wrapped = ["dispatch failure", "io error", "client error (Connect)", "tcp connect error", "refused (111)"];
        assert_eq!(causes("no answer", &wrapped), ["tcp connect error", "refused (111)"]);
        assert_eq!(causes("no answer", &["dispatch failure", "other"]), ["other"]);
        assert_eq!(causes("no answer", &[]), [""; 0]);
    }

    #[test]
    fn a_fact_is_stated_once() {
        let message = "insert a car: relation \"public.cars\" does not exist (42P01)";
        let driver = [
            "db error",
            "db error: ERROR: relation \"public.cars\" does not exist",
            "ERROR: relation \"public.cars\" does not exist\nHINT: none",
        ];
        assert_eq!(causes(message, &driver), [""; 0]);
        assert_eq!(causes("no connection", &["connecting: refused", "refused"]), ["connecting: refused"]);
        assert_eq!(causes("m", &["refused", "tcp: refused by 127.0.0.1"]), ["tcp: refused by 127.0.0.1"]);
    }

    #[test]
    fn people_see_the_first_and_the_last() {
        let all = |count: usize| (1..=count).map(|n| n.to_string()).collect::<Vec<_>>();
        assert_eq!(ends(all(4)), ["1", "4"]);
        assert_eq!(ends(all(2)), ["1", "2"]);
    }
}
