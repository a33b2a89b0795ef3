//! Sample events through a pipeline's HTTP API, like those of its users.

use chrono::Utc;
use serde_json::Value;
use uuid::Uuid;

use super::ordered::{Single, unused_id};
use super::script::{Call, Known, call, refused_call};
use crate::aws::api_gateway::{Answer, Api};
use crate::base::error::{Error, Kind, OrFail, Result};
use crate::pipelines::Sample;
use crate::postgres::admin::{Inserted, SampleRequest, correlation_id};

/// The API of a deployment.
pub struct SampleApi {
    pub api: Api,
    pub sample: Sample,
}

impl SampleApi {
    async fn send(&self, call: &Call, correlation: &str, key: &str) -> Result<Answer> {
        let headers = [("x-correlation-id", correlation), ("idempotency-key", key)];
        self.api.send(call.method.clone(), &call.path, &headers, call.body.to_string().into_bytes()).await
    }

    async fn create(&self, run: Uuid, n: u64, known: &mut Option<Known>) -> Result<Inserted> {
        let (call, correlation) = (call(self.sample, n, known.as_ref()), correlation_id(run, n));
        // The commit comes after this and before the response: latencies count from here, and are never too small.
        let committed_at = Utc::now();
        let answer = self.send(&call, &correlation, &correlation).await?;
        let body = accepted(&call, &answer)?;
        let text = |name: &str| {
            let missing =
                || Error::new(Kind::Unexpected, format!("{} {}: the answer has no {name}", call.method, call.path));
            body[name].as_str().map(str::to_owned).ok_or_else(missing)
        };
        let (id, event_id) = (text("id")?, text("eventId")?);
        let event_id = event_id.parse().or_fail(Kind::Unexpected, || format!("{event_id:?} is not a UUID"))?;
        *known = Some(Known { id: id.clone(), version: call.sequence, key: correlation.clone() });
        Ok(Inserted { event_id, committed_at, ..inserted(n, &call, id, correlation) })
    }
}

impl Single for SampleApi {
    async fn write(&self, request: &SampleRequest, n: u64, known: &mut Option<Known>) -> Result<Inserted> {
        self.create(request.run, n, known).await
    }

    async fn refused(&self, request: &SampleRequest, n: u64, known: Option<Known>) -> Result<Inserted> {
        let made_up = || Known { id: unused_id(), version: 1, key: correlation_id(request.run, n) };
        let nothing_to_repeat = known.is_none() && self.sample == Sample::Orders;
        let known = match known {
            Some(known) => known,
            // An order's idempotency key has to be used before it can be used again: by an order that does not count.
            None if nothing_to_repeat => {
                let mut first = None;
                self.create(Uuid::now_v7(), 0, &mut first).await?;
                first.unwrap_or_else(made_up)
            }
            None => made_up(),
        };
        let (call, correlation) = (refused_call(self.sample, n, &known), correlation_id(request.run, n));
        let answer = self.send(&call, &correlation, &known.key).await?;
        if !(400..500).contains(&answer.status) {
            let message =
                format!("{} {}: {} for a request that must be refused", call.method, call.path, answer.status);
            return Err(Error::new(Kind::Verify, message));
        }
        Ok(inserted(n, &call, known.id, correlation))
    }
}

/// Returns the event of a call, without an id and committed now.
fn inserted(n: u64, call: &Call, aggregate_id: String, correlation_id: String) -> Inserted {
    Inserted {
        n,
        event_id: Uuid::nil(),
        aggregate_id,
        event_type: call.event_type.to_owned(),
        sequence: Some(call.sequence),
        correlation_id,
        committed_at: Utc::now(),
    }
}

/// Returns the response's body, or the API's problem as an error.
fn accepted(call: &Call, answer: &Answer) -> Result<Value> {
    let at = format!("{} {}", call.method, call.path);
    if !(200..300).contains(&answer.status) {
        let problem = String::from_utf8_lossy(&answer.body[..answer.body.len().min(500)]).into_owned();
        return Err(Error::new(answer.error_kind(), format!("{at}: {}: {problem}", answer.status)));
    }
    serde_json::from_slice(&answer.body).or_fail(Kind::Unexpected, || format!("{at}: the answer is not JSON"))
}
