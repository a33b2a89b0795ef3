//! Random secrets, and comparing them.

use std::fmt::Write;

use crate::error::{Kind, OrFail, Result};

/// Returns a secret of `BYTES` random bytes, as twice as many hexadecimal digits.
///
/// # Errors
/// `Unexpected` when the system has no random numbers.
pub fn random<const BYTES: usize>() -> Result<String> {
    let mut bytes = [0; BYTES];
    aws_lc_rs::rand::fill(&mut bytes).or_fail(Kind::Unexpected, || "the system gives no random numbers".into())?;
    Ok(bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a string does not fail.
        let _ = write!(text, "{byte:02x}");
        text
    }))
}

/// Returns whether two secrets are equal, in a time that does not depend on where they differ.
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
