//! The remaining time of a wait: the usual duration, or the rate of the work so far. Pure, except that the caller
//! passes the clock.

use std::time::{Duration, Instant};

use super::Expect;
use crate::base::report::clock;

/// A rate over less time is not meaningful.
const MEANINGFUL: Duration = Duration::from_secs(1);

/// An expected duration since it was first reported.
#[derive(Debug, Clone)]
pub struct Forecast {
    expect: Expect,
    since: Instant,
    /// Work that was already counted when counting began: its duration is unknown.
    at_first: u64,
}

impl Forecast {
    pub fn new(expect: Expect, now: Instant) -> Self {
        let at_first = if let Expect::Count { done, .. } = expect { done } else { 0 };
        Self { expect, since: now, at_first }
    }

    /// Updates the expectation of the same wait.
    pub fn update(&mut self, expect: Expect, now: Instant) {
        let same = std::mem::discriminant(&self.expect) == std::mem::discriminant(&expect);
        if same && !matches!(expect, Expect::Usually(..)) {
            self.expect = expect;
        } else {
            *self = Self::new(expect, now);
        }
    }

    /// Returns the forecast in a few words; None while there is no basis.
    pub fn words(&self, now: Instant) -> Option<String> {
        let elapsed = now.saturating_duration_since(self.since);
        match self.expect {
            Expect::Usually(from, to) if elapsed.as_secs() > to => {
                Some(format!("longer than the usual {}", range(from, to)))
            }
            Expect::Usually(from, to) => Some(format!("usually {}", range(from, to))),
            Expect::Lasts(all) => Some(format!("{} left", clock(all.saturating_sub(elapsed).as_secs()))),
            Expect::Count { done, total } => {
                let fresh = done.saturating_sub(self.at_first);
                let rate = (elapsed >= MEANINGFUL && fresh > 0).then(|| fresh as f64 / elapsed.as_secs_f64());
                match total.filter(|total| *total > 0) {
                    None => rate.map(|rate| format!("{} a second", round(rate))),
                    Some(total) => {
                        let share = format!("{} %", done.min(total) * 100 / total);
                        let left = rate.filter(|_| done < total).map(|rate| (total - done) as f64 / rate);
                        Some(match left {
                            Some(left) => format!("{share}, {} left", clock(left.ceil() as u64)),
                            None => share,
                        })
                    }
                }
            }
        }
    }
}

/// Formats a range: `5–20 s`, `1–3 min`, `45 s – 2 min`.
fn range(from: u64, to: u64) -> String {
    let unit =
        |seconds: u64| if seconds >= 60 && seconds.is_multiple_of(60) { (seconds / 60, "min") } else { (seconds, "s") };
    let ((from, small), (to, large)) = (unit(from), unit(to));
    if small == large { format!("{from}–{to} {large}") } else { format!("{from} {small} – {to} {large}") }
}

/// Formats a rate with two significant digits.
fn round(rate: f64) -> String {
    match rate {
        ..10.0 => format!("{rate:.1}"),
        ..1_000.0 => format!("{rate:.0}"),
        ..1_000_000.0 => format!("{:.1} k", rate / 1_000.0),
        _ => format!("{:.1} M", rate / 1_000_000.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(forecast: &Forecast, begun: Instant, seconds: f64) -> Option<String> {
        forecast.words(begun + Duration::from_secs_f64(seconds))
    }

    #[test]
    fn the_usual_duration_is_shown_until_exceeded() {
        let now = Instant::now();
        let forecast = Forecast::new(Expect::Usually(60, 180), now);
        assert_eq!(after(&forecast, now, 0.0).as_deref(), Some("usually 1–3 min"));
        assert_eq!(after(&forecast, now, 181.0).as_deref(), Some("longer than the usual 1–3 min"));
        assert_eq!((range(5, 20), range(45, 120)), ("5–20 s".into(), "45 s – 2 min".into()));
    }

    #[test]
    fn counted_work_ends_at_its_own_rate() {
        let now = Instant::now();
        let mut forecast = Forecast::new(Expect::of(100, 1_100), now);
        assert_eq!(after(&forecast, now, 0.1).as_deref(), Some("9 %"));
        forecast.update(Expect::of(350, 1_100), now + Duration::from_secs(5));
        // 250 in 5 s since counting began: 50 a second for the 750 that are left.
        assert_eq!(after(&forecast, now, 5.0).as_deref(), Some("31 %, 0:15 left"));
        forecast.update(Expect::of(1_100, 1_100), now + Duration::from_secs(20));
        assert_eq!(after(&forecast, now, 20.0).as_deref(), Some("100 %"));
    }

    #[test]
    fn work_of_unknown_size_shows_its_rate() {
        let now = Instant::now();
        let mut forecast = Forecast::new(Expect::Count { done: 0, total: None }, now);
        assert_eq!(after(&forecast, now, 5.0), None);
        forecast.update(Expect::Count { done: 230_000, total: None }, now);
        assert_eq!(after(&forecast, now, 10.0).as_deref(), Some("23.0 k a second"));
        assert_eq!(["0.5", "9.9", "10", "999"].map(String::from), [0.5, 9.94, 10.2, 999.0].map(round));
    }

    #[test]
    fn a_soak_counts_down() {
        let now = Instant::now();
        let forecast = Forecast::new(Expect::Lasts(Duration::from_secs(600)), now);
        assert_eq!(after(&forecast, now, 65.0).as_deref(), Some("8:55 left"));
        assert_eq!(after(&forecast, now, 900.0).as_deref(), Some("0:00 left"));
    }
}
