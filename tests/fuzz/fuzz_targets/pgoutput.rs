//! Any bytes as a message of pgoutput: the first row has as many values as the message says.
#![no_main]

use libfuzzer_sys::fuzz_target;
use outboxctl_fuzz::postgres::replication::pgoutput::{Message, Tuple, decode};

/// Compares a row with the number behind the type of the message, the table and the kind of the row.
fn whole(bytes: &[u8], row: Tuple<'_>) {
    assert_eq!(row.iter().count(), usize::from(u16::from_be_bytes([bytes[6], bytes[7]])));
}

fuzz_target!(|bytes: &[u8]| {
    match decode(bytes) {
        Ok(Message::Insert { new, .. }) => whole(bytes, new),
        Ok(Message::Update { old, new, .. }) => whole(bytes, old.unwrap_or(new)),
        Ok(Message::Delete { old, .. }) => whole(bytes, old),
        Ok(_) | Err(_) => {}
    }
});
