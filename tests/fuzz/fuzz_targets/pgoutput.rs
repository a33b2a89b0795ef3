//! Any bytes as a message of pgoutput: rows hold as many values as they say.
#![no_main]

use libfuzzer_sys::fuzz_target;
use outboxctl_fuzz::postgres::replication::pgoutput::{Message, Tuple, decode};

fn whole(tuple: Tuple<'_>) {
    assert_eq!(tuple.iter().count(), tuple.len());
}

fuzz_target!(|bytes: &[u8]| {
    match decode(bytes) {
        Ok(Message::Insert { new, .. }) => whole(new),
        Ok(Message::Update { old, new, .. }) => {
            old.into_iter().for_each(whole);
            whole(new);
        }
        Ok(Message::Delete { old, .. }) => whole(old),
        Ok(_) | Err(_) => {}
    }
});
