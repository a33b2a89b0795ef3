//! AWS's clock, from the `Date` header of its answers.

use std::sync::Arc;

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::BeforeDeserializationInterceptorContextRef;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;
use chrono::{DateTime, TimeDelta, Utc};
use parking_lot::Mutex;

use super::Clients;
use super::account::Identity;
use crate::base::error::{AwsContext, Result};

/// Records the date of the latest answer, of any status.
#[derive(Debug, Clone, Default)]
struct DateOfAnswer(Arc<Mutex<Option<TimeDelta>>>);

impl Intercept for DateOfAnswer {
    fn name(&self) -> &'static str {
        "DateOfAnswer"
    }

    fn read_before_deserialization(
        &self,
        context: &BeforeDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let date = context.response().headers().get("date").and_then(|text| DateTime::parse_from_rfc2822(text).ok());
        *self.0.lock() = date.map(|date| Utc::now() - date.to_utc());
        Ok(())
    }
}

/// Returns the caller, and the time by which this machine's clock is ahead of AWS's, to the second (the resolution of
/// the header). The second is None without an answer, or without a date in it.
pub async fn identity_and_skew(clients: &Clients) -> (Result<Identity>, Option<TimeDelta>) {
    let date = DateOfAnswer::default();
    let answer = clients.sts().get_caller_identity().customize().interceptor(date.clone()).send().await;
    let identity = answer.aws("get the caller identity").map(Identity::of);
    let skew = *date.0.lock();
    (identity, skew)
}
