//! What is worth another attempt, and when.

use std::time::Duration;

use aws_sdk_kinesis::error::{ProvideErrorMetadata, SdkError};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;

use crate::error::sdk_code;

/// Attempts at one thing while the service is throttling, failing or out of reach: several minutes.
const ATTEMPTS: u32 = 30;
/// The first pause, doubled up to the longest.
const FIRST: Duration = Duration::from_millis(if cfg!(test) { 1 } else { 200 });
const LONGEST: Duration = Duration::from_millis(if cfg!(test) { 20 } else { 10_000 });

/// Pauses and returns true where another attempt can help and there were not too many yet.
pub async fn again<E: ProvideErrorMetadata>(error: &SdkError<E, HttpResponse>, attempt: &mut u32) -> bool {
    is_passing(error) && pause(attempt).await
}

/// Pauses before another attempt; false after too many.
pub async fn pause(attempt: &mut u32) -> bool {
    *attempt += 1;
    if *attempt < ATTEMPTS {
        tokio::time::sleep(backoff(*attempt)).await;
    }
    *attempt < ATTEMPTS
}

/// Throttling, a fault of the service, or no answer at all.
fn is_passing<E: ProvideErrorMetadata>(error: &SdkError<E, HttpResponse>) -> bool {
    match error {
        SdkError::ServiceError(service) => service.raw().status().as_u16() >= 500 || is_passing_code(sdk_code(error)),
        SdkError::ConstructionFailure(_) => false,
        _ => true,
    }
}

pub fn is_passing_code(code: &str) -> bool {
    matches!(
        code,
        "ProvisionedThroughputExceededException"
            | "LimitExceededException"
            | "KMSThrottlingException"
            | "ThrottlingException"
            | "InternalFailureException"
    )
}

/// Doubles, with up to a half taken off at random.
fn backoff(attempt: u32) -> Duration {
    let full = (FIRST * (1 << attempt.min(10))).min(LONGEST);
    full - full.mul_f64(fastrand::f64() / 2.0)
}
