//! Failure destinations: the invocation record of a discarded batch.
//!
//! Source: "Retain discarded batch records for a Kinesis Data Streams event source in Lambda" and "Retain discarded
//! records for a DynamoDB event source in Lambda" in the Lambda developer guide. A queue gets metadata; a bucket also
//! the payload, under `aws/lambda/<mapping>/<shard>/YYYY/MM/DD/YYYY-MM-DDTHH.MM.SS-<uuid>`.

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Value, json};

use super::batch::Discarded;
use super::invoke::{Invoked, event};
use super::mapping::Mapping;
use super::source::BatchInfo;
use crate::aws::Clients;
use crate::aws::arn::Arn;
use crate::base::error::{AwsContext, Error, Kind, Result};
use crate::base::report::count;

/// Origin of a batch.
pub struct Origin<'a> {
    pub mapping: &'a Mapping,
    pub shard: &'a str,
    pub batch_info: BatchInfo,
}

/// Sends the record to the mapping's destination with the rights of the function's role; without a destination, the
/// batch is lost, as in Lambda. `own` are Lambda's own clients.
///
/// # Errors
/// The error of the destination.
pub async fn send(
    clients: &Clients,
    own: &Clients,
    origin: &Origin<'_>,
    batch: &Discarded,
    last: Option<&Invoked>,
) -> Result<()> {
    let on_failure = origin.mapping.settings.destination_config.on_failure.as_ref();
    let Some(arn) = on_failure.and_then(|on_failure| on_failure.destination.as_deref()) else {
        tracing::error!(
            mapping = origin.mapping.id,
            shard = origin.shard,
            "{} discarded",
            count(batch.records.len(), "record")
        );
        return Ok(());
    };
    let now = Utc::now();
    let mut document = document(origin, batch, last, now);
    let Some(Arn { service, resource: name, .. }) = Arn::parse(arn) else { return Err(unknown(arn)) };
    match service {
        "s3" => {
            document["payload"] = event(&batch.records).to_string().into();
            let key = key(origin, now);
            tracing::error!(mapping = origin.mapping.id, key, "{} discarded", count(batch.records.len(), "record"));
            let request = clients.s3().put_object().bucket(name).key(&key).content_type("application/json");
            let sent = request.body(document.to_string().into_bytes().into()).send().await;
            sent.map(drop).aws(format!("put s3://{name}/{key}"))
        }
        "sqs" => {
            // The role needs sqs:SendMessage only.
            let answer = own.sqs().get_queue_url().queue_name(name).send().await;
            let url = answer.aws(format!("find queue {name}"))?.queue_url.unwrap_or_default();
            let sent = clients.sqs().send_message().queue_url(url).message_body(document.to_string()).send().await;
            sent.map(drop).aws(format!("send to queue {name}"))
        }
        _ => Err(unknown(arn)),
    }
}

fn unknown(arn: &str) -> Error {
    Error::new(Kind::Unexpected, format!("{arn} is not a failure destination"))
}

fn key(origin: &Origin<'_>, now: DateTime<Utc>) -> String {
    let (day, second) = (now.format("%Y/%m/%d"), now.format("%Y-%m-%dT%H.%M.%S"));
    format!("aws/lambda/{}/{}/{day}/{second}-{}", origin.mapping.id, origin.shard, uuid::Uuid::new_v4())
}

fn document(origin: &Origin<'_>, batch: &Discarded, last: Option<&Invoked>, now: DateTime<Utc>) -> Value {
    let arrival = |time: DateTime<Utc>| time.to_rfc3339_opts(origin.batch_info.precision, true);
    let (first, final_) = (batch.records.first(), batch.records.last());
    let mut document = json!({
        "requestContext": {
            "requestId": uuid::Uuid::new_v4(),
            "functionArn": origin.mapping.function_arn,
            "condition": batch.condition,
            "approximateInvokeCount": batch.invocations,
        },
        "version": "1.0",
        "timestamp": now.to_rfc3339_opts(SecondsFormat::Millis, true),
        origin.batch_info.name: {
            "shardId": origin.shard,
            "startSequenceNumber": first.map(|record| &record.sequence),
            "endSequenceNumber": final_.map(|record| &record.sequence),
            "approximateArrivalOfFirstRecord": first.map(|record| arrival(record.arrived_at)),
            "approximateArrivalOfLastRecord": final_.map(|record| arrival(record.arrived_at)),
            "batchSize": batch.records.len(),
            "streamArn": origin.mapping.event_source_arn,
        },
    });
    if let Some(last) = last.filter(|_| batch.invocations > 0) {
        document["responseContext"] = json!({
            "statusCode": 200, "executedVersion": last.executed_version, "functionError": last.function_error,
        });
    }
    document
}

#[cfg(test)]
mod tests {
    use serde_json::Map;

    use super::super::batch::{Condition, Verdict};
    use super::super::source::Record;
    use super::*;

    #[test]
    fn dynamodb_invocation_records_match_the_guide() {
        let stream_arn = "arn:aws:dynamodb:us-east-1:000000000000:table/t/stream/2026-11-21T06:00:00.000";
        let mapping = Mapping { event_source_arn: stream_arn.into(), ..Mapping::example() };
        let record = |sequence: &str, seconds| Record {
            sequence: sequence.into(),
            arrived_at: DateTime::from_timestamp(1_700_000_000i64 + seconds, 0).unwrap(),
            event: Map::new().into(),
            size: 1,
        };
        let records = vec![record("1", 0), record("2", 5)];
        let batch = Discarded { records, condition: Condition::RetryAttemptsExhausted, invocations: 3 };
        let batch_info = BatchInfo { name: "DDBStreamBatchInfo", precision: SecondsFormat::Secs };
        let origin = Origin { mapping: &mapping, shard: "shardId-1", batch_info };
        let last = Invoked {
            verdict: Verdict::Failed,
            executed_version: Some("$LATEST".into()),
            function_error: Some("Unhandled".into()),
        };
        let now = DateTime::from_timestamp(1_700_000_010, 0).unwrap();
        let mut document = document(&origin, &batch, Some(&last), now);
        assert!(document["requestContext"]["requestId"].as_str().is_some_and(|id| id.len() == 36));
        document["requestContext"]["requestId"] = "r".into();
        assert_eq!(
            document,
            json!({
                "requestContext": {
                    "requestId": "r", "functionArn": "arn:f", "condition": "RetryAttemptsExhausted",
                    "approximateInvokeCount": 3,
                },
                "responseContext": { "statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled" },
                "version": "1.0",
                "timestamp": "2023-11-14T22:13:30.000Z",
                "DDBStreamBatchInfo": {
                    "shardId": "shardId-1", "startSequenceNumber": "1", "endSequenceNumber": "2",
                    "approximateArrivalOfFirstRecord": "2023-11-14T22:13:20Z",
                    "approximateArrivalOfLastRecord": "2023-11-14T22:13:25Z", "batchSize": 2, "streamArn": stream_arn,
                },
            })
        );
    }
}
