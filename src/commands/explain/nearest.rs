//! Which known name was meant.

use strsim::levenshtein;

/// Known names that `asked` is part of, or else the ones that it turns into with the fewest changes, at most three; none
/// where nothing comes near.
pub fn nearest<'a>(asked: &str, known: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let known: Vec<&str> = known.collect();
    let holding: Vec<&str> = known.iter().copied().filter(|name| asked.len() > 2 && name.contains(asked)).collect();
    if !holding.is_empty() {
        return holding.into_iter().take(3).collect();
    }
    let far = known.iter().map(|name| levenshtein(asked, name));
    let Some(least) = far.min().filter(|least| *least <= asked.len().div_ceil(3)) else { return Vec::new() };
    known.into_iter().filter(|name| levenshtein(asked, name) == least).take(3).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn typing_errors_and_parts_find_their_name() {
        let known = ["ordering", "outbox", "exit-codes", "needs-input", "needs-recovery"];
        let near = |asked| nearest(asked, known.into_iter());
        assert_eq!(near("odering"), ["ordering"]);
        assert_eq!(near("exit"), ["exit-codes"]);
        assert_eq!(near("needs"), ["needs-input", "needs-recovery"]);
        assert_eq!(near("kubernetes"), [""; 0]);
    }
}
