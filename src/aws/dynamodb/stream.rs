//! The records of a DynamoDB stream in the form in which Lambda passes them to a function.

use aws_sdk_dynamodbstreams::types::{AttributeValue, Record};
use serde_json::{Map, Value, json};

use crate::outbox::formats::dynamodb::image::typed;

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
}
