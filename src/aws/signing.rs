//! Signs requests without an SDK client with Signature Version 4.

use std::time::SystemTime;

use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider};
use aws_sigv4::http_request::{SignableRequest, SigningInstructions, SigningSettings, sign as sign_request};
use aws_sigv4::sign::v4;

use crate::base::error::{Error, Kind, OrFail, Result};

/// Returns the changes that sign a request to a service, by its signing name.
///
/// # Errors
/// `Credentials` if there are none.
pub async fn sign(
    provider: Option<SharedCredentialsProvider>,
    region: &str,
    service: &str,
    request: SignableRequest<'_>,
) -> Result<SigningInstructions> {
    let provider = provider.ok_or_else(|| Error::new(Kind::Credentials, "no credentials are configured"))?;
    let credentials = provider
        .provide_credentials()
        .await
        .or_fail(Kind::Credentials, || "no usable AWS credentials were found".into())?;
    let identity = credentials.into();
    let unsigned = || "the request could not be signed".to_owned();
    let parameters = v4::SigningParams::builder()
        .identity(&identity)
        .region(region)
        .name(service)
        .time(SystemTime::now())
        .settings(SigningSettings::default())
        .build()
        .or_fail(Kind::Unexpected, unsigned)?;
    let (instructions, _) = sign_request(request, &parameters.into()).or_fail(Kind::Unexpected, unsigned)?.into_parts();
    Ok(instructions)
}
