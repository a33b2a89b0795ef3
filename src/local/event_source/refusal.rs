//! Errors of the event source mapping API, in Lambda's words.

use http::StatusCode;

use crate::base::error::{Error, RESOURCE_MISSING};

/// An error of the API: code and text.
#[derive(Debug)]
pub struct Refusal {
    pub status: StatusCode,
    pub code: &'static str,
    pub message: String,
}

impl Refusal {
    pub fn invalid(message: impl Into<String>) -> Self {
        Self { status: StatusCode::BAD_REQUEST, code: "InvalidParameterValueException", message: message.into() }
    }

    pub fn internal(error: &Error) -> Self {
        Self { status: StatusCode::INTERNAL_SERVER_ERROR, code: "ServiceException", message: error.to_string() }
    }

    /// Returns the refusal for a function or stream that can't be looked up; `missing` begins Lambda's message for one
    /// that does not exist.
    pub fn unknown(code: &str, missing: &str, name: &str) -> Self {
        Self::invalid(match code {
            RESOURCE_MISSING => format!("{missing}: {name}"),
            code => format!("{name} can't be looked up: {code}"),
        })
    }
}

impl From<Refusal> for String {
    fn from(refusal: Refusal) -> Self {
        refusal.message
    }
}
