//! Which known name was meant.

/// Known names that `asked` is part of, or else the ones that it turns into with the fewest changes, at most three; none
/// where nothing comes near.
pub fn nearest<'a>(asked: &str, known: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let known: Vec<&str> = known.collect();
    let holding: Vec<&str> = known.iter().copied().filter(|name| asked.len() > 2 && name.contains(asked)).collect();
    if !holding.is_empty() {
        return holding.into_iter().take(3).collect();
    }
    let far = known.iter().map(|name| distance(asked, name));
    let Some(least) = far.min().filter(|least| *least <= asked.len().div_ceil(3)) else { return Vec::new() };
    known.into_iter().filter(|name| distance(asked, name) == least).take(3).collect()
}

/// Levenshtein distance in bytes: names are ASCII.
fn distance(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.bytes().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.bytes().enumerate() {
            let changed = diagonal + usize::from(x != y);
            diagonal = row[j + 1];
            row[j + 1] = changed.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_are_counted_in_changes() {
        assert_eq!(distance("", "abc"), 3);
        assert_eq!(distance("kitten", "sitting"), 3);
        assert_eq!(distance("outbox", "outbox"), 0);
    }

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
