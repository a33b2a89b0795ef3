//! The variables that the templates give to functions.

use crate::environment;
use crate::error::{Error, Kind, Result};

/// # Errors
/// `Config`, naming the variable.
pub fn required(name: &str) -> Result<String> {
    optional(name).ok_or_else(|| {
        Error::new(Kind::Config, format!("the function's environment has no {name}"))
            .hint("deploy again: the templates set it")
    })
}

/// An empty variable is as good as none.
pub fn optional(name: &str) -> Option<String> {
    environment::text(name).ok().flatten()
}
