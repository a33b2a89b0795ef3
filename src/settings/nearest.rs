//! What a misspelt name was meant to be.

use strsim::osa_distance;

/// The known name nearest to `name`, whatever its case; None where none is near enough to be meant.
pub fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let limit = (name.chars().count() / 3).max(2);
    let lower = name.to_ascii_lowercase();
    let with_distance =
        known.into_iter().map(|candidate| (osa_distance(&lower, &candidate.to_ascii_lowercase()), candidate));
    with_distance.filter(|(distance, _)| *distance <= limit).min_by_key(|(distance, _)| *distance).map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn slips_are_found_and_strangers_are_not() {
        const KNOWN: [&str; 4] = ["stage", "region", "pipeline", "endpoint_url"];
        for (slip, meant) in
            [("stagee", "stage"), ("rgeion", "region"), ("Pipeline", "pipeline"), ("endpoint-ur", "endpoint_url")]
        {
            assert_eq!(nearest(slip, KNOWN), Some(meant));
        }
        assert_eq!(nearest("colour", KNOWN), None);
    }
}
