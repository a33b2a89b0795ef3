//! The environment variables that the templates set for the functions.

use std::fmt::Display;
use std::str::FromStr;

use crate::base::error::{Error, Kind, Result};
use crate::postgres::tls::Roots;
use crate::settings::environment;

/// Returns the value of a variable.
///
/// # Errors
/// `Config`, naming the variable.
pub fn required(name: &str) -> Result<String> {
    optional(name).ok_or_else(|| {
        Error::new(Kind::Config, format!("the function's environment has no {name}"))
            .hint("deploy again: the templates set it")
    })
}

/// Parses the value of a variable.
///
/// # Errors
/// `Config`, naming the variable, if it is missing or malformed.
pub fn required_as<T: FromStr<Err: Display>>(name: &str) -> Result<T> {
    parse(name, &required(name)?)
}

/// Parses the value of a variable; an empty one counts as missing.
///
/// # Errors
/// `Config`, naming the variable, if it is malformed.
pub fn optional_as<T: FromStr<Err: Display>>(name: &str) -> Result<Option<T>> {
    optional(name).map(|text| parse(name, &text)).transpose()
}

fn parse<T: FromStr<Err: Display>>(name: &str, text: &str) -> Result<T> {
    text.parse().map_err(|problem| Error::new(Kind::Config, format!("{name} is {text:?}: {problem}")))
}

/// Returns the certificate authorities that a function trusts: the certificate of the template
/// (`DATABASE_CERTIFICATE`), which also works in regions that the embedded bundle lacks; without it those of
/// [`Roots::from_environment`].
pub fn roots() -> Roots {
    optional("DATABASE_CERTIFICATE").map_or_else(Roots::from_environment, |pem| Roots::Pem(pem.into_bytes()))
}

/// Returns the value of a variable; an empty one counts as missing.
pub fn optional(name: &str) -> Option<String> {
    environment::text(name).ok().flatten()
}
