//! AWS errors by their code, never by their text.

use aws_credential_types::provider::error::CredentialsError;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

use super::{Error, Kind, Result};

/// The service's error code, or "" where the request never got an answer.
pub fn sdk_code<E: ProvideErrorMetadata, R>(error: &SdkError<E, R>) -> &str {
    match error {
        SdkError::ServiceError(service) => service.err().code().unwrap_or(""),
        _ => "",
    }
}

fn kind_of(code: &str) -> Kind {
    match code {
        "AccessDenied" | "AccessDeniedException" | "AccessDeniedFault" | "UnauthorizedOperation" => Kind::AccessDenied,
        "ExpiredToken"
        | "ExpiredTokenException"
        | "InvalidClientTokenId"
        | "UnrecognizedClientException"
        | "InvalidAccessKeyId"
        | "SignatureDoesNotMatch"
        | "MissingAuthenticationToken"
        | "AuthFailure" => Kind::Credentials,
        _ => Kind::Aws,
    }
}

/// `.send().await.aws("describe stack x")`: what was tried, what AWS said.
pub trait AwsContext<T> {
    fn aws(self, action: impl AsRef<str>) -> Result<T>;
}

impl<T, E, R> AwsContext<T> for std::result::Result<T, SdkError<E, R>>
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
    R: std::fmt::Debug + Send + Sync + 'static,
{
    fn aws(self, action: impl AsRef<str>) -> Result<T> {
        self.map_err(|error| classify(error, action.as_ref()))
    }
}

fn classify<E, R>(error: SdkError<E, R>, action: &str) -> Error
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
    R: std::fmt::Debug + Send + Sync + 'static,
{
    match &error {
        SdkError::ServiceError(service) => match service.err().code() {
            Some(code) => {
                let text = service.err().message().unwrap_or_default();
                Error::new(kind_of(code), format!("{action}: {code}: {text}"))
            }
            // An error without a code is an answer that the SDK could not read: its causes are all there is to say.
            None => Error::new(Kind::Aws, format!("{action}: the service's answer can't be read")).with_source(error),
        },
        SdkError::ConstructionFailure(_) => from_source(Kind::Unexpected, action, error),
        SdkError::DispatchFailure(failure) => {
            // The SDK resolves credentials while it dispatches; that failure is not the network's.
            let credentials = failure.as_connector_error().is_some_and(|error| lacks_credentials(error));
            from_source(if credentials { Kind::Credentials } else { Kind::Unreachable }, action, error)
        }
        _ => from_source(Kind::Unreachable, action, error),
    }
}

fn from_source<E, R>(kind: Kind, action: &str, error: SdkError<E, R>) -> Error
where
    E: std::error::Error + Send + Sync + 'static,
    R: std::fmt::Debug + Send + Sync + 'static,
{
    let text = match kind {
        Kind::Credentials => "no usable AWS credentials were found",
        Kind::Unreachable => "no answer",
        _ => "the request could not be made",
    };
    Error::new(kind, format!("{action}: {text}")).with_source(error)
}

/// Whether a provider of credentials failed, and not the network.
fn lacks_credentials(error: &(dyn std::error::Error + 'static)) -> bool {
    let mut next = Some(error);
    while let Some(cause) = next {
        if cause.is::<CredentialsError>() {
            return true;
        }
        next = cause.source();
    }
    false
}
