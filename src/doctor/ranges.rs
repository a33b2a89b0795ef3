//! IPv4 address ranges, and whether they overlap.

use std::fmt;
use std::net::Ipv4Addr;
use std::str::FromStr;

/// An address range in CIDR notation, like `10.42.0.0/16`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Range {
    first: u32,
    /// Prefix length, 0 to 32.
    bits: u32,
}

impl Range {
    fn last(self) -> u32 {
        self.first | u32::MAX.checked_shr(self.bits).unwrap_or(0)
    }

    /// Returns whether the ranges have an address in common.
    pub fn overlaps(self, other: Self) -> bool {
        self.first <= other.last() && other.first <= self.last()
    }

    /// Returns whether the range has all addresses of the other.
    pub fn contains(self, other: Self) -> bool {
        self.first <= other.first && other.last() <= self.last()
    }

    /// Returns the first range of this size in `10.0.0.0/8` that overlaps with none of `taken`; None where there is
    /// none.
    pub fn free(self, taken: &[Self]) -> Option<Self> {
        let size = 1_u64 << (32 - self.bits);
        let private = u64::from(u32::from(Ipv4Addr::new(10, 0, 0, 0)));
        let mut candidates = (0..(1_u64 << 24) / size)
            .filter_map(|number| Some(Self { first: u32::try_from(private + number * size).ok()?, bits: self.bits }));
        candidates.find(|candidate| !taken.iter().any(|range| range.overlaps(*candidate)))
    }
}

impl FromStr for Range {
    type Err = ();

    /// Parses a range. Bits after the prefix are ignored, as in EC2.
    fn from_str(text: &str) -> Result<Self, ()> {
        let (address, bits) = text.split_once('/').ok_or(())?;
        let (address, bits): (Ipv4Addr, u32) = (address.parse().map_err(drop)?, bits.parse().map_err(drop)?);
        let mask = u32::MAX.checked_shl(32_u32.checked_sub(bits).ok_or(())?).unwrap_or(0);
        Ok(Self { first: u32::from(address) & mask, bits })
    }
}

impl fmt::Display for Range {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}/{}", Ipv4Addr::from(self.first), self.bits)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn range(text: &str) -> Range {
        text.parse().unwrap_or_else(|()| panic!("{text}"))
    }

    #[test]
    fn nested_ranges_overlap_and_adjacent_ones_do_not() {
        assert!(!range("10.42.0.0/16").overlaps(range("10.43.0.0/16")));
        assert!(range("10.42.0.0/16").overlaps(range("10.42.255.255/32")));
        assert!(range("0.0.0.0/0").overlaps(range("255.255.255.255/32")));
        assert_eq!(range("10.42.9.1/16").to_string(), "10.42.0.0/16");
        assert!(range("10.42.0.0/16").contains(range("10.42.255.0/24")));
        assert!(!range("10.42.0.0/24").contains(range("10.42.0.0/16")));
        for wrong in ["", "10.0.0.0", "10.0.0.0/33", "10.0.0/8", "fd00::/8", "10.0.0.0/-1"] {
            assert!(wrong.parse::<Range>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn free_range_skips_overlaps_or_is_none() {
        let taken = ["10.0.0.0/16", "10.1.0.0/20", "192.168.0.0/16"].map(range);
        assert_eq!(range("10.0.0.0/16").free(&taken).map(|free| free.to_string()).as_deref(), Some("10.2.0.0/16"));
        assert_eq!(range("10.0.0.0/16").free(&[range("10.0.0.0/8")]), None);
    }

    /// Generates ranges around 10.0.0.0, where many pairs overlap.
    fn ranges() -> impl Strategy<Value = Range> {
        (8_u32..12, 0_u32..1 << 24, 0_u32..=32)
            .prop_map(|(octet, rest, bits)| range(&format!("{}/{bits}", Ipv4Addr::from(octet << 24 | rest))))
    }

    proptest! {
        #[test]
        fn ranges_overlap_if_one_contains_the_other(a in ranges(), b in ranges()) {
            let holds = |outer: Range, inner: Range| {
                outer.bits <= inner.bits && (outer.first ^ inner.first).checked_shr(32 - outer.bits).unwrap_or(0) == 0
            };
            prop_assert_eq!(a.overlaps(b), holds(a, b) || holds(b, a));
            prop_assert_eq!(a.overlaps(b), b.overlaps(a));
            prop_assert!(a.overlaps(a));
        }

        #[test]
        fn ranges_round_trip_through_text(a in ranges()) {
            prop_assert_eq!(a.to_string().parse::<Range>(), Ok(a));
        }

        #[test]
        fn a_free_range_overlaps_with_nothing(taken in prop::collection::vec(ranges(), 0..8), bits in 16_u32..=24) {
            let wanted = Range { first: 0, bits };
            if let Some(free) = wanted.free(&taken) {
                prop_assert!(taken.iter().all(|range| !range.overlaps(free)));
                prop_assert!(range("10.0.0.0/8").overlaps(free) && free.bits == bits);
            }
        }
    }
}
