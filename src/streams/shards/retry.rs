//! Decides which requests to Kinesis and DynamoDB Streams are retried, and when.

use std::time::Duration;

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

use crate::base::error::sdk_code;
use crate::base::timing::Backoff;

/// Attempts at one request while the service throttles, fails or can't be reached: several minutes.
const ATTEMPTS: u32 = 30;
const BACKOFF: Backoff = match cfg!(test) {
    true => Backoff::new(Duration::from_millis(2), Duration::from_millis(20)),
    false => Backoff::new(Duration::from_millis(400), Duration::from_secs(10)),
};

/// Pauses before a retry; returns false after too many.
pub async fn pause(attempt: &mut u32) -> bool {
    *attempt += 1;
    if *attempt < ATTEMPTS {
        tokio::time::sleep(BACKOFF.wait(*attempt)).await;
    }
    *attempt < ATTEMPTS
}

/// Returns whether a retry can help: after throttling, a service error, or no response.
pub fn is_passing<E: ProvideErrorMetadata>(error: &SdkError<E, HttpResponse>) -> bool {
    match error {
        SdkError::ServiceError(service) => service.raw().status().as_u16() >= 500 || is_throttling(sdk_code(error)),
        SdkError::ConstructionFailure(_) => false,
        _ => true,
    }
}

fn is_throttling(code: &str) -> bool {
    matches!(
        code,
        "ProvisionedThroughputExceededException"
            | "LimitExceededException"
            | "KMSThrottlingException"
            | "ThrottlingException"
            | "InternalFailureException"
    )
}
