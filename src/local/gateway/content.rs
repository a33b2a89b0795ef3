//! Bodies of requests and responses: streamed, or read whole.

use bytes::Bytes;
use http::{Response, StatusCode};
use http_body_util::{BodyExt, Limited};

use super::ApiResponse;
use super::emulator::{Body, full};
use super::records::Copying;
use crate::listener::{BoxError, Timed};

/// Maximum size in bytes of a body that is read whole: a function's package of 50 MB in base64, as in CreateFunction.
const BODY_LIMIT: usize = 70_167_211;

/// The body of a request as it comes from the connection.
pub type Incoming = Copying<Timed>;

/// A request's body: read, or streamed.
pub enum Content {
    Whole(Bytes),
    Streamed(Incoming),
}

impl Content {
    /// Reads the rest of the body.
    ///
    /// # Errors
    /// Those of [`read`].
    pub async fn whole(self) -> Result<Bytes, Response<Body>> {
        match self {
            Self::Whole(body) => Ok(body),
            Self::Streamed(body) => read(body).await,
        }
    }
}

/// Reads a response whole.
pub async fn gather(response: Response<Body>) -> Result<ApiResponse, BoxError> {
    let (head, body) = response.into_parts();
    Ok(ApiResponse { status: head.status, headers: head.headers, body: body.collect().await?.to_bytes() })
}

/// Reads a body whole.
///
/// # Errors
/// The response to a request whose body is too large, or does not come.
pub async fn read(body: Incoming) -> Result<Bytes, Response<Body>> {
    match Limited::new(body, BODY_LIMIT).collect().await {
        Ok(body) => Ok(body.to_bytes()),
        Err(error) => {
            let (status, code) = if error.is::<http_body_util::LengthLimitError>() {
                (StatusCode::PAYLOAD_TOO_LARGE, "RequestEntityTooLarge")
            } else {
                (StatusCode::REQUEST_TIMEOUT, "RequestTimeout")
            };
            Err(whole(ApiResponse::error(status, code, &error.to_string())))
        }
    }
}

/// Returns an answer as a response.
pub fn whole(answer: ApiResponse) -> Response<Body> {
    let mut response = Response::new(full(answer.body));
    *response.status_mut() = answer.status;
    *response.headers_mut() = answer.headers;
    response
}
