//! Any bytes as a DMS record; and whatever strings a row holds, written as DMS writes them, come back.
#![no_main]

use libfuzzer_sys::fuzz_target;
use outboxctl_fuzz::outbox::formats::dms::json::{make_pretty, write_string};
use outboxctl_fuzz::outbox::formats::dms::Record;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(record) = Record::parse(bytes) {
        let _ = (record.metadata.is_row(), record.metadata.is_new_row(), record.metadata.committed_at(), record.metadata.captured_at());
    }
    let text = String::from_utf8_lossy(bytes);
    let mut written = br#"{"metadata":{"record-type":"data","operation":"insert"},"data":{"text":"#.to_vec();
    write_string(&mut written, &text);
    written.extend_from_slice(b"}}");
    let compact = Record::parse(&written).expect("what is written is a record");
    assert_eq!(compact.data["text"], *text);
    make_pretty(&mut written, 0);
    assert_eq!(Record::parse(&written).expect("in either format"), compact);
});
