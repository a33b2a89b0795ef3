//! Delivers events to the function behind a rule as the bus does: one per invocation, waiting for the answer.

use std::ops::ControlFlow;

use serde_json::Value;

use super::{Record, TIME_LIMIT};
use crate::aws::{Clients, function};
use crate::error::{Error, Result};
use crate::outbox::{Verdict, run_in_order};

/// Maximum aggregates whose events are in flight.
const CONCURRENCY: usize = 8;

/// Invokes the function for each event. After an event that did not arrive, the later ones of its aggregate are not
/// sent; one that the function refuses does not block those behind it.
pub(super) async fn deliver(clients: &Clients, name: &str, records: &[&Record]) -> Result<Vec<Verdict>> {
    let held = "an earlier event of its aggregate was not accepted".to_owned();
    let mut verdicts = vec![Verdict::Unfinished { code: "Held".into(), message: held }; records.len()];
    let keyed = records.iter().enumerate().map(|(at, record)| (record.key.as_str(), at));
    let deliver = |at: usize| async move { Ok::<_, Error>((at, deliver_one(clients, name, records[at]).await?)) };
    run_in_order(keyed, CONCURRENCY, deliver, |(at, verdict)| {
        let arrived = !matches!(verdict, Verdict::Unfinished { .. });
        verdicts[at] = verdict;
        if arrived { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    })
    .await?;
    Ok(verdicts)
}

async fn deliver_one(clients: &Clients, name: &str, record: &Record) -> Result<Verdict> {
    let event = record.chunk.as_record().unwrap_or_default();
    // Once: the sender of batches decides about retries and counts them.
    match function::invoke(clients, name, event, TIME_LIMIT).await {
        Ok(answer) if answer.function_error().is_none() => Ok(Verdict::Accepted),
        Ok(answer) => Ok(refused(answer.payload().map(|blob| blob.as_ref()).unwrap_or_default())),
        Err(error) if super::is_passing(&error) => Ok(unfinished(&error)),
        Err(error) => Err(error),
    }
}

fn unfinished(error: &Error) -> Verdict {
    Verdict::Unfinished { code: error.kind().name().into(), message: error.message().into() }
}

/// Returns a refusal with the function's own error.
fn refused(payload: &[u8]) -> Verdict {
    let answer: Value = serde_json::from_slice(payload).unwrap_or_default();
    let word = |name: &str| answer[name].as_str().map(str::to_owned);
    let message = word("errorMessage").unwrap_or_else(|| String::from_utf8_lossy(payload).chars().take(300).collect());
    Verdict::Refused { code: word("errorType").unwrap_or_else(|| "FunctionError".into()), message }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_has_the_error_of_the_function() {
        let message_of = |payload: &str| match refused(payload.as_bytes()) {
            Verdict::Refused { code, message } => format!("{code}: {message}"),
            other => format!("{other:?}"),
        };
        assert_eq!(message_of(r#"{"errorType":"Aws","errorMessage":"no table"}"#), "Aws: no table");
        assert_eq!(message_of("out of memory"), "FunctionError: out of memory");
    }
}
