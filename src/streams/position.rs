//! Where reading begins.

use std::str::FromStr;

use chrono::{DateTime, TimeDelta, Utc};

/// Where reading begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum From {
    /// With what comes from now on.
    Latest,
    /// With the oldest that is still there.
    Start,
    /// With what arrived at this time or later.
    At(DateTime<Utc>),
}

impl From {
    /// The oldest time that counts; None for everything.
    pub fn since(self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        match self {
            Self::Latest => Some(now),
            Self::Start => None,
            Self::At(at) => Some(at),
        }
    }
}

impl FromStr for From {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "latest" => Ok(Self::Latest),
            "start" => Ok(Self::Start),
            _ => time(text, Utc::now()).map(Self::At),
        }
    }
}

/// A time as RFC 3339, or relative to now: `-15m`, `+30s`, with s, m, h or d.
pub fn time(text: &str, now: DateTime<Utc>) -> Result<DateTime<Utc>, String> {
    let expected = || "use a time like 2026-01-31T12:00:00Z, or one relative to now like -15m (s, m, h, d)".to_owned();
    let (sign, rest) = match text.split_at_checked(1) {
        Some(("-", rest)) => (-1, rest),
        Some(("+", rest)) => (1, rest),
        _ => return DateTime::parse_from_rfc3339(text).map(|at| at.to_utc()).map_err(|_| expected()),
    };
    let unit = rest.chars().last().ok_or_else(expected)?;
    let count: i64 = rest[..rest.len() - unit.len_utf8()].parse().map_err(|_| expected())?;
    let seconds = match unit {
        's' => Some(1),
        'm' => Some(60),
        'h' => Some(3_600),
        'd' => Some(86_400),
        _ => None,
    };
    seconds
        .and_then(|unit| count.checked_mul(unit * sign))
        .and_then(TimeDelta::try_seconds)
        .and_then(|delta| now.checked_add_signed(delta))
        .ok_or_else(expected)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_times_and_offsets() {
        assert_eq!("latest".parse(), Ok(From::Latest));
        assert_eq!("start".parse(), Ok(From::Start));
        let now = "2026-01-31T12:00:00Z".parse().expect("a time");
        let at = |text: &str| time(text, now).map(|t| t.to_rfc3339_opts(chrono::SecondsFormat::Secs, true));
        assert_eq!(at("-15m").as_deref(), Ok("2026-01-31T11:45:00Z"));
        assert_eq!(at("+2d").as_deref(), Ok("2026-02-02T12:00:00Z"));
        assert_eq!(at("2026-01-31T13:00:00+01:00").as_deref(), Ok("2026-01-31T12:00:00Z"));
        for wrong in ["", "-", "-m", "-5x", "yesterday", "-99999999999999999d", "-5é"] {
            assert!(at(wrong).is_err(), "{wrong}");
        }
    }
}
