//! Bringing events to the function behind a rule, as the bus would: one an invocation, and its answer is waited for.

use std::ops::ControlFlow;

use serde_json::Value;

use super::Record;
use super::courier::call;
use crate::aws::Clients;
use crate::error::{Error, Result};
use crate::outbox::{Verdict, run_in_order};

/// Aggregates whose events are under way at the same time.
const CONCURRENCY: usize = 8;

/// Invokes the function for each event. An aggregate's events end with the first one that did not arrive; one that the
/// function refuses does not block those behind it.
pub(super) async fn bring(clients: &Clients, name: &str, records: &[&Record]) -> Result<Vec<Verdict>> {
    let held = || Verdict::Unfinished {
        code: "Held".into(),
        message: "an earlier event of its aggregate was not accepted".into(),
    };
    let mut verdicts: Vec<Verdict> = records.iter().map(|_| held()).collect();
    let keyed = records.iter().enumerate().map(|(at, record)| (record.key.as_str(), at));
    let bring = |at: usize| async move { Ok::<_, Error>((at, bring_one(clients, name, records[at]).await?)) };
    run_in_order(keyed, CONCURRENCY, bring, |(at, verdict)| {
        let arrived = !matches!(verdict, Verdict::Unfinished { .. });
        verdicts[at] = verdict;
        if arrived { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    })
    .await?;
    Ok(verdicts)
}

async fn bring_one(clients: &Clients, name: &str, record: &Record) -> Result<Verdict> {
    let event = record.chunk.as_record().unwrap_or_default();
    match call(clients, name, event).await {
        Ok(answer) if answer.function_error().is_none() => Ok(Verdict::Accepted),
        Ok(answer) => Ok(refused(answer.payload().map(|blob| blob.as_ref()).unwrap_or_default())),
        Err(error) if super::is_passing(&error) => Ok(unfinished(&error)),
        Err(error) => Err(error),
    }
}

fn unfinished(error: &Error) -> Verdict {
    Verdict::Unfinished { code: error.kind().name().into(), message: error.message().into() }
}

/// In the words of the function's own error.
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
    fn a_refusal_says_what_the_function_said() {
        let told = |payload: &str| match refused(payload.as_bytes()) {
            Verdict::Refused { code, message } => format!("{code}: {message}"),
            other => format!("{other:?}"),
        };
        assert_eq!(told(r#"{"errorType":"Aws","errorMessage":"no table"}"#), "Aws: no table");
        assert_eq!(told("out of memory"), "FunctionError: out of memory");
    }
}
