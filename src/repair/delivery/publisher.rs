//! Delivers records by the function that publishes the stream's records.

use super::{Record, TIME_LIMIT};
use crate::aws::{Clients, function};
use crate::base::error::{Error, Kind, OrFail, Result};
use crate::outbox::{Chunk, Redelivered, Redelivery, Verdict};

/// Delivers the records by one request to the function.
pub(super) async fn deliver(clients: &Clients, name: &str, records: &[&Record]) -> Result<Vec<Verdict>> {
    let chunks: Vec<Chunk> = records.iter().map(|record| record.chunk.clone()).collect();
    let payload = serde_json::to_vec(&Redelivery { redeliver: chunks });
    let payload = payload.or_fail(Kind::Unexpected, || "the request can't be written as JSON".into())?;
    let answer = function::invoke(clients, name, payload, TIME_LIMIT).await?;
    let payload = answer.payload().map(|blob| blob.as_ref()).unwrap_or_default();
    let shown = || String::from_utf8_lossy(&payload[..payload.len().min(300)]).into_owned();
    if answer.function_error().is_some() {
        return Err(Error::new(Kind::Failed, format!("{name} failed: {}", shown()))
            .hint(format!("its log group is {}", function::log_group(clients, name).await))
            .hint("a function of an older version does not know the request: run `outboxctl deploy`"));
    }
    let Redelivered { redelivered } = serde_json::from_slice(payload).map_err(|error| {
        Error::new(Kind::Unexpected, format!("{name} answered {:?}", shown()))
            .with_source(error)
            .hint("run `outboxctl deploy`, so that the function is as new as this executable")
    })?;
    if redelivered.len() != records.len() {
        let (asked, reported) = (records.len(), redelivered.len());
        return Err(Error::new(
            Kind::Unexpected,
            format!("{name} received {asked} records and reported on {reported}"),
        ));
    }
    Ok(redelivered)
}
