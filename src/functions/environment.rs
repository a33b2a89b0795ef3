//! The environment variables that the templates set for the functions.

use crate::error::{Error, Kind, Result};
use crate::postgres::tls::Roots;
use crate::settings::environment;

/// # Errors
/// `Config`, naming the variable.
pub fn required(name: &str) -> Result<String> {
    optional(name).ok_or_else(|| {
        Error::new(Kind::Config, format!("the function's environment has no {name}"))
            .hint("deploy again: the templates set it")
    })
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
