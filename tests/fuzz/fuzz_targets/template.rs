//! Any text as a template of `tail --format`, filled from a record.
#![no_main]

use chrono::DateTime;
use libfuzzer_sys::fuzz_target;
use outboxctl_fuzz::streams::Template;
use outboxctl_fuzz::outbox::Layout;
use outboxctl_fuzz::streams::decode::{Place, stream_record};

fuzz_target!(|text: &str| {
    let Ok(template) = Template::parse(text) else { return };
    let place = Place { shard: "s", sequence_number: "1", partition_key: "k" };
    let record = br#"{"metadata":{"record-type":"data","operation":"insert","table-name":"cars"},"data":{"a":[1,{"b":null}]}}"#;
    let mut items = Vec::new();
    stream_record(record, Layout::own(), DateTime::UNIX_EPOCH, place, &mut items);
    items.iter().for_each(|item| drop(template.render(item, str::to_owned)));
});
