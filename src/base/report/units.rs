//! Formats numbers and times for people.

use chrono::{DateTime, Utc};

/// Formats bytes in binary units: `1.5 MiB`.
pub fn bytes(count: i64) -> String {
    match count {
        ..1_024 => format!("{count} B"),
        1_024..1_048_576 => format!("{:.1} KiB", count as f64 / 1_024.0),
        1_048_576..1_073_741_824 => format!("{:.1} MiB", count as f64 / 1_048_576.0),
        _ => format!("{:.1} GiB", count as f64 / 1_073_741_824.0),
    }
}

/// Formats a number with its noun: `1 rule`, `2 rules`, `2 processes`, `2 deliveries`.
pub fn count<N: Copy + PartialEq + From<u8> + std::fmt::Display>(number: N, noun: &str) -> String {
    match noun.strip_suffix("ry") {
        _ if number == N::from(1) => format!("{number} {noun}"),
        Some(stem) => format!("{number} {stem}ries"),
        None => format!("{number} {noun}{}", if noun.ends_with('s') { "es" } else { "s" }),
    }
}

/// Formats a time: `2026-01-31 12:00:00 UTC`.
pub fn utc(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%d %H:%M:%S UTC").to_string()
}

/// Formats seconds like a clock: `0:07`, `12:30`, `1:02:03`.
pub fn clock(seconds: u64) -> String {
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    if hours > 0 { format!("{hours}:{minutes:02}:{seconds:02}") } else { format!("{minutes}:{seconds:02}") }
}

#[cfg(test)]
mod tests {
    use super::{bytes, clock, count};

    #[test]
    fn units_change_at_their_limits() {
        assert_eq!([0_u64, 1, 2].map(|number| count(number, "rule")), ["0 rules", "1 rule", "2 rules"]);
        assert_eq!(
            ["process", "delivery", "day"].map(|noun| count(2, noun)),
            ["2 processes", "2 deliveries", "2 days"]
        );
        assert_eq!(count(1, "delivery"), "1 delivery");
        let shown = [0, 1_023, 1_024, 1_572_864, 1 << 30].map(bytes);
        assert_eq!(shown, ["0 B", "1023 B", "1.0 KiB", "1.5 MiB", "1.0 GiB"]);
        assert_eq!([7, 90, 3_723].map(clock), ["0:07", "1:30", "1:02:03"]);
    }
}
