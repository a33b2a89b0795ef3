//! Any bytes as a record of the stream: whatever they are, something is shown of them, on one line of JSON, and what
//! can't be read is kept byte for byte.
#![no_main]

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::DateTime;
use libfuzzer_sys::fuzz_target;
use outboxctl_fuzz::streams::Body;
use outboxctl_fuzz::outbox::Layout;
use outboxctl_fuzz::streams::decode::{Place, stream_record};

fuzz_target!(|bytes: &[u8]| {
    let place = Place { shard: "s", sequence_number: "1", partition_key: "k" };
    let mut items = Vec::new();
    stream_record(bytes, Layout::own(), DateTime::UNIX_EPOCH, place, &mut items);
    assert!(!items.is_empty(), "nothing is dropped");
    for item in &items {
        let line = serde_json::to_string(item).expect("an item can be written");
        assert!(!line.contains('\n'));
        if let (Body::Raw { base64, .. }, [_]) = (&item.body, items.as_slice()) {
            // One packed record of an aggregate shows its own bytes.
            assert!(STANDARD.decode(base64).expect("base64") == bytes || bytes.starts_with(&[0xf3, 0x89, 0x9a, 0xc2]));
        }
    }
});
