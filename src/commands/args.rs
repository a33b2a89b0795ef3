//! Parsers of arguments: durations, times, whole numbers, rates. Errors state the accepted values.

use std::fmt::Display;
use std::str::FromStr;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use clap::ValueEnum;

use crate::streams::StartAt;

/// Maximum duration of a flag: ten years, because clocks can't represent every time.
pub const LONGEST: Duration = Duration::from_secs(3_650 * 86_400);
/// Minimum duration of a flag that can't be zero.
pub const TICK: Duration = Duration::from_millis(1);
pub const SECOND: Duration = Duration::from_secs(1);
pub const HOUR: Duration = Duration::from_secs(3_600);

/// Units in their required order, with their nanoseconds.
const UNITS: [(&str, u128); 5] = [
    ("d", 86_400_000_000_000),
    ("h", 3_600_000_000_000),
    ("m", 60_000_000_000),
    ("s", 1_000_000_000),
    ("ms", 1_000_000),
];

/// Returns a parser of durations from `least` to `most`: `30s`, `5m`, `2h`, `7d`, `1h30m`, `1.5s`; a plain number is seconds.
pub fn duration(least: Duration, most: Duration) -> impl Fn(&str) -> Result<Duration, String> + Clone {
    move |text| {
        let found = read_duration(text)?;
        if (least..=most).contains(&found) {
            return Ok(found);
        }
        Err(format!("a duration from {} to {} is needed", written(least), written(most)))
    }
}

/// Returns the time so long ago, like `7d` or `-7d`.
///
/// # Errors
/// The accepted values.
pub fn age(text: &str) -> Result<DateTime<Utc>, String> {
    let age = read_duration(text.strip_prefix('-').unwrap_or(text))?;
    moved(Utc::now(), age, false).ok_or_else(|| format!("an age of at most {} is needed", written(LONGEST)))
}

/// Returns a time: RFC 3339, relative to now like `-15m` or `+30s`, `start` for the oldest, or `latest` for now.
///
/// # Errors
/// The accepted values.
pub fn time(text: &str) -> Result<DateTime<Utc>, String> {
    let now = Utc::now();
    Ok(match from_at(text, now)? {
        StartAt::Latest => now,
        // Older than any event of a pipeline.
        StartAt::Start => DateTime::UNIX_EPOCH,
        StartAt::At(at) => at,
    })
}

/// Returns the start of reading: `latest`, `start`, or a time as in [`time`].
///
/// # Errors
/// The accepted values.
pub fn from(text: &str) -> Result<StartAt, String> {
    from_at(text, Utc::now())
}

fn from_at(text: &str, now: DateTime<Utc>) -> Result<StartAt, String> {
    let at = match text.split_at_checked(1) {
        _ if text == "latest" => return Ok(StartAt::Latest),
        _ if text == "start" => return Ok(StartAt::Start),
        Some((sign @ ("-" | "+"), rest)) => read_duration(rest).ok().and_then(|by| moved(now, by, sign == "+")),
        _ if read_duration(text).is_ok() => {
            return Err(format!("-{text} is that long ago, +{text} that long from now"));
        }
        _ => DateTime::parse_from_rfc3339(text).ok().map(|at| at.to_utc()),
    };
    let needed = "a time like 2026-01-31T12:00:00Z is needed, one relative to now like -15m or +1h30m, start or latest";
    at.map(StartAt::At).ok_or_else(|| needed.to_owned())
}

fn moved(now: DateTime<Utc>, by: Duration, later: bool) -> Option<DateTime<Utc>> {
    let by = TimeDelta::from_std(by).ok().filter(|_| by <= LONGEST)?;
    if later { now.checked_add_signed(by) } else { now.checked_sub_signed(by) }
}

fn read_duration(text: &str) -> Result<Duration, String> {
    let needed = || "a duration like 30s, 5m, 2h, 7d or 1h30m is needed; a plain number is seconds".to_owned();
    let number = |text: &str| text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (mut rest, mut units, mut nanos) = (text, UNITS.as_slice(), 0_u128);
    while !rest.is_empty() || units.len() == UNITS.len() {
        let (amount, after) = rest.split_at(number(rest));
        let unit = &after[..after.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(after.len())];
        let plain = unit.is_empty() && rest.len() == text.len() && after.is_empty();
        let at = units.iter().position(|(name, _)| *name == unit || (plain && *name == "s")).ok_or_else(needed)?;
        nanos = scaled(amount, units[at].1).and_then(|part| nanos.checked_add(part)).ok_or_else(needed)?;
        units = &units[at + 1..];
        rest = &after[unit.len()..];
    }
    // A duration above this exceeds every limit.
    Ok(u64::try_from(nanos).map_or(Duration::MAX, Duration::from_nanos))
}

/// Returns `amount` (`12`, `1.5`) times `nanos`, without rounding through a double; None if it is not a number.
fn scaled(amount: &str, nanos: u128) -> Option<u128> {
    let (whole, fraction) = amount.split_once('.').unwrap_or((amount, ""));
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty() || !digits(whole) || !digits(fraction) || (amount.contains('.') && fraction.is_empty()) {
        return None;
    }
    let fraction = &fraction[..fraction.len().min(9)];
    let part = if fraction.is_empty() { 0 } else { fraction.parse::<u128>().ok()? };
    // Exceeds every limit.
    let whole = whole.parse::<u128>().unwrap_or(u128::from(u64::MAX)).checked_mul(nanos)?;
    whole.checked_add(part * nanos / 10_u128.pow(u32::try_from(fraction.len()).ok()?))
}

/// Returns a limit in its largest whole unit.
fn written(limit: Duration) -> String {
    let nanos = limit.as_nanos();
    let (unit, size) =
        UNITS.iter().find(|(_, size)| nanos > 0 && nanos.is_multiple_of(*size)).unwrap_or(&("s", 1_000_000_000));
    format!("{}{unit}", nanos / size)
}

/// Returns a parser of whole numbers from `least` to `most`.
pub fn whole<T>(least: T, most: T) -> impl Fn(&str) -> Result<T, String> + Clone + Send + Sync
where
    T: FromStr + PartialOrd + Display + Copy + Send + Sync + 'static,
{
    move |text| {
        let number = text.parse().ok().filter(|number| (least..=most).contains(number));
        number.ok_or_else(|| {
            let most = most.to_string();
            // The limits of the integer types are not helpful in a message.
            if most.len() >= u32::MAX.to_string().len() {
                format!("a whole number of at least {least} is needed")
            } else {
                format!("a whole number from {least} to {most} is needed")
            }
        })
    }
}

/// Returns the name of a value on the command line; empty for a value that the command line does not accept.
pub fn name(value: &impl ValueEnum) -> String {
    value.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
}

/// Returns a rate per second, above 0.
///
/// # Errors
/// The accepted values.
pub fn rate(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(rate) if rate.is_finite() && rate > 0.0 => Ok(rate),
        _ => Err("a number above 0 is needed".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn millis(text: &str) -> Result<u128, String> {
        duration(TICK, LONGEST)(text).map(|found| found.as_millis())
    }

    #[test]
    fn durations_have_units_or_are_seconds() {
        let read = [
            ("30", 30_000),
            ("30s", 30_000),
            ("5m", 300_000),
            ("2h", 7_200_000),
            ("7d", 604_800_000),
            ("1h30m", 5_400_000),
            ("1.5s", 1_500),
            ("0.5", 500),
            ("1d2h3m4s5ms", 93_784_005),
            ("250ms", 250),
            ("3650d", 315_360_000_000),
            ("0.001", 1),
        ];
        for (text, expected) in read {
            assert_eq!(millis(text), Ok(expected), "{text}");
        }
        for wrong in [
            "", "s", "m5", "5x", "-5s", "+5s", "1m1h", "1h1h", "5 m", "1h30", "1.", ".5", "1.2.3", "1e3", "0x5", "5µs",
            "NaN", "٣s",
        ] {
            assert!(millis(wrong).is_err_and(|why| why.starts_with("a duration like 30s")), "{wrong}");
        }
        let limits = Err("a duration from 1ms to 3650d is needed".to_owned());
        for outside in ["0", "0s", "3651d", "99999999999999999999999999", "99999999999d"] {
            assert_eq!(millis(outside), limits, "{outside}");
        }
        assert_eq!(duration(Duration::ZERO, HOUR)("0"), Ok(Duration::ZERO));
        assert_eq!(duration(SECOND, HOUR)("2h"), Err("a duration from 1s to 1h is needed".into()));
    }

    #[test]
    fn longest_duration_can_be_added_to_now() {
        assert!(std::time::Instant::now().checked_add(LONGEST).is_some());
        assert!(moved(Utc::now(), LONGEST, true).is_some());
    }

    #[test]
    fn times_are_absolute_relative_or_keywords() {
        let now = "2026-01-31T12:00:00Z".parse().expect("a time");
        let at = |text: &str| match from_at(text, now)? {
            StartAt::At(at) => Ok(at.to_rfc3339_opts(chrono::SecondsFormat::Secs, true)),
            word => Ok(format!("{word:?}")),
        };
        for (text, expected) in [
            ("latest", "Latest"),
            ("start", "Start"),
            ("-15m", "2026-01-31T11:45:00Z"),
            ("+2d", "2026-02-02T12:00:00Z"),
            ("-1h30m", "2026-01-31T10:30:00Z"),
            ("-90", "2026-01-31T11:58:30Z"),
            ("2026-01-31T13:00:00+01:00", "2026-01-31T12:00:00Z"),
        ] {
            assert_eq!(at(text).as_deref(), Ok(expected), "{text}");
        }
        for wrong in ["", "-", "-m", "-5x", "yesterday", "-99999999999999999d", "-5é", "--5m"] {
            assert!(at(wrong).is_err_and(|why: String| why.contains("-15m")), "{wrong}");
        }
        assert_eq!(at("15m"), Err("-15m is that long ago, +15m that long from now".into()));
        assert!(
            age("7d").is_ok() && age("-7d").is_ok() && age("30").is_ok() && age("4000d").is_err() && age("x").is_err()
        );
    }

    #[test]
    fn whole_number_errors_state_the_limits() {
        let count = whole(1_u32, 1_000);
        assert_eq!(count("1000"), Ok(1_000));
        for wrong in ["0", "1001", "-1", "1.5", "x", ""] {
            assert_eq!(count(wrong), Err("a whole number from 1 to 1000 is needed".into()), "{wrong}");
        }
        assert!(rate("-1").is_err() && rate("NaN").is_err() && rate("0.5").is_ok());
    }

    proptest::proptest! {
        #[test]
        fn parsers_accept_any_text_without_panic(text: String) {
            let _ = (read_duration(&text), from(&text));
        }
    }
}
