//! Any JSON as a record of a table's stream, by itself and as an image: whatever it is, one line is shown of it.
#![no_main]

use chrono::DateTime;
use libfuzzer_sys::fuzz_target;
use outboxctl_fuzz::streams::decode::table_change;
use serde_json::{Value, json};

fuzz_target!(|bytes: &[u8]| {
    let Ok(value) = serde_json::from_slice::<Value>(bytes) else { return };
    let image = json!({
        "eventID": "e", "eventName": "MODIFY", "tableName": "t",
        "dynamodb": {"ApproximateCreationDateTime": 1, "Keys": {"id": {"S": "k"}}, "NewImage": value, "OldImage": value},
    });
    for record in [value, image] {
        let item = table_change("s", record, DateTime::UNIX_EPOCH);
        let line = serde_json::to_string(&item).expect("an item can be written");
        assert!(!line.contains('\n'));
    }
});
