//! Suggestions for misspelt names.

use strsim::osa_distance;

/// Returns the known name nearest to `name`, ignoring case; None if none is near enough.
pub fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    close_names(name, known).into_iter().min_by_key(|(distance, _)| *distance).map(|(_, name)| name)
}

/// Returns the known names that contain `name`, or else the nearest ones; at most three.
pub fn similar<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    let known: Vec<&str> = known.into_iter().collect();
    let mut found: Vec<&str> = known.iter().copied().filter(|known| name.len() > 2 && known.contains(name)).collect();
    if found.is_empty() {
        let near = close_names(name, known);
        let least = near.iter().map(|(distance, _)| *distance).min();
        found = near.into_iter().filter(|(distance, _)| Some(*distance) == least).map(|(_, name)| name).collect();
    }
    found.truncate(3);
    found
}

/// Returns the names that a typing error can explain, with the number of changes.
fn close_names<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Vec<(usize, &'a str)> {
    let limit = (name.chars().count() / 3).max(2);
    let lower = name.to_ascii_lowercase();
    let distances = known.into_iter().map(|known| (osa_distance(&lower, &known.to_ascii_lowercase()), known));
    distances.filter(|(distance, _)| *distance <= limit).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn typing_errors_are_matched_and_unrelated_names_are_not() {
        const KNOWN: [&str; 4] = ["stage", "region", "pipeline", "endpoint_url"];
        for (slip, meant) in
            [("stagee", "stage"), ("rgeion", "region"), ("Pipeline", "pipeline"), ("endpoint-ur", "endpoint_url")]
        {
            assert_eq!(nearest(slip, KNOWN), Some(meant));
        }
        assert_eq!(nearest("colour", KNOWN), None);
    }

    #[test]
    fn parts_find_every_name_that_contains_them() {
        let known = ["ordering", "outbox", "exit-codes", "needs-input", "needs-recovery"];
        assert_eq!(similar("odering", known), ["ordering"]);
        assert_eq!(similar("exit", known), ["exit-codes"]);
        assert_eq!(similar("needs", known), ["needs-input", "needs-recovery"]);
        assert_eq!(similar("kubernetes", known), [""; 0]);
    }
}
