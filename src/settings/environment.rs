//! Reads environment variables; no other module does.
//!
//! An empty variable counts as unset, as in the AWS CLI: CI systems and shells write `NAME=` for "nothing". An invalid
//! value is an error that names the variable, never a silent default.

use std::ffi::OsString;
use std::path::PathBuf;

use crate::base::error::{Error, Kind, Result};

/// Returns the bytes of a variable; `None` when it is unset or empty.
pub fn raw(name: &str) -> Option<OsString> {
    std::env::var_os(name).filter(|value| !value.is_empty())
}

/// Returns a path; any bytes are allowed.
pub fn path(name: &str) -> Option<PathBuf> {
    raw(name).map(PathBuf::from)
}

/// Returns the text of a variable; `None` when it is unset or empty.
///
/// # Errors
/// `Usage` if it is not UTF-8.
pub fn text(name: &str) -> Result<Option<String>> {
    raw(name).map(|value| utf8(name, value)).transpose()
}

/// Returns the filter of the logs of daemon and functions. Text that is not UTF-8 counts as unset: nothing may keep them
/// from their log.
pub fn log_filter() -> Option<String> {
    text("OUTBOX_LOG").ok().flatten()
}

/// Returns a switch: 1, true, yes, on and 0, false, no, off, in any case; `None` when it is unset or empty.
///
/// # Errors
/// `Usage` for any other value.
pub fn flag(name: &str) -> Result<Option<bool>> {
    let Some(value) = text(name)? else { return Ok(None) };
    parse_flag(&value).map(Some).ok_or_else(|| {
        Error::new(Kind::Usage, format!("{name}={value:?} is neither true nor false"))
            .hint("use 1, true, yes or on, or 0, false, no or off")
    })
}

/// Reads a switch as [`flag`] does; `None` when it is neither true nor false.
pub fn parse_flag(value: &str) -> Option<bool> {
    match value.trim().to_ascii_lowercase().as_str() {
        "1" | "true" | "yes" | "on" => Some(true),
        "" | "0" | "false" | "no" | "off" => Some(false),
        _ => None,
    }
}

/// Returns the text of a variable that may contain a password: as [`text`], but no error repeats its value.
///
/// # Errors
/// `Usage` if it is not UTF-8.
pub fn secret(name: &str) -> Result<Option<String>> {
    let invalid = |_| Error::new(Kind::Usage, format!("{name} is not valid UTF-8"));
    raw(name).map(|value| value.into_string().map_err(invalid)).transpose()
}

fn utf8(name: &str, value: OsString) -> Result<String> {
    value.into_string().map_err(|value| {
        Error::new(Kind::Usage, format!("{name} is not valid UTF-8: {value:?}"))
            .hint(format!("set {name} again, or unset it"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn switches_are_read_in_every_common_spelling() {
        assert!(["1", "true", "TRUE", "yes", "on", " on "].iter().all(|text| parse_flag(text) == Some(true)));
        assert!(["0", "false", "No", "off", ""].iter().all(|text| parse_flag(text) == Some(false)));
        assert_eq!(parse_flag("maybe"), None);
    }

    #[test]
    fn a_value_that_is_not_utf8_names_its_variable() {
        use std::os::unix::ffi::OsStringExt;
        let error = utf8("NAME", OsString::from_vec(vec![0xff])).unwrap_err();
        assert_eq!(error.kind(), Kind::Usage);
        assert!(error.message().contains("NAME"), "{}", error.message());
    }
}
