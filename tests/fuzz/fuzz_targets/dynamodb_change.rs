//! Any bytes as a change of a DynamoDB item: alone, and as the content of a table's image.
#![no_main]

use libfuzzer_sys::fuzz_target;
use outboxctl_fuzz::outbox::formats::dynamodb::Change;
use outboxctl_fuzz::outbox::Message;

fuzz_target!(|bytes: &[u8]| {
    let _ = Change::parse(bytes);
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let record = format!(
        r#"{{"eventID":"e","eventName":"INSERT","tableName":"t","dynamodb":{{"ApproximateCreationDateTime":1,"NewImage":{text}}}}}"#
    );
    if let Ok(change) = Change::parse(record.as_bytes())
        && let Some(image) = &change.new
        && let Ok(message) = Message::from_row(image, None)
    {
        serde_json::to_string(&message.to_cloud_event()).expect("a message can be written");
    }
});
