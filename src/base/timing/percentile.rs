//! Percentiles of samples.

/// Returns the percentile of `sorted` by the nearest-rank method: the smallest sample that at least `share` of them (0 to
/// 1) do not exceed. None without samples.
pub fn nearest_rank(sorted: &[f64], share: f64) -> Option<f64> {
    let rank = (sorted.len() as f64 * share).ceil() as usize;
    sorted.get(rank.max(1) - 1).copied()
}

#[cfg(test)]
mod tests {
    use super::nearest_rank;

    #[test]
    fn the_rank_is_rounded_up() {
        let sorted = [1.0, 2.0, 3.0, 4.0];
        let ranks = [0.0, 0.25, 0.5, 0.51, 0.99, 1.0].map(|share| nearest_rank(&sorted, share));
        assert_eq!(ranks, [1.0, 1.0, 2.0, 3.0, 4.0, 4.0].map(Some));
        assert_eq!(nearest_rank(&[], 0.5), None);
    }
}
