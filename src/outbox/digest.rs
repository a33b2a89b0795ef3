//! When two renderings are the same event: type, aggregate, sequence and data, whatever the order of keys, the spaces and
//! the way in which numbers are written.

use serde_json::value::RawValue;
use serde_json::{Number, Value};
use sha2::{Digest, Sha256};

use super::{Members, Message};

/// The first 16 bytes of a SHA-256 over the event's content.
pub fn digest(message: &Message) -> u128 {
    let mut hash = Sha256::new();
    for part in [&message.aggregate_type, &message.aggregate_id, &message.event_type] {
        text(&mut hash, part);
    }
    hash.update(message.sequence.to_be_bytes());
    match serde_json::from_str::<Value>(message.payload.get()) {
        Ok(value) => walk(&mut hash, &value),
        Err(_) => deep(&mut hash, message.payload.get(), 0),
    }
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hash.finalize()[..16]);
    u128::from_be_bytes(bytes)
}

fn text(hash: &mut Sha256, text: &str) {
    hash.update((text.len() as u64).to_be_bytes());
    hash.update(text);
}

/// Levels that are compared by their content; what lies deeper is compared as text.
const LEVELS: usize = 512;

/// The same as [`walk`] of a text that nests more deeply than serde_json reads a value (128 levels), part by part.
fn deep(hash: &mut Sha256, json: &str, level: usize) {
    if let Ok(value) = serde_json::from_str::<Value>(json) {
        return walk(hash, &value);
    }
    let elements = || serde_json::from_str::<Vec<&RawValue>>(json);
    match (level < LEVELS).then(|| (elements(), Members::parse(json))) {
        Some((Ok(elements), _)) => {
            hash.update([4]);
            hash.update((elements.len() as u64).to_be_bytes());
            elements.into_iter().for_each(|element| deep(hash, element.get(), level + 1));
        }
        Some((_, Ok(members))) => {
            let members = members.sorted();
            hash.update([5]);
            hash.update((members.len() as u64).to_be_bytes());
            for (name, member) in members {
                text(hash, name);
                deep(hash, member, level + 1);
            }
        }
        _ => text(hash, json),
    }
}

fn walk(hash: &mut Sha256, value: &Value) {
    match value {
        Value::Null => hash.update([0]),
        Value::Bool(value) => hash.update([1, u8::from(*value)]),
        Value::Number(value) => number(hash, value),
        Value::String(value) => {
            hash.update([3]);
            text(hash, value);
        }
        Value::Array(values) => {
            hash.update([4]);
            hash.update((values.len() as u64).to_be_bytes());
            values.iter().for_each(|value| walk(hash, value));
        }
        Value::Object(fields) => {
            hash.update([5]);
            hash.update((fields.len() as u64).to_be_bytes());
            let mut sorted: Vec<_> = fields.iter().collect();
            sorted.sort_unstable_by_key(|(name, _)| *name);
            for (name, value) in sorted {
                text(hash, name);
                walk(hash, value);
            }
        }
    }
}

/// 1, 1.0 and 1e0 are one number; beyond a double's precision numbers count as the double that they become on the way.
fn number(hash: &mut Sha256, value: &Number) {
    hash.update([2]);
    let double = value.as_f64().unwrap_or_default();
    match (value.as_i64(), value.as_u64()) {
        (Some(whole), _) if double.abs() >= 9e15 => hash.update(whole.to_be_bytes()),
        (None, Some(whole)) => hash.update(whole.to_be_bytes()),
        // Zero has two doubles.
        _ => hash.update((if double == 0.0 { 0.0 } else { double }).to_be_bytes()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(data: &str) -> Message {
        let text = format!(
            r#"{{"specversion":"1.0","id":"0198a6a0-0000-7000-8000-000000000001","source":"outbox.car","type":"T","subject":"c","time":"2026-11-21T06:14:00Z","sequence":"1","data":{data}}}"#
        );
        Message::from_cloud_event(&text).expect("an event")
    }

    #[test]
    fn renderings_are_one_and_contents_are_not() {
        let one = digest(&event(r#"{"a": 1.10, "b": [1, 2, null], "c": {"x": "é", "y": 9007199254740993}}"#));
        for same in [
            r#"{"c":{"y":9007199254740993,"x":"\u00e9"},"b":[1.0,2e0,null],"a":1.1}"#,
            r#"{"b":[1,2,null],"a":11e-1,"c":{"x":"é","y":9007199254740993}}"#,
        ] {
            assert_eq!(digest(&event(same)), one, "{same}");
        }
        for other in [
            r#"{"a": 1.10, "b": [2, 1, null], "c": {"x": "é", "y": 9007199254740993}}"#,
            r#"{"a": 1.10, "b": [1, 2, null], "c": {"x": "é", "y": 9007199254740992}}"#,
            r#"{"a": 1.11, "b": [1, 2, null], "c": {"x": "é", "y": 9007199254740993}}"#,
            r#"{"a": 1.10, "b": [1, 2], "c": {"x": "é", "y": 9007199254740993}}"#,
        ] {
            assert_ne!(digest(&event(other)), one, "{other}");
        }
        // Also where it is nested more deeply than a value is read.
        let nested = |inner: &str| event(&format!("{}{inner}{}", "[".repeat(200), "]".repeat(200)));
        let one = digest(&nested(r#"{"a": 1.10, "b": [2]}"#));
        assert_eq!(digest(&nested(r#"{"b":[2.0],"a":1.1}"#)), one);
        assert_ne!(digest(&nested(r#"{"b":[2.0],"a":1.2}"#)), one);
        let mut renamed = event("{}");
        renamed.sequence = 2;
        assert_ne!(digest(&renamed), digest(&event("{}")));
    }
}
