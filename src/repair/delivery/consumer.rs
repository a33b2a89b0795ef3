//! Delivers events to the function behind a rule as the bus does: one per invocation, waiting for the answer.

use std::convert::Infallible;
use std::ops::ControlFlow;
use std::sync::OnceLock;

use serde_json::Value;

use super::{Record, TIME_LIMIT};
use crate::aws::{Clients, function};
use crate::base::error::{Error, Result};
use crate::outbox::{Verdict, run_in_order};

/// Maximum aggregates whose events are in flight.
const CONCURRENCY: usize = 8;

/// Invokes the function for each event. After an event that did not arrive, the later ones of its aggregate are not
/// sent; one that the function refuses does not block those behind it. After an error for which retries do not help no
/// further event is sent.
///
/// # Errors
/// That error, if no event arrived.
pub(super) async fn deliver(clients: &Clients, name: &str, records: &[&Record]) -> Result<Vec<Verdict>> {
    let held = "an earlier event of its aggregate was not accepted".to_owned();
    let mut verdicts = vec![Verdict::Unfinished { code: "Held".into(), message: held }; records.len()];
    let keyed = records.iter().enumerate().map(|(at, record)| (record.key.as_str(), at));
    let (failure, mut has_arrived) = (OnceLock::new(), false);
    let deliver = |at: usize| async move { (at, deliver_one(clients, name, records[at]).await) };
    let unless_failed = |at: usize| {
        let open = failure.get().is_none();
        async move { Ok::<_, Infallible>(if open { Some(deliver(at).await) } else { None }) }
    };
    let Ok(()) = run_in_order(keyed, CONCURRENCY, unless_failed, |delivered| {
        let (at, verdict) = match delivered {
            Some((at, Ok(verdict))) => (at, verdict),
            Some((at, Err(error))) => {
                let verdict = unfinished(&error);
                // The first one counts.
                let _ = failure.set(error);
                (at, verdict)
            }
            None => return ControlFlow::Break(()),
        };
        let arrived = !matches!(verdict, Verdict::Unfinished { .. });
        has_arrived |= arrived;
        verdicts[at] = verdict;
        if arrived { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    })
    .await;
    match failure.into_inner() {
        Some(error) if !has_arrived => Err(error),
        _ => Ok(verdicts),
    }
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
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use axum::Router;
    use axum::http::StatusCode;
    use outboxctl_test_support::serve::Endpoint;

    use super::*;
    use crate::base::error::Kind;
    use crate::outbox::Chunk;

    /// Returns clients of a function that may be invoked once.
    async fn allowed_once() -> Clients {
        let invocations = Arc::new(AtomicUsize::new(0));
        let answer = move || {
            let number = invocations.fetch_add(1, Ordering::Relaxed);
            async move {
                let refused = (StatusCode::FORBIDDEN, [("x-amzn-errortype", "AccessDeniedException")], "{}");
                if number == 0 { (StatusCode::OK, [("x-amzn-errortype", "")], "null") } else { refused }
            }
        };
        Clients::for_test(Endpoint::serve(Router::new().fallback(answer)).await.url)
    }

    #[tokio::test]
    async fn accepted_events_are_known_after_a_later_invocation_failed() {
        let clients = allowed_once().await;
        let record = || Record { chunk: Chunk::record(b"{}"), key: "k".into(), partition_key: String::new() };
        let records = [record(), record(), record()];
        let records: Vec<&Record> = records.iter().collect();
        let verdicts = deliver(&clients, "f", &records).await.expect("verdicts");
        assert_eq!(verdicts[0], Verdict::Accepted);
        assert!(verdicts[1..].iter().all(|verdict| matches!(verdict, Verdict::Unfinished { .. })), "{verdicts:?}");
        // Without an accepted event the error itself is the result.
        assert_eq!(deliver(&clients, "f", &records[1..]).await.expect_err("refused").kind(), Kind::AccessDenied);
    }

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
