//! Invoking the admin function.

use std::time::Duration;

use crate::aws::{Clients, function};
use crate::base::error::{Error, Kind, OrFail, Result};
use crate::postgres::AdminReply;
use crate::postgres::admin::{AdminRequest, AdminResponse};

/// The function's time limit is 300 s (its template); the client waits longer than that.
const TIME_LIMIT: Duration = Duration::from_secs(310);

/// Invokes the function once: inserting is not idempotent, so a lost response must not cause a second request.
pub(super) async fn invoke(clients: &Clients, name: &str, request: &AdminRequest) -> Result<AdminResponse> {
    let payload =
        serde_json::to_vec(request).or_fail(Kind::Unexpected, || "the request can't be written as JSON".into())?;
    let answer = function::invoke(clients, name, payload, TIME_LIMIT).await?;
    let payload = answer.payload().map(|blob| blob.as_ref()).unwrap_or_default();
    if answer.function_error().is_some() {
        return Err(Error::new(Kind::Failed, format!("{name} failed: {}", String::from_utf8_lossy(payload)))
            .hint(format!("its log group is {}", function::log_group(clients, name).await)));
    }
    let reply: AdminReply = serde_json::from_slice(payload).or_fail(Kind::Unexpected, || {
        format!("{name} answered {:?}", String::from_utf8_lossy(&payload[..payload.len().min(300)]))
    })?;
    Result::from(reply).map_err(|error| match error.kind() {
        Kind::DatabaseUnreachable => error.standing_hint(
            "the admin function can't connect to the database: its security groups must allow the database's port from \
             those of the functions (`outboxctl outputs`: DatabaseSecurityGroupId, FunctionSecurityGroupId)",
        ),
        _ => error,
    })
}
