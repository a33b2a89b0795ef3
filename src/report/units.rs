//! Formats numbers for people.

/// Formats bytes in binary units: `1.5 MiB`.
pub fn bytes(count: i64) -> String {
    match count {
        ..1_024 => format!("{count} B"),
        1_024..1_048_576 => format!("{:.1} KiB", count as f64 / 1_024.0),
        1_048_576..1_073_741_824 => format!("{:.1} MiB", count as f64 / 1_048_576.0),
        _ => format!("{:.1} GiB", count as f64 / 1_073_741_824.0),
    }
}

/// Formats a number with its noun: `1 rule`, `2 rules`.
pub fn count<N: Copy + PartialEq + From<u8> + std::fmt::Display>(number: N, noun: &str) -> String {
    format!("{number} {noun}{}", if number == N::from(1) { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::{bytes, count};

    #[test]
    fn units_change_at_their_limits() {
        let shown = [0, 1_023, 1_024, 1_572_864, 1 << 30].map(bytes);
        assert_eq!([0_u64, 1, 2].map(|number| count(number, "rule")), ["0 rules", "1 rule", "2 rules"]);
        assert_eq!(shown, ["0 B", "1023 B", "1.0 KiB", "1.5 MiB", "1.0 GiB"]);
    }
}
