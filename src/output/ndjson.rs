//! Lines of the NDJSON contract.

use serde::Serialize;
use serde_json::{Value, json};

use super::{NDJSON_VERSION, Outcome};
use crate::base::error::Error;

/// Appends an object as a line that ends with the contract's version.
pub(super) fn write_line(out: &mut Vec<u8>, item: &impl Serialize) {
    let begin = out.len();
    if serde_json::to_writer(&mut *out, item).is_err() || out.last() != Some(&b'}') {
        // Anything but an object is omitted; the line still follows the contract.
        out.truncate(begin);
        out.extend_from_slice(b"{}");
    }
    out.pop();
    let comma = if out.len() == begin + 1 { "" } else { "," };
    out.extend_from_slice(format!("{comma}\"v\":{NDJSON_VERSION}}}\n").as_bytes());
}

/// Returns the final result line of a command.
pub(super) fn result_line(result: &Result<Outcome, Error>) -> Value {
    match result {
        Ok(outcome) => {
            let mut line = json!({
                "type": "result", "ok": true, "exit_code": outcome.exit_code(), "changed": outcome.changed,
                "data": outcome.data,
            });
            // Only if a signal was the end: others keep their line.
            if let Some(signal) = outcome.stopped {
                line["stopped"] = signal.name().into();
            }
            line
        }
        Err(error) => json!({
            "type": "result", "ok": false, "exit_code": error.exit_code(), "data": error.data(),
            "error": {
                "code": error.kind().name(), "message": error.message(),
                "causes": error.causes(), "hints": error.hints().collect::<Vec<_>>(),
            },
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_is_one_object_with_the_version_at_its_end() {
        let line = |item: &Value| {
            let mut out = b"before\n".to_vec();
            write_line(&mut out, item);
            String::from_utf8(out).expect("text")
        };
        assert_eq!(line(&json!({"a": "}\n"})), "before\n{\"a\":\"}\\n\",\"v\":2}\n");
        assert_eq!(line(&json!({})), "before\n{\"v\":2}\n");
        assert_eq!(line(&json!([1])), "before\n{\"v\":2}\n");
    }
}
