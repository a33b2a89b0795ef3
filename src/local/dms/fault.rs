//! Faults of the DMS API, with their documented codes.

use http::StatusCode;

use crate::base::error::Error;
use crate::local::gateway::ApiResponse;

/// Error response of an operation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fault {
    pub(super) code: &'static str,
    pub(super) message: String,
}

pub(super) type Answer<T> = std::result::Result<T, Fault>;

impl Fault {
    pub(super) fn not_found(message: impl Into<String>) -> Self {
        Self { code: "ResourceNotFoundFault", message: message.into() }
    }

    pub(super) fn exists(message: impl Into<String>) -> Self {
        Self { code: "ResourceAlreadyExistsFault", message: message.into() }
    }

    pub(super) fn state(message: impl Into<String>) -> Self {
        Self { code: "InvalidResourceStateFault", message: message.into() }
    }

    pub(super) fn parameter(message: impl Into<String>) -> Self {
        Self { code: "InvalidParameterValueException", message: message.into() }
    }

    pub(super) fn combination(message: impl Into<String>) -> Self {
        Self { code: "InvalidParameterCombinationException", message: message.into() }
    }

    pub(super) fn internal(message: impl Into<String>) -> Self {
        Self { code: "InternalFailure", message: message.into() }
    }

    pub(super) fn response(&self) -> ApiResponse {
        let status = match self.code {
            "InternalFailure" => StatusCode::INTERNAL_SERVER_ERROR,
            _ => StatusCode::BAD_REQUEST,
        };
        ApiResponse::error(status, self.code, &self.message)
    }
}

/// Returns an error with its causes in one line, as in `LastFailureMessage`.
pub(super) fn one_line(error: &Error) -> String {
    std::iter::once(error.message().to_owned()).chain(error.causes()).collect::<Vec<_>>().join(": ")
}
