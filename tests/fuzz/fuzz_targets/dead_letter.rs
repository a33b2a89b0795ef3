//! Any bytes as an object of a failure bucket and as a message of a failure queue: whatever they are, something is
//! shown of them, and a redelivery sends the stored records.
#![no_main]

use chrono::DateTime;
use libfuzzer_sys::fuzz_target;
use outboxctl_fuzz::outbox::Layout;
use outboxctl_fuzz::repair::dead_letters::message::{self, Message};
use outboxctl_fuzz::repair::dead_letters::{document, letter::Opened};

fn whole(opened: &Opened) {
    assert_eq!(opened.letter.records, opened.records.len());
    assert!(!opened.letter.cause.is_empty() || !opened.letter.reason.is_empty());
    serde_json::to_string(&opened.letter).expect("a letter can be written");
}

fuzz_target!(|bytes: &[u8]| {
    whole(&document::read("key", DateTime::UNIX_EPOCH, bytes, Layout::own()));
    // Up to the first zero the body, then what EventBridge says of it.
    let mut parts = bytes.split(|byte| *byte == 0).map(|part| String::from_utf8_lossy(part).into_owned());
    let body = parts.next().unwrap_or_default();
    let names = ["ERROR_CODE", "ERROR_MESSAGE", "RULE_ARN", "RETRY_ATTEMPTS"];
    let attributes = names.into_iter().map(str::to_owned).zip(parts).collect();
    let opened = message::read("unlogged", "key", &Message { body, attributes, sent_at: DateTime::UNIX_EPOCH });
    whole(&opened);
    for record in &opened.records {
        let text = std::str::from_utf8(&record.data).expect("a message is text");
        assert!(text.contains("detail"), "an event and nothing else");
    }
});
