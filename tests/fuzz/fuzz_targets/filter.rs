//! Any text as an expression of `tail --where`, asked of a record: refused, or true or not.
#![no_main]

use libfuzzer_sys::fuzz_target;
use serde_json::json;

fuzz_target!(|text: &str| {
    let Ok(filter) = jmespath::compile(text) else { return };
    let item = json!({
        "type": "item", "hop": "stream", "event_type": "CarCreated", "sequence": 3, "age_ms": 1.5, "error": null,
        "record": {"data": {"a": [1, {"b": null}], "n": -1, "big": 12345678901234567890_u64}},
    });
    let _ = filter.search(item).map(|found| found.is_truthy());
});
