//! Classifies AWS errors by their code, never by their text.

use aws_credential_types::provider::error::CredentialsError;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

use super::{Error, Kind, Result};

/// Returns the service's error code, or "" if the request got no answer.
pub fn sdk_code<E: ProvideErrorMetadata, R>(error: &SdkError<E, R>) -> &str {
    match error {
        SdkError::ServiceError(service) => service.err().code().unwrap_or(""),
        _ => "",
    }
}

/// Code of most services for a resource that does not exist.
pub const RESOURCE_MISSING: &str = "ResourceNotFoundException";
/// DynamoDB's code for a write whose condition does not hold.
pub const CONDITION_FAILED: &str = "ConditionalCheckFailedException";

/// Codes that require signing in again, or other keys (API reference of each service, "Common Errors"; Amazon S3,
/// "Error responses"; Amazon EC2, "Error codes"). Services spell them with and without `Exception`.
const CREDENTIALS: &[&str] = &[
    "AuthFailure",
    "ExpiredToken",
    "IncompleteSignature",
    "InvalidAccessKeyId",
    "InvalidClientTokenId",
    "InvalidSecurity",
    "InvalidSignature",
    "InvalidToken",
    "MissingAuthenticationToken",
    "MissingSecurityHeader",
    "OptInRequired",
    "RequestExpired",
    "RequestTimeTooSkewed",
    "SignatureDoesNotMatch",
    "TokenRefreshRequired",
    "UnrecognizedClient",
];
/// Those of them that a wrong clock causes as well.
const CLOCK: &[&str] = &["InvalidSignature", "RequestExpired", "RequestTimeTooSkewed", "SignatureDoesNotMatch"];

/// Those of them with which AWS also refuses valid credentials in a region that the account has not enabled ("Enable or
/// disable AWS Regions in your account" in the Account Management reference guide). Tokens of the global endpoint of STS
/// are valid only in regions that are enabled by default ("Manage AWS STS in an AWS Region" in the IAM user guide).
const REGION: &[&str] = &[
    "AuthFailure",
    "InvalidAccessKeyId",
    "InvalidClientTokenId",
    "InvalidToken",
    "OptInRequired",
    "UnrecognizedClient",
];

/// Returns the code without the suffixes of some services.
fn plain(code: &str) -> &str {
    code.strip_suffix("Exception").unwrap_or(code)
}

/// Returns the kind of an error by AWS's code: `AccessDenied`, `Credentials` or `Aws`.
pub fn kind_of(code: &str) -> Kind {
    match plain(code) {
        "AccessDenied" | "AccessDeniedFault" | "UnauthorizedOperation" => Kind::AccessDenied,
        code if CREDENTIALS.contains(&code) => Kind::Credentials,
        _ => Kind::Aws,
    }
}

/// Adds the attempted action to an AWS error: `.send().await.aws("describe stack x")`.
pub trait AwsContext<T> {
    fn aws(self, action: impl AsRef<str>) -> Result<T>;

    /// Returns None if the service answers with this error code, because it is not a failure: for example a missing
    /// resource, or a condition that does not hold.
    fn aws_unless(self, code: &str, action: impl AsRef<str>) -> Result<Option<T>>;
}

impl<T, E, R> AwsContext<T> for std::result::Result<T, SdkError<E, R>>
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
    R: std::fmt::Debug + Send + Sync + 'static,
{
    fn aws(self, action: impl AsRef<str>) -> Result<T> {
        self.map_err(|error| classify(error, action.as_ref()))
    }

    fn aws_unless(self, code: &str, action: impl AsRef<str>) -> Result<Option<T>> {
        match self {
            Err(error) if sdk_code(&error) == code => Ok(None),
            answer => answer.aws(action).map(Some),
        }
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
                let clock = "a wrong clock on this machine can also cause this: `outboxctl doctor` compares it";
                let region = "AWS also answers this if the account has not enabled the region, or if a session token of the \
                              global endpoint of STS is used in a region that is not enabled by default";
                Error::new(kind_of(code), format!("{action}: {code}: {text}"))
                    .with_hints(CLOCK.contains(&plain(code)).then_some(clock))
                    .with_hints(REGION.contains(&plain(code)).then_some(region))
            }
            // An error without a code is an answer that the SDK could not read; only its causes are known.
            None => Error::new(Kind::Aws, format!("{action}: the service's answer can't be read")).with_source(error),
        },
        SdkError::ConstructionFailure(_) => {
            Error::new(Kind::Unexpected, format!("{action}: the request could not be made")).with_source(error)
        }
        SdkError::DispatchFailure(failure) => {
            // The SDK resolves credentials while it dispatches a request; that failure is not the network's.
            let source = failure.as_connector_error().map(|e| e as &(dyn std::error::Error + 'static));
            let cause = chain(source).find(|cause| cause.is::<CredentialsError>());
            let found = cause.map(|cause| credentials(action, cause));
            found.unwrap_or_else(|| unreachable(action, error))
        }
        _ => unreachable(action, error),
    }
}

fn unreachable(action: &str, cause: impl std::error::Error + Send + Sync + 'static) -> Error {
    Error::new(Kind::Unreachable, format!("{action}: no answer")).with_source(cause)
}

/// Texts of the SDK between a credentials failure and its cause, without information.
const WRAPPERS: &[&str] = &[
    "an error occurred while loading credentials",
    "the credential provider was not enabled",
    "the credentials provider was not properly configured",
    "unexpected credentials error",
    "dispatch failure",
    "service error",
    "unhandled error",
    "io error",
    "timeout",
    "other",
];

/// Returns the error of a credentials failure, with the provider's message.
fn credentials(action: &str, cause: &(dyn std::error::Error + 'static)) -> Error {
    let texts = chain(Some(cause)).map(ToString::to_string);
    let causes: Vec<String> = texts.filter(|text| !WRAPPERS.iter().any(|wrapper| text.starts_with(wrapper))).collect();
    let error = Error::new(Kind::Credentials, format!("{action}: no usable AWS credentials were found"));
    match causes.first() {
        None => error,
        // The cause is a list of all providers that are not configured.
        Some(text) if text.starts_with("no credentials found in chain") => error.with_source(
            "there are none in the environment, in the AWS profile, or from a role of this container or instance",
        ),
        Some(_) => error.with_source(causes.join(": ")),
    }
}

fn chain<'a>(
    first: Option<&'a (dyn std::error::Error + 'static)>,
) -> impl Iterator<Item = &'a (dyn std::error::Error + 'static)> {
    std::iter::successors(first, |cause| cause.source())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_codes_are_known_in_every_spelling() {
        for code in ["ExpiredToken", "RequestExpired", "InvalidSignatureException", "UnrecognizedClientException"] {
            assert_eq!(kind_of(code), Kind::Credentials, "{code}");
        }
        assert_eq!(kind_of("AccessDeniedException"), Kind::AccessDenied);
        assert_eq!(kind_of("ThrottlingException"), Kind::Aws);
    }
}
