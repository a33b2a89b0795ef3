//! A DynamoDB stream: its shards, and its records in the form in which Lambda passes them to a function.

use aws_sdk_dynamodbstreams::Client;
use aws_sdk_dynamodbstreams::error::SdkError;
use aws_sdk_dynamodbstreams::operation::describe_stream::DescribeStreamError;
use aws_sdk_dynamodbstreams::types::{AttributeValue, Record};
use serde_json::{Map, Value, json};

use crate::outbox::formats::dynamodb::image::typed;

/// Maximum records per read ("GetRecords" in the DynamoDB Streams API reference).
pub const MOST_RECORDS: usize = 1_000;

/// A shard and its position in the order of shards.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StreamShard {
    pub id: String,
    /// The shard that it continues. It may have expired.
    pub parent: Option<String>,
    /// Indicates whether the shard accepts no more records.
    pub closed: bool,
}

/// Returns every shard that the stream still has, closed ones included.
///
/// # Errors
/// Those of DescribeStream.
pub async fn shards(client: &Client, stream_arn: &str) -> Result<Vec<StreamShard>, SdkError<DescribeStreamError>> {
    let (mut shards, mut last) = (Vec::new(), None);
    loop {
        let request = client.describe_stream().stream_arn(stream_arn).set_exclusive_start_shard_id(last.take());
        let Some(page) = request.send().await?.stream_description else { return Ok(shards) };
        shards.extend(page.shards().iter().map(|shard| StreamShard {
            id: shard.shard_id().unwrap_or_default().to_owned(),
            parent: shard.parent_shard_id().map(str::to_owned),
            closed: shard.sequence_number_range().is_some_and(|range| range.ending_sequence_number().is_some()),
        }));
        last = page.last_evaluated_shard_id;
        if last.is_none() {
            return Ok(shards);
        }
    }
}

/// Returns the record as an element of `Records` of a function's event ("Process DynamoDB records with Lambda" in the
/// Lambda developer guide): the API's record with the stream's ARN, its times in epoch seconds and binary as base64.
pub fn event(record: &Record, stream_arn: &str) -> Value {
    let mut body = Map::new();
    if let Some(change) = record.dynamodb() {
        let time = change.approximate_creation_date_time().map(|time| time.secs());
        let images = [("Keys", change.keys()), ("NewImage", change.new_image()), ("OldImage", change.old_image())];
        body.extend(time.map(|seconds| ("ApproximateCreationDateTime".to_owned(), seconds.into())));
        body.extend(images.into_iter().filter_map(|(name, image)| Some((name.to_owned(), typed(image?).into()))));
        body.extend(change.sequence_number().map(|number| ("SequenceNumber".to_owned(), number.into())));
        body.extend(change.size_bytes().map(|bytes| ("SizeBytes".to_owned(), bytes.into())));
        body.extend(change.stream_view_type().map(|kind| ("StreamViewType".to_owned(), kind.as_str().into())));
    }
    let mut event = json!({
        "eventID": record.event_id(), "eventName": record.event_name().map(|name| name.as_str()),
        "eventVersion": record.event_version(), "eventSource": record.event_source(), "awsRegion": record.aws_region(),
        "dynamodb": body, "eventSourceARN": stream_arn,
    });
    if let Some(identity) = record.user_identity() {
        event["userIdentity"] = json!({ "principalId": identity.principal_id(), "type": identity.r#type() });
    }
    event
}

typed!(typed, AttributeValue);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outbox::formats::dynamodb::{Change, Operation};
    use outboxctl_test_support::dynamodb_streams::{FakeStreams, TABLE};

    #[tokio::test]
    async fn records_have_the_form_that_functions_get() {
        let fake = FakeStreams::default();
        fake.open("a", None);
        let image = json!({
            "id": {"S": "ž"}, "n": {"N": "1.50"}, "b": {"B": "/w=="}, "t": {"BOOL": true}, "z": {"NULL": true},
            "m": {"M": {"l": {"L": [{"S": ""}]}}}, "ss": {"SS": ["a"]}, "ns": {"NS": ["1"]}, "bs": {"BS": ["/w=="]},
        });
        fake.put("a", json!({ "eventName": "MODIFY", "dynamodb": { "NewImage": image, "OldImage": image } }));
        let purged = json!({ "Type": "Service", "PrincipalId": "dynamodb.amazonaws.com" });
        fake.put("a", json!({ "eventName": "REMOVE", "userIdentity": purged, "dynamodb": { "OldImage": image } }));
        let client = fake.client().await;
        let answer = client.get_records().shard_iterator("a/0").send().await.unwrap();
        let events: Vec<Value> = answer.records().iter().map(|record| event(record, &fake.arn())).collect();
        let keys = json!({ "id": { "S": "k" } });
        let body = json!({
            "ApproximateCreationDateTime": 1_700_000_000, "Keys": keys, "NewImage": image, "OldImage": image,
            "SequenceNumber": "1", "SizeBytes": 9, "StreamViewType": "NEW_AND_OLD_IMAGES",
        });
        assert_eq!(
            events[0],
            json!({
                "eventID": "e1", "eventName": "MODIFY", "eventVersion": "1.1", "eventSource": "aws:dynamodb",
                "awsRegion": "us-east-1", "dynamodb": body, "eventSourceARN": fake.arn(),
            })
        );
        assert_eq!(events[1]["userIdentity"], json!({ "type": "Service", "principalId": "dynamodb.amazonaws.com" }));
        let change = Change::from_value(events[1].clone()).unwrap();
        assert_eq!((change.operation, change.expired, change.table.as_str()), (Operation::Remove, true, TABLE));
    }

    #[tokio::test]
    async fn shards_are_listed_over_all_pages() {
        let fake = FakeStreams::default();
        fake.open("a", None);
        fake.open("b", Some("a"));
        fake.open("c", Some("b"));
        let shards = shards(&fake.client().await, &fake.arn()).await.unwrap();
        let shard = |id: &str, parent: Option<&str>, closed| StreamShard {
            id: id.into(),
            parent: parent.map(str::to_owned),
            closed,
        };
        assert_eq!(shards, [shard("a", None, true), shard("b", Some("a"), true), shard("c", Some("b"), false)]);
    }
}
