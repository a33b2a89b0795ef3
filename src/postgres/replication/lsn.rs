//! A position in the write-ahead log.

use std::fmt;
use std::str::FromStr;

/// A log sequence number, displayed as PostgreSQL writes it (`16/B374D848`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Lsn(pub u64);

impl Lsn {
    /// Formats it as DMS writes it in a stream position: both halves with eight digits.
    pub fn padded(self) -> String {
        format!("{:08X}/{:08X}", self.0 >> 32, self.0 & 0xffff_ffff)
    }
}

impl fmt::Display for Lsn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:X}/{:X}", self.0 >> 32, self.0 & 0xffff_ffff)
    }
}

/// Text that is not a log sequence number.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a log sequence number (like 16/B374D848)")]
pub struct NoLsn(String);

impl FromStr for Lsn {
    type Err = NoLsn;

    fn from_str(text: &str) -> Result<Self, NoLsn> {
        let half = |digits: &str| u32::from_str_radix(digits, 16).ok().filter(|_| !digits.starts_with('+'));
        let (high, low) = text.split_once('/').ok_or_else(|| NoLsn(text.to_owned()))?;
        match (half(high), half(low)) {
            (Some(high), Some(low)) => Ok(Self(u64::from(high) << 32 | u64::from(low))),
            _ => Err(NoLsn(text.to_owned())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_back() {
        let lsn: Lsn = "16/B374D848".parse().unwrap();
        assert_eq!(lsn, Lsn(0x16_B374_D848));
        assert_eq!(lsn.to_string(), "16/B374D848");
        assert_eq!(lsn.padded(), "00000016/B374D848");
        assert_eq!("00000016/0374D848".parse::<Lsn>().unwrap().to_string(), "16/374D848");
    }

    #[test]
    fn other_text_is_refused() {
        for text in ["", "/", "1", "1/", "x/1", "1/+1", "123456789/0"] {
            assert!(text.parse::<Lsn>().is_err(), "{text}");
        }
    }
}
