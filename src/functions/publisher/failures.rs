//! The failure destination: one S3 object per record, with the reason, its origin, and its bytes.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, SecondsFormat, Utc};
use serde::Serialize;

use super::backend::{FailureDestination, Reason};
use crate::base::error::{AwsContext, Result};

/// The stream position of a record.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Origin {
    pub stream_arn: String,
    pub shard_id: String,
    pub sequence_number: String,
    pub partition_key: String,
    pub arrived_at: DateTime<Utc>,
}

/// One record of the batch as it arrived.
#[derive(Debug, Clone)]
pub struct Source {
    pub origin: Origin,
    pub data: Vec<u8>,
    /// The outbox id, if it could be read.
    pub event_id: Option<uuid::Uuid>,
}

#[cfg(test)]
impl Source {
    /// Returns a record with this sequence number.
    pub fn sample(sequence_number: impl ToString, data: &[u8]) -> Self {
        let origin = Origin {
            stream_arn: "arn:aws:kinesis:us-east-1:000000000000:stream/s".into(),
            shard_id: "shardId-000000000001".into(),
            sequence_number: sequence_number.to_string(),
            partition_key: "c-1".into(),
            arrived_at: DateTime::from_timestamp(1_795_305_599, 0).expect("a time"),
        };
        Self { origin, data: data.to_vec(), event_id: None }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Document<'a> {
    version: &'static str,
    reason: &'a Reason,
    event_id: Option<uuid::Uuid>,
    source: &'a Origin,
    failed_at: String,
    /// The record's bytes, base64.
    payload: String,
}

/// Returns the object's key, from day of arrival and event id (or shard and sequence number): a redelivered record
/// overwrites its own object.
fn key(source: &Source) -> String {
    let origin = &source.origin;
    let name =
        source.event_id.map_or_else(|| format!("{}-{}", origin.shard_id, origin.sequence_number), |id| id.to_string());
    format!("publisher/{}/{name}.json", origin.arrived_at.format("%Y/%m/%d"))
}

fn document(source: &Source, reason: &Reason, now: DateTime<Utc>) -> Result<Vec<u8>> {
    use crate::base::error::{Kind, OrFail};
    serde_json::to_vec(&Document {
        version: "1",
        reason,
        event_id: source.event_id,
        source: &source.origin,
        failed_at: now.to_rfc3339_opts(SecondsFormat::Millis, true),
        payload: STANDARD.encode(&source.data),
    })
    .or_fail(Kind::Unexpected, || "a failure document could not be written".into())
}

/// The bucket, for one batch.
pub struct S3Failures<'a> {
    pub client: &'a aws_sdk_s3::Client,
    pub bucket: &'a str,
    /// The account that must own the bucket.
    pub owner: Option<&'a str>,
    pub batch: &'a [Source],
}

impl FailureDestination for S3Failures<'_> {
    async fn store(&self, position: usize, reason: &Reason) -> Result<()> {
        let Some(source) = self.batch.get(position) else { return Ok(()) };
        let key = key(source);
        let body = document(source, reason, Utc::now())?;
        self.client
            .put_object()
            .bucket(self.bucket)
            .key(&key)
            .set_expected_bucket_owner(self.owner.map(str::to_owned))
            .content_type("application/json")
            .body(body.into())
            .send()
            .await
            .aws(format!("put s3://{}/{key}", self.bucket))?;
        tracing::error!(code = %reason.code, key, "undeliverable record stored: {}", reason.message);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(event_id: Option<uuid::Uuid>) -> Source {
        Source { event_id, ..Source::sample(49, b"\xff{") }
    }

    #[test]
    fn keys_are_the_same_on_redelivery() {
        assert_eq!(key(&source(None)), "publisher/2026/11/21/shardId-000000000001-49.json");
        let id = uuid::Uuid::nil();
        assert_eq!(key(&source(Some(id))), format!("publisher/2026/11/21/{id}.json"));
    }

    #[test]
    fn the_payload_is_kept_byte_for_byte() {
        let now = "2026-11-21T06:00:00Z".parse().unwrap();
        let document = document(&source(None), &Reason::new("Undecodable", "not JSON"), now).unwrap();
        let document: serde_json::Value = serde_json::from_slice(&document).unwrap();
        assert_eq!(document["payload"], "/3s=");
        assert_eq!(document["reason"]["code"], "Undecodable");
        assert_eq!(document["source"]["sequenceNumber"], "49");
        assert_eq!(document["failedAt"], "2026-11-21T06:00:00.000Z");
    }
}
