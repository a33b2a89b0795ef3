//! Creates and compares random secrets.

use std::fmt::Write;

use crate::base::error::{Kind, OrFail, Result};

/// Returns a secret of `BYTES` random bytes, as twice as many hexadecimal digits.
///
/// # Errors
/// `Unexpected` if the system's random number generator fails.
pub fn random<const BYTES: usize>() -> Result<String> {
    let mut bytes = [0; BYTES];
    aws_lc_rs::rand::fill(&mut bytes)
        .or_fail(Kind::Unexpected, || "the system's random number generator failed".into())?;
    Ok(bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a string does not fail.
        let _ = write!(text, "{byte:02x}");
        text
    }))
}

/// Returns whether two secrets are equal, in constant time for equal lengths.
pub fn same(one: &str, other: &str) -> bool {
    aws_lc_rs::constant_time::verify_slices_are_equal(one.as_bytes(), other.as_bytes()).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_differ_and_compare() {
        let (one, other) = (random::<16>().unwrap(), random::<16>().unwrap());
        assert_eq!(one.len(), 32);
        assert!(same(&one, &one) && !same(&one, &other) && !same(&one, "") && !same(&one, &one[..31]));
    }
}
