//! What a misspelt name was meant to be.

/// The known name nearest to `name`, whatever its case; None where none is near enough to be meant.
pub fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let limit = (name.chars().count() / 3).max(2);
    let with_distance = known.into_iter().map(|candidate| (distance(name, candidate), candidate));
    with_distance.filter(|(distance, _)| *distance <= limit).min_by_key(|(distance, _)| *distance).map(|(_, name)| name)
}

/// Letters to insert, remove or replace, and neighbours to swap (optimal string alignment), ignoring ASCII case.
fn distance(one: &str, other: &str) -> usize {
    let letters = |text: &str| text.chars().map(|c| c.to_ascii_lowercase()).collect::<Vec<_>>();
    let (one, other) = (letters(one), letters(other));
    let (mut before, mut last) = (Vec::new(), (0..=other.len()).collect::<Vec<_>>());
    for (i, a) in one.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, b) in other.iter().enumerate() {
            let mut best = (row[j] + 1).min(last[j + 1] + 1).min(last[j] + usize::from(a != b));
            if i > 0 && j > 0 && *a == other[j - 1] && one[i - 1] == *b {
                best = best.min(before[j - 1] + 1);
            }
            row.push(best);
        }
        before = std::mem::replace(&mut last, row);
    }
    last[other.len()]
}

#[cfg(test)]
mod tests {
    use super::{distance, nearest};

    #[test]
    fn slips_are_found_and_strangers_are_not() {
        const KNOWN: [&str; 4] = ["stage", "region", "pipeline", "endpoint_url"];
        for (slip, meant) in
            [("stagee", "stage"), ("rgeion", "region"), ("Pipeline", "pipeline"), ("endpoint-ur", "endpoint_url")]
        {
            assert_eq!(nearest(slip, KNOWN), Some(meant));
        }
        assert_eq!(nearest("colour", KNOWN), None);
        assert_eq!((distance("", "abc"), distance("ab", "ba"), distance("kitten", "sitting")), (3, 1, 3));
    }
}
