//! Sample events through a pipeline's HTTP API, as its users write them.

use std::collections::HashMap;
use std::time::Duration;

use chrono::Utc;
use futures_util::stream::{self, StreamExt, TryStreamExt};
use serde_json::Value;
use tokio::time::Instant;
use uuid::Uuid;

use super::script::{Call, Known, Sample};
use crate::aws::Clients;
use crate::aws::api_gateway::{Answer, Api};
use crate::cloudformation::Deployment;
use crate::error::{Error, Kind, OrFail, Result};
use crate::postgres::admin::{Inserted, SampleRequest, correlation_id};

/// Requests in flight at once, each for another aggregate.
const CONCURRENCY: usize = 8;

/// Writes through the API, and remembers what it made.
pub struct ApiWriter {
    api: Api,
    sample: Sample,
    /// By aggregate number.
    known: HashMap<u64, Known>,
}

impl ApiWriter {
    /// # Errors
    /// `NotDeployed`, or `Unexpected` for a sample that this version does not know.
    pub fn open(clients: &Clients, deployment: &Deployment, sample: &str) -> Result<Self> {
        let api = Api::new(clients, deployment.output("ApiUrl")?)?;
        Ok(Self { api, sample: Sample::named(sample)?, known: HashMap::new() })
    }

    /// Writes as the request says: in order within an aggregate, several aggregates at once.
    ///
    /// # Errors
    /// An answer that is none of those expected.
    pub async fn insert(
        &mut self,
        request: &SampleRequest,
        mut told: impl FnMut(&[Inserted]),
    ) -> Result<Vec<Inserted>> {
        if request.rollback {
            return Ok(vec![self.refused(request).await?]);
        }
        let (started, aggregates) = (Instant::now(), u64::from(request.aggregates.max(1)));
        let numbers = request.first..request.first + u64::from(request.count);
        let mut lanes: HashMap<u64, Vec<u64>> = HashMap::new();
        for n in numbers {
            lanes.entry(n % aggregates).or_default().push(n);
        }
        let work =
            lanes.into_iter().map(|(lane, numbers)| (lane, numbers, self.known.remove(&lane))).collect::<Vec<_>>();
        let this = &*self;
        let lane = |(lane, numbers, mut known): (u64, Vec<u64>, Option<Known>)| async move {
            let mut inserted = Vec::with_capacity(numbers.len());
            for n in numbers {
                if let Some(rate) = request.rate {
                    let since = Duration::from_secs_f64((n - request.first) as f64 / rate);
                    tokio::time::sleep_until(started + since).await;
                }
                inserted.push(this.write(request.run, n, &mut known).await?);
            }
            Ok::<_, Error>((lane, known, inserted))
        };
        let mut done = stream::iter(work.into_iter().map(lane)).buffer_unordered(CONCURRENCY);
        let (mut all, mut after) = (Vec::with_capacity(request.count as usize), Vec::new());
        while let Some((lane, known, inserted)) = done.try_next().await? {
            told(&inserted);
            all.extend(inserted);
            after.extend(known.map(|known| (lane, known)));
        }
        drop(done);
        self.known.extend(after);
        all.sort_unstable_by_key(|event| event.n);
        Ok(all)
    }

    async fn write(&self, run: Uuid, n: u64, known: &mut Option<Known>) -> Result<Inserted> {
        let (call, correlation) = (self.sample.call(n, known.as_ref()), correlation_id(run, n));
        // The commit comes after this and before the answer: latencies count from here, and are never flattered.
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
        Ok(Inserted {
            n,
            event_id,
            aggregate_id: id,
            event_type: call.event_type.to_owned(),
            sequence: call.sequence,
            correlation_id: correlation,
            committed_at,
        })
    }

    /// Asks for something that has to be refused, and must not show up anywhere.
    async fn refused(&mut self, request: &SampleRequest) -> Result<Inserted> {
        let (n, lane) = (request.first, request.first % u64::from(request.aggregates.max(1)));
        let made_up = || Known { id: Uuid::new_v4().to_string(), version: 1, key: correlation_id(request.run, n) };
        let any = self.known.get(&lane).or_else(|| self.known.values().next()).cloned();
        let nothing_to_repeat = any.is_none() && self.sample == Sample::Orders;
        let known = match any {
            Some(known) => known,
            // An order's key has to be used before it can be used again: by an order that counts for nothing.
            None if nothing_to_repeat => {
                let mut first = None;
                self.write(Uuid::now_v7(), 0, &mut first).await?;
                first.unwrap_or_else(made_up)
            }
            None => made_up(),
        };
        let (call, correlation) = (self.sample.refused_call(n, &known), correlation_id(request.run, n));
        let answer = self.send(&call, &correlation, &known.key).await?;
        if !(400..500).contains(&answer.status) {
            let message = format!("{} {}: {} to what must be refused", call.method, call.path, answer.status);
            return Err(Error::new(Kind::Verify, message));
        }
        Ok(Inserted {
            n,
            event_id: Uuid::nil(),
            aggregate_id: known.id,
            event_type: call.event_type.to_owned(),
            sequence: call.sequence,
            correlation_id: correlation,
            committed_at: Utc::now(),
        })
    }

    async fn send(&self, call: &Call, correlation: &str, key: &str) -> Result<Answer> {
        let headers = [("x-correlation-id", correlation), ("idempotency-key", key)];
        self.api.send(call.method.clone(), &call.path, &headers, call.body.to_string().into_bytes()).await
    }
}

/// The answer's body, or the API's own problem as an error.
fn accepted(call: &Call, answer: &Answer) -> Result<Value> {
    let at = format!("{} {}", call.method, call.path);
    if !(200..300).contains(&answer.status) {
        let problem = String::from_utf8_lossy(&answer.body[..answer.body.len().min(500)]).into_owned();
        let kind = if matches!(answer.status, 401 | 403) { Kind::AccessDenied } else { Kind::Failed };
        return Err(Error::new(kind, format!("{at}: {}: {problem}", answer.status)));
    }
    serde_json::from_slice(&answer.body).or_fail(Kind::Unexpected, || format!("{at}: the answer is not JSON"))
}
